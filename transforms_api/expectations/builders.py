"""The functions behind `transforms.expectations`, under Foundry's names, and what they return: `E.col("x").gte(0)`."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from transforms_api.errors import DeclarationError, TransformTypeError
from transforms_api.expectations.tree import (
    AllOf,
    AnyOf,
    ArrayContains,
    ArraySize,
    ColumnProperty,
    ColumnValue,
    Compared,
    Constant,
    Expectation,
    ForeignKey,
    HasColumns,
    IsIn,
    Matches,
    NonNull,
    Now,
    Operator,
    OtherColumn,
    OtherCount,
    PerGroup,
    PrimaryKey,
    RowCount,
    UniqueGroups,
    Value,
    When,
    negation_of,
)
from transforms_api.expectations.types import instant, literal, seconds, type_name


class Comparable:
    """A value that can be compared. Null passes every comparison: in a row, and as an aggregate of no values."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def gt(self, bound: Any) -> Expectation:
        """Above `bound`."""
        return self._compared(operator.gt, bound)

    def gte(self, bound: Any) -> Expectation:
        """At least `bound`."""
        return self._compared(operator.ge, bound)

    def lt(self, bound: Any) -> Expectation:
        """Below `bound`."""
        return self._compared(operator.lt, bound)

    def lte(self, bound: Any) -> Expectation:
        """At most `bound`."""
        return self._compared(operator.le, bound)

    def equals(self, value: Any) -> Expectation:
        """Exactly `value`."""
        return self._compared(operator.eq, value)

    def not_equals(self, value: Any) -> Expectation:
        """Anything but `value`."""
        return self._compared(operator.ne, value)

    ge, le = gte, lte
    """Spellings that Foundry's documentation uses as well."""

    def _compared(self, how: Operator, bound: Any) -> Expectation:
        return Compared(self._value, how, bound if isinstance(bound, OtherCount) else literal(bound))


class ComparableTime(Comparable):
    """A value that may be a timestamp: comparable with ISO-8601 texts or datetimes that have a time zone."""

    def is_after(self, moment: str | datetime) -> Expectation:
        """Later than `moment`."""
        return Compared(self._value, operator.gt, instant(moment))

    def is_before(self, moment: str | datetime) -> Expectation:
        """Earlier than `moment`."""
        return Compared(self._value, operator.lt, instant(moment))

    def is_on_or_after(self, moment: str | datetime) -> Expectation:
        """At `moment` or later."""
        return Compared(self._value, operator.ge, instant(moment))

    def is_on_or_before(self, moment: str | datetime) -> Expectation:
        """At `moment` or earlier."""
        return Compared(self._value, operator.le, instant(moment))

    def timestamp_offset_from_current_time(self) -> Comparable:
        """The time from now until the value, to compare with seconds or a timedelta; negative in the past."""
        return _FromNow(self._value)

    def timestamp_offset_to_current_time(self) -> Comparable:
        """The time from the value until now, to compare with seconds or a timedelta; negative in the future."""
        return _ToNow(self._value)


class _FromNow(Comparable):
    def _compared(self, how: Operator, bound: float | timedelta) -> Expectation:
        return Compared(self._value, how, Now(seconds(bound)))


class _ToNow(Comparable):
    def _compared(self, how: Operator, bound: float | timedelta) -> Expectation:
        return Compared(self._value, _REVERSED.get(how, how), Now(-seconds(bound)))


_REVERSED: dict[Operator, Operator] = {
    operator.gt: operator.lt,
    operator.lt: operator.gt,
    operator.ge: operator.le,
    operator.le: operator.ge,
}


class Properties:
    """Aggregates of a column, over all rows or per group.

    Only the counts of nulls include nulls. An aggregate of no values is null.
    """

    def __init__(self, column: str, by: tuple[str, ...] = ()) -> None:
        self._column, self._by = column, by

    def null_percentage(self) -> Comparable:
        """The share of nulls, from 0 to 1."""
        return Comparable(self._of("null_percentage"))

    def null_count(self) -> Comparable:
        """The number of nulls."""
        return Comparable(self._of("null_count"))

    def distinct_count(self) -> Comparable:
        """The number of different values."""
        return Comparable(self._of("distinct_count"))

    def approx_distinct_count(self) -> Comparable:
        """The approximate number of different values, with a relative standard deviation of at most 5 %."""
        return Comparable(self._of("approx_distinct_count"))

    def sum(self) -> Comparable:
        """The sum of numbers."""
        return Comparable(self._of("sum"))

    def standard_deviation_sample(self) -> Comparable:
        """The standard deviation of numbers that are a sample."""
        return Comparable(self._of("standard_deviation_sample"))

    def standard_deviation_population(self) -> Comparable:
        """The standard deviation of numbers that are the whole population."""
        return Comparable(self._of("standard_deviation_population"))

    def max_value(self) -> ComparableTime:
        """The largest value."""
        return ComparableTime(self._of("max_value"))

    def min_value(self) -> ComparableTime:
        """The smallest value."""
        return ComparableTime(self._of("min_value"))

    def _of(self, name: str) -> Value:
        value = ColumnProperty(self._column, name)
        return PerGroup(value, self._by) if self._by else value


class ColumnExpectations(ComparableTime, Properties):
    """Expectations on a column: on its value in each row, or on an aggregate of its values.

    Null passes row-level expectations, except `non_null` and `is_in`.
    """

    def __init__(self, name: str) -> None:
        ComparableTime.__init__(self, ColumnValue(name))
        Properties.__init__(self, name)

    def exists(self) -> Expectation:
        """The column exists."""
        return HasColumns(((self._column, None),), may_have_more=True)

    def has_type(self, data_type: Any) -> Expectation:
        """The column exists and has `data_type`, a type of Spark or Polars; nullability is ignored."""
        return HasColumns(((self._column, type_name(data_type)),), may_have_more=True)

    def non_null(self) -> Expectation:
        """Never null."""
        return NonNull(self._column)

    def is_null(self) -> Expectation:
        """Always null."""
        return negation_of(NonNull(self._column))

    def is_in(self, *values: Any) -> Expectation:
        """The value, or every element of an array, is one of `values`; null fails unless None is listed."""
        if not values:
            raise DeclarationError(f"E.col('{self._column}').is_in() takes at least one value.")
        return IsIn(self._column, tuple(value if value is None else literal(value) for value in values))

    def rlike(self, regex: str) -> Expectation:
        """`regex` matches part of the value; Java's syntax on Spark, Rust's on a single node."""
        return Matches(self._column, regex)

    def array_contains(self, value: Any) -> Expectation:
        """`value` is an element of the array."""
        return ArrayContains(self._column, literal(value))

    def size(self) -> Comparable:
        """The number of elements of an array."""
        return Comparable(ArraySize(self._column))

    def is_in_foreign_col(self, column: ForeignColumn) -> Expectation:
        """The value occurs in `column` of another dataset, such as `E.dataset_ref('accounts').col('id')`."""
        if not isinstance(column, ForeignColumn):
            raise TransformTypeError(f"is_in_foreign_col takes E.dataset_ref('…').col('…'), not {column!r}.")
        return ForeignKey(self._column, column.dataset, column.name)

    def equals_col(self, column: str) -> Expectation:
        """Equal to `column` in the same row."""
        return self._to_column(operator.eq, column)

    def not_equals_col(self, column: str) -> Expectation:
        """Not equal to `column` in the same row."""
        return self._to_column(operator.ne, column)

    def gt_col(self, column: str) -> Expectation:
        """Above `column` in the same row."""
        return self._to_column(operator.gt, column)

    def gte_col(self, column: str) -> Expectation:
        """At least `column` in the same row."""
        return self._to_column(operator.ge, column)

    def lt_col(self, column: str) -> Expectation:
        """Below `column` in the same row."""
        return self._to_column(operator.lt, column)

    def lte_col(self, column: str) -> Expectation:
        """At most `column` in the same row."""
        return self._to_column(operator.le, column)

    def is_after_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """Later than the timestamp `column` in the same row plus `offset_in_seconds`."""
        return self._to_column(operator.gt, column, offset_in_seconds)

    def is_before_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """Earlier than the timestamp `column` in the same row plus `offset_in_seconds`."""
        return self._to_column(operator.lt, column, offset_in_seconds)

    def is_on_or_after_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """At the timestamp `column` in the same row plus `offset_in_seconds`, or later."""
        return self._to_column(operator.ge, column, offset_in_seconds)

    def is_on_or_before_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """At the timestamp `column` in the same row plus `offset_in_seconds`, or earlier."""
        return self._to_column(operator.le, column, offset_in_seconds)

    def _to_column(self, how: Operator, column: str, offset_in_seconds: float | None = None) -> Expectation:
        plus = None if offset_in_seconds is None else seconds(offset_in_seconds)
        return Compared(self._value, how, OtherColumn(require_column_name(column), plus))


@dataclass(frozen=True)
class ForeignColumn:
    """A column of another dataset."""

    dataset: str
    name: str


@dataclass(frozen=True)
class DatasetReference:
    """An input of the same transform, by its parameter name."""

    name: str

    def col(self, column: str) -> ForeignColumn:
        """Return the column `column` of the input, for `is_in_foreign_col`."""
        return ForeignColumn(self.name, require_column_name(column))

    def count(self) -> OtherCount:
        """Return the number of rows of the input, as a bound for `E.count()`."""
        return OtherCount(self.name)


def require_column_name(name: Any) -> str:
    """Return the name of a column.

    Args:
        name: argument of a user's call.

    Raises:
        TransformTypeError: `name` is no text.
    """
    if not isinstance(name, str):
        raise TransformTypeError(f"A column is named by a text, and several one by one; {name!r} is none.")
    return name


def true() -> Expectation:
    """Always holds."""
    return Constant()


def false() -> Expectation:
    """Never holds."""
    return Constant("E.false() never holds")


def all(*expectations: Expectation) -> Expectation:
    """All expectations hold: row-level ones for each row, the others for the dataset."""
    return AllOf(_require_expectations("E.all", expectations))


def any(*expectations: Expectation) -> Expectation:
    """At least one expectation holds, decided per row.

    A dataset-level expectation such as `E.count().gt(0)` counts for every row.
    """
    return AnyOf(_require_expectations("E.any", expectations))


def negate(expectation: Expectation) -> Expectation:
    """The `expectation` does not hold: for any row if it is row-level, else for the dataset.

    Foundry does not document which; it composes row-level expectations row by row elsewhere. A null that passes the
    expectation fails its negation. If a column is missing, both fail.
    """
    _require_expectations("E.negate", (expectation,))
    return negation_of(expectation)


def when(condition: Expectation, then: Expectation) -> Cases:
    """`then` holds for rows that pass `condition`; `.otherwise(…)` adds the expectation on other rows."""
    return Cases(()).when(condition, then)


@dataclass(frozen=True)
class Cases:
    """Conditions with their expectations; `otherwise` completes them."""

    _cases: tuple[tuple[Expectation, Expectation], ...]

    def when(self, condition: Expectation, then: Expectation) -> Cases:
        """`then` holds for rows that pass `condition` and no earlier condition."""
        return Cases((*self._cases, (*_require_expectations("E.when", (condition, then)),)))  # type: ignore[arg-type]

    def otherwise(self, expectation: Expectation) -> Expectation:
        """`expectation` holds for rows that pass no condition."""
        [result] = _require_expectations("otherwise", (expectation,))
        for condition, then in reversed(self._cases):
            result = When((condition, then, result))
        return result


def col(name: str) -> ColumnExpectations:
    """Start an expectation on the column `name`."""
    return ColumnExpectations(require_column_name(name))


def count() -> Comparable:
    """Start an expectation on the number of rows; `E.dataset_ref('…').count()` is a possible bound."""
    return Comparable(RowCount())


def primary_key(*columns: str) -> Expectation:
    """No column of the key is null, and no two rows have the same key."""
    if not columns:
        raise DeclarationError("E.primary_key takes at least one column.")
    return PrimaryKey(tuple(require_column_name(column) for column in columns))


def dataset_ref(name: str) -> DatasetReference:
    """Refer to an input of the same transform: `name` is its parameter."""
    return DatasetReference(name)


def group_by(*columns: str) -> GroupExpectations:
    """Start an expectation on each group of rows with equal values in `columns`; without columns, on all rows."""
    return GroupExpectations(tuple(require_column_name(column) for column in columns))


@dataclass(frozen=True)
class GroupExpectations:
    """Expectations on groups of rows."""

    _by: tuple[str, ...]

    def is_unique(self) -> Expectation:
        """Each group has one row."""
        return UniqueGroups(self._by) if self._by else self.count().lte(1)

    def count(self) -> Comparable:
        """The number of rows of each group."""
        return Comparable(PerGroup(RowCount(), self._by) if self._by else RowCount())

    def col(self, name: str) -> Properties:
        """Aggregates of the column `name` per group."""
        return Properties(require_column_name(name), self._by)


def schema() -> SchemaExpectations:
    """Start an expectation on the columns and their types."""
    return SchemaExpectations()


class SchemaExpectations:
    """Expectations on column names (case-sensitive) and their types, of Spark or Polars.

    The order of columns and their nullability are ignored: stored columns are all nullable.
    """

    def contains(self, types: Mapping[str, Any]) -> Expectation:
        """At least the columns of `types` (column → type), with these types."""
        return HasColumns(_named(types), may_have_more=True)

    def equals(self, types: Mapping[str, Any]) -> Expectation:
        """Exactly the columns of `types` (column → type), with these types."""
        return HasColumns(_named(types))

    def is_subset_of(self, types: Mapping[str, Any]) -> Expectation:
        """No other columns than those of `types` (column → type), with these types."""
        return HasColumns(_named(types), may_lack_some=True)


def _named(types: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not isinstance(types, Mapping):
        raise TransformTypeError(f"A schema is expected as {{'column': type, …}}, not as {types!r}.")
    return tuple((name, type_name(data_type)) for name, data_type in types.items())


def _require_expectations(function: str, expectations: tuple[Any, ...]) -> tuple[Expectation, ...]:
    if not expectations:
        raise DeclarationError(f"{function} takes at least one expectation.")
    if wrong := [value for value in expectations if not isinstance(value, Expectation)]:
        raise TransformTypeError(f"{function} takes expectations such as E.col('a').gt(0), not {wrong[0]!r}.")
    return expectations
