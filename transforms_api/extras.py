"""Optional dependencies: the extras of this distribution and how to install them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
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
        name: of the module, such as 'polars'.

    Raises:
        EnvironmentProblem: it is not installed; the text has the command that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentProblem(f"{name} is not installed: {install_command('single-node')}") from error


@contextmanager
def needs_extra(name: str, *later: str) -> Iterator[None]:
    """Turn a missing module, of the imports inside this context, into an error that names the extra to install.

    Args:
        name: of the extra that has the modules, such as 'dashboard'.
        later: modules of the extra that are imported after the context; they are only looked up, which is quick.

    Raises:
        EnvironmentProblem: a module is not installed.
    """
    try:
        yield
        for module in later:
            if not _is_installed(module):
                raise ModuleNotFoundError(name=module)
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise EnvironmentProblem(
            f"This command needs {library}, which is not installed: {install_command(name)}, "
            f"in a clone of the project pip install -e '.[{name}]'."
        ) from error


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # sys.modules has None for it, as a test may set
        return False
