"""The functions behind `transforms.expectations`, each under the name that Foundry gives it.

What can be expected of one column: `E.col("amount").gte(0)`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transforms_api.errors import DeclarationError, TransformTypeError
from transforms_api.expectations.comparisons import Comparable, ComparableTime, Properties
from transforms_api.expectations.tree import (
    AllOf,
    AnyOf,
    ArrayContains,
    ArraySize,
    ColumnValue,
    Compared,
    Constant,
    Expectation,
    ForeignKey,
    HasColumns,
    IsIn,
    Matches,
    NonNull,
    Operator,
    OtherColumn,
    OtherCount,
    PerGroup,
    PrimaryKey,
    RowCount,
    UniqueGroups,
    When,
    negation_of,
)
from transforms_api.expectations.types import literal, seconds, type_name


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
        return ForeignKey(self._column, column.dataset, column.name)

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


def true() -> Expectation:
    """Expect nothing."""
    return Constant()


def false() -> Expectation:
    """Expect what never holds."""
    return Constant("E.false() never holds")


def all(*expectations: Expectation) -> Expectation:
    """Expect all of these: of each row those on columns, once of the dataset the others."""
    return AllOf(_given("E.all", expectations))


def any(*expectations: Expectation) -> Expectation:
    """Expect at least one of these.

    Each row has to keep one of those on columns, another one each. One on the dataset, such as `E.count().gt(0)`,
    counts for every row.
    """
    return AnyOf(_given("E.any", expectations))


def negate(expectation: Expectation) -> Expectation:
    """Expect that another expectation does not hold: of each row for one on columns, else of the dataset.

    Foundry does not document which; decided so, since it composes expectations on columns row by row elsewhere. A null
    that passes the other one breaks this one. Where a column is missing both are broken.
    """
    [one] = _given("E.negate", (expectation,))
    return negation_of(one)


def when(condition: Expectation, then: Expectation) -> Cases:
    """Expect `then` of the rows that keep `condition`; what is expected of the others follows: `.otherwise(…)`."""
    return Cases(()).when(condition, then)


@dataclass(frozen=True)
class Cases:
    """Conditions with what is expected where they hold, until `otherwise` makes an expectation of them."""

    _cases: tuple[tuple[Expectation, Expectation], ...]

    def when(self, condition: Expectation, then: Expectation) -> Cases:
        """Expect `then` of the rows that keep `condition` and none before."""
        return Cases((*self._cases, (*_given("E.when", (condition, then)),)))  # type: ignore[arg-type]

    def otherwise(self, expectation: Expectation) -> Expectation:
        """Expect this of the rows that keep no condition."""
        [found] = _given("otherwise", (expectation,))
        for condition, then in reversed(self._cases):
            found = When((condition, then, found))
        return found


def col(name: str) -> ColumnExpectations:
    """Expect something of the column `name`."""
    return ColumnExpectations(column_name(name))


def count() -> Comparable:
    """Expect something of the number of rows; `E.dataset_ref('…').count()` is a bound, too."""
    return Comparable(RowCount())


def primary_key(*columns: str) -> Expectation:
    """Expect that no column of the key is null and that no two rows have the same key."""
    if not columns:
        raise DeclarationError("E.primary_key takes at least one column.")
    return PrimaryKey(tuple(column_name(column) for column in columns))


def dataset_ref(name: str) -> DatasetReference:
    """Refer to an input of the same transform by its parameter's name."""
    return DatasetReference(name)


def group_by(*columns: str) -> GroupExpectations:
    """Expect something of each group of rows that have the same values in `columns`; without any, of all rows."""
    return GroupExpectations(tuple(column_name(column) for column in columns))


@dataclass(frozen=True)
class GroupExpectations:
    """What can be expected of each group."""

    _by: tuple[str, ...]

    def is_unique(self) -> Expectation:
        """One row in each group."""
        return UniqueGroups(self._by) if self._by else self.count().lte(1)

    def count(self) -> Comparable:
        """The number of rows of each group."""
        return Comparable(PerGroup(RowCount(), self._by) if self._by else RowCount())

    def col(self, name: str) -> Properties:
        """A column in the rows of each group."""
        return Properties(column_name(name), self._by)


def schema() -> SchemaExpectations:
    """Expect something of the columns and their types."""
    return SchemaExpectations()


class SchemaExpectations:
    """What can be expected of the columns: types of Spark or of Polars by names, which count as they are written.

    Neither the order of columns counts nor whether they can be null, as stored columns all can.
    """

    def contains(self, types: Mapping[str, Any]) -> Expectation:
        """At least these columns with these types."""
        return HasColumns(_named(types), may_have_more=True)

    def equals(self, types: Mapping[str, Any]) -> Expectation:
        """Exactly these columns with these types."""
        return HasColumns(_named(types))

    def is_subset_of(self, types: Mapping[str, Any]) -> Expectation:
        """No other columns than these, with these types."""
        return HasColumns(_named(types), may_lack_some=True)


def _named(types: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not isinstance(types, Mapping):
        raise TransformTypeError(f"A schema is expected as {{'column': type, …}}, not as {types!r}.")
    return tuple((name, type_name(data_type)) for name, data_type in types.items())


def _given(function: str, expectations: tuple[Any, ...]) -> tuple[Expectation, ...]:
    if not expectations:
        raise DeclarationError(f"{function} takes at least one expectation.")
    if wrong := [one for one in expectations if not isinstance(one, Expectation)]:
        raise TransformTypeError(f"{function} takes expectations such as E.col('a').gt(0), not {wrong[0]!r}.")
    return expectations
