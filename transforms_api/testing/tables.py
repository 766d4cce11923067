"""A DataFrame as texts: what a snapshot records, and what a difference is told in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import types as T

NULL = "*null*"


@dataclass(frozen=True)
class Table:
    """Rows of texts.

    Attributes:
        columns: the columns, each with its type: 'amount : double'.
        rows: a text for each column.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.partition(" : ")[0] for column in self.columns]


def table_of(frame: Any) -> Table:
    """Return the rows of a DataFrame of Spark or Polars, in their order.

    Floats have 12 digits, since further ones of a sum differ by the order in which it was added up; moments are in UTC.
    """
    if type(frame).__module__.startswith("polars."):
        frame = frame.lazy().collect()
        columns = [f"{name} : {data_type}" for name, data_type in frame.schema.items()]
        found = frame.rows()
    else:
        fields = frame.schema.fields
        columns = [f"{field.name} : {field.dataType.simpleString()}" for field in fields]
        types = [field.dataType for field in fields]
        found = [[_of_spark(*cell) for cell in zip(row, types, strict=True)] for row in frame.collect()]
    return Table(tuple(columns), [tuple(map(_text, row)) for row in found])


def written(table: Table) -> str:
    """Return a table as Markdown."""
    lines = [table.columns, ("---",) * len(table.columns), *table.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read(text: str) -> Table:
    """Return the table that was written as this text."""
    columns, _, *rows = [tuple(line[2:-2].split(" | ")) for line in text.splitlines()]
    return Table(columns, rows)


def _of_spark(value: Any, data_type: T.DataType) -> Any:
    """Return a collected value without Spark's own kinds, a moment with the zone in which Spark collects it."""
    if value is None:
        return None
    if isinstance(data_type, T.TimestampType):
        return value.astimezone(UTC)
    if isinstance(data_type, T.ArrayType):
        return [_of_spark(element, data_type.elementType) for element in value]
    if isinstance(data_type, T.MapType):
        return {str(key): _of_spark(element, data_type.valueType) for key, element in sorted(value.items())}
    if isinstance(data_type, T.StructType):
        parts = zip(data_type.fields, value, strict=True)
        return {field.name: _of_spark(part, field.dataType) for field, part in parts}
    return value


def _text(value: Any) -> str:
    if value is None:
        return NULL
    plain = _plain(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    # A bar that ends a cell stands after a space, one within a text after a backslash.
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r", "\\r").replace("\n", "\\n")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0  # without the sign of zero
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool | int | str | None) else str(value)
