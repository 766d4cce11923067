"""Foundry's `palantir_models.transforms`: names only. The input of OpenAI's chat models works here."""

from transforms_api.declare import OpenAiGptChatLanguageModelInput, stub_package

__all__ = ["OpenAiGptChatLanguageModelInput"]

__getattr__, __path__ = stub_package(__name__)
