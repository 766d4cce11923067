"""Foundry transforms that run anywhere: the local runtime behind `transforms.api`, and its Python API."""

from transforms_api.door import open_door

__getattr__, __dir__, __all__ = open_door(__name__)
