"""What an expectation is: three kinds, told apart by what has to be looked at.

- `SchemaExpectation`: the schema alone;
- `RowExpectation`: each row on its own, so that rows can be counted that break it;
- `DatasetExpectation`: aggregates of the whole dataset.

Declarations come before any Spark session, and Spark columns need one: every column here is built when it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T


class Expectation:
    """Base of all expectations; users build them with `transforms.expectations`."""


@dataclass(frozen=True)
class SchemaExpectation(Expectation):
    """`problem` returns what is wrong with a schema, or None."""

    problem: Callable[[T.StructType], str | None]


@dataclass(frozen=True)
class RowExpectation(Expectation):
    """`passes` builds a column that is true, never null, where a row keeps the expectation.

    A dataset that lacks one of `columns` breaks the expectation as a whole.
    """

    columns: tuple[str, ...]
    passes: Callable[[T.StructType], Column]


@dataclass(frozen=True)
class DatasetExpectation(Expectation):
    """`aggregates` are computed over the dataset, `problem` judges their values, in the same order."""

    columns: tuple[str, ...]
    aggregates: Callable[[], tuple[Column, ...]]
    problem: Callable[[Sequence[Any]], str | None]


class Comparable:
    """A number of a dataset that can be compared: `E.count().gt(0)`."""

    def __init__(self, label: str, columns: tuple[str, ...], aggregate: Callable[[], Column]) -> None:
        self._label, self._columns, self._aggregate = label, columns, aggregate

    def gt(self, bound: float) -> Expectation:
        """Above `bound`."""
        return self._compare(f"> {bound}", lambda value: value > bound)

    def gte(self, bound: float) -> Expectation:
        """At least `bound`."""
        return self._compare(f">= {bound}", lambda value: value >= bound)

    def lt(self, bound: float) -> Expectation:
        """Below `bound`."""
        return self._compare(f"< {bound}", lambda value: value < bound)

    def lte(self, bound: float) -> Expectation:
        """At most `bound`."""
        return self._compare(f"<= {bound}", lambda value: value <= bound)

    def equals(self, bound: float) -> Expectation:
        """Exactly `bound`."""
        return self._compare(f"= {bound}", lambda value: value == bound)

    def _compare(self, wanted: str, holds: Callable[[Any], bool]) -> Expectation:
        def problem(values: Sequence[Any]) -> str | None:
            return None if holds(values[0]) else f"{self._label} is {values[0]}, expected {wanted}"

        return DatasetExpectation(self._columns, lambda: (self._aggregate(),), problem)


class ValueExpectations:
    """Comparisons of a value in each row; a null passes them all."""

    def __init__(self, columns: tuple[str, ...], value: Callable[[], Column]) -> None:
        self._columns, self._value = columns, value

    def gt(self, bound: Any) -> Expectation:
        """Above `bound`."""
        return self._or_null(lambda: self._value() > F.lit(bound))

    def gte(self, bound: Any) -> Expectation:
        """At least `bound`."""
        return self._or_null(lambda: self._value() >= F.lit(bound))

    def lt(self, bound: Any) -> Expectation:
        """Below `bound`."""
        return self._or_null(lambda: self._value() < F.lit(bound))

    def lte(self, bound: Any) -> Expectation:
        """At most `bound`."""
        return self._or_null(lambda: self._value() <= F.lit(bound))

    def equals(self, value: Any) -> Expectation:
        """Exactly `value`."""
        return self._or_null(lambda: self._value() == F.lit(value))

    def not_equals(self, value: Any) -> Expectation:
        """Anything but `value`."""
        return self._or_null(lambda: self._value() != F.lit(value))

    def _or_null(self, condition: Callable[[], Column]) -> Expectation:
        return RowExpectation(self._columns, lambda schema: F.coalesce(condition(), F.lit(True)))


class ColumnExpectations(ValueExpectations):
    """What can be expected of one column: `E.col("amount").gte(0)`."""

    def __init__(self, name: str) -> None:
        super().__init__((name,), lambda: F.col(f"`{name}`"))
        self._name = name

    def non_null(self) -> Expectation:
        """Never null."""
        return RowExpectation(self._columns, lambda schema: self._value().isNotNull())

    def is_null(self) -> Expectation:
        """Always null."""
        return RowExpectation(self._columns, lambda schema: self._value().isNull())

    def rlike(self, regex: str) -> Expectation:
        """Matched somewhere by `regex`; null passes."""
        return self._or_null(lambda: self._value().rlike(regex))

    def is_in(self, *values: Any) -> Expectation:
        """One of `values`, or for an array all its elements; null fails unless None is listed."""
        listed = [value for value in values if value is not None]

        def passes(schema: T.StructType) -> Column:
            value, null_passes = self._value(), F.lit(None in values)
            if isinstance(schema[self._name].dataType, T.ArrayType):
                found = F.forall(value, lambda element: F.coalesce(element.isin(listed), null_passes))
            else:
                found = value.isin(listed)
            return F.coalesce(found, null_passes)

        return RowExpectation(self._columns, passes)

    def size(self) -> ValueExpectations:
        """The number of elements of an array, to be compared."""

        def elements() -> Column:
            return F.when(self._value().isNotNull(), F.size(self._value()))

        return ValueExpectations(self._columns, elements)


class SchemaExpectations:
    """What can be expected of the schema; names are case-sensitive, nullability does not count."""

    def contains(self, types: dict[str, T.DataType]) -> Expectation:
        """At least these columns with these types."""
        return SchemaExpectation(lambda schema: _differences(types, schema, missing=True, additional=False))

    def equals(self, types: dict[str, T.DataType]) -> Expectation:
        """Exactly these columns with these types, in any order."""
        return SchemaExpectation(lambda schema: _differences(types, schema, missing=True, additional=True))

    def is_subset_of(self, types: dict[str, T.DataType]) -> Expectation:
        """No other columns than these, with these types."""
        return SchemaExpectation(lambda schema: _differences(types, schema, missing=False, additional=True))


def _differences(types: dict[str, T.DataType], schema: T.StructType, missing: bool, additional: bool) -> str | None:
    found = {field.name: _shape(field.dataType) for field in schema.fields}
    wanted = {name: _shape(data_type) for name, data_type in types.items()}
    problems = [
        f"{name} is {found[name]}, expected {shape}"
        for name, shape in wanted.items()
        if name in found and found[name] != shape
    ]
    if missing:
        problems += [f"{name} is missing" for name in wanted if name not in found]
    if additional:
        problems += [f"{name} is not expected" for name in found if name not in wanted]
    return "; ".join(problems) or None


def _shape(data_type: T.DataType) -> str:
    return data_type.simpleString()
