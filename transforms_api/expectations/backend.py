"""The engine-independent part of evaluating expectations on rows; a backend per engine implements the rest."""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

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
"""Number of rows in the sample of a failed check."""


@dataclass(frozen=True)
class RepeatedKeys:
    """The number of rows that repeat the key of another row in these columns."""

    columns: tuple[str, ...]


Row: TypeAlias = dict[str, Any]
"""Column → value as JSON."""

Metric = Value | Expectation | RepeatedKeys
"""A value to compute; for a row-level expectation, the number of rows that break it."""


class CheckBackend(ABC):
    """The rows of a dataset.

    Args:
        frame: a DataFrame of the engine.
        others: input name → DataFrame of the engine, read when an expectation needs it.
    """

    def __init__(self, frame: Any, others: Mapping[str, Any] | None = None) -> None:
        self.frame = frame
        self._others = others or {}
        self._opened: dict[str, CheckBackend] = {}

    @cached_property
    def columns(self) -> dict[str, str]:
        """Column name → type, as `type_name` returns it."""
        return {name: type_name(data_type) for name, data_type in self.types.items()}

    def other(self, dataset: str) -> CheckBackend | None:
        """Return the rows of another input, None if there is none of that name.

        Args:
            dataset: parameter name of the input.
        """
        # `in` on a mapping that reads its values lazily would read one.
        if dataset not in self._opened and dataset in list(self._others):
            self._opened[dataset] = type(self)(self._others[dataset])
        return self._opened.get(dataset)

    def aggregate(self, metrics: Sequence[Metric]) -> list[Any]:
        """Return the values of metrics, computed in one pass over the rows.

        Args:
            metrics: none of them on groups.
        """
        return self._computed(self._with_foreign_keys(metrics), [self._metric(metric) for metric in metrics])

    def count_breaking_groups(self, by: tuple[str, ...], expectations: Sequence[Compared]) -> list[int]:
        """Return the number of groups that break each expectation, computed in one pass.

        Args:
            by: the columns of the groups.
            expectations: expectations on these groups.
        """
        broken = [self._count_false(self._group_passes(expectation)) for expectation in expectations]
        return self._computed(self._groups(by, expectations), broken)

    def breaking_rows(self, expectation: Expectation) -> list[Row]:
        """Return some rows that break a row-level expectation; the columns that it reads come first.

        Args:
            expectation: a resolved row-level expectation.
        """
        broken = self._with_foreign_keys([expectation]).filter(~self._passes(expectation))
        return self._shown(broken, list(dict.fromkeys([*expectation.columns, *self.columns])))

    def breaking_groups(self, expectation: Compared) -> list[Row]:
        """Return some groups that break an expectation on groups, with the value that breaks it.

        Args:
            expectation: a resolved comparison of a `PerGroup` value.
        """
        assert isinstance(expectation.value, PerGroup)
        broken = self._groups(expectation.value.by, [expectation]).filter(~self._group_passes(expectation))
        return self._shown(broken, [*expectation.value.by, str(expectation.value)])

    def _metric(self, metric: Metric) -> Any:
        match metric:
            case RowCount():
                return self._row_count()
            case ColumnProperty(column, name):
                return self._property(name, column)
        assert isinstance(metric, Expectation)
        return self._count_false(self._passes(metric))

    def _passes(self, expectation: Expectation) -> Any:
        """Return a column that is true if a row passes the expectation, else false; never null."""
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
                return self._null_passes(how(self._value(value), self._bound(bound)))
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
        values = [expected.value.value for expected in expectations if isinstance(expected.value, PerGroup)]
        return self._grouped(by, {str(value): self._metric(value) for value in values})

    def _group_passes(self, expectation: Compared) -> Any:
        return self._null_passes(expectation.how(self._named(str(expectation.value)), expectation.bound))

    def _with_foreign_keys(self, metrics: Iterable[Metric]) -> Any:
        """Return the rows with one further column for each foreign key: the matching value of the other dataset."""
        frame = self.frame
        leaves = [leaf for metric in metrics if isinstance(metric, Expectation) for leaf in metric.leaves()]
        for leaf in dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, ForeignKey)):
            other = self.other(leaf.dataset)
            assert other is not None
            frame = self._joined(frame, leaf, other.frame)
        return frame

    @property
    @abstractmethod
    def types(self) -> Mapping[str, Any]:
        """Column name → type of the engine."""

    @abstractmethod
    def _named(self, name: str) -> Any:
        """Return an unbound reference to a column."""

    @abstractmethod
    def _column(self, name: str) -> Any:
        """Return a column of the dataset; a timestamp without a time zone is in UTC."""

    @abstractmethod
    def _size(self, column: Any) -> Any:
        """Return the number of elements of an array, null for null."""

    @abstractmethod
    def _null_passes(self, condition: Any) -> Any:
        """Return the condition with null replaced by true."""

    @abstractmethod
    def _leaf_passes(self, leaf: Expectation) -> Any:
        """Return `_passes` for the remaining row-level leaves."""

    @abstractmethod
    def _row_count(self) -> Any: ...

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
    def _shown(self, frame: Any, columns: Sequence[str]) -> list[Row]: ...
