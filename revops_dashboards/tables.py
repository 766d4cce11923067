"""Rows of a warehouse's datasets for a page: SQL on Delta tables by DuckDB, without a JVM."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, Union

import duckdb
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse import TableVersion, Warehouse, arrow_dataset, open_delta, storage_of

Value = Union[str, float, int, bool, date, Sequence["Value"], Mapping[str, "Value"], None]  # noqa: UP007
"""A value of a row, as DuckDB returns it."""
Row = Mapping[str, Value]
"""A row of a query by the names of its columns."""
Parameters = Mapping[str, Value]
"""Values of a query by the names that its SQL uses: `$name`."""
Typed = TypeVar("Typed")

_PARAMETER = re.compile(r"\$(\w+)")
_SETTLED = 1.0
"""Seconds after a change of a log's folder from which the time of the change identifies what the folder contains."""
_IN_MEMORY = 32_000_000
"""Bytes of Parquet files up to which a dataset's rows are kept in memory between pages."""


class MissingDataset(StoreError):
    """A dataset has never been built on the branch that is shown, nor on one that this branch falls back to.

    Attributes:
        dataset: its path.
    """

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset} has not been built yet.")
        self.dataset = dataset


@dataclass(frozen=True)
class _Opened:
    """A version of a dataset that DuckDB can read.

    Attributes:
        version: the version of the Delta table.
        relation: name of the table or view in the shared database.
        stamp: what the log looked like before it was read; None: read it again for the next page.
        replaced: relation of the version before, which a query that has begun may still read.
    """

    version: TableVersion
    relation: str
    stamp: tuple[int, ...] | None
    replaced: str | None = None


@dataclass(frozen=True)
class Tables:
    """The last versions of the datasets of one branch of a warehouse.

    Small tables stay in memory until they have a new version, so that a filter change reads no file again. The sizes
    of their files are compared with the log for every query: a damaged table is an error, not old rows.
    """

    warehouse: Warehouse
    _database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False, compare=False)
    _opened: dict[str, _Opened] = field(default_factory=dict, repr=False, compare=False)
    _folders: dict[str, list[Path]] = field(default_factory=dict, repr=False, compare=False)
    _names: itertools.count[int] = field(default_factory=itertools.count, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None, **datasets: str) -> list[dict[str, Any]]:
        """Return the rows of a query over datasets.

        Args:
            sql: DuckDB's SQL; names datasets by the keywords, and values as `$name`.
            parameters: the values; those that the SQL does not name are ignored.
            datasets: name in the SQL → path.

        Raises:
            MissingDataset: one has not been built.
            StoreError: one cannot be read, or lacks a column that the query names.
        """
        try:
            with self._database.cursor() as database:
                for name, dataset in datasets.items():
                    opened = self._open(dataset)
                    database.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS FROM {opened.relation}')
                used = set(_PARAMETER.findall(sql))
                named = {key: value for key, value in (parameters or {}).items() if key in used}
                result = database.execute(sql, named)
                columns = [column for column, *_ in result.description]
                return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        except (duckdb.Error, DeltaError, OSError) as error:
            raise StoreError(f"{', '.join(datasets.values())} cannot be shown: {error}") from error

    def select(
        self, kind: type[Typed], sql: str, parameters: Mapping[str, Any] | None = None, **datasets: str
    ) -> list[Typed]:
        """Return the rows of a query as objects.

        Args:
            parameters: values of `$name` in the query.
            kind: a dataclass whose fields are the columns to read.
            sql: the query from its FROM on.
            parameters, datasets: see `query`.

        Raises:
            MissingDataset, StoreError: see `query`.
        """
        columns = ", ".join(f'"{field.name}"' for field in fields(kind))  # type: ignore[arg-type]
        return [kind(**row) for row in self.query(f"SELECT {columns} {sql}", parameters, **datasets)]

    def select_one(
        self, kind: type[Typed], sql: str, parameters: Mapping[str, Any] | None = None, **datasets: str
    ) -> Typed | None:
        """Return the only row of a query as an object; None if the query has no row.

        Args:
            parameters: values of `$name` in the query.
            kind: a dataclass whose fields are the columns to read.
            sql: the query from its FROM on; has at most one row.
            parameters, datasets: see `query`.

        Raises:
            MissingDataset, StoreError: see `query`.
            ValueError: the query has several rows.
        """
        rows = self.select(kind, sql, parameters, **datasets)
        if not rows:
            return None
        [row] = rows
        return row

    def _open(self, dataset: str) -> _Opened:
        """Return the last version of a dataset, opened again only if its log may have changed.

        Raises:
            MissingDataset: no branch has it.
            StoreError: the log cannot be read, or a file is lost or damaged.
        """
        with self._lock:
            known = self._opened.get(dataset)
            stamp = self._stamp(dataset)
            if known is None or stamp is None or known.stamp != stamp:
                version = self.warehouse.latest(dataset)
                if version is None:
                    raise MissingDataset(dataset)
                version.require_files(version.paths)
                if known is not None and known.version == version:
                    known = replace(known, stamp=stamp)
                else:
                    if known is not None and known.replaced:
                        self._drop(known.replaced)
                    known = _Opened(version, self._relation_of(version), stamp, known.relation if known else None)
                self._opened[dataset] = known
            else:
                known.version.require_files(known.version.paths)
            return known

    def _stamp(self, dataset: str) -> tuple[int, ...] | None:
        """Return the times at which the logs of a dataset's tables changed; None if they do not identify a version."""
        if self.warehouse.storage.is_remote:
            return None
        if dataset not in self._folders:
            branches = (self.warehouse.branch, *self.warehouse.fallback_branches)
            self._folders[dataset] = [self.warehouse.table(dataset, branch) / "_delta_log" for branch in branches]
        times = tuple(log.stat().st_mtime_ns if log.is_dir() else 0 for log in self._folders[dataset])
        return times if time.time() - max(times) / 1e9 > _SETTLED else None

    def _relation_of(self, version: TableVersion) -> str:
        """Return the name of a new table or view with the rows of a version."""
        name = f"opened_{next(self._names)}"
        is_pattern = not set("*?[").isdisjoint(str(version.table))  # to DuckDB
        with self._database.cursor() as database:
            if version.is_plain and version.files and not is_pattern and not storage_of(version.table).is_remote:
                files = ", ".join("'" + file.replace("'", "''") + "'" for file in version.files)
                kind = "TABLE" if sum(version.sizes.values()) <= _IN_MEMORY else "VIEW"
                database.execute(f"CREATE {kind} {name} AS FROM read_parquet([{files}], union_by_name = true)")
            else:
                database.register(
                    "rows_of_version", arrow_dataset(open_delta(version.table, version.version)).to_table()
                )
                database.execute(f"CREATE TABLE {name} AS FROM rows_of_version")
        return name

    def _drop(self, relation: str) -> None:
        with self._database.cursor() as database:
            [(kind,)] = database.execute(
                "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [relation]
            ).fetchall()
            database.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {relation}")
