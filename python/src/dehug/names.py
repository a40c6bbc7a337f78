"""Names of repositories and paths of files: what is accepted, and what is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, get_args

from .errors import ConfigurationError, VerificationError

RepoType = Literal["model", "dataset", "space"]

_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.I)


def repo_key(repo_id: str, repo_type: str) -> str:
    """The key on chain, ``model:namespace/name`` in lower case. Raises ConfigurationError."""
    parts = repo_id.split("/")
    is_name = len(parts) == 2 and all(_is_part(part) for part in parts) and len(repo_id) <= 96
    if repo_type not in get_args(RepoType) or not is_name:
        raise ConfigurationError(f'"{repo_id[:200]}" is not a repository name.', 'Write it like "namespace/name".')
    return f"{repo_type}:{repo_id}".lower()


def _is_part(part: str) -> bool:
    plain = _PART.fullmatch(part) and "--" not in part and ".." not in part
    return bool(plain) and not part.lower().endswith((".git", ".ipynb"))


def assert_paths(paths: Iterable[str]) -> None:
    """Raises VerificationError when a path cannot be written safely on every system, or two collide."""
    files: dict[str, str] = {}
    for path in paths:
        why = _why_unsafe(path)
        folded = path.lower()
        if why is None and folded in files:
            why = f'it collides with "{files[folded]}"'
        if why is not None:
            raise VerificationError(f'The path {path[:200]!r} is not accepted: {why}.')
        files[folded] = path
    for folded, path in files.items():
        above = folded
        while "/" in above:
            above = above.rsplit("/", 1)[0]
            if above in files:
                raise VerificationError(f'The path {path[:200]!r} is not accepted: "{files[above]}" is a file.')


def _why_unsafe(path: str) -> str | None:
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return "it is not Unicode"
    if not 0 < length <= 1024:
        return "it is empty or longer than 1024 bytes"
    if path != unicodedata.normalize("NFC", path):
        return "it is not in Unicode normal form C"
    if _FORBIDDEN.search(path):
        return "it holds a character that some systems reserve"
    for part in path.split("/"):
        if part in ("", ".", "..") or part.lower() == ".git" or part[-1] in ". ":
            return f'it has a part "{part}"'
        if _DEVICE.fullmatch(part):
            return f'"{part}" is the name of a device on some systems'
    return None
