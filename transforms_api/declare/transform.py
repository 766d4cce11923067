"""A `Transform`: a compute function together with what it reads and writes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from transforms_api.declare.binding import check_binding, location
from transforms_api.declare.specs import Input, Output, Param, ValueParam
from transforms_api.errors import DeclarationError, TransformTypeError


class Style(Enum):
    """How a compute function takes its inputs and hands over its result."""

    READ_AND_WRITE = "transform"
    """`@transform`: it receives input and output objects; what it returns is ignored."""
    DATAFRAMES = "transform_df"
    """`@transform_df`: it receives DataFrames and returns the one that becomes the output."""


class Transform:
    """A compute function with its declared inputs, outputs and parameters.

    Calling it calls the plain function, which is what unit tests do; only a build resolves datasets.

    Attributes:
        inputs: parameter name → `Input`.
        outputs: parameter name → `Output`.
        parameters: parameter name → `IntegerParam` or one of its siblings.
        profiles: Spark profiles named by `configure`.
    """

    def __init__(self, function: Callable[..., Any], style: Style, params: Mapping[str, Param]) -> None:
        self.compute_function = function
        self.style = style
        self.inputs = {name: spec for name, spec in params.items() if isinstance(spec, Input)}
        self.outputs = {name: spec for name, spec in params.items() if isinstance(spec, Output)}
        self.parameters = {name: spec for name, spec in params.items() if isinstance(spec, ValueParam)}
        self.profiles: tuple[str, ...] = ()
        functools.update_wrapper(self, function)
        self._validate(params)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the compute function as it stands."""
        return self.compute_function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Transform {self.reference}>"

    @property
    def reference(self) -> str:
        """Module and name of the compute function."""
        return f"{self.__module__}:{self.__name__}"

    @property
    def location(self) -> str:
        """Where the compute function is defined, as 'file:line'."""
        return location(self.compute_function)

    @property
    def reads(self) -> list[str]:
        """Datasets that it reads, each once, in the order of their declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.inputs.values() if spec.alias))

    @property
    def writes(self) -> list[str]:
        """Datasets that it writes, each once, in the order of their declaration."""
        return list(dict.fromkeys(spec.alias for spec in self.outputs.values() if spec.alias))

    @property
    def is_bound(self) -> bool:
        """Whether every input and output names a dataset, so that the transform can be built."""
        return all(spec.alias for spec in (*self.inputs.values(), *self.outputs.values()))

    def _validate(self, params: Mapping[str, Param]) -> None:
        for name, spec in params.items():
            if not isinstance(spec, (Input, Output, ValueParam)):
                raise TransformTypeError(
                    f"{self.location}: '{name}' of transform '{self.__name__}' is {spec!r}; "
                    "a decorator takes Input, Output and parameters such as IntegerParam."
                )
        handed_over = self.outputs if self.style is Style.READ_AND_WRITE else {}
        check_binding(self.compute_function, [*self.inputs, *self.parameters, *handed_over])
        if not self.outputs:
            raise DeclarationError(f"{self.location}: transform '{self.__name__}' declares no Output.")
        both = {spec.alias for spec in self.inputs.values()} & {spec.alias for spec in self.outputs.values()} - {None}
        if both:
            raise DeclarationError(f"{self.location}: transform '{self.__name__}' writes its own input {min(both)}.")
        checks = [check.name for spec in (*self.inputs.values(), *self.outputs.values()) for check in spec.checks]
        if repeated := {name for name in checks if checks.count(name) > 1}:
            raise DeclarationError(
                f"{self.location}: transform '{self.__name__}' has two checks called '{min(repeated)}'; "
                "a check's name is its identity."
            )
