"""The decorators that make a function a transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transforms_api.declare.builders import P, R
from transforms_api.declare.builders import PushdownTransforms, SingleNodeBuilder, SparkTransforms
from transforms_api.declare.foundry_only import FoundryOnlyParam
from transforms_api.declare.specs import Output, Param
from transforms_api.declare.transform import RESULT, ContainerTransform, Convention, Engine, Transform, split_params
from transforms_api.errors import TransformTypeError



class transform:  # noqa: N801  Foundry's name, and a class there too
    """Make a function a transform that reads from input objects and writes to output objects.

    Args:
        params: parameter name → `Input`, `Output`, a set of these, or a parameter such as `IntegerParam`.

    Raises:
        BindingError: the names and the function's parameters do not match.
    """

    spark = SparkTransforms()
    databricks = PushdownTransforms("Databricks")
    snowflake = PushdownTransforms("Snowflake")
    bigquery = PushdownTransforms("BigQuery")

    def __init__(self, **params: Param) -> None:
        self._params = params

    def __call__(self, function: Callable[P, R]) -> Transform[P, R]:
        inputs, outputs, others = split_params(function, self._params)
        return Transform(function, inputs, outputs, others=others)

    @classmethod
    def using(cls, **params: Param) -> SingleNodeBuilder:
        """Make a function a transform on a single node: pandas, Polars, Arrow or DuckDB, no Spark."""
        return SingleNodeBuilder(params)

    @classmethod
    def lightweight(cls, **params: Param) -> SingleNodeBuilder:
        """Do the same as `using`."""
        return SingleNodeBuilder(params)


def transform_df(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Make a function that takes Spark DataFrames and returns one a transform that writes `output`."""
    return _returning(Convention.DATAFRAMES, Engine.SPARK, output, inputs)


def transform_pandas(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], Transform[P, R]]:
    """Make a function that takes pandas DataFrames and returns one a transform that writes `output`.

    On Foundry Spark carries the rows to pandas; here no Spark starts unless the function asks `ctx` for its session.
    """
    return _returning(Convention.PANDAS, Engine.SINGLE_NODE, output, inputs)


def transform_polars(output: Output, **inputs: Param) -> Callable[[Callable[P, R]], ContainerTransform[P, R]]:
    """Make a function that takes Polars DataFrames and returns one a transform that writes `output`.

    As on Foundry, it is as if `lightweight` stood above it.
    """
    made: Callable[[Callable[P, R]], Transform[P, R]] = _returning(
        Convention.POLARS, Engine.SINGLE_NODE, output, inputs
    )
    return lambda function: ContainerTransform(made(function))


def _returning(
    convention: Convention, engine: Engine, output: Any, inputs: dict[str, Param]
) -> Callable[[Callable[P, R]], Transform[P, R]]:
    if not isinstance(output, (Output, FoundryOnlyParam)):
        raise TransformTypeError(f"{convention.value} takes its Output first, not {output!r}.")
    if any(isinstance(spec, Output) for spec in inputs.values()):
        raise TransformTypeError(f"{convention.value} writes one Output, its first argument; use transform for more.")

    def decorate(function: Callable[P, R]) -> Transform[P, R]:
        read, _, others = split_params(function, inputs)
        if isinstance(output, Output):
            return Transform(function, read, {RESULT: output}, others=others, convention=convention, engine=engine)
        return Transform(function, read, others={**others, RESULT: output}, convention=convention, engine=engine)

    return decorate
