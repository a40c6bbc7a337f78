"""Gateways and registries made for a test, of plain HTTP servers on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dehug.digest import CHUNK, bytes_cid, cid_bytes, cid_text, leaf_of

SPEC = Path(__file__).resolve().parents[2] / "spec" / "vectors"


def vectors(noun: str, kind: str) -> list[Path]:
    return sorted((SPEC / noun / kind).glob("*.json"))


@dataclass
class FakeGateway:
    """Serves blocks and ranges of the contents it was given, and misbehaves as it is told.

    Attributes:
        flip: serve the byte at this offset of every file wrongly.
        cut_after: close each connection after so many bytes of a body.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[str, bytes] = field(default_factory=dict)
    flip: int | None = None
    cut_after: int | None = None
    status: int = 200
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def add(self, data: bytes) -> str:
        cid = bytes_cid(data)
        self.contents[cid] = data
        self.blocks.update(nodes_of(data))
        for at in range(0, len(data), CHUNK):
            chunk = data[at : at + CHUNK]
            self.blocks[cid_text(bytes((1, 0x55, 0x12, 32)) + leaf_of(chunk).digest)] = chunk
        return cid


def nodes_of(data: bytes) -> dict[str, bytes]:
    """The nodes above a file's chunks, made by the code under test and named by their own hash."""
    import hashlib

    from dehug import digest

    level = [
        (cid_bytes(cid_text(bytes((1, 0x55, 0x12, 32)) + leaf_of(data[at : at + CHUNK]).digest)), len(data[at : at + CHUNK]))
        for at in range(0, len(data), CHUNK)
    ]
    found: dict[str, bytes] = {}
    if len(level) > 1:
        links = b"".join(
            digest._field(2, digest._field(1, cid) + digest._field(2, b"") + digest._number(3, size)) for cid, size in level
        )
        sizes = b"".join(digest._number(4, size) for _, size in level)
        node = links + digest._field(1, digest._number(1, 2) + digest._number(3, len(data)) + sizes)
        found[cid_text(bytes((1, 0x70, 0x12, 32)) + hashlib.sha256(node).digest())] = node
    return found


@pytest.fixture
def gateways() -> Iterator[list[FakeGateway]]:
    """Three gateways."""
    made = [FakeGateway() for _ in range(3)]
    servers = [_serve(gateway) for gateway in made]
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def _serve(gateway: FakeGateway) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            gateway.requests.append(self.path)
            cid, _, query = self.path.removeprefix("/ipfs/").partition("?")
            is_block = "format=raw" in query
            data = (gateway.blocks if is_block else gateway.contents).get(cid)
            if data is None or gateway.status != 200:
                self.send_response(404 if data is None else gateway.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start, end = 0, len(data)
            wanted = self.headers.get("Range")
            if wanted:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start, end = int(first), int(last) + 1
            body = bytearray(data[start:end])
            if gateway.flip is not None and not is_block and start <= gateway.flip < end:
                body[gateway.flip - start] ^= 1
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(body)))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
            self.end_headers()
            if gateway.cut_after is not None and not is_block and len(body) > gateway.cut_after:
                self.wfile.write(body[: gateway.cut_after])
                self.wfile.flush()
                self.connection.close()
                return
            self.wfile.write(body)

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def load(path: Path) -> object:
    return json.loads(path.read_text())
