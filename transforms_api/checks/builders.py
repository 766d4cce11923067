"""The functions behind `transforms.expectations`, each under the name that Foundry gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transforms_api.checks.columns import ColumnExpectations, DatasetReference, column_name
from transforms_api.checks.comparisons import Comparable, Properties
from transforms_api.checks.composites import AllOf, AnyOf, When, negation_of
from transforms_api.checks.expressions import (
    Expectation,
    HasColumns,
    OfGroups,
    PrimaryKey,
    RowCount,
    Settled,
    UniqueGroups,
)
from transforms_api.checks.kinds import type_name
from transforms_api.errors import DeclarationError, TransformTypeError


def true() -> Expectation:
    """Expect nothing."""
    return Settled()


def false() -> Expectation:
    """Expect what never holds."""
    return Settled("E.false() never holds")


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
        return Comparable(OfGroups(RowCount(), self._by) if self._by else RowCount())

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
