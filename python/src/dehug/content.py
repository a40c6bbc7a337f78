"""Content by its CID alone: no repository, no hub that has to be right."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from .digest import is_raw, parse_node
from .errors import VerificationError
from .fetch import Wanted, block, fetch
from .hub import Hub
from .names import assert_paths
from .pull import pool_of
from .sources import Pool

_MAX_DEPTH = 64


def read_cid(hub: Hub, cid: str, gateways: tuple[str, ...] = ()) -> bytes:
    """The bytes of a file. Raises VerificationError for a directory, IPFSError where no source has it."""
    with TemporaryDirectory(prefix="dehug-") as folder:
        target = Path(folder) / "content"
        save_cid(hub, cid, target, gateways)
        if target.is_dir():
            raise VerificationError(f"{cid} is a directory.", "Use load_dataset_from_cid, or name one of its files.")
        return target.read_bytes()


def save_cid(hub: Hub, cid: str, target: Path, gateways: tuple[str, ...] = ()) -> list[Path]:
    """Writes the file, or all files of the directory, behind a CID. Returns their paths."""
    pool = pool_of(hub, gateways)
    wanted = _walk(cid, target, pool, 0)
    for want in wanted:
        want.part.parent.mkdir(parents=True, exist_ok=True)
    fetch(wanted, pool)
    return [want.part for want in wanted]


def _walk(cid: str, target: Path, pool: Pool, depth: int) -> list[Wanted]:
    found = block(cid, pool)
    if is_raw(cid):
        return [Wanted(cid, len(found), target)]
    node = parse_node(found)
    if node.is_file:
        return [Wanted(cid, sum(link.size for link in node.links), target)]
    if depth > _MAX_DEPTH:
        raise VerificationError(f"{cid} is nested too deep.")
    assert_paths(link.name for link in node.links)
    return [want for link in node.links for want in _walk(link.cid, target / link.name, pool, depth + 1)]
