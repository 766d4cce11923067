"""Foundry's `palantir_models`. Chat models work here; every other name can be imported and runs on Foundry only."""

from transforms_api.declare.stand_ins import stand_in_package

__getattr__, __path__ = stand_in_package(__name__, __path__)
