"""Language models: Foundry's methods over an OpenAI-compatible endpoint, with answers cached by request.

The classes of requests and responses have the names of Foundry's `language_model_service_api`.
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
from transforms_api.extras import install_command

if TYPE_CHECKING:
    from openai import OpenAI


def default_folder() -> Path:
    """Return the folder of cached answers, one per user, shared by all warehouses and branches."""
    return platformdirs.user_cache_path("transforms-api") / "language-model-answers"


def digest_of(question: Any) -> str:
    """Return the cache key of a request.

    Args:
        question: the request, as JSON values.
    """
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kept_answers(folder: Path, digest: str) -> list[str] | None:
    """Return the cached answers of a request; None without any, or if the file is invalid.

    Args:
        folder: cache folder.
        digest: cache key.
    """
    try:
        answers = json.loads((folder / f"{digest}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_sound = isinstance(answers, list) and answers and all(isinstance(text, str) for text in answers)
    return answers if is_sound else None


def keep_answers(folder: Path, digest: str, texts: list[str]) -> None:
    """Cache the answers of a request, readable only by the user.

    Concurrent builds are safe: each file appears complete. If the folder cannot be written, nothing is cached.

    Args:
        folder: cache folder.
        digest: cache key.
        texts: the answers.
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
    """The role of a message's author."""

    SYSTEM = "SYSTEM"
    USER = "USER"
    ASSISTANT = "ASSISTANT"


@dataclass(frozen=True)
class ChatMessage:
    """A message of a chat."""

    role: ChatMessageRole
    content: str


class GptChatCompletionRequest:
    """A request for the next message of a chat.

    Args:
        messages: the messages, oldest first.
        options: `temperature`, `max_tokens`, `top_p`, `stop`, … of OpenAI's API, passed on unchanged.

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
    """The response to a request.

    Attributes:
        model: the model's name at the endpoint; Foundry's response does not promise it.
    """

    choices: list[ChatChoice]
    model: str


def response_of(texts: Iterable[str], model: str) -> GptChatCompletionResponse:
    """Return a response.

    Args:
        texts: texts of the choices.
        model: the model's name at the endpoint.
    """
    messages = [ChatMessage(ChatMessageRole.ASSISTANT, text) for text in texts]
    return GptChatCompletionResponse([ChatChoice(index, message) for index, message in enumerate(messages)], model)


MODEL, BASE_URL, KEY, TIMEOUT = "OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TIMEOUT"
"""Variables of the environment. The client knows the second and third by itself."""
OPENAI = "https://api.openai.com/v1"
_SECONDS = 60.0
_SHORTEST_SECRET = 12
"""Characters; shorter keys are words such as 'none' or 'ollama', which users set for endpoints without keys."""


@dataclass(frozen=True)
class Endpoint:
    """A language model endpoint.

    Attributes:
        model: the model's name at the endpoint.
        seconds: timeout of one attempt in seconds.
        answers: cache folder of answers.
    """

    model: str
    base_url: str
    seconds: float
    answers: Path

    @property
    def description(self) -> str:
        """Model and URL for messages, without credentials in the URL."""
        parts = urlsplit(self.base_url)
        return f"{self.model} at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def endpoint_of(environ: Mapping[str, str]) -> Endpoint | None:
    """Return the endpoint that environment variables configure; None without OPENAI_MODEL.

    A key alone, which may be set for other programs, configures no endpoint: nothing is sent without intent.

    Args:
        environ: environment variables.

    Raises:
        EnvironmentProblem: a variable is invalid.
    """
    model = environ.get(MODEL, "").strip()
    if not model:
        return None
    base_url = environ.get(BASE_URL, "").strip() or OPENAI
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise EnvironmentProblem(f"{BASE_URL} has to be a URL such as http://localhost:11434/v1.")
    return Endpoint(model, base_url, _seconds(environ.get(TIMEOUT, "").strip()), default_folder())


def model_version(endpoint: Endpoint | None) -> str:
    """Return a text that identifies the model for staleness: another text means other answers.

    Args:
        endpoint: the configured endpoint, None without one.
    """
    if endpoint is None:
        return "none"
    return endpoint.description if is_installed() else "none (openai is not installed)"


def is_installed() -> bool:
    """Return whether the client library is installed."""
    return importlib.util.find_spec("openai") is not None


def key() -> str:
    """Return the API key from the environment, '' without one. It is read at each use and stored nowhere."""
    return os.environ.get(KEY, "").strip()


def redact_key(text: str) -> str:
    """Return a text with `***` instead of the API key.

    Args:
        text: any text.
    """
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
    """A chat model. It can be pickled into Spark's workers and shared by threads.

    Args:
        name: parameter name of the input, for messages.
        endpoint: the endpoint; None if none is configured.
    """

    def __init__(self, name: str, endpoint: Endpoint | None) -> None:
        self._name, self._endpoint = name, endpoint

    def __getstate__(self) -> dict[str, Any]:
        return {"_name": self._name, "_endpoint": self._endpoint}  # without the client, which knows the key

    @property
    def is_available(self) -> bool:
        """Whether an endpoint is configured. Exists only here; on Foundry a model is always available."""
        return self._endpoint is not None and is_installed()

    def create_chat_completion(self, request: GptChatCompletionRequest) -> GptChatCompletionResponse:
        """Return the cached answer of a request, else the endpoint's.

        Lost connections, timeouts, 429 and 5xx are retried twice, after increasing pauses or those that the endpoint
        requests.

        Args:
            request: the request.

        Raises:
            LanguageModelError: no endpoint is configured, it cannot be reached, is too slow, or returns an error or
                something other than a chat completion.
        """
        endpoint = self._require_endpoint()
        messages = [{"role": message.role.value.lower(), "content": message.content} for message in request.messages]
        body = {"model": endpoint.model, "messages": messages, **request.options}
        digest = digest_of([endpoint.base_url, body])
        texts = kept_answers(endpoint.answers, digest)
        if texts is None:
            texts, are_whole = _texts_in(self._answer(endpoint, body), endpoint)
            if are_whole:
                keep_answers(endpoint.answers, digest, texts)
        return response_of(texts, endpoint.model)

    def _require_endpoint(self) -> Endpoint:
        problem = f"The language model '{self._name}' is not available: "
        if self._endpoint is None:
            raise LanguageModelError(f"{problem}set {MODEL} and {BASE_URL} or {KEY} (docs/language-model.md).")
        if not is_installed():
            raise LanguageModelError(f"{problem}install openai: {install_command('language-model')}")
        if self._endpoint.base_url == OPENAI and not key():
            raise LanguageModelError(f"{problem}{OPENAI} wants a key: set {KEY}, or {BASE_URL} for another endpoint.")
        return self._endpoint

    @cached_property
    def _client(self) -> OpenAI:
        import openai  # takes most of a second

        endpoint = self._require_endpoint()
        timeout = openai.Timeout(endpoint.seconds, connect=min(_CONNECT_SECONDS, endpoint.seconds))
        # No redirects: requests go only to the configured endpoint.
        http = openai.DefaultHttpxClient(timeout=timeout, follow_redirects=False)
        return openai.OpenAI(api_key=key() or "none", base_url=endpoint.base_url, timeout=timeout, http_client=http)

    def _answer(self, endpoint: Endpoint, body: dict[str, Any]) -> bytes:
        try:
            with self._client.chat.completions.with_streaming_response.create(**body) as response:
                return _read(response.iter_bytes(), endpoint.seconds)
        except Exception as error:  # the client's errors, those of the HTTP library below it, and of reading
            # `from None`: what the endpoint said may have the key in it, and a traceback would show that.
            raise LanguageModelError(f"{endpoint.description} gave no answer: {_reason(error, endpoint)}") from None


def _read(chunks: Iterable[bytes], seconds: float) -> bytes:
    """Return an answer's bytes unless it is too long or too slow: HTTP's timeout does not cover a slow trickle."""
    deadline, read = time.monotonic() + seconds, bytearray()
    for chunk in chunks:
        read += chunk
        if len(read) > _MOST_BYTES:
            raise ValueError(f"its answer is longer than {_MOST_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(read)


def _texts_in(answer: bytes, endpoint: Endpoint) -> tuple[list[str], bool]:
    """Return the texts of a chat completion, and whether all of them are complete."""
    try:
        choices = json.loads(answer)["choices"]
        texts = [choice["message"]["content"] for choice in choices]
        are_whole = all(choice.get("finish_reason") in (None, "stop") for choice in choices)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        texts, are_whole = [], False
    if not texts or not all(isinstance(text, str) for text in texts):
        raise LanguageModelError(f"{endpoint.description} gave no answer: its response is no chat completion.")
    return [redact_key(text) for text in texts], are_whole


def _reason(error: Exception, endpoint: Endpoint) -> str:
    if "Timeout" in type(error).__name__:
        return f"it took longer than {endpoint.seconds:g} s."
    status = getattr(error, "status_code", None)
    said = " ".join(redact_key(str(error.__cause__ or error)).split())[:_LONGEST_REASON]
    return f"HTTP {status}: {said}" if status else f"{type(error).__name__}: {said}"
