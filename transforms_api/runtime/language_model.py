"""A language model as a compute function receives it: Foundry's methods over an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from transforms_api.errors import LanguageModelError
from transforms_api.runtime.answer_cache import digest_of, keep_answers, kept_answers
from transforms_api.runtime.chat import GptChatCompletionRequest, GptChatCompletionResponse, response_of
from transforms_api.runtime.endpoint import BASE_URL, KEY, MODEL, OPENAI, Endpoint, is_installed, key, without_key

if TYPE_CHECKING:
    from openai import OpenAI

_MOST_BYTES = 4_000_000
"""An answer that is longer is none that anybody wants to read."""
_CONNECT_SECONDS = 5.0
_LONGEST_REASON = 200
"""Characters of what an endpoint says of an error."""


class OpenAiGptChatLanguageModel:
    """A chat model. It pickles into Spark's workers; threads may share it.

    Args:
        name: the parameter that receives it, for messages.
        endpoint: who answers; None: nobody.
    """

    def __init__(self, name: str, endpoint: Endpoint | None) -> None:
        self._name, self._endpoint = name, endpoint

    def __getstate__(self) -> dict[str, Any]:
        return {"_name": self._name, "_endpoint": self._endpoint}  # without the client, which knows the key

    @property
    def is_available(self) -> bool:
        """Whether there is anybody to ask. Ours alone: on Foundry there always is."""
        return self._endpoint is not None and is_installed()

    def create_chat_completion(self, request: GptChatCompletionRequest) -> GptChatCompletionResponse:
        """Return the model's answer: the one that is kept for the same request, or else the endpoint's.

        Lost connections, timeouts, 429 and 5xx are tried again, twice, after pauses that grow or that the endpoint asks
        for.

        Raises:
            LanguageModelError: no endpoint is set, or it cannot be reached, takes too long, answers by an error or by
                what is no chat completion.
        """
        endpoint = self._demanded()
        messages = [{"role": each.role.value.lower(), "content": each.content} for each in request.messages]
        body = {"model": endpoint.model, "messages": messages, **request.options}
        digest = digest_of([endpoint.base_url, body])
        texts = kept_answers(endpoint.answers, digest)
        if texts is None:
            texts, are_whole = _texts_in(self._answer(endpoint, body), endpoint)
            if are_whole:
                keep_answers(endpoint.answers, digest, texts)
        return response_of(texts, endpoint.model)

    def _demanded(self) -> Endpoint:
        problem = f"The language model '{self._name}' cannot be asked: "
        if self._endpoint is None:
            raise LanguageModelError(f"{problem}name one by {MODEL} and {BASE_URL} or {KEY} (docs/language-model.md).")
        if not is_installed():
            raise LanguageModelError(f"{problem}install openai: pip install 'transforms-anywhere[language-model]'")
        if self._endpoint.base_url == OPENAI and not key():
            raise LanguageModelError(f"{problem}{OPENAI} wants a key: set {KEY}, or {BASE_URL} for another endpoint.")
        return self._endpoint

    @cached_property
    def _client(self) -> OpenAI:
        import openai  # takes most of a second

        endpoint = self._demanded()
        timeout = openai.Timeout(endpoint.seconds, connect=min(_CONNECT_SECONDS, endpoint.seconds))
        # No redirects: what is sent goes to the endpoint that was named, and to nobody whom it names.
        http = openai.DefaultHttpxClient(timeout=timeout, follow_redirects=False)
        return openai.OpenAI(api_key=key() or "none", base_url=endpoint.base_url, timeout=timeout, http_client=http)

    def _answer(self, endpoint: Endpoint, body: dict[str, Any]) -> bytes:
        try:
            with self._client.chat.completions.with_streaming_response.create(**body) as response:
                return _read(response.iter_bytes(), endpoint.seconds)
        except Exception as error:  # the client's errors, those of the HTTP library below it, and of reading
            # `from None`: what the endpoint said may have the key in it, and a traceback would show that.
            raise LanguageModelError(f"{endpoint.told} gave no answer: {_reason(error, endpoint)}") from None


def _read(chunks: Iterable[bytes], seconds: float) -> bytes:
    """Return an answer's bytes, unless it is too long or too slow: a drop now and then is no timeout to HTTP."""
    deadline, read = time.monotonic() + seconds, bytearray()
    for chunk in chunks:
        read += chunk
        if len(read) > _MOST_BYTES:
            raise ValueError(f"its answer is longer than {_MOST_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(read)


def _texts_in(answer: bytes, endpoint: Endpoint) -> tuple[list[str], bool]:
    """Return the texts of a chat completion, and whether none of them was cut off."""
    try:
        choices = json.loads(answer)["choices"]
        texts = [choice["message"]["content"] for choice in choices]
        are_whole = all(choice.get("finish_reason") in (None, "stop") for choice in choices)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        texts, are_whole = [], False
    if not texts or not all(isinstance(text, str) for text in texts):
        raise LanguageModelError(f"{endpoint.told} gave no answer: what it sent is no chat completion.")
    return [without_key(text) for text in texts], are_whole


def _reason(error: Exception, endpoint: Endpoint) -> str:
    if "Timeout" in type(error).__name__:
        return f"it took longer than {endpoint.seconds:g} s."
    status = getattr(error, "status_code", None)
    said = " ".join(without_key(str(error.__cause__ or error)).split())[:_LONGEST_REASON]
    return f"HTTP {status}: {said}" if status else f"{type(error).__name__}: {said}"
