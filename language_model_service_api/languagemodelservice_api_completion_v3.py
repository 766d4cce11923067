"""Foundry's `languagemodelservice_api_completion_v3`: names only. Chat completions work here."""

from transforms_api.declare.stand_ins import stand_in_package
from transforms_api.runtime.chat import GptChatCompletionRequest, GptChatCompletionResponse

__all__ = ["GptChatCompletionRequest", "GptChatCompletionResponse"]

__getattr__, __path__ = stand_in_package(__name__)
