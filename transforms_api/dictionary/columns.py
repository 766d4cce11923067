"""The columns of a dataset: from its contract, or else from its table, or else from its declared checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pyspark.sql import types as T

from transforms_api.checks.check import Check
from transforms_api.checks.composites import AllOf
from transforms_api.checks.expressions import Expectation, HasColumns, IsIn, NonNull, PrimaryKey
from transforms_api.contracts.fields import comment_of, most_of, null_reason_of, values_of

NEVER = "never"
"""When a column that has a value in every row is null."""


@dataclass(frozen=True)
class Column:
    """One column, or a part of one.

    Attributes:
        path: its name; of a part of a struct after the column's, with dots.
        depth: 0 for a column, 1 for a part of it, and so on.
        type: Spark's name; empty where nothing says it.
        comment: what it is, with its unit.
        values: its enumeration; empty where any value is one.
        most: how many elements an array has at most, None where that is open.
        null: when it is null: 'never', the reason, or empty where nothing says it.
    """

    path: str
    depth: int
    type: str
    comment: str = ""
    values: tuple[str, ...] = ()
    most: int | None = None
    null: str = ""


def of_contract(schema: T.StructType) -> tuple[Column, ...]:
    """Return the columns that a contract promises."""
    return tuple(column for field in schema.fields for column in _of_field(field, "", 0, is_promised=True))


def of_table(schema: T.StructType, checks: Iterable[Check]) -> tuple[Column, ...]:
    """Return the columns of a table, with what checks that have to hold promise of them."""
    found = [column for field in schema.fields for column in _of_field(field, "", 0, is_promised=False)]
    return _with_promises(found, checks)


def of_checks(checks: Iterable[Check]) -> tuple[Column, ...]:
    """Return the columns that checks name, first those of checks of the schema, with what they promise of them."""
    demands = list(_demanded(checks))
    types: dict[str, str] = {}
    for one in demands:
        if isinstance(one, HasColumns):
            types |= {name: data_type or types.get(name, "") for name, data_type in one.types}
    named = [*types, *(name for one in demands for name in one.columns)]
    found = [Column(name, 0, types.get(name, "")) for name in dict.fromkeys(named)]
    return _with_promises(found, checks)


def key_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the primary key that a check demands; none where there is no such check."""
    return next((one.by for one in _demanded(checks) if isinstance(one, PrimaryKey)), ())


def _of_field(field: T.StructField, outer: str, depth: int, is_promised: bool) -> Iterator[Column]:
    path = f"{outer}{field.name}"
    null = (null_reason_of(field) or NEVER) if is_promised else ""
    values = tuple(map(str, values_of(field)))
    yield Column(path, depth, _type_name(field.dataType), comment_of(field), values, most_of(field), null)
    for part in _parts(field.dataType):
        yield from _of_field(part, f"{path}.", depth + 1, is_promised)


def _type_name(data_type: T.DataType) -> str:
    """Return Spark's name of a type, without the parts of a struct, which are columns of their own."""
    if isinstance(data_type, T.ArrayType):
        return f"array<{_type_name(data_type.elementType)}>"
    return "struct" if isinstance(data_type, T.StructType) else data_type.simpleString()


def _parts(data_type: T.DataType) -> list[T.StructField]:
    if isinstance(data_type, T.ArrayType):
        return _parts(data_type.elementType)
    return list(data_type.fields) if isinstance(data_type, T.StructType) else []


def _with_promises(columns: Iterable[Column], checks: Iterable[Check]) -> tuple[Column, ...]:
    demands = list(_demanded(check for check in checks if check.on_error == "FAIL"))
    never = {one.column for one in demands if isinstance(one, NonNull)}
    never |= {name for one in demands if isinstance(one, PrimaryKey) for name in one.by}
    values = {one.column: one.values for one in demands if isinstance(one, IsIn)}
    return tuple(
        replace(
            column,
            null=NEVER if column.path in never else column.null,
            values=tuple(str(value) for value in values.get(column.path, column.values) if value is not None),
        )
        for column in columns
    )


def _demanded(checks: Iterable[Check]) -> Iterator[Expectation]:
    """Yield what checks demand, and the parts of what demands all of them."""
    waiting = [check.expectation for check in checks]
    while waiting:
        expectation = waiting.pop(0)
        if isinstance(expectation, AllOf):
            waiting[:0] = expectation.parts
        else:
            yield expectation
