"""Resolves expectations as far as possible before rows are read: from columns, the clock and other datasets."""

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
    simplify,
)
from transforms_api.expectations.types import INTEGERS, element_of, kind_of, parse_literal

_NUMBERS_ONLY = ("sum", "standard_deviation_sample", "standard_deviation_population")
_OF_THE_COLUMN_S_KIND = ("max_value", "min_value")
_TIMES = {"date", "timestamp"}


class _CannotResolve(Exception):
    """The expectation does not fit the columns; the text says why."""


@dataclass(frozen=True)
class Resolver:
    """Resolves expectations.

    Attributes:
        rows: the dataset that the expectations apply to.
        now: time of the evaluation.
    """

    rows: CheckBackend
    now: datetime

    def resolve(self, expectation: Expectation) -> Expectation:
        """Return the expectation with literals as bounds; a `Constant` if no row has to be read.

        A leaf becomes `Unresolvable` if a column is missing, its values cannot be compared with the bound, or the
        transform has no input of the name.

        Args:
            expectation: as the user built it.
        """
        return simplify(expectation, self._resolve_leaf)

    def _resolve_leaf(self, leaf: Expectation) -> Expectation | None:
        if leaf.parts or isinstance(leaf, Constant):
            return None
        if isinstance(leaf, HasColumns):
            return Constant(_difference(leaf, self.rows.columns))
        missing = [name for name in leaf.columns if name not in self.rows.columns]
        if missing:
            return Unresolvable(f"column {', '.join(missing)} is missing")
        try:
            return self._with_literals(leaf)
        except _CannotResolve as reason:
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
                self._require_kind(column, "text")
            case ForeignKey(column, dataset, other):
                self._require_same_type(column, dataset, other)
        return leaf

    def _bound(self, value: Value, bound: Any) -> Any:
        kind = self._kind(value)
        match bound:
            case OtherColumn(name, plus):
                if plus is not None:
                    self._require_kind(str(value), "timestamp")
                    self._require_kind(name, "timestamp")
                other = kind_of(self.rows.columns[name])
                if other != kind and not {kind, other} <= _TIMES:
                    raise _CannotResolve(f"{self._describe(value)}, {name} is {self.rows.columns[name]}")
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
                    self._require_kind(column, "number")
                if name in _OF_THE_COLUMN_S_KIND:
                    return kind_of(self.rows.columns[column])
        return "number"

    def _literal(self, value: Value, kind: str, literal: Any) -> Any:
        try:
            return parse_literal(kind, literal)
        except ValueError:
            shown = repr(literal) if isinstance(literal, str) else literal
            raise _CannotResolve(f"{self._describe(value)}, not to be compared with {shown}") from None

    def _describe(self, value: Value) -> str:
        return f"{value} is {self.rows.columns.get(str(value), self._kind(value))}"

    def _require_kind(self, column: str, kind: str) -> None:
        if kind_of(self.rows.columns[column]) != kind:
            raise _CannotResolve(f"{column} is {self.rows.columns[column]}, not a {kind}")

    def _element(self, column: str) -> str:
        element = element_of(self.rows.columns[column])
        if element is None:
            raise _CannotResolve(f"{column} is {self.rows.columns[column]}, not an array")
        return element

    def _require_same_type(self, column: str, dataset: str, other: str) -> None:
        own_type, other_type = self.rows.columns[column], self._other(dataset).columns.get(other)
        if other_type is None:
            raise _CannotResolve(f"{dataset} has no column {other}")
        if own_type != other_type and not {own_type, other_type} <= INTEGERS:
            raise _CannotResolve(f"{column} is {own_type}, {other} of {dataset} is {other_type}")

    def _other(self, dataset: str) -> CheckBackend:
        other = self.rows.other(dataset)
        if other is None:
            raise _CannotResolve(f"there is no input called '{dataset}' to compare with")
        return other


def _difference(expected: HasColumns, actual: Any) -> str | None:
    types = dict(expected.types)
    problems = [
        f"{name} is {actual[name]}, expected {wanted}"
        for name, wanted in types.items()
        if name in actual and wanted not in (None, actual[name])
    ]
    if not expected.may_lack_some:
        problems += [f"{name} is missing" for name in types if name not in actual]
    if not expected.may_have_more:
        problems += [f"{name} is not expected" for name in actual if name not in types]
    return "; ".join(problems) or None
