"""Expectations on a Polars DataFrame or LazyFrame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import polars as pl

from transforms_api.expectations.backend import SAMPLE, CheckBackend, Metric, RepeatedKeys, Row
from transforms_api.expectations.tree import ArrayContains, Expectation, ForeignKey, IsIn, Matches, NonNull
from transforms_api.expectations.types import element_of

_PROPERTIES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "null_percentage": lambda column: column.is_null().mean(),
    "null_count": lambda column: column.null_count(),
    "distinct_count": lambda column: column.drop_nulls().n_unique(),
    "approx_distinct_count": lambda column: column.drop_nulls().approx_n_unique(),
    "sum": lambda column: pl.when(column.count() > 0).then(column.sum()),
    "standard_deviation_sample": lambda column: column.std(),
    "standard_deviation_population": lambda column: column.std(ddof=0),
    "max_value": lambda column: column.max(),
    "min_value": lambda column: column.min(),
}


class PolarsBackend(CheckBackend):
    """The rows of a Polars frame."""

    frame: pl.LazyFrame

    def __init__(self, frame: pl.DataFrame | pl.LazyFrame, others: Mapping[str, Any] | None = None) -> None:
        super().__init__(frame.lazy(), others)

    @cached_property
    def types(self) -> Mapping[str, Any]:
        return dict(self.frame.collect_schema())

    def _named(self, name: str) -> pl.Expr:
        return pl.col(name)

    def _column(self, name: str) -> pl.Expr:
        has_zone = getattr(self.types[name], "time_zone", None) is not None
        if self.columns[name] == "timestamp" and not has_zone:
            return pl.col(name).dt.replace_time_zone("UTC")
        return pl.col(name)

    def _size(self, column: pl.Expr) -> pl.Expr:
        return column.list.len()

    def _null_passes(self, condition: pl.Expr) -> pl.Expr:
        return condition.fill_null(True)

    def _leaf_passes(self, leaf: Expectation) -> pl.Expr:
        match leaf:
            case NonNull(column):
                return self._column(column).is_not_null()
            case IsIn(column, values):
                return self._is_in(column, values)
            case Matches(column, regex):
                return self._null_passes(self._column(column).str.contains(regex))
            case ArrayContains(column, value):
                return self._null_passes(self._column(column).list.contains(pl.lit(value)))
            case ForeignKey(column):
                return self._column(column).is_null() | pl.col(_key(leaf)).is_not_null()
        raise AssertionError(f"{leaf!r} is not row-level")

    def _is_in(self, name: str, values: Sequence[Any]) -> pl.Expr:
        column = self._column(name)
        if element_of(self.columns[name]):
            return column.list.eval(_one_of(pl.element(), values)).list.all().fill_null(None in values)
        return _one_of(column, values)

    def _row_count(self) -> pl.Expr:
        return pl.len()

    def _metric(self, metric: Metric) -> pl.Expr:
        if isinstance(metric, RepeatedKeys):
            return self._row_count() - pl.struct(metric.columns).n_unique()
        expression: pl.Expr = super()._metric(metric)
        return expression

    def _count_false(self, condition: pl.Expr) -> pl.Expr:
        return (~condition).sum()

    def _property(self, name: str, column: str) -> pl.Expr:
        values = self._column(column)
        # Polars sums up small integers in their own type, which overflows.
        is_sum_of_integers = name == "sum" and self.types[column].is_integer()
        return _PROPERTIES[name](values.cast(pl.Int64) if is_sum_of_integers else values)

    def _grouped(self, by: Sequence[str], values: Mapping[str, pl.Expr]) -> pl.LazyFrame:
        return self.frame.group_by(by).agg(**values)

    def _joined(self, frame: pl.LazyFrame, leaf: ForeignKey, other: pl.LazyFrame) -> pl.LazyFrame:
        as_here = pl.col(leaf.other).cast(self.types[leaf.column], strict=False)
        keys = other.select(as_here.alias(_key(leaf))).unique()
        return frame.join(keys, left_on=leaf.column, right_on=_key(leaf), how="left", coalesce=False)

    def _computed(self, frame: pl.LazyFrame, aggregates: Sequence[pl.Expr]) -> list[Any]:
        named = [aggregate.alias(f"_{index}") for index, aggregate in enumerate(aggregates)]
        return list(frame.select(named).collect().row(0))

    def _shown(self, frame: pl.LazyFrame, columns: Sequence[str]) -> list[Row]:
        return frame.select(columns).head(SAMPLE).collect().to_dicts()


def _key(leaf: ForeignKey) -> str:
    return f"{leaf.column} in {leaf.dataset}.{leaf.other}"


def _one_of(value: pl.Expr, values: Sequence[Any]) -> pl.Expr:
    """Compare with each value: `is_in` of Polars accepts only values of the column's type."""
    is_equal = pl.any_horizontal(False, *[value == known for known in values if known is not None])
    return pl.when(value.is_null()).then(None in values).otherwise(is_equal)
