"""Commands that need more than is always installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from transforms_api.errors import EnvironmentProblem


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Say of imports that fail what has to be installed.

    Raises:
        EnvironmentProblem: a module that is imported inside is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise EnvironmentProblem(
            f"This command needs {error.name}, which is not installed: pip install 'transforms-anywhere[{extra}]', "
            f"in a clone of the project pip install -e '.[{extra}]'."
        ) from error
