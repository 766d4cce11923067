"""Foundry's `palantir_models.transforms`: names only. The input of OpenAI's chat models works here."""

from transforms_api.declare.language_models import OpenAiGptChatLanguageModelInput
from transforms_api.declare.stand_ins import stand_in_package

__all__ = ["OpenAiGptChatLanguageModelInput"]

__getattr__, __path__ = stand_in_package(__name__)
