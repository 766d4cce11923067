"""Which transforms there are: those that the modules of a package hold."""

from __future__ import annotations

import importlib

from transforms_api.declare.pipeline import Pipeline
from transforms_api.errors import DiscoveryError


def discover(package: str) -> Pipeline:
    """Return the pipeline of all transforms in the package of that name and everything below it.

    Raises:
        DiscoveryError: the package, or a module of it, cannot be imported; the cause is its own error.
        DeclarationError: a transform in it is declared wrongly.
        DuplicateOutputError: two transforms write one dataset.
    """
    pipeline = Pipeline()
    try:
        root = importlib.import_module(package)
    except ImportError as error:
        raise DiscoveryError(f"Package {package} cannot be imported: {error}") from error
    pipeline.discover_transforms(root)
    return pipeline
