"""Language models: the input that declares one, and the call that gets its answer.

On Foundry these packages are libraries of the repository, and the runtime on one's own machine has them, too. Without
them, in another implementation of `transforms.api`, no model can be called, and all insights are by template.
"""

from typing import Any, NamedTuple

try:
    from language_model_service_api.languagemodelservice_api import ChatMessage, ChatMessageRole
    from language_model_service_api.languagemodelservice_api_completion_v3 import GptChatCompletionRequest
    from palantir_models.transforms import OpenAiGptChatLanguageModelInput
except ImportError:
    OpenAiGptChatLanguageModelInput = None

RID = "ri.language-model-service..language-model.gpt-4_azure"
"""The model on Foundry: another one is another RID here."""
MODEL_INPUT: dict[str, Any] = {"model": OpenAiGptChatLanguageModelInput(RID)} if OpenAiGptChatLanguageModelInput else {}
"""Input of a decorator for the parameter `model`; empty if there are no language models."""


class Answer(NamedTuple):
    """Answer of a model, and the model's name."""

    text: str
    model: str


def can_be_asked(model: Any) -> bool:
    """Return whether a model can be called: always on Foundry, elsewhere if an endpoint is set.

    Args:
        model: the model input of the transform.
    """
    return model is not None and getattr(model, "is_available", True)


def ask(model: Any, messages: list[tuple[str, str]]) -> Answer:
    """Return a model's answer to messages of 'system', 'user' and 'assistant', each with its text.

    Args:
        model: the model input of the transform.
        messages: role and text of each message, in order.

    Raises:
        Exception: whatever the implementation raises where there is no answer.
    """
    chat = [ChatMessage(ChatMessageRole[role.upper()], text) for role, text in messages]
    answer = model.create_chat_completion(GptChatCompletionRequest(chat))
    return Answer(answer.choices[0].message.content, getattr(answer, "model", None) or RID.rpartition(".")[2])
