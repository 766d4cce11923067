"""Rows as a test states them become rows as a trial takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
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
    table = pa.Table.from_pylist(named, arrow_schema(as_stored(known).json()))
    for field, column in zip(table.schema, table.columns, strict=True):
        for row, kept in zip(named, column.to_pylist(), strict=True):
            if not _is_kept(row.get(field.name), kept):
                raise TrialError(
                    f"A value of column '{field.name}' of '{name}' is no {field.type}: {row[field.name]!r}"
                )
    return table


def _is_kept(stated: Any, kept: Any) -> bool:
    """Tell whether Arrow, which cuts floats to integers and moments to dates, made of a value what it is."""
    if stated is None or kept is None:
        return stated is kept
    if isinstance(stated, Mapping):
        pairs = dict(kept)
        return stated.keys() <= pairs.keys() and all(_is_kept(stated.get(key), part) for key, part in pairs.items())
    if isinstance(kept, list):
        return len(stated) == len(kept) and all(map(_is_kept, stated, kept))
    if isinstance(stated, tuple) and isinstance(kept, tuple):
        return all(map(_is_kept, stated, kept))
    if isinstance(kept, float):
        return math.isclose(stated, kept, rel_tol=1e-6, abs_tol=1e-30) or (stated != stated and kept != kept)
    if isinstance(kept, datetime) and isinstance(stated, datetime) and stated.tzinfo is None:
        return bool(stated == kept.replace(tzinfo=None))
    return bool(stated == kept)


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
