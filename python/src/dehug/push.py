"""Uploads by huggingface_hub, and says whether what was uploaded is anchored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from huggingface_hub import constants
from huggingface_hub.utils import filter_repo_objects

from . import http
from .errors import ConfigurationError, PickleRefusedError
from .hub import Hub
from .names import repo_key

_PICKLES = {"pkl", "pickle", "pck", "joblib", "dill", "pt", "pth", "ckpt"}
_SAFE = {"safetensors", "onnx", "gguf", "json", "txt", "md", "parquet", "csv", "png", "jpg", "jpeg"}
_SAMPLE = 512


@dataclass(frozen=True)
class Pushed:
    """A commit that was made.

    Attributes:
        anchored: whether the chain holds this commit. A commit that is not anchored is served, but nobody can prove
            what it was; publishing needs the owner's signature, by `dehug push` of the npm package or a delegation.
        root: of the version, where it is anchored.
    """

    repo: str
    url: str
    commit: str
    anchored: bool
    root: str | None


def push(
    hub: Hub,
    folder: str | Path,
    repo_id: str,
    repo_type: str,
    *,
    private: bool | None,
    message: str | None,
    allow_pickle: bool,
    allow_patterns: list[str] | None,
    ignore_patterns: list[str] | None,
) -> Pushed:
    """Makes the repository where it is not there, and commits a folder's files to it; what is there is not sent again."""
    repo_key(repo_id, repo_type)
    path = Path(folder).expanduser()
    if not path.exists():
        raise ConfigurationError(f"{path} is not there.", "Give the folder (or file) to upload.")
    _refuse_pickles(path, allow_patterns, ignore_patterns, allow_pickle)
    token = hub.token()
    url = hub.api.create_repo(repo_id, repo_type=repo_type, private=private, exist_ok=True, token=token)
    name = url.repo_id
    with _transfer(hub, name, repo_type):
        if path.is_dir():
            commit = hub.api.upload_folder(
                folder_path=path,
                repo_id=name,
                repo_type=repo_type,
                commit_message=message,
                allow_patterns=allow_patterns,
                ignore_patterns=[*(ignore_patterns or []), ".dehug/**"],
                token=token,
            )
        else:
            commit = hub.api.upload_file(
                path_or_fileobj=path,
                path_in_repo=path.name,
                repo_id=name,
                repo_type=repo_type,
                commit_message=message,
                token=token,
            )
    root = anchored_root(hub, name, repo_type, commit.oid)
    return Pushed(name, str(url), commit.oid, root is not None, root)


def anchored_root(hub: Hub, repo_id: str, repo_type: str, commit: str) -> str | None:
    """The root under which a commit is anchored, by the hub's word; None where it is not."""
    try:
        found: Any = hub.json(f"/api/dehug/manifest/{repo_type}/{repo_id}/{quote(commit, safe='')}")
    except http.StatusError as error:
        if error.status in (401, 404):
            return None
        raise
    return str(found["root"]) if isinstance(found, dict) and found.get("anchored") else None


def is_pickle(path: str, head: bytes) -> bool:
    """Whether loading the file may run code that its author chose: by its name, the pickle mark, or PyTorch's zip."""
    extension = Path(path).suffix[1:].lower()
    if extension in _PICKLES:
        return True
    if extension in _SAFE:
        return False
    is_marked = len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5
    return is_marked or (head.startswith(b"PK\x03\x04") and b"data.pkl" in head)


def _refuse_pickles(path: Path, allow: list[str] | None, ignore: list[str] | None, allow_pickle: bool) -> None:
    if allow_pickle:
        return
    base = path if path.is_dir() else path.parent
    files = [f.relative_to(base).as_posix() for f in path.rglob("*") if f.is_file()] if path.is_dir() else [path.name]
    found = []
    for name in filter_repo_objects(files, allow_patterns=allow, ignore_patterns=ignore):
        with (base / name).open("rb") as file:
            if is_pickle(name, file.read(_SAMPLE)):
                found.append(name)
    if found:
        raise PickleRefusedError(
            f"Pickle files run code when they are loaded, so they are refused: {', '.join(sorted(found)[:5])}.",
            "Convert the weights to safetensors, leave the files out, or pass allow_pickle (--allow-pickle).",
        )


@contextmanager
def _transfer(hub: Hub, repo_id: str, repo_type: str) -> Iterator[None]:
    """Xet where the hub offers it; huggingface_hub does not fall back to LFS by itself."""
    if constants.HF_HUB_DISABLE_XET or _offers_xet(hub, repo_id, repo_type):
        yield
        return
    constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = False


def _offers_xet(hub: Hub, repo_id: str, repo_type: str) -> bool:
    try:
        hub.json(f"/api/{repo_type}s/{repo_id}/xet-write-token/main")
    except http.StatusError as error:
        return error.status in (401, 403, 429) or error.status >= 500 and error.status != 501
    return True
