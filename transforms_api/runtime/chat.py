"""What is said to a language model and what it says, as Foundry's `language_model_service_api` calls it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from transforms_api.errors import TransformTypeError


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
