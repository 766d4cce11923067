"""Foundry's `languagemodelservice_api`: names only. Messages of a chat work here."""

from transforms_api.declare import stub_package
from transforms_api.runtime import ChatMessage, ChatMessageRole

__all__ = ["ChatMessage", "ChatMessageRole"]

__getattr__, __path__ = stub_package(__name__)
