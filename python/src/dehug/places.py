"""Where pulled files go: huggingface_hub's cache, or a folder. Both remember which version they hold."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import WeakFileLock

from .errors import ConfigurationError
from .hub import Version
from .manifest import File, Manifest, parse

NOTES = ".dehug"


class Place(Protocol):
    """A place for one version's files."""

    folder: Path
    notes: Path

    def path(self, file: File) -> Path:
        """Where the file's bytes are, whether they are there or not."""

    def part(self, file: File) -> Path:
        """Where its bytes are gathered."""

    def finish(self, file: File, part: Path) -> None:
        """Gives gathered and verified bytes their name."""

    def lock(self) -> AbstractContextManager[Any]:
        """Held while files are made; others wait."""


class CachePlace:
    """A snapshot in huggingface_hub's cache, where ``from_pretrained`` finds it, also offline."""

    def __init__(
        self, repo_id: str, repo_type: str, commit: str, cache_dir: Path, is_lfs: Callable[[File], bool] | None = None
    ) -> None:
        self._storage = storage(repo_id, repo_type, cache_dir)
        self._lock = cache_dir / ".locks" / self._storage.name / "dehug.lock"
        self._is_lfs = is_lfs or (lambda file: file.size > 10 << 20)
        self._commit = commit
        self.folder = self._storage / "snapshots" / commit
        self.notes = self._storage / NOTES / commit

    def path(self, file: File) -> Path:
        return self.folder / file.path

    def part(self, file: File) -> Path:
        return self._storage / "blobs" / f"{file.cid}.dehug"

    def finish(self, file: File, part: Path) -> None:
        pointer = self.path(file)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        blob = self._storage / "blobs" / self._blob_name(file, part)
        if pointer.exists() and pointer.is_symlink():
            # A damaged entry is replaced where it is: other snapshots, and other repositories, may point to it.
            os.replace(part, pointer.resolve())
            return
        os.replace(part, blob)
        pointer.unlink(missing_ok=True)
        _link(blob, pointer)

    def point(self, revision: str) -> None:
        """Makes a branch or tag mean this commit, as the Hub's client does."""
        if revision == self._commit:
            return
        ref = self._storage / "refs" / revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(self._commit)

    def lock(self) -> AbstractContextManager[Any]:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        held: AbstractContextManager[Any] = WeakFileLock(self._lock)
        return held

    def _blob_name(self, file: File, part: Path) -> str:
        """The ETag that the hub gives the file, so that the Hub's client recognises it."""
        if self._is_lfs(file):
            return file.sha256
        digest = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
        with part.open("rb") as content:
            while piece := content.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()


class FolderPlace:
    """A folder of plain files, with the notes that ``dehug verify`` of every language reads."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"{folder} is no folder.", "Move it away, or choose another one.")
        self.folder = folder
        self.notes = folder / NOTES

    def path(self, file: File) -> Path:
        return self.folder / file.path

    def part(self, file: File) -> Path:
        return self.notes / "parts" / file.cid

    def finish(self, file: File, part: Path) -> None:
        path = self.path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, path)

    def lock(self) -> AbstractContextManager[Any]:
        self.notes.mkdir(parents=True, exist_ok=True)
        held: AbstractContextManager[Any] = WeakFileLock(self.notes / "lock")
        return held


def storage(repo_id: str, repo_type: str, cache_dir: Path) -> Path:
    """The repository's folder in the cache."""
    return cache_dir / repo_folder_name(repo_id=repo_id, repo_type=repo_type)


def default_cache() -> Path:
    return Path(constants.HF_HUB_CACHE)


def cached_commit(repo_id: str, repo_type: str, revision: str, cache_dir: Path) -> str | None:
    """The commit that a revision meant when it was last pulled."""
    ref = storage(repo_id, repo_type, cache_dir) / "refs" / revision
    if ref.is_file():
        return ref.read_text().strip()
    return revision if (storage(repo_id, repo_type, cache_dir) / "snapshots" / revision).is_dir() else None


def cached_note(repo_id: str, repo_type: str, commit: str, cache_dir: Path) -> Manifest | None:
    """The manifest of a snapshot that was pulled verified."""
    return read_note(storage(repo_id, repo_type, cache_dir) / NOTES / commit)


def write_note(folder: Path, version: Version) -> None:
    manifest = version.manifest
    folder.mkdir(parents=True, exist_ok=True)
    note = {
        "repo": manifest.repo,
        "root": manifest.root,
        "cid": manifest.cid,
        "chainId": version.chain_id,
        "pulledAt": int(time.time() * 1000),
    }
    _replace(folder / "manifest.json", manifest.text)
    _replace(folder / "version.json", json.dumps(note, indent=2) + "\n")


def write_stamps(folder: Path, stamps: dict[str, list[int]]) -> None:
    """Remembers what files looked like when their bytes were last right."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "stamps.json", json.dumps(stamps))


def read_stamps(folder: Path) -> dict[str, list[int]]:
    try:
        stamps = json.loads((folder / "stamps.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def stamp(path: Path) -> list[int]:
    """What changes when a file is written: its size, its time, and which file it is."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def read_note(folder: Path) -> Manifest | None:
    """The manifest that a folder says it holds. Raises VerificationError where the notes were changed."""
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        note = json.loads((folder / "version.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    manifest = parse(text)
    return manifest if manifest.root == note.get("root") else None


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def _link(blob: Path, pointer: Path) -> None:
    try:
        pointer.symlink_to(os.path.relpath(blob, pointer.parent))
    except OSError:
        # No symbolic links here: the Hub's client keeps the file itself in the snapshot then.
        shutil.move(blob, pointer)
