"""Rows as a test states them become rows as a trial takes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from transforms_api.errors import TrialError
from transforms_api.runtime.arrow_tables import arrow_schema
from transforms_api.runtime.driver import Session
from transforms_api.runtime.pandas_frames import from_objects
from transforms_api.runtime.single_node_outputs import as_arrow
from transforms_api.runtime.tables import as_stored


def stated_rows(name: str, rows: Any, spark: Session) -> DataFrame | pa.Table | Path:
    """Return rows that stand in a test as a trial takes them.

    Args:
        name: what they are, for errors.
        rows: a DataFrame of Spark, pandas or Polars; a list of dicts, whose types are inferred; a pair of a schema, a
            StructType or its text, and a list of tuples or dicts; a folder of files.
        spark: reads a schema that is text.

    Raises:
        TrialError: they are none of these, have no columns, or their values do not fit the types.
    """
    if isinstance(rows, (DataFrame, Path)):
        return rows
    try:
        return _read(name, rows, spark)
    except TrialError:
        raise
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TrialError(f"The rows of '{name}' cannot be read: {error}") from error


def _read(name: str, rows: Any, spark: Session) -> pa.Table:
    if isinstance(rows, list):
        return _inferred(name, rows)
    if not isinstance(rows, tuple):
        return as_arrow(rows)
    if len(rows) != 2 or not isinstance(rows[0], (T.StructType, str)):
        raise TrialError(f"'{name}' is a tuple, but not of a schema and a list of rows: ('id long', [(1,), (2,)]).")
    schema, stated = rows
    known = spark().createDataFrame([], schema).schema if isinstance(schema, str) else schema
    named = [_named(name, known.names, row) for row in stated]
    return pa.Table.from_pylist(named, arrow_schema(as_stored(known).json()))


def _inferred(name: str, rows: list[Any]) -> pa.Table:
    columns = dict.fromkeys(column for row in rows if isinstance(row, Mapping) for column in row)
    if not columns or not all(isinstance(row, Mapping) for row in rows):
        raise TrialError(
            f"The columns of '{name}' are not known: rows are dicts, or tuples with a schema, "
            "('id long, name string', [(1, 'a')]); no rows at all need a schema, too."
        )
    return pa.table({column: from_objects([row.get(column) for row in rows], column) for column in columns})


def _named(name: str, columns: list[str], row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping) and row.keys() <= set(columns):
        return row
    if isinstance(row, (tuple, list)) and len(row) == len(columns):
        return dict(zip(columns, row, strict=True))
    raise TrialError(f"A row of '{name}' does not fit its columns {', '.join(columns)}: {row!r}")
