"""huggingface_hub's InferenceClient, answered by the network's providers, with a receipt for each answer."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import huggingface_hub
from huggingface_hub.errors import ValidationError
from huggingface_hub.utils import validate_repo_id

from . import http, settings
from .errors import ConfigurationError, NetworkError

_RECEIPT_WAIT_S = 20.0
_TASKS = (
    "audio_classification", "automatic_speech_recognition", "chat_completion", "document_question_answering",
    "feature_extraction", "fill_mask", "image_classification", "image_segmentation", "image_to_image", "image_to_text",
    "object_detection", "question_answering", "sentence_similarity", "summarization", "table_question_answering",
    "tabular_classification", "tabular_regression", "text_classification", "text_generation", "text_to_image",
    "text_to_speech", "token_classification", "translation", "visual_question_answering", "zero_shot_classification",
    "zero_shot_image_classification",
)  # fmt: skip


class InferenceClient(huggingface_hub.InferenceClient):
    """All tasks of ``huggingface_hub.InferenceClient`` with models of the hub by their plain name.

    Example:
        >>> client = InferenceClient("dehug/dehug-tiny-chat")
        >>> client.chat_completion([{"role": "user", "content": "Hi"}]).choices[0].message.content
        >>> client.last_receipt["receipt"]["fee"]
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        **options: Any,
    ) -> None:
        """Takes what the Hub's client takes, and ``endpoint``.

        Args:
            model: ``namespace/name``, or the URL of an endpoint.
            token: inference key (``sk-dehug-…``); DEHUG_API_KEY where none is given.
            api_key: another name of ``token``.
        """
        known = settings.read()
        self._origin = settings.check_endpoint(endpoint) if endpoint else known.endpoint
        if token is None and api_key is None:
            token = known.api_key or known.token
        if model is not None:
            model = self._url(model)
        super().__init__(model, token=token, api_key=api_key, base_url=base_url, **options)
        #: Where the receipt of the last answer is.
        self.last_receipt_url: str | None = None
        # The Hub's client enters every response here; nothing else shows their headers.
        self.exit_stack = _Responses(self._saw)

    @property
    def last_receipt(self) -> dict[str, Any] | None:
        """What the last answer cost and what its provider signed; None before the first answer.

        Raises NetworkError when the receipt does not come: it is there once a stream was read to its end.
        """
        if self.last_receipt_url is None:
            return None
        deadline = time.monotonic() + _RECEIPT_WAIT_S
        while True:
            try:
                headers = {"Authorization": f"Bearer {self.token}"}
                found: dict[str, Any] = http.get_json(self.last_receipt_url, headers=headers)
                return found
            except http.StatusError as error:
                if error.status not in (404, 409, 425) or time.monotonic() > deadline:
                    raise NetworkError(f"No receipt: {error.message}", "Read a stream to its end first.") from error
            time.sleep(0.1)

    def _saw(self, response: Any) -> None:
        found = getattr(response, "headers", {}).get("x-dehug-receipt")
        if found:
            self.last_receipt_url = str(found)

    def _url(self, model: str) -> str:
        if model.startswith(("http://", "https://")):
            return model
        try:
            validate_repo_id(model)
        except ValidationError as error:
            raise ConfigurationError(f'"{model}" is not a model.', 'Write it like "namespace/name".') from error
        return f"{self._origin}/models/{model}"


class _Responses(ExitStack):
    """An exit stack that shows what is entered."""

    def __init__(self, saw: Callable[[Any], None]) -> None:
        super().__init__()
        self._saw = saw

    def enter_context(self, cm: Any) -> Any:
        response = super().enter_context(cm)
        self._saw(response)
        return response


def _routed(task: Callable[..., Any]) -> Callable[..., Any]:
    """The task with ``model=`` as a plain name."""

    @functools.wraps(task)
    def call(self: InferenceClient, *inputs: Any, model: str | None = None, **options: Any) -> Any:
        return task(self, *inputs, model=None if model is None else self._url(model), **options)

    return call


for _name in _TASKS:
    if hasattr(huggingface_hub.InferenceClient, _name):
        setattr(InferenceClient, _name, _routed(getattr(huggingface_hub.InferenceClient, _name)))

DeHugInference = InferenceClient
