"""The decorators: `transform`, `transform_df` and `configure`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import Enum
from typing import Any

from transforms_api.declare.specs import Input, Output, Param
from transforms_api.declare.transform import Style, Transform
from transforms_api.errors import TransformTypeError


class ComputeBackend(Enum):
    """What computes a transform on Foundry; here Spark does, whichever is asked for."""

    SPARK = "SPARK"
    VELOX = "VELOX"


class transform:  # noqa: N801  Foundry's name, and a class there too
    """Make a function a transform that reads from input objects and writes to output objects.

    Args:
        params: parameter name → `Input`, `Output` or a parameter such as `IntegerParam`.

    Raises:
        BindingError: the names and the function's parameters do not match.
    """

    def __init__(self, **params: Param) -> None:
        self._params = params

    def __call__(self, function: Callable[..., Any]) -> Transform:
        return Transform(function, Style.READ_AND_WRITE, self._params)


def transform_df(output: Output, **inputs: Param) -> Callable[[Callable[..., Any]], Transform]:
    """Make a function that takes Spark DataFrames and returns one a transform that writes `output`."""
    if not isinstance(output, Output):
        raise TransformTypeError(f"transform_df takes its Output first, not {output!r}.")
    if isinstance(inputs.get("output"), Input):
        raise TransformTypeError("An input of transform_df cannot be called 'output'.")

    def decorate(function: Callable[..., Any]) -> Transform:
        return Transform(function, Style.DATAFRAMES, {**inputs, "output": output})

    return decorate


def configure(
    profile: str | Iterable[str] | None = None,
    allowed_run_duration: timedelta | None = None,
    run_as_user: bool = False,
    backend: ComputeBackend = ComputeBackend.SPARK,
    checkpoint_outputs: bool | None = None,
) -> Callable[[Transform], Transform]:
    """Name the Spark profiles of a transform; all but `profile` means something on Foundry alone and is ignored.

    Raises:
        TransformTypeError: what it decorates is no transform.
    """
    profiles = (profile,) if isinstance(profile, str) else tuple(profile or ())

    def decorate(decorated: Transform) -> Transform:
        if not isinstance(decorated, Transform):
            raise TransformTypeError(f"configure goes above @transform or @transform_df, not on {decorated!r}.")
        decorated.profiles = profiles
        return decorated

    return decorate
