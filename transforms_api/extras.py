"""Libraries that only some transforms and commands need: those of the extras in pyproject.toml."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from transforms_api.errors import EnvironmentProblem


def extra(name: str) -> ModuleType:
    """Return a module of an optional dependency, those of the extra `single-node`.

    Args:
        name: of the module, such as 'polars'.

    Raises:
        EnvironmentProblem: it is not installed; the text has the command that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentProblem(
            f"This transform needs {name}, which is not installed: pip install 'transforms-anywhere[single-node]'"
        ) from error


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Turn a missing module, of the imports inside this context, into an error that says what to install.

    Args:
        name: of the extra that has the modules, such as 'dashboard'.

    Raises:
        EnvironmentProblem: a module that is imported inside is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise EnvironmentProblem(
            f"This command needs {library}, which is not installed: pip install 'transforms-anywhere[{name}]', "
            f"in a clone of the project pip install -e '.[{name}]'."
        ) from error
