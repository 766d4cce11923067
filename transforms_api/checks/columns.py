"""What can be expected of one column: `E.col("amount").gte(0)`."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from transforms_api.checks.comparisons import Comparable, ComparableTime, Properties
from transforms_api.checks.composites import negation_of
from transforms_api.checks.expressions import (
    ArrayContains,
    ArraySize,
    ColumnValue,
    Compared,
    Expectation,
    HasColumns,
    InOtherDataset,
    IsIn,
    Matches,
    NonNull,
    Operator,
    OtherColumn,
    OtherCount,
)
from transforms_api.checks.kinds import literal, seconds, type_name
from transforms_api.errors import DeclarationError, TransformTypeError


class ColumnExpectations(ComparableTime, Properties):
    """What can be expected of a column: of its value in each row, or of a property of all its values.

    In each row null passes, but for `non_null` and `is_in`.
    """

    def __init__(self, name: str) -> None:
        ComparableTime.__init__(self, ColumnValue(name))
        Properties.__init__(self, name)

    def exists(self) -> Expectation:
        """The column is there."""
        return HasColumns(((self._column, None),), may_have_more=True)

    def has_type(self, data_type: Any) -> Expectation:
        """The column is there with this type of Spark or Polars; whether it can be null does not count."""
        return HasColumns(((self._column, type_name(data_type)),), may_have_more=True)

    def non_null(self) -> Expectation:
        """Never null."""
        return NonNull(self._column)

    def is_null(self) -> Expectation:
        """Always null."""
        return negation_of(NonNull(self._column))

    def is_in(self, *values: Any) -> Expectation:
        """One of `values`, or for an array all its elements; null breaks it unless None is listed."""
        if not values:
            raise DeclarationError(f"E.col('{self._column}').is_in() takes at least one value.")
        return IsIn(self._column, tuple(value if value is None else literal(value) for value in values))

    def rlike(self, regex: str) -> Expectation:
        """Matched somewhere by `regex`, which is Java's on Spark and Rust's on a single node."""
        return Matches(self._column, regex)

    def array_contains(self, value: Any) -> Expectation:
        """An array that has `value` among its elements."""
        return ArrayContains(self._column, literal(value))

    def size(self) -> Comparable:
        """The number of elements of an array."""
        return Comparable(ArraySize(self._column))

    def is_in_foreign_col(self, column: ForeignColumn) -> Expectation:
        """One of the values of a column of another dataset: `E.dataset_ref('accounts').col('id')`."""
        if not isinstance(column, ForeignColumn):
            raise TransformTypeError(f"is_in_foreign_col takes E.dataset_ref('…').col('…'), not {column!r}.")
        return InOtherDataset(self._column, column.dataset, column.name)

    def equals_col(self, column: str) -> Expectation:
        """Equal to another column of the row."""
        return self._to_column(operator.eq, column)

    def not_equals_col(self, column: str) -> Expectation:
        """Not equal to another column of the row."""
        return self._to_column(operator.ne, column)

    def gt_col(self, column: str) -> Expectation:
        """Above another column of the row."""
        return self._to_column(operator.gt, column)

    def gte_col(self, column: str) -> Expectation:
        """At least another column of the row."""
        return self._to_column(operator.ge, column)

    def lt_col(self, column: str) -> Expectation:
        """Below another column of the row."""
        return self._to_column(operator.lt, column)

    def lte_col(self, column: str) -> Expectation:
        """At most another column of the row."""
        return self._to_column(operator.le, column)

    def is_after_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """Later than another timestamp of the row plus the offset."""
        return self._to_column(operator.gt, column, offset_in_seconds)

    def is_before_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """Earlier than another timestamp of the row plus the offset."""
        return self._to_column(operator.lt, column, offset_in_seconds)

    def is_on_or_after_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """At another timestamp of the row plus the offset, or later."""
        return self._to_column(operator.ge, column, offset_in_seconds)

    def is_on_or_before_col(self, column: str, offset_in_seconds: float = 0) -> Expectation:
        """At another timestamp of the row plus the offset, or earlier."""
        return self._to_column(operator.le, column, offset_in_seconds)

    def _to_column(self, how: Operator, column: str, offset_in_seconds: float | None = None) -> Expectation:
        plus = None if offset_in_seconds is None else seconds(offset_in_seconds)
        return Compared(self._value, how, OtherColumn(column_name(column), plus))


@dataclass(frozen=True)
class ForeignColumn:
    """A column of another dataset."""

    dataset: str
    name: str


@dataclass(frozen=True)
class DatasetReference:
    """An input of the same transform, under the name of its parameter."""

    name: str

    def col(self, column: str) -> ForeignColumn:
        """A column of it, for `is_in_foreign_col`."""
        return ForeignColumn(self.name, column_name(column))

    def count(self) -> OtherCount:
        """The number of its rows, for the comparisons of `E.count()`."""
        return OtherCount(self.name)


def column_name(name: Any) -> str:
    """Return the name of a column.

    Raises:
        TransformTypeError: it is no text.
    """
    if not isinstance(name, str):
        raise TransformTypeError(f"A column is named by a text, and several one by one; {name!r} is none.")
    return name
