"""What the environment says, and how huggingface_hub is pointed at the hub.

This is the only module that reads or writes ``os.environ``.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from .errors import ConfigurationError

DEFAULT_ENDPOINT = "http://127.0.0.1:4800"
_HF_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True)
class Settings:
    """Where the hub is and whom to ask beside it.

    Attributes:
        endpoint: origin of the hub.
        token: hub token; None leaves the choice to huggingface_hub (HF_TOKEN, then the saved login).
        api_key: inference key.
        rpc_url: an own node of the chain; without it the one that the hub names is asked.
        registry: address of the ModelRegistry; needed on public chains, where the hub's word is not enough.
        gateways: more IPFS gateways, and folders that hold copies.
        home: keys, and the cache where HF_HOME is not set.
        count_pulls: whether verified pulls are told to the hub; not in continuous integration, nor where
            DEHUG_PULL_RECEIPTS is 0.
    """

    endpoint: str
    token: str | None
    api_key: str | None
    rpc_url: str | None
    registry: str | None
    gateways: tuple[str, ...]
    home: Path
    count_pulls: bool = True


def read() -> Settings:
    """The settings as the environment has them now."""
    env = os.environ
    return Settings(
        endpoint=check_endpoint(env.get("DEHUG_ENDPOINT") or env.get("HF_ENDPOINT") or DEFAULT_ENDPOINT),
        token=env.get("DEHUG_TOKEN") or None,
        api_key=env.get("DEHUG_API_KEY") or env.get("OPENAI_API_KEY") or None,
        rpc_url=env.get("DEHUG_RPC_URL") or None,
        registry=env.get("DEHUG_REGISTRY") or None,
        gateways=tuple(part.strip() for part in env.get("DEHUG_GATEWAYS", "").split(",") if part.strip()),
        home=_home(),
        count_pulls=env.get("DEHUG_PULL_RECEIPTS") != "0" and not env.get("CI"),
    )


def check_endpoint(text: str) -> str:
    """The endpoint without a slash at its end. Raises ConfigurationError when it is no http(s) address."""
    endpoint = text.strip().rstrip("/")
    if not endpoint.startswith(("http://", "https://")) or len(endpoint.split("//", 1)[1]) == 0:
        raise ConfigurationError(
            f'"{text}" is not the address of a hub.',
            "Write it like http://127.0.0.1:4800, in endpoint= or DEHUG_ENDPOINT.",
        )
    return endpoint


def point_huggingface_hub() -> None:
    """Makes huggingface_hub, and with it transformers and datasets, talk to the hub. Runs when dehug is imported.

    A repository's name means something else on each hub, and so does a token. So unless HF_ENDPOINT already chose the
    hub, cache and login get a place of their own, and a token that was meant for huggingface.co is not sent to us.
    """
    try:
        endpoint = read().endpoint
    except ConfigurationError as error:
        # Whoever uses the hub gets this as an error; importing a package breaks nobody's program.
        warnings.warn(str(error), stacklevel=3)
        return
    chosen = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    if "huggingface_hub" in sys.modules:
        _leave_or_warn(endpoint)
        return
    if chosen != endpoint:
        _own_places(endpoint)
    os.environ["HF_ENDPOINT"] = endpoint
    token = os.environ.get("DEHUG_TOKEN")
    if token:
        os.environ["HF_TOKEN"] = token
    # Other programs may run in this process's children: what is set here is theirs too, as with `export`.
    from huggingface_hub import constants

    # Whatever provider huggingface_hub's own InferenceClient has in mind, the hub finds one: /models/namespace/name.
    constants.INFERENCE_PROXY_TEMPLATE = endpoint


def _own_places(endpoint: str) -> None:
    env = os.environ
    place = _home() / "hubs" / re.sub(r"[^A-Za-z0-9.-]+", "-", endpoint.split("//", 1)[1])
    if not (env.get("HF_HOME") or env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")):
        env["HF_HOME"] = str(place)
    env.setdefault("HF_TOKEN_PATH", str(place / "token"))
    if env.get("HF_TOKEN") and not env.get("DEHUG_TOKEN"):
        warnings.warn(
            "HF_TOKEN is not used: it may belong to another hub. Set DEHUG_TOKEN, or HF_ENDPOINT beside HF_TOKEN.",
            stacklevel=4,
        )
        del env["HF_TOKEN"]


def _leave_or_warn(endpoint: str) -> None:
    from huggingface_hub import constants

    if constants.ENDPOINT == endpoint:
        return
    warnings.warn(
        f"huggingface_hub was imported before dehug, so its own functions, and those of transformers and datasets, "
        f"still talk to {constants.ENDPOINT}; dehug's talk to {endpoint}. "
        f"Import dehug first, or set HF_ENDPOINT={endpoint}.",
        stacklevel=4,
    )


def _home() -> Path:
    return Path(os.environ.get("DEHUG_HOME") or Path.home() / ".dehug").expanduser()
