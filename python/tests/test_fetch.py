"""Fetching from gateways that lie, break and vanish, and from folders."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeGateway

from dehug import fetch as fetching
from dehug.digest import CHUNK, bytes_cid
from dehug.errors import IPFSError, VerificationError
from dehug.fetch import DiskFullError, Wanted, fetch
from dehug.sources import Gateway, Mirror, Pool, Source, from_text

SIZE = 5 * CHUNK + 123


@pytest.fixture
def data() -> bytes:
    return os.urandom(SIZE)


def pool(*sources: FakeGateway | Path) -> Pool:
    made: list[Source] = [Mirror(s) if isinstance(s, Path) else Gateway(s.url) for s in sources]
    return Pool(made)


def got(cid: str, size: int, sources: Pool, part: Path, **options: Any) -> int:
    return fetch([Wanted(cid, size, part, ("user/name/file.bin", "file.bin"))], sources, **options)


def test_a_file_arrives(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cid = gateways[0].add(data)
    seen: list[int] = []
    assert got(cid, SIZE, pool(gateways[0]), tmp_path / "part", on_bytes=seen.append) == SIZE
    assert (tmp_path / "part").read_bytes() == data
    assert sum(seen) == SIZE


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_small_files(gateways: list[FakeGateway], tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    cid = gateways[0].add(data)
    got(cid, size, pool(gateways[0]), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == data


@pytest.mark.parametrize("at", [0, CHUNK, 3 * CHUNK + 7, SIZE - 1])
def test_a_wrong_byte_is_fetched_elsewhere(gateways: list[FakeGateway], tmp_path: Path, data: bytes, at: int) -> None:
    liar, honest, _ = gateways
    cid = liar.add(data)
    honest.add(data)
    liar.flip = at
    sources = pool(liar, honest)
    got(cid, SIZE, sources, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == data
    assert sources.liars == [liar.url]


def test_only_wrong_bytes_are_never_success(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cid = gateways[0].add(data)
    gateways[0].flip = 2 * CHUNK
    with pytest.raises(VerificationError, match="No source has the right bytes"):
        got(cid, SIZE, pool(gateways[0]), tmp_path / "part")
    # What was right is kept, and the next attempt needs the rest only.
    gateways[0].flip = None
    assert 0 < got(cid, SIZE, pool(gateways[0]), tmp_path / "part") < SIZE
    assert (tmp_path / "part").read_bytes() == data


def test_a_wrong_node_is_noticed(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    liar, honest, _ = gateways
    cid = liar.add(data)
    honest.add(data)
    liar.blocks[cid] = bytes([liar.blocks[cid][0] ^ 1]) + liar.blocks[cid][1:]
    sources = pool(liar, honest)
    got(cid, SIZE, sources, tmp_path / "part")
    assert sources.liars == [liar.url]


def test_cut_connections_go_on_where_they_were(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cutting, whole, _ = gateways
    cid = cutting.add(data)
    whole.add(data)
    cutting.cut_after = 2 * CHUNK + 10
    got(cid, SIZE, pool(cutting, whole), tmp_path / "part", workers=1)
    assert (tmp_path / "part").read_bytes() == data


def test_only_a_cutting_gateway(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cid = gateways[0].add(data)
    gateways[0].cut_after = 3 * CHUNK
    got(cid, SIZE, pool(gateways[0]), tmp_path / "part", workers=1)
    assert (tmp_path / "part").read_bytes() == data


def test_nobody_has_it(gateways: list[FakeGateway], tmp_path: Path) -> None:
    gateways[1].status = 500
    with pytest.raises(IPFSError, match="No source has"):
        got(bytes_cid(b"absent"), 6, pool(*gateways), tmp_path / "part")


def test_a_manifest_that_lies_about_the_size(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cid = gateways[0].add(data)
    with pytest.raises(VerificationError, match=r"not a file of"):
        got(cid, SIZE + 1, pool(gateways[0]), tmp_path / "part")


def test_a_mirror_alone(tmp_path: Path, data: bytes) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "user" / "name").mkdir(parents=True)
    (mirror / "user" / "name" / "file.bin").write_bytes(data)
    got(bytes_cid(data), SIZE, pool(mirror), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == data


def test_a_damaged_mirror(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "file.bin").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    cid = gateways[0].add(data)
    sources = pool(mirror, gateways[0])
    got(cid, SIZE, sources, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == data
    assert sources.liars == [str(mirror)]
    with pytest.raises(VerificationError):
        got(cid, SIZE, pool(mirror), tmp_path / "other")


def test_only_missing_chunks_are_fetched(gateways: list[FakeGateway], tmp_path: Path, data: bytes) -> None:
    cid = gateways[0].add(data)
    damaged = bytearray(data)
    damaged[2 * CHUNK + 5] ^= 1
    (tmp_path / "part").write_bytes(damaged)
    assert got(cid, SIZE, pool(gateways[0]), tmp_path / "part") == CHUNK
    assert (tmp_path / "part").read_bytes() == data


def test_no_room(gateways: list[FakeGateway], tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    cid = gateways[0].add(data)
    usage = fetching.shutil._ntuple_diskusage(SIZE, SIZE, SIZE - 1)  # type: ignore[attr-defined]
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFullError, match="are free in"):
        got(cid, SIZE, pool(gateways[0]), tmp_path / "part")


def test_a_disk_that_fills_up() -> None:
    """A tiny real device cannot be made everywhere; the error that the system gives is the same."""
    told = fetching._disk(OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(told, DiskFullError)


def test_sources_are_named() -> None:
    assert from_text("http://one.example/ipfs/").name == "http://one.example"
    assert isinstance(from_text("/"), Mirror)
