"""Verified pulls: manifest against the chain, every chunk against the manifest, from sources that nobody has to trust."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from huggingface_hub import RepoFile
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import filter_repo_objects, tqdm

from .digest import chunks, file_cid, is_raw, leaf_of
from .errors import ConfigurationError, NetworkError, PickleRefusedError, VerificationError
from .fetch import Wanted, fetch, sync
from .hub import Hub, Version
from .manifest import File, Publisher
from .places import (
    CachePlace,
    FolderPlace,
    Place,
    cached_commit,
    cached_note,
    default_cache,
    read_stamps,
    stamp,
    write_note,
    write_stamps,
)
from .sources import Pool, from_text

Difference = Literal["missing", "size", "changed"]


@dataclass(frozen=True)
class LocalRepo(os.PathLike[str]):
    """A version on this disk. It is a path, so ``AutoModel.from_pretrained(repo)`` works.

    Attributes:
        folder: the snapshot in the cache, or the folder that was asked for.
        verified: whether every file is what the manifest says.
        chain: ``"checked"``, or why the manifest was not compared with the chain.
        repaired: files that were damaged on this disk and are right now.
        liars: sources that gave wrong bytes; none of those were kept.
        published_by: ``"author"``, ``"delegate"`` (signed for the owner, such as by a hub), ``"custodian"`` (an import);
            None where nothing was published.
    """

    repo: str
    folder: Path
    commit: str
    root: str | None
    cid: str | None
    verified: bool
    chain: str
    is_head: bool | None
    files: tuple[str, ...]
    size: int
    downloaded: int = 0
    repaired: tuple[str, ...] = ()
    liars: tuple[str, ...] = ()
    published_by: Publisher | None = None

    def __fspath__(self) -> str:
        return str(self.folder)

    def __str__(self) -> str:
        return str(self.folder)


@dataclass
class PullOptions:
    """What to pull and where to; see :func:`pull`."""

    revision: str | None = None
    local_dir: Path | None = None
    cache_dir: Path | None = None
    allow_patterns: Sequence[str] | str | None = None
    ignore_patterns: Sequence[str] | str | None = None
    allow_pickle: bool = False
    check_all: bool = False
    workers: int = 8
    gateways: Sequence[str] = field(default_factory=tuple)


def pull(hub: Hub, repo_id: str, repo_type: str, options: PullOptions) -> LocalRepo:
    """Brings a published version to this disk. Without a revision it is the newest one on chain.

    Files that are there are kept; with ``check_all`` they are read and compared, and damaged chunks are fetched again.
    Without a connection what is in the cache is used, if it is complete. Raises NotAnchoredError for what was never
    published, VerificationError where the hub, the chain or all sources contradict each other.
    """
    version, is_offline = _version(hub, repo_id, repo_type, options)
    manifest = version.manifest
    selected = _selected(manifest.files, options)
    unsafe = sorted(set(manifest.unsafe) & {file.path for file in selected})
    if unsafe and not options.allow_pickle:
        raise PickleRefusedError(
            f"These files run code when they are loaded, so they are refused: {', '.join(unsafe[:5])}.",
            "Leave them out with ignore_patterns, or pass allow_pickle=True if you trust the author.",
        )
    place = _place(hub, repo_id, repo_type, version, options)
    with place.lock():
        wrong = compare(place, selected, contents=options.check_all)
        if wrong and is_offline:
            raise NetworkError(
                f"{repo_id} is not complete in the cache ({len(wrong)} files are missing or wrong) and there is no connection.",
                "Pull it once with a connection.",
            )
        downloaded, liars = _fill(hub, repo_id, place, [file for file, _ in wrong], options)
        if not is_offline:
            write_note(place.notes, version)
        stamps = {file.path: stamp(place.path(file)) for file in selected}
        write_stamps(place.notes, {**read_stamps(place.notes), **stamps})
        if isinstance(place, CachePlace):
            place.point(options.revision or "main")
    if downloaded and version.checked and len(selected) == len(manifest.files):
        hub.count_pull(repo_id, repo_type, manifest.root)
    return _result(version, place, selected, downloaded, wrong, liars)


def compare(place: Place, files: Sequence[File], *, contents: bool) -> list[tuple[File, Difference]]:
    """Files that are not what was published. Without ``contents`` those are not read that nobody touched since they
    were last right."""
    stamps = read_stamps(place.notes)
    wrong: list[tuple[File, Difference]] = []
    for file in files:
        path = place.path(file)
        if not path.is_file():
            wrong.append((file, "missing"))
        elif path.stat().st_size != file.size:
            wrong.append((file, "size"))
        elif (contents or stamps.get(file.path) != stamp(path)) and not is_right(path, file):
            wrong.append((file, "changed"))
    return wrong


def is_right(path: Path, file: File) -> bool:
    """Whether a file has exactly the bytes that were published: its CID and its SHA-256 are compared."""
    whole = hashlib.sha256()
    leaves = []
    with path.open("rb") as content:
        for chunk in chunks(content):
            whole.update(chunk)
            leaves.append(leaf_of(chunk))
    return file_cid(leaves) == file.cid and whole.hexdigest() == file.sha256


def pool_of(hub: Hub, more: Sequence[str] = ()) -> Pool:
    """Everything that may have the bytes: what the caller names, DEHUG_GATEWAYS, the network's gateways, the hub."""
    return Pool([from_text(text) for text in dict.fromkeys([*more, *hub.gateways()])])


def _version(hub: Hub, repo_id: str, repo_type: str, options: PullOptions) -> tuple[Version, bool]:
    """The version that is meant, and whether it is only known from this disk."""
    selector = "head" if options.revision in (None, "main") else str(options.revision)
    if not re.fullmatch(r"\w[\w./-]{0,127}", selector) or ".." in selector:
        raise ConfigurationError(f"{selector[:200]!r} is not a version.", "Use a 0x root, a commit, or a tag.")
    try:
        return hub.version(repo_id, repo_type, selector), False
    except NetworkError as error:
        if getattr(error, "status", None) is not None:
            raise
        cache_dir = options.cache_dir or default_cache()
        commit = cached_commit(repo_id, repo_type, options.revision or "main", cache_dir)
        manifest = cached_note(repo_id, repo_type, commit, cache_dir) if commit else None
        if manifest is None or options.local_dir is not None:
            raise
        return Version(manifest, False, "there is no connection", None, 0), True


def _place(hub: Hub, repo_id: str, repo_type: str, version: Version, options: PullOptions) -> CachePlace | FolderPlace:
    if options.local_dir is not None:
        return FolderPlace(options.local_dir)
    commit = version.manifest.commit
    lfs = cache(lambda: _lfs(hub, repo_id, repo_type, commit))
    return CachePlace(
        repo_id,
        repo_type,
        commit,
        options.cache_dir or default_cache(),
        lambda file: lfs().get(file.path, file.size > 10 << 20),
    )


def _lfs(hub: Hub, repo_id: str, repo_type: str, commit: str) -> dict[str, bool]:
    """Which files the hub names by their SHA-256. Only names in the cache depend on it, so it may be unknown."""
    try:
        tree = hub.api.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type=repo_type, token=hub.token())
        return {item.path: item.lfs is not None for item in tree if isinstance(item, RepoFile)}
    except (HfHubHTTPError, OSError):
        return {}


def _fill(hub: Hub, repo_id: str, place: Place, files: list[File], options: PullOptions) -> tuple[int, list[str]]:
    if not files:
        return 0, []
    wanted = [Wanted(f.cid, f.size, place.part(f), (f"{repo_id}/{f.path}", f.path)) for f in files]
    for file, want in zip(files, wanted, strict=True):
        _reuse(place.path(file), want.part)
    pool = pool_of(hub, options.gateways)
    with _Bar(sum(file.size for file in files), repo_id) as bar:
        # Files with one content are fetched once.
        downloaded = fetch(list({want.cid: want for want in wanted}.values()), pool, workers=options.workers, on_bytes=bar.add)
    last = {file.cid: index for index, file in enumerate(files)}
    for index, (file, want) in enumerate(zip(files, wanted, strict=True)):
        part = want.part if last[file.cid] == index else _copy(want.part, index)
        if not is_raw(file.cid) and not is_right(part, file):
            raise VerificationError(f"The manifest contradicts itself about {file.path}: SHA-256 and CID are of different bytes.")
        sync(part)
        place.finish(file, part)
    return downloaded, pool.liars


def _reuse(damaged: Path, part: Path) -> None:
    """Right chunks of a damaged file need not be fetched again."""
    if damaged.is_file() and not part.exists():
        part.parent.mkdir(parents=True, exist_ok=True)
        _copy_bytes(damaged, part)


def _copy(part: Path, index: int) -> Path:
    copy = part.with_name(f"{part.name}-{index}")
    _copy_bytes(part, copy)
    return copy


def _copy_bytes(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(1 << 20):
            writing.write(piece)


def _selected(files: Sequence[File], options: PullOptions) -> list[File]:
    allow, ignore = options.allow_patterns, options.ignore_patterns
    kept = filter_repo_objects(
        files, allow_patterns=as_list(allow), ignore_patterns=as_list(ignore), key=lambda file: file.path
    )
    return list(kept)


def as_list(patterns: Sequence[str] | str | None) -> list[str] | None:
    return [patterns] if isinstance(patterns, str) else None if patterns is None else list(patterns)


def _result(
    version: Version,
    place: Place,
    files: Sequence[File],
    downloaded: int,
    wrong: Sequence[tuple[File, Difference]],
    liars: Sequence[str],
) -> LocalRepo:
    manifest = version.manifest
    return LocalRepo(
        repo=manifest.repo,
        folder=place.folder,
        commit=manifest.commit,
        root=manifest.root,
        cid=manifest.cid,
        verified=True,
        chain="checked" if version.checked else f"not checked against the chain: {version.why_unchecked}",
        is_head=version.is_head,
        files=tuple(file.path for file in files),
        size=sum(file.size for file in files),
        downloaded=downloaded,
        repaired=tuple(file.path for file, why in wrong if why != "missing"),
        liars=tuple(liars),
        published_by=manifest.published_by,
    )


class _Bar:
    """A progress bar that several threads move."""

    def __init__(self, total: int, name: str) -> None:
        self._bar = tqdm(  # type: ignore[no-untyped-call]
            total=total, unit="B", unit_scale=True, desc=name
        )
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._bar.update(count)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

