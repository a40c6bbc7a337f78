"""Plain HTTP over the standard library: what the hub's own routes, the chain and gateways are asked with."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

from .errors import NetworkError

TIMEOUT_S = 20.0
_BUSY = {408, 429, 500, 502, 503, 504}
_ATTEMPTS = 4
_MAX_JSON = 80 << 20


class StatusError(NetworkError):
    """An answer that is no success; ``status`` is its HTTP status, ``code`` the hub's word for it."""

    def __init__(self, url: str, status: int, message: str, code: str = "") -> None:
        super().__init__(message or f"{url} answered {status}.")
        self.status = status
        self.code = code


class _KeepSecrets(urllib.request.HTTPRedirectHandler):
    """A redirect to another origin does not carry the token there."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and urlsplit(req.full_url)[:2] != urlsplit(newurl)[:2]:
            following.remove_header("Authorization")
        return following


_opener = urllib.request.build_opener(_KeepSecrets)


@contextmanager
def opened(
    url: str, *, headers: Mapping[str, str] | None = None, data: bytes | None = None, timeout: float = TIMEOUT_S
) -> Iterator[http.client.HTTPResponse]:
    """An answer whose body is still to be read. Raises StatusError and NetworkError, also while it is read."""
    request = urllib.request.Request(url, data=data, headers={"Accept-Encoding": "identity", **(headers or {})})
    try:
        with _opener.open(request, timeout=timeout) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        with error:
            raise StatusError(url, error.code, _message(error), error.headers.get("X-Error-Code") or "") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise NetworkError(f"{_origin(url)} cannot be reached ({reason}).", "Is it running, and is the address right?") from error


def get_json(url: str, *, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> Any:
    """A JSON answer. Reads (and calls of the chain) that meet a busy or lost server are asked again."""
    for attempt in range(_ATTEMPTS):
        try:
            with opened(url, headers=headers, data=data) as answer:
                body = answer.read(_MAX_JSON + 1)
            if len(body) > _MAX_JSON:
                raise NetworkError(f"{url} sent more than {_MAX_JSON >> 20} MiB.")
            return json.loads(body)
        except StatusError as error:
            if error.status not in _BUSY or attempt + 1 == _ATTEMPTS:
                raise
        except NetworkError:
            if attempt + 1 == _ATTEMPTS:
                raise
        except ValueError as error:
            raise NetworkError(f"{url} answered something that is not JSON.") from error
        time.sleep(0.2 * 2**attempt)
    raise AssertionError("unreachable")


def _message(error: urllib.error.HTTPError) -> str:
    told = error.headers.get("X-Error-Message")
    if told:
        return str(told)
    try:
        body = json.loads(error.read(1 << 16))
        detail = body.get("detail") or body.get("error")
        return str(detail.get("message") if isinstance(detail, dict) else detail or "")
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
