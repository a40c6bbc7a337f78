"""CIDs of files: the UnixFS profile ``unixfs-v1-2025`` (IPIP-499), and Keccak-256.

Chunks of 1 MiB are raw leaves; 1,024 of them hang under a node, balanced.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from Crypto.Hash import keccak

from .errors import VerificationError

CHUNK = 1 << 20
MAX_LINKS = 1024
_RAW, _DAG_PB = 0x55, 0x70


@dataclass(frozen=True, slots=True)
class Leaf:
    """One chunk of a file: its SHA-256 and its size."""

    digest: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Link:
    """A child of a node: its CID; in a file, how many bytes are behind it; in a directory, its name."""

    cid: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """A UnixFS file or directory above its children."""

    is_file: bool
    links: list[Link]


def keccak256(data: bytes) -> bytes:
    """Keccak-256, as Ethereum has it."""
    return bytes(keccak.new(digest_bits=256, data=data).digest())


def cid_text(binary: bytes) -> str:
    """The canonical text of a CID: CIDv1 in base32."""
    return "b" + base64.b32encode(binary).decode().lower().rstrip("=")


def cid_bytes(text: str) -> bytes:
    """The 36 bytes of a CID in its canonical text. Raises VerificationError for any other text, hash or codec."""
    body = text[1:].upper()
    try:
        binary = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError:
        binary = b""
    known = binary[:1] == b"\x01" and binary[1:2] in (bytes([_RAW]), bytes([_DAG_PB])) and binary[2:4] == b"\x12\x20"
    if len(binary) != 36 or not known or cid_text(binary) != text:
        raise VerificationError(f'"{text[:100]}" is not a CID of this network.', "Give a CIDv1 such as bafkrei… or bafybei….")
    return binary


def is_raw(cid: str) -> bool:
    """Whether the CID names one chunk, and not a node above chunks."""
    return cid_bytes(cid)[1] == _RAW


def matches(cid: str, block: bytes) -> bool:
    """Whether a block is what its CID says."""
    return hashlib.sha256(block).digest() == cid_bytes(cid)[4:]


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file's chunks in order; an empty file has one empty chunk."""
    first = True
    while True:
        chunk = _read_full(file, CHUNK)
        if chunk or first:
            yield chunk
        first = False
        if len(chunk) < CHUNK:
            return


def leaf_of(chunk: bytes) -> Leaf:
    return Leaf(hashlib.sha256(chunk).digest(), len(chunk))


def file_cid(leaves: Iterable[Leaf]) -> str:
    """The CID of a file from its chunks, in order."""
    level = [(_cid(_RAW, leaf.digest), leaf.size, leaf.size) for leaf in leaves]
    while len(level) > 1:
        level = [_parent(level[at : at + MAX_LINKS]) for at in range(0, len(level), MAX_LINKS)]
    return cid_text(level[0][0])


def bytes_cid(data: bytes) -> str:
    """The CID of bytes in memory."""
    view = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] or [b""]
    return file_cid(map(leaf_of, view))


def parse_node(block: bytes) -> Node:
    """Reads a dag-pb block. Raises VerificationError when it is no UnixFS file of links, and no directory in one block."""
    try:
        links, data = _dag_pb(block)
        kind, sizes = _unixfs(data)
    except (IndexError, ValueError) as error:
        raise _unreadable("it is no UnixFS node") from error
    if kind not in (1, 2) or (kind == 2 and len(sizes) != len(links)):
        raise _unreadable("it is no file, and no directory in one block")
    sizes = sizes if kind == 2 else [0] * len(links)
    return Node(kind == 2, [Link(cid, size, name) for (cid, name), size in zip(links, sizes, strict=True)])


def _unreadable(why: str) -> VerificationError:
    return VerificationError(f"A block cannot be read: {why}.", "Ask its publisher to publish it again.")


def _cid(codec: int, digest: bytes) -> bytes:
    return bytes((1, codec, 0x12, 32)) + digest


def _parent(children: list[tuple[bytes, int, int]]) -> tuple[bytes, int, int]:
    """(CID, bytes of the file, bytes of the graph) of a node over children of the same form."""
    links = b"".join(_field(2, _field(1, cid) + _field(2, b"") + _number(3, dag)) for cid, _, dag in children)
    size = sum(child[1] for child in children)
    data = _number(1, 2) + _number(3, size) + b"".join(_number(4, child[1]) for child in children)
    node = links + _field(1, data)
    return _cid(_DAG_PB, hashlib.sha256(node).digest()), size, len(node) + sum(child[2] for child in children)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protobuf message: numbers, and strings of bytes."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2 and at + value <= len(message):
            yield key >> 3, message[at : at + value]
            at += value
        else:
            raise ValueError("a field of an unknown kind")


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 63, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than 63 bits")


def _dag_pb(block: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The children's CIDs and names, and the UnixFS data."""
    links: list[tuple[str, str]] = []
    data: bytes | None = None
    for number, value in _fields(block):
        if number == 1 and isinstance(value, bytes):
            data = value
        elif number == 2 and isinstance(value, bytes):
            parts = {field: part for field, part in _fields(value) if isinstance(part, bytes)}
            cid = cid_text(parts.get(1, b""))
            cid_bytes(cid)
            links.append((cid, parts.get(2, b"").decode()))
        else:
            raise ValueError("an unknown field")
    if data is None:
        raise ValueError("no UnixFS data")
    return links, data


def _unixfs(data: bytes) -> tuple[int, list[int]]:
    kind, sizes = -1, []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, int):
            sizes.append(value)
        elif number == 2 and value:
            raise ValueError("bytes of its own")
    return kind, sizes


def _read_full(file: BinaryIO, count: int) -> bytes:
    """Up to `count` bytes; fewer only at the end."""
    data = file.read(count)
    while 0 < len(data) < count:
        more = file.read(count - len(data))
        if not more:
            break
        data += more
    return data
