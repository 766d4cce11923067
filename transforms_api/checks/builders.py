"""The functions behind `transforms.expectations`, each under the name that Foundry gives it."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from transforms_api.checks.expressions import (
    ColumnExpectations,
    Comparable,
    DatasetExpectation,
    Expectation,
    RowExpectation,
    SchemaExpectations,
)
from transforms_api.errors import DeclarationError


def col(name: str) -> ColumnExpectations:
    """Expect something of the column `name`."""
    return ColumnExpectations(name)


def schema() -> SchemaExpectations:
    """Expect something of the columns and their types."""
    return SchemaExpectations()


def count() -> Comparable:
    """Expect something of the number of rows."""
    return Comparable("the number of rows", (), lambda: F.count(F.lit(1)))


def primary_key(*columns: str) -> Expectation:
    """Expect that no column of the key is null and that no two rows have the same key."""
    label = ", ".join(columns)

    def aggregates() -> tuple[Column, ...]:
        key = [F.col(f"`{column}`") for column in columns]
        has_null = functools.reduce(operator.or_, [column.isNull() for column in key])
        repeated = F.count(F.lit(1)) - F.count_distinct(F.struct(*key))
        return F.count(F.when(has_null, 1)), repeated

    def problem(values: Sequence[Any]) -> str | None:
        nulls, repeated = values
        problems = []
        if nulls:
            problems.append(f"{nulls} rows have a null in the key ({label})")
        if repeated:
            problems.append(f"{repeated} rows repeat the key ({label}) of another")
        return "; ".join(problems) or None

    return DatasetExpectation(columns, aggregates, problem)


def all(*expectations: Expectation) -> Expectation:
    """Expect all of these of each row."""
    return _combine(operator.and_, expectations)


def any(*expectations: Expectation) -> Expectation:
    """Expect at least one of these of each row."""
    return _combine(operator.or_, expectations)


def _combine(how: Any, expectations: tuple[Expectation, ...]) -> Expectation:
    rows = [expectation for expectation in expectations if isinstance(expectation, RowExpectation)]
    if not rows or len(rows) < len(expectations):
        raise DeclarationError("E.all and E.any combine expectations on columns, such as E.col('a').non_null().")
    columns = tuple(dict.fromkeys(column for row in rows for column in row.columns))
    return RowExpectation(columns, lambda schema: functools.reduce(how, [row.passes(schema) for row in rows]))
