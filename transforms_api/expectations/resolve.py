"""What can be told of an expectation before rows are read: from the columns, the clock and other datasets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from transforms_api.expectations.backend import CheckBackend
from transforms_api.expectations.tree import (
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
    Now,
    OtherColumn,
    OtherCount,
    PerGroup,
    RowCount,
    Unresolvable,
    Value,
    rebuilt,
)
from transforms_api.expectations.types import INTEGERS, element_of, kind_of, read_as

_NUMBERS_ONLY = ("sum", "standard_deviation_sample", "standard_deviation_population")
_OF_THE_COLUMN_S_KIND = ("max_value", "min_value")
_TIMES = {"date", "timestamp"}


class _CannotTell(Exception):
    """The columns do not allow an answer; the text says why."""


@dataclass(frozen=True)
class Resolver:
    """Settles expectations on `rows` at the moment `now`."""

    rows: CheckBackend
    now: datetime

    def settle(self, expectation: Expectation) -> Expectation:
        """Return the expectation with literals for bounds, and `Settled` where no row has to be looked at.

        A missing column, one whose values cannot be compared so, and an input that the transform does not have make a
        leaf `Unanswerable`.
        """
        return rebuilt(expectation, self._settle_leaf)

    def _settle_leaf(self, leaf: Expectation) -> Expectation | None:
        if leaf.parts or isinstance(leaf, Constant):
            return None
        if isinstance(leaf, HasColumns):
            return Constant(_difference(leaf, self.rows.columns))
        missing = [name for name in leaf.columns if name not in self.rows.columns]
        if missing:
            return Unresolvable(f"column {', '.join(missing)} is missing")
        try:
            return self._with_literals(leaf)
        except _CannotTell as reason:
            return Unresolvable(str(reason))

    def _with_literals(self, leaf: Expectation) -> Expectation:
        match leaf:
            case Compared(value, _, bound):
                return replace(leaf, bound=self._bound(value, bound))
            case IsIn(column, values):
                kind = kind_of(element_of(self.rows.columns[column]) or self.rows.columns[column])
                read = [value if value is None else self._literal(ColumnValue(column), kind, value) for value in values]
                return replace(leaf, values=tuple(read))
            case ArrayContains(column, value):
                return replace(leaf, value=self._literal(ColumnValue(column), kind_of(self._element(column)), value))
            case Matches(column):
                self._demand(column, "text")
            case ForeignKey(column, dataset, other):
                self._demand_same_type(column, dataset, other)
        return leaf

    def _bound(self, value: Value, bound: Any) -> Any:
        kind = self._kind(value)
        match bound:
            case OtherColumn(name, plus):
                if plus is not None:
                    self._demand(str(value), "timestamp")
                    self._demand(name, "timestamp")
                other = kind_of(self.rows.columns[name])
                if other != kind and not {kind, other} <= _TIMES:
                    raise _CannotTell(f"{self._told(value)}, {name} is {self.rows.columns[name]}")
                return bound
            case OtherCount(dataset):
                return self._other(dataset).aggregate([RowCount()])[0]
            case Now(plus):
                bound = self.now + plus
        return self._literal(value, kind, bound)

    def _kind(self, value: Value) -> str:
        match value:
            case PerGroup(inner):
                return self._kind(inner)
            case ArraySize(column):
                self._element(column)
            case ColumnValue(column):
                return kind_of(self.rows.columns[column])
            case ColumnProperty(column, name):
                if name in _NUMBERS_ONLY:
                    self._demand(column, "number")
                if name in _OF_THE_COLUMN_S_KIND:
                    return kind_of(self.rows.columns[column])
        return "number"

    def _literal(self, value: Value, kind: str, literal: Any) -> Any:
        try:
            return read_as(kind, literal)
        except ValueError:
            told = repr(literal) if isinstance(literal, str) else literal
            raise _CannotTell(f"{self._told(value)}, not to be compared with {told}") from None

    def _told(self, value: Value) -> str:
        return f"{value} is {self.rows.columns.get(str(value), self._kind(value))}"

    def _demand(self, column: str, kind: str) -> None:
        if kind_of(self.rows.columns[column]) != kind:
            raise _CannotTell(f"{column} is {self.rows.columns[column]}, not a {kind}")

    def _element(self, column: str) -> str:
        element = element_of(self.rows.columns[column])
        if element is None:
            raise _CannotTell(f"{column} is {self.rows.columns[column]}, not an array")
        return element

    def _demand_same_type(self, column: str, dataset: str, other: str) -> None:
        one, two = self.rows.columns[column], self._other(dataset).columns.get(other)
        if two is None:
            raise _CannotTell(f"{dataset} has no column {other}")
        if one != two and not {one, two} <= INTEGERS:
            raise _CannotTell(f"{column} is {one}, {other} of {dataset} is {two}")

    def _other(self, dataset: str) -> CheckBackend:
        other = self.rows.other(dataset)
        if other is None:
            raise _CannotTell(f"there is no input called '{dataset}' to compare with")
        return other


def _difference(expected: HasColumns, found: Any) -> str | None:
    types = dict(expected.types)
    problems = [
        f"{name} is {found[name]}, expected {wanted}"
        for name, wanted in types.items()
        if name in found and wanted not in (None, found[name])
    ]
    if not expected.may_lack_some:
        problems += [f"{name} is missing" for name in types if name not in found]
    if not expected.may_have_more:
        problems += [f"{name} is not expected" for name in found if name not in types]
    return "; ".join(problems) or None
