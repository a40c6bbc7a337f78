"""OpenZeppelin's StandardMerkleTree over a version's files."""

from __future__ import annotations

from collections.abc import Sequence

from .digest import cid_bytes, keccak256
from .errors import VerificationError


def file_leaf(path: str, size: int, sha256: str, cid: str) -> bytes:
    """keccak256(keccak256(abi.encode(string path, uint64 size, bytes32 sha256, bytes cid)))."""
    text = _dynamic(path.encode())
    head = [4 * 32, size, int(sha256, 16), 4 * 32 + len(text)]
    encoded = b"".join(word.to_bytes(32, "big") for word in head) + text + _dynamic(cid_bytes(cid))
    return keccak256(keccak256(encoded))


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in any order."""
    return _tree(leaves)[0]


def proof(leaves: Sequence[bytes], leaf: bytes) -> list[bytes]:
    """Sibling hashes from a leaf up to the root."""
    tree = _tree(leaves)
    at = next((i for i in range(len(tree) - 1, len(tree) - len(leaves) - 1, -1) if tree[i] == leaf), None)
    if at is None:
        raise VerificationError("The leaf is not in this tree.")
    siblings = []
    while at > 0:
        siblings.append(tree[at - 1 if at % 2 == 0 else at + 1])
        at = (at - 1) // 2
    return siblings


def verify(expected: bytes, leaf: bytes, siblings: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf to the root."""
    node = leaf
    for sibling in siblings:
        node = _pair(node, sibling)
    return node == expected


def _tree(leaves: Sequence[bytes]) -> list[bytes]:
    if not leaves:
        raise VerificationError("A Merkle tree needs at least one leaf.")
    size = 2 * len(leaves) - 1
    tree = [b""] * (size - len(leaves)) + sorted(leaves, reverse=True)
    for at in range(size - len(leaves) - 1, -1, -1):
        tree[at] = _pair(tree[2 * at + 1], tree[2 * at + 2])
    return tree


def _pair(a: bytes, b: bytes) -> bytes:
    return keccak256(a + b if a < b else b + a)


def _dynamic(value: bytes) -> bytes:
    return len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)
