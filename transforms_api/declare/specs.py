"""What a decorator's arguments are made of: inputs, outputs and parameters.

Specs are plain objects: unit tests hang mocks on them (`input.dataframe = MagicMock()`), as Foundry's own do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from transforms_api.checks.check import Check
from transforms_api.declare.dataset_path import check_dataset_path
from transforms_api.errors import DeclarationError, TransformTypeError

Value = TypeVar("Value", str, int, float, bool)


class Param:
    """Base of whatever a decorator binds to a parameter of the compute function."""

    def __init__(self, description: str | None = None) -> None:
        self.description = description


class Input(Param):
    """A dataset that a transform reads, named by its absolute path or RID.

    Without an `alias` the input is unbound: its transform cannot be built, but can be called in tests.
    """

    def __init__(
        self,
        alias: str | None = None,
        branch: str | None = None,
        description: str | None = None,
        stop_propagating: Any = None,
        stop_requiring: Any = None,
        checks: Check | Iterable[Check] | None = None,
        failure_strategy: str | None = None,
        transaction_limit: int | None = None,
    ) -> None:
        super().__init__(description)
        self.alias = None if alias is None else check_dataset_path(alias)
        self.branch = branch
        self.stop_propagating = stop_propagating
        self.stop_requiring = stop_requiring
        self.checks = _as_checks(checks)
        self.failure_strategy = failure_strategy
        self.transaction_limit = transaction_limit


class Output(Param):
    """A dataset that a transform writes; its `checks` are evaluated before anything is committed."""

    def __init__(
        self,
        alias: str | None = None,
        sever_permissions: bool = False,
        description: str | None = None,
        checks: Check | Iterable[Check] | None = None,
    ) -> None:
        super().__init__(description)
        self.alias = None if alias is None else check_dataset_path(alias)
        self.sever_permissions = sever_permissions
        self.checks = _as_checks(checks)


class ParamValueInput(Generic[Value]):
    """What a compute function receives for a parameter: an object whose `value` is the value."""

    def __init__(self, value: Value) -> None:
        self.value = value


class ValueParam(Param, Generic[Value]):
    """A parameter with a default; a build may set another value by the parameter's name."""

    kind: type[Value]

    def __init__(self, default: Value, *, description: str | None = None) -> None:
        super().__init__(description)
        self.default = self.parse(default)

    def parse(self, value: Any) -> Value:
        """Return `value` as this parameter's type.

        Raises:
            DeclarationError: it is of another type.
        """
        accepted = (int, float) if self.kind is float else (self.kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise DeclarationError(f"{type(self).__name__} takes {self.kind.__name__}, not {value!r}.")
        return self.kind(value)


class StringParam(ValueParam[str]):
    """A text, one of `allowed_values` where these are given."""

    kind = str

    def __init__(self, default: str, *, description: str | None = None, allowed_values: set[str] | None = None) -> None:
        self.allowed_values = allowed_values
        super().__init__(default, description=description)

    def parse(self, value: Any) -> str:
        """Return `value` if it is allowed."""
        text = super().parse(value)
        if self.allowed_values is not None and text not in self.allowed_values:
            raise DeclarationError(f"'{text}' is none of {', '.join(sorted(self.allowed_values))}.")
        return text


class IntegerParam(ValueParam[int]):
    """A whole number."""

    kind = int


class FloatParam(ValueParam[float]):
    """A number."""

    kind = float


class BooleanParam(ValueParam[bool]):
    """A truth value."""

    kind = bool


def _as_checks(checks: Check | Iterable[Check] | None) -> tuple[Check, ...]:
    if checks is None:
        return ()
    found = (checks,) if isinstance(checks, Check) else tuple(checks)
    for check in found:
        if not isinstance(check, Check):
            raise TransformTypeError(f"checks= takes Check objects, not {check!r}.")
    return found
