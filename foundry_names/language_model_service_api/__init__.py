"""Foundry's `language_model_service_api`: what is said to language models. Its chat completions work here."""

from transforms_api.declare import stub_package

__getattr__, __path__ = stub_package(__name__, __path__)
