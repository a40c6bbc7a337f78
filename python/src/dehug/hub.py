"""The hub's own routes: manifests, and the network's facts; each answer is checked."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from huggingface_hub import HfApi, constants, get_token

from . import http
from .chain import Anchored, Registry
from .errors import (
    DatasetNotFoundError,
    DeHugError,
    ModelNotFoundError,
    NetworkError,
    NotAnchoredError,
    NotPermittedError,
    VerificationError,
)
from .manifest import Manifest, parse
from .names import repo_key
from .settings import Settings

_DEVELOPMENT_CHAIN = 31337
_COUNT_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Version:
    """A manifest, and what the chain says about it.

    Attributes:
        checked: whether the chain was asked and anchors it.
        why_unchecked: why it was not.
        is_head: whether it is the newest version on chain; None where the chain was not asked.
        chain_id: of the chain that was asked; 0 where none was.
    """

    manifest: Manifest
    checked: bool
    why_unchecked: str
    is_head: bool | None
    chain_id: int


def not_found(repo_id: str, repo_type: str, endpoint: str) -> DeHugError:
    """A repository that does not exist, or not for this account: the hub does not tell which."""
    kind = DatasetNotFoundError if repo_type == "dataset" else ModelNotFoundError
    return kind(
        f"There is no {repo_type} {repo_id} at {endpoint}, or this account may not see it.",
        "Check the name and its type; for private ones log in with `dehug login`.",
    )


class Hub:
    """One hub as one account sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.endpoint = settings.endpoint
        self.api = HfApi(endpoint=settings.endpoint, token=settings.token, library_name="dehug")

    def token(self) -> str | None:
        """The hub token; one saved for another endpoint is not sent here."""
        if self.settings.token:
            return self.settings.token
        return get_token() if constants.ENDPOINT == self.endpoint else None

    def json(self, path: str) -> Any:
        if constants.HF_HUB_OFFLINE:
            raise NetworkError("This process is offline (HF_HUB_OFFLINE).")
        token = self.token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return http.get_json(self.endpoint + path, headers=headers)

    @cached_property
    def network(self) -> dict[str, Any]:
        """Chain, contracts and gateways as the hub names them; empty where it names none."""
        try:
            facts = self.json("/api/dehug/network")
        except http.StatusError:
            return {}
        return facts if isinstance(facts, dict) else {}

    def count_pull(self, repo_id: str, repo_type: str, root: str) -> None:
        """Tells the hub of a verified pull, which it signs and counts once per person, version and day.

        Never raises and gives up after a few seconds: a pull does not depend on it.
        """
        token = self.token()
        if not token or not self.settings.count_pulls:
            return
        body = json.dumps({"repo": repo_key(repo_id, repo_type), "root": root}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with (
            contextlib.suppress(DeHugError),
            http.opened(f"{self.endpoint}/api/dehug/pulls", headers=headers, data=body, timeout=_COUNT_TIMEOUT_S) as answer,
        ):
            answer.read(1 << 16)

    def gateways(self) -> list[str]:
        """Origins of IPFS gateways: the user's, the network's, and the hub itself."""
        named = [str(url) for url in self.network.get("ipfs", []) if isinstance(url, str)]
        urls = [re.sub(r"/ipfs/?$", "", url).rstrip("/") for url in (*self.settings.gateways, *named)]
        return list(dict.fromkeys([*urls, self.endpoint]))

    def version(self, repo_id: str, repo_type: str, selector: str) -> Version:
        """A published version. Raises NotAnchoredError where the hub knows none, VerificationError where it lies."""
        key = repo_key(repo_id, repo_type)
        try:
            answer = self.json(f"/api/dehug/manifest/{repo_type}/{repo_id}/{quote(selector, safe='')}")
        except http.StatusError as error:
            if error.code == "RepoNotFound":
                raise not_found(repo_id, repo_type, self.endpoint) from error
            if error.status == 404:
                raise self._not_anchored(key, selector) from error
            if error.status in (401, 403):
                raise NotPermittedError(error.message, "Log in with `dehug login`, or set DEHUG_TOKEN.") from error
            raise
        text = answer.get("manifest") if isinstance(answer, dict) else None
        if not isinstance(text, str):
            raise VerificationError(f"{self.endpoint} sent no manifest for {repo_id}.", "Ask another hub.")
        manifest = parse(text)
        asked = {"repo": (key, manifest.repo)}
        if re.fullmatch(r"0x[0-9a-f]{64}", selector):
            asked["root"] = (selector, manifest.root)
        if re.fullmatch(r"[0-9a-f]{40}", selector):
            asked["commit"] = (selector, manifest.commit)
        for what, (wanted, served) in asked.items():
            if wanted != served:
                raise VerificationError(f"Asked for {what} {wanted}; the hub served {served}.", "Ask another hub.")
        return self.check(manifest, must_be_head=selector == "head")

    def check(self, manifest: Manifest, *, must_be_head: bool = False) -> Version:
        """Compares a manifest with the chain. Raises VerificationError where the chain contradicts it."""
        registry, why = self._registry()
        if registry is None:
            return Version(manifest, False, why, None, 0)
        anchored = registry.version(manifest.repo, manifest.root)
        if anchored is None:
            raise self._disagrees(f"{manifest.root} of {manifest.repo}", "a version", "that it was never published")
        self._compare(manifest, anchored)
        is_head = anchored.head == manifest.root
        if must_be_head and not is_head:
            raise self._disagrees(f"the head of {manifest.repo}", manifest.root, anchored.head)
        return Version(manifest, True, "", is_head, registry.chain_id())

    def _compare(self, manifest: Manifest, anchored: Anchored) -> None:
        if anchored.manifest_cid != manifest.cid:
            raise self._disagrees("the manifest", manifest.cid, anchored.manifest_cid)
        if anchored.file_count != len(manifest.files):
            raise self._disagrees("the number of files", str(len(manifest.files)), str(anchored.file_count))

    def _not_anchored(self, key: str, selector: str) -> Exception:
        """A hub that hides what the chain has is contradicted."""
        registry, _ = self._registry()
        head = registry.head(key) if registry is not None and selector == "head" else None
        if head is not None:
            return self._disagrees(f"the head of {key}", "nothing", head)
        return NotAnchoredError(
            f"No version {selector} of {key} was published on chain.",
            "Publish it with `dehug push` of the npm package, or load it unverified with verify=False.",
        )

    def _disagrees(self, what: str, said: str, on_chain: str) -> VerificationError:
        return VerificationError(
            f"The hub says {what} is {said}, but the chain says {on_chain}.",
            "Do not use what this hub served; ask another, or set DEHUG_RPC_URL to a node you trust.",
        )

    def _registry(self) -> tuple[Registry | None, str]:
        """The registry to ask, or why there is none."""
        facts, settings = self.network, self.settings
        chain_id = facts.get("chainId")
        named = facts.get("contracts", {}).get("ModelRegistry") if isinstance(facts.get("contracts"), dict) else None
        rpc_url = settings.rpc_url or facts.get("rpcUrl")
        if not isinstance(rpc_url, str):
            return None, "no node of the chain is known; set DEHUG_RPC_URL"
        if settings.registry is None and chain_id != _DEVELOPMENT_CHAIN:
            return None, f"on chain {chain_id} the registry's address must come from you; set DEHUG_REGISTRY"
        address = settings.registry or named
        if not isinstance(address, str):
            return None, "the hub does not name the registry; set DEHUG_REGISTRY"
        registry = Registry(rpc_url, address)
        if chain_id is not None and registry.chain_id() != chain_id:
            raise VerificationError(f"{rpc_url} is not a node of chain {chain_id}, which the hub belongs to.")
        return registry, ""
