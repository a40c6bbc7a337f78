"""What can go wrong, each with a way out in ``hint``."""

from __future__ import annotations


class DeHugError(Exception):
    """Base of all errors of this package.

    Attributes:
        hint: what to do about it, one sentence.
        exit_code: what the command line ends with: 1 failed, 2 usage, 3 verification failed, 4 payment needed,
            5 not permitted.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class NetworkError(DeHugError):
    """The hub, the chain or a gateway could not be reached, or did not answer as it should."""


class IPFSError(DeHugError):
    """No source had the bytes behind a CID."""


class VerificationError(IPFSError):
    """Bytes, a manifest or the hub's word are not what was published."""

    exit_code = 3


class ModelNotFoundError(DeHugError):
    """There is no such model, or not for this account."""


class DatasetNotFoundError(DeHugError):
    """There is no such dataset, or not for this account."""


class NotAnchoredError(DeHugError):
    """The repository is there, but the version was never published on chain, so nothing vouches for its bytes."""


class ConfigurationError(DeHugError):
    """A setting or an argument cannot be right."""

    exit_code = 2


class PickleRefusedError(ConfigurationError):
    """Files that run code when they are loaded."""


class PaymentNeededError(DeHugError):
    """The balance or the limit does not cover the request."""

    exit_code = 4


class NotPermittedError(DeHugError):
    """The account may not do this."""

    exit_code = 5
