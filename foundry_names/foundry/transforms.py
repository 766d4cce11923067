"""Foundry's `foundry.transforms`: names only; reading and writing datasets from notebooks needs Foundry."""

from transforms_api.declare import Dataset

__all__ = ["Dataset"]
