"""Foundry's `transforms.preview`. Every name can be imported; what it names runs on Foundry only."""

from transforms_api.declare.stand_ins import stand_in_package

__getattr__, __path__ = stand_in_package(__name__)
