"""Fetches files by CID: every chunk is hashed as it arrives, and only right chunks are written."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from .digest import CHUNK, Leaf, chunks, cid_bytes, file_cid, is_raw, leaf_of, matches, parse_node
from .errors import DeHugError, IPFSError, NetworkError, VerificationError
from .sources import Pool, Source

_WINDOW = 16
_MAX_DEPTH = 8
_ROUNDS = 2
T = TypeVar("T")


@dataclass
class Wanted:
    """A file to fetch.

    Attributes:
        part: where its bytes are gathered; what is there from an earlier attempt and right is kept.
        hints: names under which a local mirror may have it.
    """

    cid: str
    size: int
    part: Path
    hints: tuple[str, ...] = ()
    offsets: list[int] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


class DiskFullError(DeHugError):
    """The disk is full. What was fetched stays and is used by the next attempt."""


def fetch(files: list[Wanted], pool: Pool, *, workers: int = 8, on_bytes: Callable[[int], None] | None = None) -> int:
    """Gathers all files in their ``part``; several chunks and files at once. Returns how many bytes were transferred.

    Raises:
        VerificationError: the only bytes that sources had are wrong.
        IPFSError: no source has them.
        DiskFullError: there is no room.
    """
    report = on_bytes or (lambda count: None)
    executor = ThreadPoolExecutor(workers)
    try:
        _all(executor, [partial(plan, file, pool) for file in files])
        windows = _all(executor, [partial(_open_part, file, report) for file in files])
        _assert_room(files, windows)
        jobs = [(file, window) for file, per_file in zip(files, windows, strict=True) for window in per_file]
        _all(executor, [partial(_window, file, window, pool, report) for file, window in jobs])
        return sum(file.leaves[leaf].size for file, window in jobs for leaf in window)
    except OSError as error:
        raise _disk(error) from error
    finally:
        executor.shutdown(cancel_futures=True)


def plan(file: Wanted, pool: Pool) -> None:
    """Learns the digests of the file's chunks from verified nodes, or from a mirror's whole copy that is right."""
    if file.leaves:
        return
    try:
        leaves = [Leaf(_raw_digest(file.cid), file.size)] if is_raw(file.cid) else _expand(file.cid, file.size, pool, 0)
    except IPFSError:
        if not pool.mirrors():
            raise
        leaves = _leaves_of_copy(file, pool)
    if sum(leaf.size for leaf in leaves) != file.size or any(leaf.size > CHUNK * 2 for leaf in leaves):
        raise VerificationError(f"{file.cid} is not a file of {file.size} bytes.", "The manifest contradicts its content.")
    at = 0
    for leaf in leaves:
        file.offsets.append(at)
        at += leaf.size
    file.leaves = leaves


def block(cid: str, pool: Pool) -> bytes:
    """One verified block."""

    def take(source: Source) -> bytes | None:
        found = source.block(cid)
        if matches(cid, found):
            return found
        pool.lied(source, cid, f"block {cid}")
        return None

    return _from_any(cid, pool, take)


def _raw_digest(cid: str) -> bytes:
    return cid_bytes(cid)[4:]


def _expand(cid: str, size: int, pool: Pool, depth: int) -> list[Leaf]:
    node = parse_node(block(cid, pool))
    if not node.is_file or depth > _MAX_DEPTH or sum(link.size for link in node.links) != size:
        raise VerificationError(f"{cid} is not a file of {size} bytes.", "The manifest contradicts its content.")
    leaves: list[Leaf] = []
    for link in node.links:
        if is_raw(link.cid):
            leaves.append(Leaf(_raw_digest(link.cid), link.size))
        else:
            leaves.extend(_expand(link.cid, link.size, pool, depth + 1))
    return leaves


def _leaves_of_copy(file: Wanted, pool: Pool) -> list[Leaf]:
    """A folder has no nodes, but a copy that hashes to the CID tells the same."""
    for mirror in pool.mirrors():
        try:
            with mirror.find(file.cid, file.size, file.hints).open("rb") as copy:
                leaves = [leaf_of(chunk) for chunk in chunks(copy)]
        except (NetworkError, OSError):
            continue
        if file_cid(leaves) == file.cid:
            return leaves
        pool.lied(mirror, file.cid, f"its copy of {file.hints[-1] if file.hints else file.cid}")
    raise _exhausted(file.cid, pool)


def _open_part(file: Wanted, report: Callable[[int], None]) -> list[list[int]]:
    """Makes the part file as long as the file, and gives what is still missing in runs of neighbouring chunks."""
    file.part.parent.mkdir(parents=True, exist_ok=True)
    missing = list(range(len(file.leaves)))
    if file.part.is_file() and file.part.stat().st_size > 0:
        missing = [leaf for leaf, right in enumerate(_check_part(file)) if not right]
    with file.part.open("ab") as part:
        part.truncate(file.size)
    report(file.size - sum(file.leaves[leaf].size for leaf in missing))
    runs: list[list[int]] = []
    for leaf in missing:
        if runs and runs[-1][-1] == leaf - 1 and len(runs[-1]) < _WINDOW:
            runs[-1].append(leaf)
        else:
            runs.append([leaf])
    return runs


def _check_part(file: Wanted) -> Iterator[bool]:
    with file.part.open("rb") as part:
        for leaf in file.leaves:
            yield leaf_of(part.read(leaf.size)) == leaf


def _assert_room(files: list[Wanted], windows: list[list[list[int]]]) -> None:
    needed = sum(file.leaves[leaf].size for file, runs in zip(files, windows, strict=True) for run in runs for leaf in run)
    if not files:
        return
    free = shutil.disk_usage(files[0].part.parent).free
    if needed > free:
        raise DiskFullError(
            f"{needed:,} bytes are to be fetched and {free:,} are free in {files[0].part.parent}.",
            "Make room, or choose another folder with HF_HOME or --to.",
        )


def _window(file: Wanted, leaves: list[int], pool: Pool, report: Callable[[int], None]) -> None:
    """Fetches neighbouring chunks; where a source stops or lies, the next goes on behind the last right chunk."""
    left = list(leaves)

    def take(source: Source) -> bool | None:
        start, end = file.offsets[left[0]], file.offsets[left[-1]] + file.leaves[left[-1]].size
        pieces = source.read(file.cid, range(start, end), file.size, file.hints)
        buffer = bytearray()
        with file.part.open("r+b") as part:
            while left:
                leaf = file.leaves[left[0]]
                while len(buffer) < leaf.size:
                    buffer += next(pieces)
                chunk = bytes(buffer[: leaf.size])
                if leaf_of(chunk) != leaf:
                    pool.lied(source, file.cid, f"chunk {left[0]} of {file.cid}")
                    return None
                part.seek(file.offsets[left[0]])
                part.write(chunk)
                del buffer[: leaf.size]
                left.pop(0)
                report(leaf.size)
        return True

    _from_any(file.cid, pool, take)


def _from_any(cid: str, pool: Pool, take: Callable[[Source], T | None]) -> T:
    """The first source's answer that is right."""
    for attempt in range(_ROUNDS):
        for source in pool.usable(cid):
            pool.began(source)
            try:
                found = take(source)
                if found is not None:
                    pool.worked(source)
                    return found
            except NetworkError as error:
                pool.failed(source, error.message)
            finally:
                pool.ended(source)
        if attempt + 1 < _ROUNDS:
            time.sleep(0.3)
    raise _exhausted(cid, pool)


def _exhausted(cid: str, pool: Pool) -> IPFSError:
    kind = VerificationError if pool.liars else IPFSError
    return kind(
        f"No source has the right bytes of {cid} ({pool.report()}).",
        "Name more gateways or folders with copies in DEHUG_GATEWAYS.",
    )


def _all(executor: ThreadPoolExecutor, jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Runs all jobs; the first failure stops what has not begun."""
    futures = [executor.submit(job) for job in jobs]
    done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
    for future in waiting:
        future.cancel()
    for future in done:
        if not future.cancelled() and future.exception() is not None:
            wait(waiting)
            future.result()
    return [future.result() for future in futures]


def _disk(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError("The disk is full.", "Make room and try again: what was fetched is kept.")
    return DeHugError(f"A file could not be written: {error}.", "Check the folder's rights.")


def sync(path: Path) -> None:
    """Makes a finished file durable before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
