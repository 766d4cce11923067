"""Figures of columns, aggregated by DuckDB: the profile of a dataset for people, and summaries of numbers to compare.

The rows stay in their Parquet files; only the result of the aggregation is read. Spark does not start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import JsonValue

from transforms_api.text import sql_name
from transforms_api.warehouse import TableVersion, full_view, read_slice

_LONGEST = 40
"""Characters of a minimum or maximum that `as_row` shows."""


@dataclass(frozen=True)
class ColumnProfile:
    """What the values of a column are like.

    Attributes:
        column: name of the column.
        nulls: number of rows without a value.
        distinct: number of different values, without null; None for arrays, maps and structs.
        least: the smallest value; None without values, and for types without an order.
        greatest: the largest value; None likewise.
    """

    column: str
    nulls: int
    distinct: int | None
    least: Any
    greatest: Any

    def as_row(self) -> dict[str, str]:
        """Return the profile as texts for a table; long values are cut."""
        return {
            "column": self.column,
            "nulls": f"{self.nulls:,}",
            "distinct": "" if self.distinct is None else f"{self.distinct:,}",
            "least": _shown(self.least),
            "greatest": _shown(self.greatest),
        }

    def as_json(self) -> dict[str, JsonValue]:
        """Return the profile as JSON values; dates, times and decimals as texts."""
        return {name: value if _is_plain(value) else str(value) for name, value in asdict(self).items()}


def profile_rows(version: TableVersion) -> list[ColumnProfile]:
    """Return the profile of each column of a version, in the order of the columns; empty for a dataset of files.

    Args:
        version: a version of a dataset.

    Raises:
        StoreError: a file of the version cannot be read.
    """
    if version.holds_files_only:
        return []
    rows = read_slice(full_view(version))
    fields = list(rows.schema)
    if not fields:
        return []
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("rows_of_version", rows)
        aggregates = ", ".join(text for field in fields for text in _aggregates(field))
        [values] = connection.execute(f"SELECT {aggregates} FROM rows_of_version").fetchall()
    return [ColumnProfile(field.name, *values[4 * index : 4 * index + 4]) for index, field in enumerate(fields)]


def _aggregates(field: pa.Field) -> list[str]:
    """Return the aggregates of a column: nulls, distinct values, minimum, maximum."""
    name = sql_name(field.name)
    nulls = f"count(*) - count({name})"
    if pa.types.is_nested(field.type):
        return [nulls, "NULL", "NULL", "NULL"]
    distinct = f"count(DISTINCT {name})"
    if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
        return [nulls, distinct, "NULL", "NULL"]
    return [nulls, distinct, f"min({name})", f"max({name})"]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@dataclass(frozen=True)
class NumberSummary:
    """The values of a numeric column; statistics of no values are None.

    Attributes:
        values: number of values that are not null.
        sum, mean, min, max: of these values.
    """

    values: int
    sum: float | None
    mean: float | None
    min: float | None
    max: float | None


_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FLOATING = ("FLOAT", "DOUBLE", "DECIMAL")


def is_numeric(kind: str) -> bool:
    """Return whether a type of DuckDB is one of numbers.

    Args:
        kind: name of the type.
    """
    return kind.partition("(")[0] in (*_NUMERIC, *_FLOATING)


def summarize_numbers(
    database: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]
) -> dict[str, NumberSummary]:
    """Return column → summary of its values, in one pass.

    Args:
        database: has the table.
        table: name of the table.
        columns: numeric columns of it.
    """
    if not columns:
        return {}
    numbers = [f"{sql_name(name)}::DOUBLE" for name in columns]
    parts = [f"count({value}), fsum({value}), favg({value}), min({value}), max({value})" for value in numbers]
    [row] = database.execute(f"SELECT {', '.join(parts)} FROM {table}").fetchall()
    return {name: NumberSummary(*row[5 * i : 5 * i + 5]) for i, name in enumerate(columns)}
