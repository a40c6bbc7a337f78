"""The vectors that the TypeScript and Solidity tests read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import load, vectors

from dehug import merkle
from dehug.digest import cid_bytes, keccak256
from dehug.errors import ConfigurationError, VerificationError
from dehug.manifest import parse
from dehug.names import assert_paths, repo_key


@pytest.mark.parametrize("path", vectors("merkle", "valid"), ids=lambda p: p.stem)
def test_merkle(path: Path) -> None:
    case: Any = load(path)
    leaves = [merkle.file_leaf(f["path"], f["size"], f["sha256"], f["cid"]) for f in case["files"]]
    assert ["0x" + cid_bytes(f["cid"]).hex() for f in case["files"]] == [f["cidBytes"] for f in case["files"]]
    assert "0x" + merkle.root(leaves).hex() == case["root"]
    assert "0x" + leaves[-1].hex() == case["leaf"]
    proof = merkle.proof(leaves, leaves[-1])
    assert ["0x" + sibling.hex() for sibling in proof] == case["proofOfLast"]
    assert merkle.verify(merkle.root(leaves), leaves[-1], proof)


def test_merkle_of_nothing() -> None:
    with pytest.raises(VerificationError):
        merkle.root([])


@pytest.mark.parametrize("path", vectors("manifest", "valid"), ids=lambda p: p.stem)
def test_manifest(path: Path) -> None:
    case: Any = load(path)
    manifest = parse(json.dumps(case["manifest"]))
    assert manifest.root == case["root"]
    assert [file.path for file in manifest.files] == [file["path"] for file in case["manifest"]["files"]]


@pytest.mark.parametrize("path", vectors("manifest", "invalid"), ids=lambda p: p.stem)
def test_manifest_refused(path: Path) -> None:
    case: Any = load(path)
    with pytest.raises(VerificationError):
        parse(json.dumps(case["manifest"]))


@pytest.mark.parametrize("path", vectors("path", "valid"), ids=lambda p: p.stem)
def test_path(path: Path) -> None:
    case: Any = load(path)
    assert_paths([case["path"]])


@pytest.mark.parametrize("path", vectors("path", "invalid"), ids=lambda p: p.stem)
def test_path_refused(path: Path) -> None:
    case: Any = load(path)
    with pytest.raises(VerificationError):
        assert_paths([case["path"]])


@pytest.mark.parametrize("path", vectors("repo-id", "valid"), ids=lambda p: p.stem)
def test_repo_id(path: Path) -> None:
    case: Any = load(path)
    kind, _, name = case["text"].rpartition(":")
    key = repo_key(name, kind or "model")
    assert key == case["key"]
    assert str(int.from_bytes(keccak256(key.encode()), "big")) == case["modelId"]


@pytest.mark.parametrize("path", vectors("repo-id", "invalid"), ids=lambda p: p.stem)
def test_repo_id_refused(path: Path) -> None:
    case: Any = load(path)
    kind, _, name = case["text"].rpartition(":")
    with pytest.raises(ConfigurationError):
        repo_key(name, kind or "model")
