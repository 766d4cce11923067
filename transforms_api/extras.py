"""Optional dependencies: the extras of this distribution and how to install them."""

from __future__ import annotations

import importlib
from types import ModuleType

from transforms_api.errors import EnvironmentProblem


def install_command(name: str) -> str:
    """Return the command that installs an extra.

    Args:
        name: name of the extra in pyproject.toml, such as 'cluster'.
    """
    return f"pip install 'transforms-anywhere[{name}]'"


def extra(name: str) -> ModuleType:
    """Return a module of the extra `single-node`.

    Args:
        name: import name of the module.

    Raises:
        EnvironmentProblem: the module is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentProblem(
            f"This transform needs {name}, which is not installed: {install_command('single-node')}"
        ) from error
