"""Foundry's `language_model_service_api`: what is said to language models. Its chat completions work here."""

from transforms_api.declare.stand_ins import stand_in_package

__getattr__, __path__ = stand_in_package(__name__, __path__)
