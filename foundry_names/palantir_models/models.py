"""Foundry's `palantir_models.models`: names only. OpenAI's chat models work here."""

from transforms_api.declare import stub_package
from transforms_api.runtime import OpenAiGptChatLanguageModel

__all__ = ["OpenAiGptChatLanguageModel"]

__getattr__, __path__ = stub_package(__name__)
