"""Foundry's `transforms.verbs.testing.TransformRunner`: names only."""

from transforms_api.testing import TransformRunner

__all__ = ["TransformRunner"]
