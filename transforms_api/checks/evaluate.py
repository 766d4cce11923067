"""Evaluation of all checks of a dataset in one pass over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.checks.check import Check
from transforms_api.checks.expressions import DatasetExpectation, Expectation, RowExpectation, SchemaExpectation


@dataclass(frozen=True)
class CheckResult:
    """How one check came out; `problem` is None where it holds."""

    dataset: str
    name: str
    on_error: str
    problem: str | None

    @property
    def stops_the_job(self) -> bool:
        """Whether the check does not hold and must."""
        return self.problem is not None and self.on_error == "FAIL"


def evaluate(dataset: str, df: DataFrame, checks: Sequence[Check], others: Any = None) -> list[CheckResult]:
    """Return the result of every check on `df`, reading its rows once however many checks there are.

    Where no check looks at rows, no Spark job runs.
    """
    measures = [_aggregates(check.expectation, df.schema) for check in checks]
    columns = [column for measure in measures for column in measure]
    row = df.agg(*[column.alias(f"_{index}") for index, column in enumerate(columns)]).first() if columns else ()
    values = iter(row or ())
    return [
        CheckResult(
            dataset,
            check.name,
            check.on_error,
            _problem(check.expectation, df.schema, [next(values) for _ in measure]),
        )
        for check, measure in zip(checks, measures, strict=True)
    ]


def _missing(expectation: Expectation, schema: T.StructType) -> list[str]:
    return [name for name in getattr(expectation, "columns", ()) if name not in schema.fieldNames()]


def _aggregates(expectation: Expectation, schema: T.StructType) -> tuple[Column, ...]:
    if _missing(expectation, schema):
        return ()
    if isinstance(expectation, RowExpectation):
        return (F.count(F.when(~expectation.passes(schema), 1)),)
    return expectation.aggregates() if isinstance(expectation, DatasetExpectation) else ()


def _problem(expectation: Expectation, schema: T.StructType, values: Sequence[Any]) -> str | None:
    if missing := _missing(expectation, schema):
        return f"column {', '.join(missing)} is missing"
    if isinstance(expectation, SchemaExpectation):
        return expectation.problem(schema)
    if isinstance(expectation, RowExpectation):
        return f"{values[0]:,} rows break it" if values[0] else None
    assert isinstance(expectation, DatasetExpectation)
    return expectation.problem(values)
