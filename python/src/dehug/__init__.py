"""A decentralized hub for AI models and datasets, for Python.

Importing this package points huggingface_hub (and so transformers and datasets) at the hub: DEHUG_ENDPOINT, else
HF_ENDPOINT, else the hub on this machine. Import it before them.

    >>> import dehug
    >>> from transformers import AutoModelForCausalLM
    >>> model = AutoModelForCausalLM.from_pretrained(dehug.load_model("user/name"))
"""

from . import settings as _settings

_settings.point_huggingface_hub()

from typing import Any as _Any  # noqa: E402

from .errors import (  # noqa: E402
    ConfigurationError,
    DatasetNotFoundError,
    DeHugError,
    IPFSError,
    ModelNotFoundError,
    NetworkError,
    NotAnchoredError,
    NotPermittedError,
    PaymentNeededError,
    PickleRefusedError,
    VerificationError,
)
from .inference import DeHugInference, InferenceClient  # noqa: E402
from .pull import LocalRepo  # noqa: E402
from .push import Pushed  # noqa: E402
from .repository import DeHug, DeHugRepository, UnverifiedWarning  # noqa: E402
from .verify import Report  # noqa: E402

__version__ = "0.1.0"


def load_model(repo_id: str, **options: _Any) -> LocalRepo:
    """:meth:`DeHug.load_model` of the hub that the environment names."""
    return DeHug().load_model(repo_id, **options)


def load_dataset(repo_id: str, name: str | None = None, **options: _Any) -> _Any:
    """:meth:`DeHug.load_dataset` of the hub that the environment names."""
    return DeHug().load_dataset(repo_id, name, **options)


def load_content_from_cid(cid: str) -> bytes:
    """:meth:`DeHug.load_content_from_cid` of the hub that the environment names."""
    return DeHug().load_content_from_cid(cid)


def load_dataset_from_cid(cid: str, **options: _Any) -> _Any:
    """:meth:`DeHug.load_dataset_from_cid` of the hub that the environment names."""
    return DeHug().load_dataset_from_cid(cid, **options)


__all__ = [
    "ConfigurationError",
    "DatasetNotFoundError",
    "DeHug",
    "DeHugError",
    "DeHugInference",
    "DeHugRepository",
    "IPFSError",
    "InferenceClient",
    "LocalRepo",
    "ModelNotFoundError",
    "NetworkError",
    "NotAnchoredError",
    "NotPermittedError",
    "PaymentNeededError",
    "PickleRefusedError",
    "Pushed",
    "Report",
    "UnverifiedWarning",
    "VerificationError",
    "load_content_from_cid",
    "load_dataset",
    "load_dataset_from_cid",
    "load_model",
]
