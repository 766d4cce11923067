"""The rows of a dataset, as the evaluation of expectations sees them; an engine adds what differs from another's."""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transforms_api.expectations.tree import (
    AllOf,
    AnyOf,
    ArraySize,
    ColumnProperty,
    ColumnValue,
    Compared,
    Expectation,
    ForeignKey,
    Not,
    OtherColumn,
    PerGroup,
    RowCount,
    Value,
    When,
)
from transforms_api.expectations.types import type_name

SAMPLE = 5
"""How many of the rows that break an expectation are shown."""


@dataclass(frozen=True)
class RepeatedKeys:
    """How many rows have the same values in these columns as a row that is counted already."""

    columns: tuple[str, ...]


Metric = Value | Expectation | RepeatedKeys
"""What is computed of a dataset; of an expectation about rows, how many rows break it."""


class CheckBackend(ABC):
    """The rows of a dataset.

    Args:
        frame: a DataFrame of the engine.
        others: further DataFrames, by the names that expectations know them by; each is read when it is asked for.
    """

    def __init__(self, frame: Any, others: Mapping[str, Any] | None = None) -> None:
        self.frame = frame
        self._others = others or {}
        self._opened: dict[str, CheckBackend] = {}

    @cached_property
    def columns(self) -> dict[str, str]:
        """The types of the columns, by their names."""
        return {name: type_name(data_type) for name, data_type in self.types.items()}

    def other(self, dataset: str) -> CheckBackend | None:
        """Return the rows of another dataset, None where there is none of that name."""
        # `in` of a mapping whose values are read when asked for would read one.
        if dataset not in self._opened and dataset in list(self._others):
            self._opened[dataset] = type(self)(self._others[dataset])
        return self._opened.get(dataset)

    def aggregate(self, measures: Sequence[Metric]) -> list[Any]:
        """Return the values of these measures, by one pass over the rows."""
        return self._computed(self._joined_for(measures), [self._measure(measure) for measure in measures])

    def count_breaking_groups(self, by: tuple[str, ...], expectations: Sequence[Compared]) -> list[int]:
        """Return how many groups break each of these expectations on groups by the same columns, by one pass."""
        broken = [self._count_false(self._group_passes(expectation)) for expectation in expectations]
        return self._computed(self._groups(by, expectations), broken)

    def breaking_rows(self, expectation: Expectation) -> list[dict[str, Any]]:
        """Return some of the rows that break an expectation about rows, the columns that it is about first."""
        broken = self._joined_for([expectation]).filter(~self._passes(expectation))
        return self._shown(broken, list(dict.fromkeys([*expectation.columns, *self.columns])))

    def breaking_groups(self, expectation: Compared) -> list[dict[str, Any]]:
        """Return some of the groups that break an expectation on groups, with the value that does so."""
        assert isinstance(expectation.value, PerGroup)
        broken = self._groups(expectation.value.by, [expectation]).filter(~self._group_passes(expectation))
        return self._shown(broken, [*expectation.value.by, str(expectation.value)])

    def _measure(self, measure: Metric) -> Any:
        match measure:
            case RowCount():
                return self._row_count()
            case ColumnProperty(column, name):
                return self._property(name, column)
            case RepeatedKeys(columns):
                return self._row_count() - self._distinct_count(columns)
        assert isinstance(measure, Expectation)
        return self._count_false(self._passes(measure))

    def _passes(self, expectation: Expectation) -> Any:
        """Return a column that is true where a row keeps the expectation, else false and never null."""
        match expectation:
            case AllOf(parts):
                return functools.reduce(operator.and_, map(self._passes, parts))
            case AnyOf(parts):
                return functools.reduce(operator.or_, map(self._passes, parts))
            case Not((part,)):
                return ~self._passes(part)
            case When(parts):
                condition, then, otherwise = map(self._passes, parts)
                return (condition & then) | (~condition & otherwise)
            case Compared(value, how, bound):
                return self._or_null(how(self._value(value), self._bound(bound)))
        return self._leaf_passes(expectation)

    def _value(self, value: Value) -> Any:
        assert isinstance(value, ColumnValue)
        column = self._column(value.column)
        return self._size(column) if isinstance(value, ArraySize) else column

    def _bound(self, bound: Any) -> Any:
        if not isinstance(bound, OtherColumn):
            return bound
        return self._column(bound.name) + bound.plus if bound.plus else self._column(bound.name)

    def _groups(self, by: tuple[str, ...], expectations: Iterable[Compared]) -> Any:
        values = [one.value.value for one in expectations if isinstance(one.value, PerGroup)]
        return self._grouped(by, {str(value): self._measure(value) for value in values})

    def _group_passes(self, expectation: Compared) -> Any:
        return self._or_null(expectation.how(self._named(str(expectation.value)), expectation.bound))

    def _joined_for(self, measures: Iterable[Metric]) -> Any:
        """Return the rows with a further column for each expectation on another dataset: the value found there."""
        frame = self.frame
        leaves = [leaf for one in measures if isinstance(one, Expectation) for leaf in one.leaves()]
        for leaf in dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, ForeignKey)):
            other = self.other(leaf.dataset)
            assert other is not None
            frame = self._joined(frame, leaf, other.frame)
        return frame

    @property
    @abstractmethod
    def types(self) -> Mapping[str, Any]:
        """The engine's own types of the columns."""

    @abstractmethod
    def _named(self, name: str) -> Any:
        """A column of whatever frame it is used on."""

    @abstractmethod
    def _column(self, name: str) -> Any:
        """A column of the dataset; a timestamp without a zone counts as one in UTC."""

    @abstractmethod
    def _size(self, column: Any) -> Any:
        """The number of elements of an array, null for null."""

    @abstractmethod
    def _or_null(self, condition: Any) -> Any:
        """True where the condition is null."""

    @abstractmethod
    def _leaf_passes(self, leaf: Expectation) -> Any:
        """`_passes` for the other leaves that are about rows."""

    @abstractmethod
    def _row_count(self) -> Any: ...

    @abstractmethod
    def _distinct_count(self, columns: Sequence[str]) -> Any: ...

    @abstractmethod
    def _count_false(self, condition: Any) -> Any: ...

    @abstractmethod
    def _property(self, name: str, column: str) -> Any: ...

    @abstractmethod
    def _grouped(self, by: Sequence[str], values: Mapping[str, Any]) -> Any: ...

    @abstractmethod
    def _joined(self, frame: Any, leaf: ForeignKey, other: Any) -> Any: ...

    @abstractmethod
    def _computed(self, frame: Any, aggregates: Sequence[Any]) -> list[Any]: ...

    @abstractmethod
    def _shown(self, frame: Any, columns: Sequence[str]) -> list[dict[str, Any]]: ...
