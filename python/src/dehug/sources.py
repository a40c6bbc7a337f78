"""Where bytes come from: IPFS gateways and local folders. None of them is trusted."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from . import http
from .errors import ConfigurationError, NetworkError

_READ = 1 << 16
_MAX_BLOCK = 2 << 20
_GIVE_UP_AFTER = 4


class Source(Protocol):
    """Something that may have content; what it gives is verified by whoever asks."""

    name: str

    def block(self, cid: str) -> bytes:
        """A whole block. Raises NetworkError where it has none."""

    def read(self, cid: str, span: range, size: int, hints: tuple[str, ...]) -> Iterator[bytes]:
        """The bytes ``span`` of a file of ``size`` bytes, as they come. Raises NetworkError."""


class Gateway:
    """A trustless gateway: ``GET /ipfs/{cid}``."""

    def __init__(self, url: str) -> None:
        self.name = url

    def block(self, cid: str) -> bytes:
        headers = {"Accept": "application/vnd.ipld.raw"}
        with http.opened(f"{self.name}/ipfs/{cid}?format=raw", headers=headers) as answer:
            return _exactly(answer.read(_MAX_BLOCK + 1), f"{self.name}: a block")

    def read(self, cid: str, span: range, size: int, hints: tuple[str, ...]) -> Iterator[bytes]:
        headers = {"Range": f"bytes={span.start}-{span.stop - 1}"}
        with http.opened(f"{self.name}/ipfs/{cid}", headers=headers) as answer:
            said = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range") or "bytes 0-")
            if (answer.status == 200 and span.start != 0) or said is None or int(said[1]) != span.start:
                raise NetworkError(f"{self.name} sends no ranges.")
            yield from _pieces(answer, len(span), self.name)


class Mirror:
    """A folder with copies: ``{cid}``, ``{namespace}/{name}/{path}`` or ``{path}`` of the repository."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def block(self, cid: str) -> bytes:
        path = self._folder / cid
        if not path.is_file():
            raise NetworkError(f"{self.name} has no block {cid}.")
        with path.open("rb") as file:
            return _exactly(file.read(_MAX_BLOCK + 1), f"{self.name}: a block")

    def read(self, cid: str, span: range, size: int, hints: tuple[str, ...]) -> Iterator[bytes]:
        path = self.find(cid, size, hints)
        with path.open("rb") as file:
            file.seek(span.start)
            yield from _pieces(file, len(span), str(path))

    def find(self, cid: str, size: int, hints: tuple[str, ...]) -> Path:
        """The copy to try. Raises NetworkError where there is none of this size."""
        for relative in (cid, *hints):
            path = self._folder / relative
            if path.is_file() and path.stat().st_size == size:
                return path
        raise NetworkError(f"{self.name} has no copy of {cid}.")


def from_text(text: str) -> Source:
    """A gateway from its address, or a mirror from a folder's path or ``file:`` address. Raises ConfigurationError."""
    if text.startswith(("http://", "https://")):
        return Gateway(re.sub(r"/ipfs/?$", "", text).rstrip("/"))
    path = Path(unquote(urlsplit(text).path) if text.startswith("file:") else text).expanduser()
    if not path.is_dir():
        raise ConfigurationError(f'"{text}" is neither the address of a gateway nor a folder.', "Check DEHUG_GATEWAYS.")
    return Mirror(path)


class Pool:
    """Sources in the order in which they are worth asking; shared by the threads of one download."""

    def __init__(self, sources: list[Source]) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._failures: dict[str, int] = defaultdict(int)
        self._active: dict[str, int] = defaultdict(int)
        self._wrong: dict[str, str] = {}
        self._wrong_copies: set[tuple[str, str]] = set()
        self._why: dict[str, str] = {}

    @property
    def liars(self) -> list[str]:
        """Sources that gave bytes which are not what was asked; none of those bytes were kept."""
        with self._lock:
            return sorted(self._wrong)

    def usable(self, cid: str) -> list[Source]:
        """Those to ask for a CID: least failures first, then least busy, then as given."""
        with self._lock:
            fit = [source for source in self._sources if self._is_usable(source, cid)]
            return sorted(fit, key=lambda source: (self._failures[source.name], self._active[source.name]))

    def _is_usable(self, source: Source, cid: str) -> bool:
        if isinstance(source, Mirror):
            return (source.name, cid) not in self._wrong_copies
        return source.name not in self._wrong and self._failures[source.name] < _GIVE_UP_AFTER

    def mirrors(self) -> list[Mirror]:
        return [source for source in self._sources if isinstance(source, Mirror)]

    def began(self, source: Source) -> None:
        with self._lock:
            self._active[source.name] += 1

    def ended(self, source: Source) -> None:
        with self._lock:
            self._active[source.name] -= 1

    def worked(self, source: Source) -> None:
        with self._lock:
            self._failures[source.name] = 0

    def failed(self, source: Source, why: str) -> None:
        with self._lock:
            # A mirror that lacks one file may have the next.
            self._failures[source.name] += 0 if isinstance(source, Mirror) else 1
            self._why[source.name] = why

    def lied(self, source: Source, cid: str, what: str) -> None:
        """The source gave a wrong byte. A gateway is not asked again; a folder may have good copies of other files."""
        with self._lock:
            self._wrong[source.name] = what
            self._wrong_copies.add((source.name, cid))

    def report(self) -> str:
        """What each source did wrong, for an error's text."""
        with self._lock:
            told = {**self._why, **{name: f"gave wrong bytes ({what})" for name, what in self._wrong.items()}}
        return "; ".join(f"{name}: {why}" for name, why in told.items()) or "there is no source"


def _exactly(block: bytes, what: str) -> bytes:
    if len(block) > _MAX_BLOCK:
        raise NetworkError(f"{what} of more than 2 MiB was sent.")
    return block


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _pieces(source: _Readable, left: int, name: str) -> Iterator[bytes]:
    while left > 0:
        piece = source.read(min(_READ, left))
        if not piece:
            raise NetworkError(f"{name} ended {left} bytes early.")
        left -= len(piece)
        yield piece
