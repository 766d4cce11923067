"""Differences between the rows and columns of two versions of a dataset, computed by DuckDB, which spills to disk.

The rows are read once for each step and are never held as Python objects, so that only the disk limits the size of a
dataset. Inside the queries, columns have names of their own (`k0` for the first key column, `v0` for the first value),
since a column may be called like any table or alias.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import duckdb
from deltalake.exceptions import DeltaError

from transforms_api.comparing.profiles import NumberSummary, is_numeric, summarize_numbers
from transforms_api.errors import StoreError
from transforms_api.text import sql_name
from transforms_api.warehouse import TableVersion, arrow_dataset, open_delta

EXAMPLES = 5
"""Rows shown of each kind of change."""
VALUE_EXAMPLES = 3
"""Values shown of each changed column."""

Row: TypeAlias = Mapping[str, Any]
"""Column → value."""


@dataclass(frozen=True)
class RowExample:
    """A row that differs.

    Attributes:
        change: 'added', 'removed' or 'changed'.
        before: the row in the earlier version; None if it was added.
        after: the row in the later version; None if it was removed.
    """

    change: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class ValueExample:
    """A value that differs.

    Attributes:
        key: key column → value, of the row.
        before: the value in the earlier version.
        after: the value in the later version.
    """

    key: Row
    before: Any
    after: Any


@dataclass(frozen=True)
class Drift:
    """The summaries of a numeric column that differ between two versions."""

    before: NumberSummary
    after: NumberSummary


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
        value_examples: column → some of these values.
        examples: some of the rows of each kind of change.
        drift: numeric column of both versions whose summary differs → both summaries.
    """

    key: tuple[str, ...] = ()
    note: str | None = None
    columns_added: dict[str, str] = field(default_factory=dict)
    columns_removed: dict[str, str] = field(default_factory=dict)
    columns_retyped: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    value_examples: dict[str, list[ValueExample]] = field(default_factory=dict)
    examples: list[RowExample] = field(default_factory=list)
    drift: dict[str, Drift] = field(default_factory=dict)

    @property
    def changes_columns(self) -> bool:
        """Whether columns were added or removed, or have other types."""
        return bool(self.columns_added or self.columns_removed or self.columns_retyped)

    @property
    def changes_rows(self) -> bool:
        """Whether rows were added, removed or changed, in the columns that both versions have."""
        return any(self.rows.values())


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
    with open_versions(before=before, after=after) as database:
        old, new = columns_of(database, "before"), columns_of(database, "after")
        shared = [name for name in new if old.get(name) == new[name]]
        note = _why_not_by(database, key, shared)
        rows = _by_key(database, shared, tuple(key)) if key and not note else _by_multiset(database, shared, note)
        return Difference(
            rows.key,
            rows.note,
            {name: new[name] for name in new if name not in old},
            {name: old[name] for name in old if name not in new},
            {name: (old[name], new[name]) for name in new if name in old and name not in shared},
            rows.rows,
            rows.values,
            rows.value_examples,
            rows.examples,
            _drift(database, [name for name in new if name in old], old, new) if any(rows.rows.values()) else {},
        )


@contextmanager
def open_versions(**versions: TableVersion) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in which versions of datasets are tables; large results go to a temporary folder.

    Args:
        versions: name of the table → version.

    Raises:
        StoreError: a version cannot be read, now or by a query inside the block.
    """
    with tempfile.TemporaryDirectory(prefix="transforms-diff-") as spill:
        settings: dict[str, Any] = {"temp_directory": spill, "preserve_insertion_order": "false"}
        with duckdb.connect(config=settings) as database:
            try:
                database.execute("SET TimeZone = 'UTC'")
                database.execute("SET memory_limit = '40%'")  # an idle Spark may hold as much
                for name, version in versions.items():
                    table = open_delta(version.table, version.version)
                    database.register(name, arrow_dataset(table))
                yield database
            except (DeltaError, OSError, duckdb.Error) as error:
                tables = " and ".join(str(version.table) for version in versions.values())
                verb = "be compared" if len(versions) > 1 else "be read"
                raise StoreError(f"{tables} cannot {verb}: {error}") from error


def columns_of(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return column → DuckDB's type of a table.

    Args:
        database: see `open_versions`.
        table: name of the table.
    """
    return {name: kind for name, kind, *_ in database.execute(f"DESCRIBE {table}").fetchall()}


def _why_not_by(database: duckdb.DuckDBPyConnection, key: Sequence[str], shared: Sequence[str]) -> str | None:
    """Return why rows cannot be matched by `key`; None if they can, or without a key."""
    label = ", ".join(key)
    if missing := [name for name in key if name not in shared]:
        return f"the key ({label}) lacks a column that both have with one type: {', '.join(missing)}"
    for table in ("before", "after") if key else ():
        columns = ", ".join(map(sql_name, key))
        absent = " OR ".join(f"{sql_name(name)} IS NULL" for name in key)
        query = f"SELECT 1 FROM {table} GROUP BY {columns} HAVING count(*) > 1 OR {absent} LIMIT 1"
        if database.execute(query).fetchall():
            return f"the key ({label}) is null or repeated in rows {table}"
    return None


# Rows matched by a key


def _by_key(database: duckdb.DuckDBPyConnection, shared: Sequence[str], key: tuple[str, ...]) -> Difference:
    values = [name for name in shared if name not in key]
    _find_differences(database, key, values)
    counts = _changed_values(database, values)
    _choose_examples(database, len(key), [values.index(name) for name in counts])
    rows, value_examples = _read_examples(database, shared, key, values)
    return Difference(
        key, rows=_counts(database, "count(*)"), values=counts, value_examples=value_examples, examples=rows
    )


def _find_differences(database: duckdb.DuckDBPyConnection, key: Sequence[str], values: Sequence[str]) -> None:
    """Create the table `difference`: change, key columns k0…, and for each value column f0… whether it differs."""
    names = [f"{sql_name(name)} AS k{i}" for i, name in enumerate(key)]
    names += [f"{sql_name(name)} AS v{i}" for i, name in enumerate(values)]
    old, new = (f"(SELECT {', '.join(names)} FROM {table})" for table in ("before", "after"))
    keys = [f"coalesce(o.k{i}, n.k{i}) AS k{i}" for i in range(len(key))]
    both = "o.k0 IS NOT NULL AND n.k0 IS NOT NULL"
    flags = [f"{both} AND o.v{i} IS DISTINCT FROM n.v{i} AS f{i}" for i in range(len(values))]
    matched = " AND ".join(f"o.k{i} = n.k{i}" for i in range(len(key)))
    differs = " OR ".join(["change <> 'changed'", *(f"f{i}" for i in range(len(values)))])
    change = "CASE WHEN o.k0 IS NULL THEN 'added' WHEN n.k0 IS NULL THEN 'removed' ELSE 'changed' END AS change"
    database.execute(f"""
        CREATE TEMP TABLE difference AS SELECT * FROM (
            SELECT {", ".join([change, *keys, *flags])} FROM {old} AS o FULL JOIN {new} AS n ON {matched}
        ) WHERE {differs}""")


def _changed_values(database: duckdb.DuckDBPyConnection, values: Sequence[str]) -> dict[str, int]:
    """Return value column → in how many changed rows it differs, the most frequent first."""
    if not values:
        return {}
    flags = ", ".join(f"count(*) FILTER (f{i})" for i in range(len(values)))
    [counts] = database.execute(f"SELECT {flags} FROM difference").fetchall()
    changed = {name: count for name, count in zip(values, counts, strict=True) if count}
    return dict(sorted(changed.items(), key=lambda item: -item[1]))


def _choose_examples(database: duckdb.DuckDBPyConnection, keys: int, changed: Sequence[int]) -> None:
    """Create the table `chosen`: the keys of the first rows of each change, and of each changed column (its `flag`)."""
    columns = ", ".join(f"k{i}" for i in range(keys))
    wanted = [(-1, f"change = '{change}'", EXAMPLES) for change in ("added", "removed", "changed")]
    wanted += [(flag, f"f{flag}", VALUE_EXAMPLES) for flag in changed]
    queries = [
        f"(SELECT {flag} AS flag, change, {columns} FROM difference WHERE {condition} ORDER BY {columns} LIMIT {limit})"
        for flag, condition, limit in wanted
    ]
    database.execute(f"CREATE TEMP TABLE chosen AS {' UNION ALL '.join(queries)}")


def _read_examples(
    database: duckdb.DuckDBPyConnection, shared: Sequence[str], key: Sequence[str], values: Sequence[str]
) -> tuple[list[RowExample], dict[str, list[ValueExample]]]:
    """Return the chosen rows as examples of rows, and of the values of each changed column."""
    keys = ", ".join(f"{sql_name(name)} AS k{i}" for i, name in enumerate(key))
    old, new = (f"(SELECT {keys}, {_struct(shared)} AS line FROM {table})" for table in ("before", "after"))
    on = [" AND ".join(f"c.k{i} = {side}.k{i}" for i in range(len(key))) for side in ("o", "n")]
    order = ", ".join(f"c.k{i}" for i in range(len(key)))
    differing = database.sql(f"""
        SELECT c.flag, c.change, o.line AS before, n.line AS after
        FROM chosen AS c LEFT JOIN {old} AS o ON {on[0]} LEFT JOIN {new} AS n ON {on[1]}
        ORDER BY c.flag, list_position(['added', 'removed', 'changed'], c.change), {order}""")
    rows, by_column = list[RowExample](), dict[str, list[ValueExample]]()
    for flag, change, before, after in zip(*differing.to_arrow_table().to_pydict().values(), strict=True):
        if flag < 0:
            rows.append(RowExample(change, before, after))
            continue
        name = values[flag]
        example = ValueExample({part: after[part] for part in key}, before[name], after[name])
        by_column.setdefault(name, []).append(example)
    return rows, by_column


def _counts(database: duckdb.DuckDBPyConnection, count: str) -> dict[str, int]:
    counts = database.execute(f"SELECT change, ({count})::BIGINT FROM difference GROUP BY change").fetchall()
    return {"added": 0, "removed": 0, "changed": 0, **dict(counts)}


# Whole rows, each as often as it occurs


def _by_multiset(database: duckdb.DuckDBPyConnection, shared: Sequence[str], note: str | None) -> Difference:
    line = _struct(shared)
    database.execute(f"""
        CREATE TEMP TABLE difference AS
        SELECT if(sum(side) > 0, 'added', 'removed') AS change, line, abs(sum(side)) AS times
        FROM (SELECT {line} AS line, -1 AS side FROM before UNION ALL SELECT {line}, 1 FROM after)
        GROUP BY line HAVING sum(side) <> 0""")
    examples = list[RowExample]()
    for change in ("added", "removed"):
        query = f"SELECT line FROM difference WHERE change = '{change}' ORDER BY line LIMIT {EXAMPLES}"
        for row in database.sql(query).to_arrow_table()["line"].to_pylist():
            examples.append(RowExample(change, *((None, row) if change == "added" else (row, None))))
    return Difference(note=note, rows=_counts(database, "sum(times)"), examples=examples)


def _struct(columns: Sequence[str]) -> str:
    """Return the SQL of a row as one value; of bare names, since a column may have the name of any table or alias."""
    return (
        f"struct_pack({', '.join(f'{sql_name(name)} := {sql_name(name)}' for name in columns)})" if columns else "NULL"
    )


# Numbers

_PRECISION = 1e-12
"""Relative difference of two sums of the same numbers in a different order."""


def _drift(
    database: duckdb.DuckDBPyConnection, names: Sequence[str], old: Mapping[str, str], new: Mapping[str, str]
) -> dict[str, Drift]:
    numeric = [name for name in names if is_numeric(old[name]) and is_numeric(new[name])]
    before, after = summarize_numbers(database, "before", numeric), summarize_numbers(database, "after", numeric)
    return {name: Drift(before[name], after[name]) for name in numeric if not _is_same(before[name], after[name])}


def _is_same(before: NumberSummary, after: NumberSummary) -> bool:
    return all(_is_close(old, new) for old, new in zip(vars(before).values(), vars(after).values(), strict=True))


def _is_close(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return (math.isnan(old) and math.isnan(new)) or math.isclose(old, new, rel_tol=_PRECISION)
