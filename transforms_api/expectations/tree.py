"""The expression tree of expectations, independent of Spark and Polars, and `Check`, which names an expectation.

A leaf is row-level (`per_row`: each row passes or breaks it) or dataset-level. A composite is row-level if any part is;
its dataset-level parts then apply to every row.
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
"""Comparison operator → symbol in messages. Columns of Spark and Polars support the same operators."""


class Value:
    """Base of the left side of a comparison: a value per row, per dataset or per group."""

    @property
    def per_row(self) -> bool:
        """Whether the value exists per row."""
        return False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the value is computed from."""
        return ()


@dataclass(frozen=True)
class _OneColumn:
    """Mixin of what depends on the value of one column, and so exists per row."""

    column: str

    @property
    def per_row(self) -> bool:
        return True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True)
class ColumnValue(_OneColumn, Value):
    """The value of a column."""

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
    """An aggregate of a column, under Foundry's name, such as 'null_count'."""

    column: str
    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def __str__(self) -> str:
        return f"{self.name.replace('_', ' ')} of {self.column}"


@dataclass(frozen=True)
class PerGroup(Value):
    """An aggregate per group of rows with equal values in the columns `by`."""

    value: RowCount | ColumnProperty
    by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.by, *self.value.columns)

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class OtherColumn:
    """A bound: another column of the row. With `plus`, both are timestamps and the bound is shifted by it."""

    name: str
    plus: timedelta | None = None


@dataclass(frozen=True)
class Now:
    """A bound: the time of the evaluation, shifted by `plus`."""

    plus: timedelta


@dataclass(frozen=True)
class OtherCount:
    """A bound: the number of rows of an input of the same transform, by its parameter name."""

    dataset: str


class Expectation:
    """Base of all expectations; users build them with `transforms.expectations`."""

    parts: tuple[Expectation, ...] = ()

    @property
    def per_row(self) -> bool:
        """Whether each row passes or breaks it by itself."""
        return False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it reads."""
        return ()

    def leaves(self) -> Iterator[Expectation]:
        """Yield the leaves of the tree."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Constant(Expectation):
    """Holds (`problem` is None) or fails with `problem`, for any rows."""

    problem: str | None = None


@dataclass(frozen=True)
class Unresolvable(Constant):
    """Cannot be evaluated, for example because a column is missing; fails, and so does its negation."""


@dataclass(frozen=True)
class HasColumns(Expectation):
    """The dataset has these columns, with types as `type_name` returns them; None stands for any type."""

    types: tuple[tuple[str, str | None], ...]
    may_lack_some: bool = False
    may_have_more: bool = False


@dataclass(frozen=True)
class Compared(Expectation):
    """Compares `value` with `bound`, a literal or one of the bounds above; null on either side passes."""

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
class OfColumn(_OneColumn, Expectation):
    """Base of expectations on the value of one column."""


@dataclass(frozen=True)
class NonNull(OfColumn):
    """The value is not null."""


@dataclass(frozen=True)
class IsIn(OfColumn):
    """The value, or every element of an array, is one of `values`; null passes only if None is listed."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Matches(OfColumn):
    """The regular expression matches part of the text; null passes."""

    regex: str


@dataclass(frozen=True)
class ArrayContains(OfColumn):
    """An element of the array is `value`; an array that is null passes."""

    value: Any


@dataclass(frozen=True)
class ForeignKey(OfColumn):
    """The value occurs in a column of another input of the transform, by its parameter name; null passes."""

    dataset: str
    other: str


@dataclass(frozen=True)
class UniqueGroups(Expectation):
    """No two rows have the same values in the columns `by`; null equals null."""

    by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.by


@dataclass(frozen=True)
class PrimaryKey(UniqueGroups):
    """No two rows have the same key, and no column of the key is null."""


@dataclass(frozen=True)
class Composite(Expectation):
    """Base of expectations made of other expectations."""

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
    """The only part, a leaf, does not hold."""


class When(Composite):
    """Of three parts, the second holds if the first does, else the third."""


def negation_of(expectation: Expectation) -> Expectation:
    """Return the negation of an expectation, pushed down to the leaves.

    Args:
        expectation: as the user built it.
    """
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


def simplify(expectation: Expectation, replaced: Callable[[Expectation], Expectation | None]) -> Expectation:
    """Replace parts of an expectation and simplify the result.

    Args:
        expectation: the tree.
        replaced: returns the replacement of a part; None keeps it.

    Returns:
        A `Constant`, or an expectation without constant parts.
    """
    if (other := replaced(expectation)) is not None:
        return other
    parts = [simplify(part, replaced) for part in expectation.parts]
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
    constants = [part for part in parts if isinstance(part, Constant)]
    if any(part.problem is None for part in constants):
        return Constant()
    return _joined(AnyOf, parts) or _failed(constants)


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
    """Return the composite of the parts that are not constant, None without any.

    Dataset-level parts beside row-level ones are grouped into one: their outcomes are known only after the pass
    over the rows, and `metrics_of` prepares for each combination.
    """
    parts = [part for part in parts if not isinstance(part, Constant)]
    if len(parts) < 2:
        return parts[0] if parts else None
    dataset_level = tuple(part for part in parts if not part.per_row)
    if 1 < len(dataset_level) < len(parts):
        parts = [kind(dataset_level), *(part for part in parts if part.per_row)]
    return kind(tuple(parts))


class Check:
    """An expectation with a name, and what a failure does.

    Args:
        expectation: built with `transforms.expectations`.
        name: identifies the check; unique within its transform.
        on_error: 'FAIL' fails the job before anything is committed; 'WARN' records the failure.
        description: text for the data dictionary.
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
