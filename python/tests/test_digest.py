"""CIDs and chunks, by example and by property."""

from __future__ import annotations

import io

import pytest
from conftest import nodes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dehug import merkle
from dehug.digest import CHUNK, Leaf, bytes_cid, chunks, cid_bytes, cid_text, file_cid, parse_node
from dehug.errors import VerificationError
from dehug.manifest import parse


def test_known_cids() -> None:
    # Of the IPIP-499 vectors and of `ipfs add --cid-version=1 --chunker=size-1048576 --raw-leaves`.
    assert bytes_cid(b"hello world") == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    assert bytes_cid(b"") == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def test_a_file_of_two_levels() -> None:
    zero = Leaf(bytes(32), CHUNK)
    assert len({file_cid([zero] * count) for count in (2, 1024, 1025, 2049)}) == 4


@given(st.binary(max_size=64))
def test_cid_text_is_one_to_one(digest: bytes) -> None:
    binary = bytes((1, 0x55, 0x12, 32)) + digest.ljust(32, b"\0")[:32]
    assert cid_bytes(cid_text(binary)) == binary


@given(st.text(max_size=80))
def test_other_texts_are_refused(text: str) -> None:
    try:
        assert cid_text(cid_bytes(text)) == text
    except VerificationError:
        pass


@given(st.binary(max_size=200))
def test_garbage_is_no_node(block: bytes) -> None:
    try:
        parse_node(block)
    except VerificationError:
        pass


@given(st.text(max_size=300) | st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner)).map(str))
def test_garbage_is_no_manifest(text: str) -> None:
    with pytest.raises(VerificationError):
        parse(text)


@settings(max_examples=20)
@given(st.integers(min_value=CHUNK + 1, max_value=4 * CHUNK))
def test_nodes_are_read_as_they_are_written(size: int) -> None:
    data = bytes(size)
    ((cid, node),) = nodes_of(data).items()
    assert cid == bytes_cid(data)
    assert sum(link.size for link in parse_node(node).links) == size


@given(st.binary(max_size=10), st.integers(min_value=1, max_value=3))
def test_chunks_do_not_depend_on_how_a_file_is_read(tail: bytes, step: int) -> None:
    class Dripping(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            return super().read(min(count or 0, step * CHUNK // 3 + 1))

    data = bytes(2 * CHUNK) + tail
    assert b"".join(chunks(Dripping(data))) == data
    assert [len(chunk) for chunk in chunks(Dripping(data))][:2] == [CHUNK, CHUNK]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True))
def test_every_leaf_is_proved(leaves: list[bytes]) -> None:
    root = merkle.root(leaves)
    assert merkle.root(leaves[::-1]) == root
    for leaf in leaves:
        assert merkle.verify(root, leaf, merkle.proof(leaves, leaf))
    assert not merkle.verify(root, bytes(31) + b"\x07", merkle.proof(leaves, leaves[0]))
