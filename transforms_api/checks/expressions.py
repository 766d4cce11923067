"""What an expectation is: a small tree, which knows neither Spark nor Polars. Here are its leaves.

A leaf is about each row (`per_row`), so that rows can be counted that break it, or about the dataset as a whole.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Operator = Callable[[Any, Any], Any]

SYMBOLS: dict[Operator, str] = {
    operator.gt: ">",
    operator.ge: ">=",
    operator.lt: "<",
    operator.le: "<=",
    operator.eq: "=",
    operator.ne: "not",
}
"""The comparisons: Python's own operators, which columns of Spark and of Polars understand, too."""


class Value:
    """Base of what is compared: something of each row, of the dataset, or of its groups."""

    @property
    def per_row(self) -> bool:
        """Whether each row has one."""
        return False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return ()


@dataclass(frozen=True)
class ColumnValue(Value):
    """The value of a column."""

    column: str

    @property
    def per_row(self) -> bool:
        return True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def __str__(self) -> str:
        return self.column


@dataclass(frozen=True)
class ArraySize(ColumnValue):
    """The number of elements of an array."""

    def __str__(self) -> str:
        return f"size of {self.column}"


@dataclass(frozen=True)
class RowCount(Value):
    """The number of rows."""

    def __str__(self) -> str:
        return "number of rows"


@dataclass(frozen=True)
class ColumnProperty(Value):
    """An aggregate of a column; it has the name that Foundry gives it, as 'null_count'."""

    column: str
    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def __str__(self) -> str:
        return f"{self.name.replace('_', ' ')} of {self.column}"


@dataclass(frozen=True)
class OfGroups(Value):
    """The same of each group of rows that have the same values in the columns `by`."""

    value: RowCount | ColumnProperty
    by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.by, *self.value.columns)

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class OtherColumn:
    """A bound: another column of the row. With `plus` both are timestamps, and the bound is that much later."""

    name: str
    plus: timedelta | None = None


@dataclass(frozen=True)
class Now:
    """A bound: the time of the evaluation, and some time more."""

    plus: timedelta


@dataclass(frozen=True)
class OtherCount:
    """A bound: the number of rows of an input of the same transform, which its parameter names."""

    dataset: str


class Expectation:
    """Base of all expectations; users build them with `transforms.expectations`."""

    parts: tuple[Expectation, ...] = ()

    @property
    def per_row(self) -> bool:
        """Whether rows keep or break it, each on its own."""
        return False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        return ()

    def leaves(self) -> Iterator[Expectation]:
        """Yield what it is composed of in the end."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Settled(Expectation):
    """Holds, or does not because of `problem`, whatever the rows are."""

    problem: str | None = None


@dataclass(frozen=True)
class Unanswerable(Settled):
    """Asks what cannot be told, as of a column that is missing: neither it holds nor its negation."""


@dataclass(frozen=True)
class HasColumns(Expectation):
    """These columns are there, with types as `kinds.type_name` names them; None is any type."""

    types: tuple[tuple[str, str | None], ...]
    may_lack_some: bool = False
    may_have_more: bool = False


@dataclass(frozen=True)
class Compared(Expectation):
    """`value` compares with `bound`, a literal or one of the bounds above; null on either side passes."""

    value: Value
    how: Operator
    bound: Any

    @property
    def per_row(self) -> bool:
        return self.value.per_row

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.value.columns, self.bound.name) if isinstance(self.bound, OtherColumn) else self.value.columns


@dataclass(frozen=True)
class OfColumn(Expectation):
    """Base of further expectations on the value of one column."""

    column: str

    @property
    def per_row(self) -> bool:
        return True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True)
class NonNull(OfColumn):
    """The value is not null."""


@dataclass(frozen=True)
class IsIn(OfColumn):
    """The value, or every element of an array, is listed; null, too, has to be."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Matches(OfColumn):
    """The regular expression is found somewhere in the text; null passes."""

    regex: str


@dataclass(frozen=True)
class ArrayContains(OfColumn):
    """An element of the array is `value`; an array that is null passes."""

    value: Any


@dataclass(frozen=True)
class InOtherDataset(OfColumn):
    """The value is in a column of an input of the same transform, which its parameter names; null passes."""

    dataset: str
    other: str


@dataclass(frozen=True)
class UniqueGroups(Expectation):
    """No two rows have the same values in the columns `by`; null is a value as any other."""

    by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.by


@dataclass(frozen=True)
class PrimaryKey(UniqueGroups):
    """The same, and no value is null."""
