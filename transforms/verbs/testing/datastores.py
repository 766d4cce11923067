"""Foundry's `transforms.verbs.testing.datastores`: names only."""

from transforms_api.testing import InMemoryDatastore

__all__ = ["InMemoryDatastore"]
