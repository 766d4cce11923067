"""Foundry's `palantir_models`. Chat models work here; every other name can be imported and runs on Foundry only."""

from transforms_api.declare import stub_package

__getattr__, __path__ = stub_package(__name__, __path__)
