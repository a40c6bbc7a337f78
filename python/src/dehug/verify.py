"""Compares what is on this disk with what was published, and repairs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .errors import ConfigurationError, NotAnchoredError, VerificationError
from .hub import Hub, Version
from .manifest import Manifest
from .places import NOTES, CachePlace, FolderPlace, cached_commit, cached_note, default_cache, read_note
from .pull import LocalRepo, PullOptions, compare, pull


@dataclass(frozen=True)
class Report:
    """What a verification found. ``extra`` are files that the version does not have; nobody vouches for them."""

    repo: str
    folder: Path
    root: str
    files: int
    size: int
    chain: str
    is_head: bool | None
    repaired: tuple[str, ...]
    extra: tuple[str, ...]


def verify_cached(hub: Hub, repo_id: str, repo_type: str, options: PullOptions, *, repair: bool, offline: bool) -> Report:
    """Reads every file of a version in the cache. Raises VerificationError where one differs and is not to be repaired."""
    cache_dir = options.cache_dir or default_cache()
    commit = cached_commit(repo_id, repo_type, options.revision or "main", cache_dir)
    manifest = cached_note(repo_id, repo_type, commit, cache_dir) if commit else None
    if repair:
        return _repaired(pull(hub, repo_id, repo_type, replace(options, check_all=True)))
    if manifest is None or commit is None:
        raise NotAnchoredError(
            f"The cache holds no verified version of {repo_id}.", "Pull it first: dehug pull, or load_model()."
        )
    place = CachePlace(repo_id, repo_type, commit, cache_dir)
    return _compared(hub, place, manifest, offline=offline)


def verify_folder(hub: Hub, folder: Path, *, repair: bool, offline: bool) -> Report:
    """The same for a folder that was pulled, by this package or by the command line of the npm package."""
    manifest = read_note(folder / NOTES)
    if manifest is None:
        raise ConfigurationError(f"{folder} does not say which version it holds.", "Pull into it first.")
    if repair:
        kind, _, name = manifest.repo.partition(":")
        options = PullOptions(revision=manifest.root, local_dir=folder, check_all=True, allow_pickle=True)
        return _repaired(pull(hub, name, kind, options))
    return _compared(hub, FolderPlace(folder), manifest, offline=offline)


def _compared(hub: Hub, place: CachePlace | FolderPlace, manifest: Manifest, *, offline: bool) -> Report:
    version = Version(manifest, False, "it was not asked to", None, 0) if offline else hub.check(manifest)
    wrong = compare(place, manifest.files, contents=True)
    if wrong:
        shown = ", ".join(f"{file.path} ({why})" for file, why in wrong[:5])
        more = f", and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise VerificationError(
            f"{place.folder} is not {manifest.repo} as it was published: {shown}{more}.",
            "Repair it with `dehug verify --repair`, or load it with verify=True; what is right is kept.",
        )
    known = {file.path for file in manifest.files}
    there = {path.relative_to(place.folder).as_posix() for path in place.folder.rglob("*") if path.is_file()}
    return Report(
        repo=manifest.repo,
        folder=place.folder,
        root=manifest.root,
        files=len(manifest.files),
        size=manifest.size,
        chain="checked" if version.checked else f"not checked against the chain: {version.why_unchecked}",
        is_head=version.is_head,
        repaired=(),
        extra=tuple(sorted(path for path in there - known if not path.startswith(f"{NOTES}/"))),
    )


def _repaired(local: LocalRepo) -> Report:
    return Report(
        repo=local.repo,
        folder=local.folder,
        root=local.root or "",
        files=len(local.files),
        size=local.size,
        chain=local.chain,
        is_head=local.is_head,
        repaired=local.repaired,
        extra=(),
    )
