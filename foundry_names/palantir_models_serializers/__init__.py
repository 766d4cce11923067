"""Foundry's `palantir_models_serializers`. Every name can be imported; what it names runs on Foundry only."""

from transforms_api.declare import stub_package

__getattr__, __path__ = stub_package(__name__, __path__)
