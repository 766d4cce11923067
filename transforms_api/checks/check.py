"""A `Check`: an expectation as an Input or Output carries it."""

from __future__ import annotations

from transforms_api.checks.expressions import Expectation
from transforms_api.errors import DeclarationError, TransformTypeError


class Check:
    """An expectation with a name and what happens when it does not hold.

    Args:
        expectation: built with `transforms.expectations`.
        name: identity of the check, unique within its transform.
        on_error: 'FAIL' stops the job before anything is committed, 'WARN' is recorded.
        description: for people.
    """

    def __init__(
        self, expectation: Expectation, name: str, on_error: str = "FAIL", description: str | None = None
    ) -> None:
        if not isinstance(expectation, Expectation):
            raise TransformTypeError(f"Check '{name}' needs an expectation built with E.…, not {expectation!r}.")
        if on_error not in ("FAIL", "WARN"):
            raise DeclarationError(f"Check '{name}': on_error is 'FAIL' or 'WARN', not {on_error!r}.")
        self.expectation = expectation
        self.name = name
        self.on_error = on_error
        self.description = description
