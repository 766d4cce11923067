"""Parameters of transforms: values that a build may set."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from transforms_api.declare.inputs_outputs import Param
from transforms_api.errors import DeclarationError

Value = TypeVar("Value", str, int, float, bool)


class ParamValueInput(Generic[Value]):
    """What a compute function receives for a parameter.

    Args:
        value: the value of the build, or the default.
    """

    def __init__(self, value: Value) -> None:
        self.value: Value = value


class ValueParam(Param, Generic[Value]):
    """Base of all parameters.

    Args:
        default: value of a build that sets none.
        description: for readers of the code.

    Raises:
        DeclarationError: the default has a different type.
    """

    kind: type[Value]

    def __init__(self, default: Value, *, description: str | None = None) -> None:
        super().__init__(description)
        self.default: Value = self.parse(default)

    def parse(self, value: Any) -> Value:
        """Return a value in the type of this parameter.

        Args:
            value: the value to check.

        Raises:
            DeclarationError: the value has a different type.
        """
        accepted = (int, float) if self.kind is float else (self.kind,)
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise DeclarationError(f"{type(self).__name__} takes {self.kind.__name__}, not {value!r}.")
        return self.kind(value)

    def parse_text(self, text: str) -> Value:
        """Return the value of a text from the command line.

        Args:
            text: the value of a `StringParam`, or JSON for all other parameters.

        Raises:
            DeclarationError: the value has a different type.
        """
        try:
            value = text if self.kind is str else json.loads(text)
        except json.JSONDecodeError:
            value = text  # `parse` refuses its type
        return self.parse(value)


class StringParam(ValueParam[str]):
    """A text.

    Args:
        default: value of a build that sets none.
        description: for readers of the code.
        allowed_values: all allowed texts; None: any text.
    """

    kind = str

    def __init__(self, default: str, *, description: str | None = None, allowed_values: set[str] | None = None) -> None:
        self.allowed_values = allowed_values
        super().__init__(default, description=description)

    def parse(self, value: Any) -> str:
        """Return the value if it is an allowed text.

        Args:
            value: the value to check.

        Raises:
            DeclarationError: not a text, or not an allowed one.
        """
        text = super().parse(value)
        if self.allowed_values is not None and text not in self.allowed_values:
            raise DeclarationError(f"'{text}' is none of {', '.join(sorted(self.allowed_values))}.")
        return text


class IntegerParam(ValueParam[int]):
    """An integer."""

    kind = int


class FloatParam(ValueParam[float]):
    """A floating-point number."""

    kind = float


class BooleanParam(ValueParam[bool]):
    """True or false."""

    kind = bool
