"""A version's manifest (``dehug.manifest.v1``): what was published, and the root that the chain holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from . import merkle
from .digest import bytes_cid, cid_bytes
from .errors import ConfigurationError, VerificationError
from .names import assert_paths, repo_key

_REQUIRED = {
    "schema", "repo", "commit", "parents", "files", "fileCount", "profile", "root", "license", "baseModels",
    "dependencies", "evals", "author", "createdAt",
}  # fmt: skip
_OPTIONAL = {"tensors", "task", "libraryName", "unsafe", "source", "delegated"}
_SOURCE = {"kind", "repo", "commit", "license", "complete", "importedAt", "custodian"}
_SOURCE_OF = {"hub": {"endpoint"}, "bundle": {"root", "manifestCid", "chainId"}}
_MAX_FILES = 1_000_000

Publisher = Literal["author", "delegate", "custodian"]


@dataclass(frozen=True, slots=True)
class File:
    """A published file; ``sha256`` is 64 hexadecimal digits."""

    path: str
    size: int
    sha256: str
    cid: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that agrees with itself.

    Attributes:
        text: as it was signed and stored; ``cid`` names these bytes.
        repo: ``model:namespace/name`` in lower case.
        commit: the git commit that holds exactly these files.
        root: Merkle root over the files, ``0x`` and 64 digits.
        unsafe: files that run code when they are loaded.
        published_by: the author; a delegate whom the owner allowed to sign; or a custodian of an import.
    """

    text: str
    cid: str
    repo: str
    commit: str
    root: str
    files: tuple[File, ...]
    unsafe: tuple[str, ...]
    published_by: Publisher

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def parse(text: str) -> Manifest:
    """Reads a manifest and checks everything it says about itself. Raises VerificationError."""
    try:
        json_value = json.loads(text)
        _check(isinstance(json_value, dict), "it is no object")
        return _read(text, json_value)
    except (ValueError, KeyError, TypeError, RecursionError, ConfigurationError) as error:
        raise _bad(str(error)) from error


def _read(text: str, value: dict[str, Any]) -> Manifest:
    keys = set(value)
    _check(keys >= _REQUIRED, f"it lacks {sorted(_REQUIRED - keys)}")
    _check(keys <= _REQUIRED | _OPTIONAL, f"it has unknown fields {sorted(keys - _REQUIRED - _OPTIONAL)}")
    _check(value["schema"] == "dehug.manifest.v1" and value["profile"] == "unixfs-v1-2025", "it is of another kind")
    kind, _, name = str(value["repo"]).partition(":")
    _check(repo_key(name, kind) == value["repo"], "its repo is not lower case")
    _check(bool(re.fullmatch(r"[0-9a-f]{40}", str(value["commit"]))), "its commit is none")
    _check(isinstance(value["files"], list) and len(value["files"]) <= _MAX_FILES, "its files are no list")
    files = tuple(_file(item) for item in value["files"])
    _check(0 < len(files) == value["fileCount"], "it counts its files wrongly")
    paths = [file.path for file in files]
    assert_paths(paths)
    # Sorted as JavaScript sorts: by UTF-16 code units.
    order = [path.encode("utf-16-be") for path in paths]
    _check(order == sorted(order), "its files are not sorted by path")
    if "source" in value:
        _check_source(value["source"])
    unsafe = value.get("unsafe", [])
    _check(isinstance(unsafe, list) and set(unsafe) <= set(paths), "it marks files as unsafe that it does not have")
    _check(value.get("delegated", True) is True, "it is delegated, or does not say so")
    publisher: Publisher = "custodian" if "source" in value else "delegate" if "delegated" in value else "author"
    root = "0x" + merkle.root([merkle.file_leaf(f.path, f.size, f.sha256, f.cid) for f in files]).hex()
    _check(root == value["root"], f"its root is {value['root']} and its files have {root}")
    return Manifest(text, bytes_cid(text.encode()), value["repo"], value["commit"], root, files, tuple(unsafe), publisher)


def _file(item: Any) -> File:
    _check(isinstance(item, dict) and set(item) == {"path", "size", "sha256", "cid"}, "a file has other fields")
    size, sha256 = item["size"], item["sha256"]
    _check(type(size) is int and 0 <= size < 1 << 53, "a file's size is none")
    _check(isinstance(sha256, str) and bool(re.fullmatch(r"[0-9a-f]{64}", sha256)), "a file's sha256 is none")
    _check(isinstance(item["path"], str) and isinstance(item["cid"], str), "a file's path or CID is no text")
    cid_bytes(item["cid"])
    return File(item["path"], size, sha256, item["cid"])


def _check_source(source: Any) -> None:
    _check(isinstance(source, dict) and source.get("kind") in _SOURCE_OF, "its source is of no known kind")
    _check(set(source) == _SOURCE | _SOURCE_OF[source["kind"]], "its source has other fields")
    _check(source["custodian"] is True, "its source is not in custody")
    _check(bool(re.fullmatch(r"[0-9a-f]{40}", str(source["commit"]))), "its source has no commit")


def _check(holds: bool, why: str) -> None:
    if not holds:
        raise _bad(why)


def _bad(why: str) -> VerificationError:
    return VerificationError(f"The manifest does not hold together: {why}.", "Ask another hub.")
