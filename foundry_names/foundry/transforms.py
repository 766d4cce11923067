"""Foundry's `foundry.transforms`: names only. `Dataset` reads the local warehouse from notebooks."""

from transforms_api.api import NotebookDataset as Dataset

__all__ = ["Dataset"]
