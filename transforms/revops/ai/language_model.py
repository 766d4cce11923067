"""The one seam to language models: how the pipeline declares one, and how it is asked.

On Foundry these packages are libraries of the repository, and the runtime on one's own machine has them, too. Without
them, in another implementation of `transforms.api`, there is nobody to ask, and all insights are by template.
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
"""What a decorator takes for a parameter `model`; nothing where there are no language models."""


class Answer(NamedTuple):
    """What a model said, and what the model is called."""

    text: str
    model: str


def can_be_asked(model: Any) -> bool:
    """Tell whether there is anybody to ask: always on Foundry, elsewhere where an endpoint is set."""
    return model is not None and getattr(model, "is_available", True)


def ask(model: Any, messages: list[tuple[str, str]]) -> Answer:
    """Return a model's answer to messages of 'system', 'user' and 'assistant', each with its text.

    Raises:
        Exception: whatever the implementation raises where there is no answer.
    """
    chat = [ChatMessage(ChatMessageRole[role.upper()], text) for role, text in messages]
    answer = model.create_chat_completion(GptChatCompletionRequest(chat))
    return Answer(answer.choices[0].message.content, getattr(answer, "model", None) or RID.rpartition(".")[2])
