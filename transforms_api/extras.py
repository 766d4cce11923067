"""Libraries that only some transforms need: those of the extra `single-node`."""

from __future__ import annotations

import importlib
from types import ModuleType

from transforms_api.errors import EnvironmentProblem


def extra(name: str) -> ModuleType:
    """Return a module of an optional dependency.

    Args:
        name: import name of the module.

    Raises:
        EnvironmentProblem: the module is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentProblem(
            f"This transform needs {name}, which is not installed: pip install 'transforms-anywhere[single-node]'"
        ) from error
