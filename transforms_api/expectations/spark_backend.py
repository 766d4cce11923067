"""Expectations on a Spark DataFrame."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms_api.expectations.backend import SAMPLE, CheckBackend, Metric, RepeatedKeys, Row
from transforms_api.expectations.tree import ArrayContains, Expectation, ForeignKey, IsIn, Matches, NonNull
from transforms_api.expectations.types import element_of

_PROPERTIES: dict[str, Callable[[Column], Column]] = {
    "null_percentage": lambda column: F.avg(column.isNull().cast("int")),
    "null_count": lambda column: F.count_if(column.isNull()),
    "distinct_count": lambda column: F.count_distinct(column),
    "approx_distinct_count": F.approx_count_distinct,  # its deviation is 5 %, and Sail takes no other
    "sum": F.sum,
    "standard_deviation_sample": F.stddev_samp,
    "standard_deviation_population": F.stddev_pop,
    "max_value": F.max,
    "min_value": F.min,
}


class SparkBackend(CheckBackend):
    """The rows of a Spark DataFrame."""

    frame: DataFrame

    @property
    def types(self) -> Mapping[str, Any]:
        return {field.name: field.dataType for field in self.frame.schema.fields}

    def aggregate(self, metrics: Sequence[Metric]) -> list[Any]:
        """Return the values of metrics, computed in one pass over the rows and one more for each key.

        Beside a count of distinct keys, Spark and Sail would keep all other aggregates for each key.

        Args:
            metrics: none of them on groups.
        """
        keys = [metric for metric in metrics if isinstance(metric, RepeatedKeys)]
        others = [metric for metric in metrics if not isinstance(metric, RepeatedKeys)]
        values: dict[Metric, Any] = {metric: self._repeated(metric.columns) for metric in keys}
        if others:
            values.update(zip(others, super().aggregate(others), strict=True))
        return [values[metric] for metric in metrics]

    def _repeated(self, columns: Sequence[str]) -> int:
        """Return the number of rows beyond the first of each key."""
        keys = [self._column(name).alias(f"key_{position}") for position, name in enumerate(columns)]
        rows = self.frame.select(*keys)
        counted = rows.groupBy(*rows.columns).agg(F.count(F.lit(1)).alias("rows"))
        [count] = self._computed(counted, [F.coalesce(F.sum(F.col("rows") - 1), F.lit(0))])
        return int(count)

    def _named(self, name: str) -> Column:
        return F.col("`" + name.replace("`", "``") + "`")

    def _column(self, name: str) -> Column:
        column = self._named(name)
        return column.cast("timestamp") if self.columns[name] == "timestamp_ntz" else column

    def _size(self, column: Column) -> Column:
        return F.when(column.isNotNull(), F.size(column))

    def _null_passes(self, condition: Column) -> Column:
        return F.coalesce(condition, F.lit(True))

    def _leaf_passes(self, leaf: Expectation) -> Column:
        match leaf:
            case NonNull(column):
                return self._column(column).isNotNull()
            case IsIn(column, values):
                return self._is_in(column, [value for value in values if value is not None], F.lit(None in values))
            case Matches(column, regex):
                return self._null_passes(self._column(column).rlike(regex))
            case ArrayContains(column, value):
                return self._null_passes(F.array_contains(self._column(column), value))
            case ForeignKey(column):
                return self._column(column).isNull() | self._named(_key(leaf)).isNotNull()
        raise AssertionError(f"{leaf!r} is not row-level")

    def _is_in(self, name: str, values: Sequence[Any], null_passes: Column) -> Column:
        column = self._column(name)
        if element_of(self.columns[name]):
            holds = F.forall(column, lambda element: F.coalesce(element.isin(values), null_passes))
        else:
            holds = column.isin(values)
        return F.coalesce(holds, null_passes)

    def _row_count(self) -> Column:
        return F.count(F.lit(1))

    def _count_false(self, condition: Column) -> Column:
        return F.count_if(~condition)

    def _property(self, name: str, column: str) -> Column:
        return _PROPERTIES[name](self._column(column))

    def _grouped(self, by: Sequence[str], values: Mapping[str, Column]) -> DataFrame:
        return self.frame.groupBy(*map(self._named, by)).agg(*[value.alias(name) for name, value in values.items()])

    def _joined(self, frame: DataFrame, leaf: ForeignKey, other: DataFrame) -> DataFrame:
        keys = other.select(self._named(leaf.other).alias(_key(leaf))).distinct()
        return frame.join(keys, self._named(leaf.column) == self._named(_key(leaf)), "left")

    def _computed(self, frame: DataFrame, aggregates: Sequence[Column]) -> list[Any]:
        [row] = frame.agg(*aggregates).collect()
        return [_in_utc(value) for value in row]

    def _shown(self, frame: DataFrame, columns: Sequence[str]) -> list[Row]:
        as_json = F.to_json(F.struct(*map(self._named, columns)), {"ignoreNullFields": "false"})
        unknown = dict.fromkeys(columns)  # Sail leaves fields that are null out
        return [{**unknown, **json.loads(row[0])} for row in frame.select(as_json).take(SAMPLE)]


def _key(leaf: ForeignKey) -> str:
    return f"{leaf.column} in {leaf.dataset}.{leaf.other}"


def _in_utc(value: Any) -> Any:
    """Return a timestamp in UTC: Spark returns naive timestamps in the time zone of the machine."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
