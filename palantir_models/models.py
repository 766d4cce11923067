"""Foundry's `palantir_models.models`: names only. OpenAI's chat models work here."""

from transforms_api.declare.stand_ins import stand_in_package
from transforms_api.runtime.language_model import OpenAiGptChatLanguageModel

__all__ = ["OpenAiGptChatLanguageModel"]

__getattr__, __path__ = stand_in_package(__name__)
