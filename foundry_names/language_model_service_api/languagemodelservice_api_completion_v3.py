"""Foundry's `languagemodelservice_api_completion_v3`: names only. Chat completions work here."""

from transforms_api.declare import stub_package
from transforms_api.runtime import GptChatCompletionRequest, GptChatCompletionResponse

__all__ = ["GptChatCompletionRequest", "GptChatCompletionResponse"]

__getattr__, __path__ = stub_package(__name__)
