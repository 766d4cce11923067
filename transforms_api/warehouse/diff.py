"""Differences between the rows and columns of two versions of a dataset, computed by DuckDB, which spills to disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.arrow_rows import arrow_dataset
from transforms_api.warehouse.table import TableVersion
from transforms_api.warehouse.uris import open_delta

EXAMPLES = 5
"""Rows shown of each kind of change."""


@dataclass(frozen=True)
class Difference:
    """The changes from one version of a dataset to another.

    Attributes:
        key: columns by which rows were matched; empty if complete rows were compared.
        note: reason why rows were not matched by the requested key.
        columns_added, columns_removed: name → type.
        columns_retyped: name → (type before, type after).
        rows: 'added', 'removed' and 'changed' → number of rows; 'changed' with a key only.
        values: column → number of changed rows in which its value differs.
        examples: some of the rows: `change`, and the row `before` and `after`, or None.
    """

    key: tuple[str, ...] = ()
    note: str | None = None
    columns_added: dict[str, str] = field(default_factory=dict)
    columns_removed: dict[str, str] = field(default_factory=dict)
    columns_retyped: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)


def compare(before: TableVersion, after: TableVersion, key: Sequence[str] = ()) -> Difference:
    """Return the changes between two versions. Compares the columns that both have with the same type.

    Rows are matched by the key. Without a key, or if the key does not identify the rows of both versions, complete rows
    are compared, each as often as it occurs; a row with a changed value then counts as one removed and one added.

    Args:
        before: the earlier version.
        after: the later version.
        key: columns that identify a row.

    Raises:
        StoreError: a version cannot be read.
    """
    with _connection(before, after) as database:
        old, new = _columns(database, "before"), _columns(database, "after")
        shared = [name for name in new if old.get(name) == new[name]]
        note = _why_not_by(database, key, shared)
        used = () if note else tuple(key)
        _find_differences(database, shared, used)
        values = [name for name in shared if name not in used] if used else []
        return Difference(
            used,
            note,
            {name: new[name] for name in new if name not in old},
            {name: old[name] for name in old if name not in new},
            {name: (old[name], new[name]) for name in new if name in old and name not in shared},
            _counts(database),
            _changed_values(database, values),
            [example for change in ("added", "removed", "changed") for example in _examples(database, change)],
        )


@contextmanager
def _connection(before: TableVersion, after: TableVersion) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="transforms-diff-") as spill:
        settings: dict[str, Any] = {"temp_directory": spill, "preserve_insertion_order": "false"}
        with duckdb.connect(config=settings) as database:
            try:
                database.execute("SET TimeZone = 'UTC'")
                for name, version in (("before", before), ("after", after)):
                    table = open_delta(version.table, version.version)
                    database.register(name, arrow_dataset(table))
                yield database
            except (DeltaError, OSError, duckdb.Error) as error:
                raise StoreError(f"{before.table} and {after.table} cannot be compared: {error}") from error


def _columns(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in database.execute(f"DESCRIBE {table}").fetchall()}


def _why_not_by(database: duckdb.DuckDBPyConnection, key: Sequence[str], shared: Sequence[str]) -> str | None:
    """Return why rows cannot be matched by `key`; None if they can, or without a key."""
    label = ", ".join(key)
    if missing := [name for name in key if name not in shared]:
        return f"the key ({label}) lacks a column that both have with one type: {', '.join(missing)}"
    for table in ("before", "after") if key else ():
        columns = ", ".join(map(_quote, key))
        absent = " OR ".join(f"{_quote(name)} IS NULL" for name in key)
        query = f"SELECT 1 FROM {table} GROUP BY {columns} HAVING count(*) > 1 OR {absent} LIMIT 1"
        if database.execute(query).fetchall():
            return f"the key ({label}) is null or repeated in rows {table}"
    return None


def _find_differences(database: duckdb.DuckDBPyConnection, columns: Sequence[str], key: Sequence[str]) -> None:
    """Create the table `difference`: change, row before, row after, number of times."""
    row = _struct(columns)
    if key:
        old, new = (f"(SELECT {_struct(key)} AS key, {row} AS line FROM {table})" for table in ("before", "after"))
        query = f"""
            SELECT CASE WHEN o.key IS NULL THEN 'added' WHEN n.key IS NULL THEN 'removed' ELSE 'changed' END AS change,
                   o.line AS before, n.line AS after, 1 AS times
            FROM {old} AS o FULL JOIN {new} AS n ON o.key = n.key
            WHERE o.line IS DISTINCT FROM n.line"""
    else:
        query = f"""
            SELECT if(sum(side) > 0, 'added', 'removed') AS change,
                   if(sum(side) < 0, line, NULL) AS before, if(sum(side) > 0, line, NULL) AS after,
                   abs(sum(side)) AS times
            FROM (SELECT {row} AS line, -1 AS side FROM before UNION ALL SELECT {row}, 1 FROM after)
            GROUP BY line HAVING sum(side) <> 0"""
    database.execute(f"CREATE TEMP TABLE difference AS {query}")


def _counts(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = database.execute("SELECT change, sum(times)::BIGINT FROM difference GROUP BY change").fetchall()
    return {"added": 0, "removed": 0, "changed": 0, **dict(counts)}


def _changed_values(database: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> dict[str, int]:
    if not columns:
        return {}
    differing = [f"count(*) FILTER (before.{name} IS DISTINCT FROM after.{name})" for name in map(_quote, columns)]
    query = f"SELECT {', '.join(differing)} FROM difference WHERE change = 'changed'"
    [counts] = database.execute(query).fetchall()
    return {name: count for name, count in zip(columns, counts, strict=True) if count}


def _examples(database: duckdb.DuckDBPyConnection, change: str) -> list[dict[str, Any]]:
    query = f"""
        SELECT change, before, after FROM difference WHERE change = '{change}'
        ORDER BY coalesce(after, before) LIMIT {EXAMPLES}"""
    return [dict(example) for example in database.sql(query).to_arrow_table().to_pylist()]


def _struct(columns: Sequence[str]) -> str:
    """Return the SQL of a row as one value; of bare names, since a column may have the name of any table or alias."""
    return f"struct_pack({', '.join(f'{_quote(name)} := {_quote(name)}' for name in columns)})" if columns else "NULL"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
