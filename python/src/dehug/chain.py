"""What the chain says about versions: ModelRegistry read by ``eth_call`` over JSON-RPC."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from . import http
from .digest import cid_text, keccak256
from .errors import NetworkError

_ZERO = bytes(32)
_ATTEMPTS = 6


@dataclass(frozen=True)
class Anchored:
    """A version as the chain holds it; ``head`` is the root of the newest version."""

    manifest_cid: str
    file_count: int
    deprecated: bool
    head: str


class Registry:
    """Reads one ModelRegistry through one node."""

    def __init__(self, rpc_url: str, address: str) -> None:
        self.rpc_url = rpc_url
        self._address = address

    def chain_id(self) -> int:
        return int(self._rpc("eth_chainId", []), 16)

    def head(self, repo_key: str) -> str | None:
        """Root of the newest version; None where nothing was published under this name."""
        model = self._model(repo_key)
        return None if model is None else _hex(_word(model, 2))

    def version(self, repo_key: str, root: str) -> Anchored | None:
        """The version with this root; None where the chain does not have it."""
        model = self._model(repo_key)
        if model is None:
            return None
        model_id = self._resolve(repo_key)
        answer = self._call("version(uint256,bytes32)", model_id + bytes.fromhex(root[2:]))
        if answer is None:
            return None
        found = _tuple(answer)
        if _int(_word(found, 4)) == 0:
            return None
        at = _int(_word(found, 0))
        length = _int(found[at : at + 32])
        cid = found[at + 32 : at + 32 + length]
        return Anchored(cid_text(cid), _int(_word(found, 1)), _int(_word(found, 6)) != 0, _hex(_word(model, 2)))

    def _resolve(self, repo_key: str) -> bytes:
        text = repo_key.encode()
        argument = (32).to_bytes(32, "big") + len(text).to_bytes(32, "big") + text + bytes(-len(text) % 32)
        return self._call("resolve(string)", argument) or _ZERO

    def _model(self, repo_key: str) -> bytes | None:
        model_id = self._resolve(repo_key)
        if model_id[:32] == _ZERO:
            return None
        answer = self._call("model(uint256)", model_id[:32])
        if answer is None or _int(_word(_tuple(answer), 0)) == 0:
            return None
        return _tuple(answer)

    def _call(self, signature: str, arguments: bytes) -> bytes | None:
        """The answer's bytes; None where the contract refuses (an unknown model or version)."""
        data = keccak256(signature.encode())[:4] + arguments
        answer = self._rpc("eth_call", [{"to": self._address, "data": _hex(data)}, "latest"], may_revert=True)
        if answer is None:
            return None
        found = bytes.fromhex(answer[2:])
        if not found:
            raise NetworkError(f"There is no ModelRegistry at {self._address} on the chain of {self.rpc_url}.")
        return found

    def _rpc(self, method: str, params: list[Any], *, may_revert: bool = False) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        error: Any = None
        for _ in range(_ATTEMPTS):
            answer = http.get_json(self.rpc_url, headers={"Content-Type": "application/json"}, data=body)
            if isinstance(answer, dict) and isinstance(answer.get("result"), str):
                return answer["result"]
            error = answer.get("error") if isinstance(answer, dict) else None
            if not _is_overtaken(error):
                break
        if may_revert and isinstance(error, dict) and (error.get("code") == 3 or "revert" in str(error.get("message"))):
            return None
        raise NetworkError(f"The chain's node at {self.rpc_url} refused {method}: {error}.")


def _is_overtaken(error: Any) -> bool:
    """A node that keeps no old states refuses a read of "latest" when a block is mined in the middle of it."""
    message = str(error.get("message")) if isinstance(error, dict) else ""
    return re.search(r"BlockOutOfRange|block height is \d+ but requested was \d+", message) is not None


def _tuple(answer: bytes) -> bytes:
    """A struct with dynamic members, behind its offset."""
    return answer[_int(answer[:32]) :]


def _word(data: bytes, index: int) -> bytes:
    word = data[32 * index : 32 * index + 32]
    if len(word) != 32:
        raise NetworkError("The chain's node sent a shorter answer than the contract gives.")
    return word


def _int(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
