"""Parameters: values that a build may set, handed to compute functions as objects with a `value`."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from transforms_api.declare.inputs_outputs import Param
from transforms_api.errors import DeclarationError

Value = TypeVar("Value", str, int, float, bool)


class ParamValueInput(Generic[Value]):
    """What a compute function receives for a parameter: an object whose `value` is the value."""

    def __init__(self, value: Value) -> None:
        self.value: Value = value


class ValueParam(Param, Generic[Value]):
    """A parameter with a default; a build may set another value by the parameter's name."""

    kind: type[Value]

    def __init__(self, default: Value, *, description: str | None = None) -> None:
        super().__init__(description)
        self.default: Value = self.parse(default)

    def parse(self, value: Any) -> Value:
        """Return `value` as this parameter's type.

        Raises:
            DeclarationError: it is of another type.
        """
        accepted = (int, float) if self.kind is float else (self.kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise DeclarationError(f"{type(self).__name__} takes {self.kind.__name__}, not {value!r}.")
        return self.kind(value)

    def parse_text(self, text: str) -> Value:
        """Return a value as a command line gives it: a text as it stands, anything else as JSON writes it.

        Raises:
            DeclarationError: it is of another type.
        """
        try:
            value = text if self.kind is str else json.loads(text)
        except json.JSONDecodeError:
            value = text  # of a wrong type like any other
        return self.parse(value)


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
