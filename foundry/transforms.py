"""Foundry's `foundry.transforms`: names only; reading and writing datasets from notebooks needs Foundry."""

from transforms_api.declare.stand_ins import Dataset

__all__ = ["Dataset"]
