"""Errors of the user's own functions, as tests want them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from transforms_api.errors import ComputeError


@contextmanager
def own_errors() -> Iterator[None]:
    """Raise what a compute function raised in place of the ComputeError: a test expects, or shows, that one."""
    try:
        yield
    except ComputeError as error:
        cause = error.__cause__ or error
    else:
        return
    raise cause
