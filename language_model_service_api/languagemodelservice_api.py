"""Foundry's `languagemodelservice_api`: names only. Messages of a chat work here."""

from transforms_api.declare.stand_ins import stand_in_package
from transforms_api.runtime.chat import ChatMessage, ChatMessageRole

__all__ = ["ChatMessage", "ChatMessageRole"]

__getattr__, __path__ = stand_in_package(__name__)
