"""Foundry's `transforms.verbs.testing.TransformRunner`: names only."""

from transforms_api.testing.transform_runner import TransformRunner

__all__ = ["TransformRunner"]
