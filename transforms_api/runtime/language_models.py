"""A language model as a compute function receives it: Foundry's methods over an OpenAI-compatible endpoint.

What is said to a language model and what it says, as Foundry's `language_model_service_api` calls it.

The endpoint that answers for language models on this machine: any that speaks OpenAI's chat completions.

Answers of language models by what was asked, in a folder, so that a rebuild asks nothing twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import platformdirs

from transforms_api.errors import EnvironmentProblem, LanguageModelError, TransformTypeError

if TYPE_CHECKING:
    from openai import OpenAI


def default_folder() -> Path:
    """Return the folder of answers: of the user, not of a warehouse, so that all warehouses and branches share it."""
    return platformdirs.user_cache_path("transforms-api") / "language-model-answers"


def digest_of(question: Any) -> str:
    """Return what a question, of JSON values, is found by again."""
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kept_answers(folder: Path, digest: str) -> list[str] | None:
    """Return the answers kept for a question; None where there are none, or a file that is not as it must be."""
    try:
        found = json.loads((folder / f"{digest}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_sound = isinstance(found, list) and found and all(isinstance(text, str) for text in found)
    return found if is_sound else None


def keep_answers(folder: Path, digest: str, texts: list[str]) -> None:
    """Keep answers, readable by their user alone.

    Two builds may keep at once: each file appears as a whole. A folder that cannot be written keeps nothing.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(texts, stream)
            os.replace(name, folder / f"{digest}.json")
        except OSError:
            os.unlink(name)
            raise


class ChatMessageRole(Enum):
    """Who says a message."""

    SYSTEM = "SYSTEM"
    USER = "USER"
    ASSISTANT = "ASSISTANT"


@dataclass(frozen=True)
class ChatMessage:
    """A message, in or out."""

    role: ChatMessageRole
    content: str


class GptChatCompletionRequest:
    """The messages to be answered, the last one last.

    Args:
        options: what OpenAI's API calls `temperature`, `max_tokens`, `top_p`, `stop`, …; it is sent as it is.

    Raises:
        TransformTypeError: a message is no `ChatMessage`.
    """

    def __init__(self, messages: Iterable[ChatMessage], **options: Any) -> None:
        self.messages = list(messages)
        self.options = {name: value for name, value in options.items() if value is not None}
        for message in self.messages:
            if not isinstance(message, ChatMessage):
                raise TransformTypeError(f"GptChatCompletionRequest takes a list of ChatMessage, not {message!r}.")


@dataclass(frozen=True)
class ChatChoice:
    """One of the answers to a request."""

    index: int
    message: ChatMessage


@dataclass(frozen=True)
class GptChatCompletionResponse:
    """What a model answered.

    Attributes:
        model: the model that was asked, as the endpoint knows it; Foundry's response does not promise it.
    """

    choices: list[ChatChoice]
    model: str


def response_of(texts: Iterable[str], model: str) -> GptChatCompletionResponse:
    """Return the response whose choices have these texts."""
    messages = [ChatMessage(ChatMessageRole.ASSISTANT, text) for text in texts]
    return GptChatCompletionResponse([ChatChoice(index, message) for index, message in enumerate(messages)], model)


MODEL, BASE_URL, KEY, TIMEOUT = "OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TIMEOUT"
"""Variables of the environment. The client knows the second and third by itself."""
OPENAI = "https://api.openai.com/v1"
_SECONDS = 60.0
_SHORTEST_SECRET = 12
"""Characters; shorter keys are words such as 'none' or 'ollama', which endpoints without keys are given."""


@dataclass(frozen=True)
class Endpoint:
    """Whom to ask, and how.

    Attributes:
        model: the model, as the endpoint calls it.
        seconds: how long one attempt may take.
        answers: the folder where answers are kept.
    """

    model: str
    base_url: str
    seconds: float
    answers: Path

    @property
    def told(self) -> str:
        """Model and place in a few words, without a password that may stand in the URL."""
        parts = urlsplit(self.base_url)
        return f"{self.model} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def endpoint_of(environ: Mapping[str, str]) -> Endpoint | None:
    """Return the endpoint that variables of the environment name; None without OPENAI_MODEL.

    A key alone, which many have for other programs, sets none: nothing is sent that nobody asked to be sent.

    Raises:
        EnvironmentProblem: a variable says what cannot be.
    """
    model = environ.get(MODEL, "").strip()
    if not model:
        return None
    base_url = environ.get(BASE_URL, "").strip() or OPENAI
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise EnvironmentProblem(f"{BASE_URL} has to be a URL such as http://localhost:11434/v1.")
    return Endpoint(model, base_url, _seconds(environ.get(TIMEOUT, "").strip()), default_folder())


def told(endpoint: Endpoint | None) -> str:
    """Return what answers for language models, as a version of it: another text, other answers."""
    if endpoint is None:
        return "none"
    return endpoint.told if is_installed() else "none (openai is not installed)"


def is_installed() -> bool:
    """Tell whether the client's library is there."""
    return importlib.util.find_spec("openai") is not None


def key() -> str:
    """Return the key of the environment, '' for none. It is read where it is used, and kept by nothing of ours."""
    return os.environ.get(KEY, "").strip()


def redact_key(text: str) -> str:
    """Return a text with `***` in place of the key."""
    secret = key()
    return text.replace(secret, "***") if len(secret) >= _SHORTEST_SECRET else text


def _seconds(text: str) -> float:
    try:
        seconds = float(text or _SECONDS)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise EnvironmentProblem(f"{TIMEOUT} has to be a number of seconds above 0, not '{text}'.")
    return seconds


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
    return [redact_key(text) for text in texts], are_whole


def _reason(error: Exception, endpoint: Endpoint) -> str:
    if "Timeout" in type(error).__name__:
        return f"it took longer than {endpoint.seconds:g} s."
    status = getattr(error, "status_code", None)
    said = " ".join(redact_key(str(error.__cause__ or error)).split())[:_LONGEST_REASON]
    return f"HTTP {status}: {said}" if status else f"{type(error).__name__}: {said}"
