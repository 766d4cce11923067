"""What an expectation is: a small tree, which knows neither Spark nor Polars. Here are its leaves.

A leaf is about each row (`per_row`), so that rows can be counted that break it, or about the dataset as a whole.

Expectations composed of others, and how they are simplified by what is settled of their parts.

A composite is about rows where one of its parts is; what its other parts come to then counts for every row.

A `Check`: an expectation as an Input or Output carries it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from transforms_api.errors import DeclarationError, TransformTypeError

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
class PerGroup(Value):
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
class Constant(Expectation):
    """Holds, or does not because of `problem`, whatever the rows are."""

    problem: str | None = None


@dataclass(frozen=True)
class Unresolvable(Constant):
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
class ForeignKey(OfColumn):
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


@dataclass(frozen=True)
class Composite(Expectation):
    """Base of these."""

    parts: tuple[Expectation, ...]

    @property
    def per_row(self) -> bool:
        return any(part.per_row for part in self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for part in self.parts for column in part.columns))


class AllOf(Composite):
    """Every part holds."""


class AnyOf(Composite):
    """At least one part holds."""


class Not(Composite):
    """The one part, a leaf, does not hold."""


class When(Composite):
    """Of three parts, the second holds where the first does, and the third elsewhere."""


def negation_of(expectation: Expectation) -> Expectation:
    """Return the expectation that another one does not hold, with the negation at the leaves."""
    match expectation:
        case AllOf(parts):
            return AnyOf(tuple(map(negation_of, parts)))
        case AnyOf(parts):
            return AllOf(tuple(map(negation_of, parts)))
        case When((condition, then, otherwise)):
            return When((condition, negation_of(then), negation_of(otherwise)))
        case Not((part,)):
            return part
        case Unresolvable():
            return expectation
        case Constant(problem):
            return Constant() if problem else Constant("what it negates holds")
    return Not((expectation,))


def rebuilt(expectation: Expectation, replaced: Callable[[Expectation], Expectation | None]) -> Expectation:
    """Return the expectation with each part for which `replaced` returns another one replaced, and simplified.

    What is returned is `Settled` or has no settled part.
    """
    if (other := replaced(expectation)) is not None:
        return other
    parts = [rebuilt(part, replaced) for part in expectation.parts]
    match expectation:
        case AllOf():
            return _all_of(parts)
        case AnyOf():
            return _any_of(parts)
        case Not():
            return negation_of(parts[0])
        case When():
            return _when(*parts)
    return expectation


def _all_of(parts: Sequence[Expectation]) -> Expectation:
    if broken := [part for part in parts if isinstance(part, Constant) and part.problem]:
        return _failed(broken)
    return _joined(AllOf, parts) or Constant()


def _any_of(parts: Sequence[Expectation]) -> Expectation:
    settled = [part for part in parts if isinstance(part, Constant)]
    if any(part.problem is None for part in settled):
        return Constant()
    return _joined(AnyOf, parts) or _failed(settled)


def _when(condition: Expectation, then: Expectation, otherwise: Expectation) -> Expectation:
    if isinstance(condition, Unresolvable):
        return condition
    if isinstance(condition, Constant):
        return otherwise if condition.problem else then
    if isinstance(then, Constant) or isinstance(otherwise, Constant):
        return _all_of([_any_of([negation_of(condition), then]), _any_of([condition, otherwise])])
    return When((condition, then, otherwise))


def _failed(broken: Sequence[Constant]) -> Constant:
    kind = Unresolvable if any(isinstance(part, Unresolvable) for part in broken) else Constant
    return kind("; ".join(dict.fromkeys(str(part.problem) for part in broken)))


def _joined(kind: type[Composite], parts: Sequence[Expectation]) -> Expectation | None:
    """Return the composite of the parts that are not settled; those about the dataset become one among those on rows.

    This one is known only when the rows have been read, so that fewer of them leave fewer cases to prepare for.
    """
    parts = [part for part in parts if not isinstance(part, Constant)]
    if len(parts) < 2:
        return parts[0] if parts else None
    about_dataset = tuple(part for part in parts if not part.per_row)
    if 1 < len(about_dataset) < len(parts):
        parts = [kind(about_dataset), *(part for part in parts if part.per_row)]
    return kind(tuple(parts))


class Check:
    """An expectation with a name and what happens when it does not hold.

    Args:
        expectation: built with `transforms.expectations`.
        name: identity of the check, unique within its transform.
        on_error: 'FAIL' stops the job before anything is committed, 'WARN' is recorded.
        description: for people.
    """

    def __init__(
        self, expectation: Expectation, name: str, on_error: str = "FAIL", description: str | None = None
    ) -> None:
        if not isinstance(expectation, Expectation):
            raise TransformTypeError(f"Check '{name}' needs an expectation built with E.…, not {expectation!r}.")
        if on_error not in ("FAIL", "WARN"):
            raise DeclarationError(f"Check '{name}': on_error is 'FAIL' or 'WARN', not {on_error!r}.")
        self.expectation = expectation
        self.name = name
        self.on_error = on_error
        self.description = description
