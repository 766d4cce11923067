"""Rows of a warehouse's datasets for a page: SQL on Delta tables by DuckDB, without a JVM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse import Warehouse, arrow_dataset, is_on_store, open_delta


class MissingDataset(StoreError):
    """A dataset has never been built on the branch that is shown, nor on one that this branch falls back to.

    Attributes:
        dataset: its path.
    """

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset} has not been built yet.")
        self.dataset = dataset


@dataclass(frozen=True)
class Tables:
    """The datasets of one branch of a warehouse, as their last versions are."""

    warehouse: Warehouse
    _database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False, compare=False)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None, **datasets: str) -> list[dict[str, Any]]:
        """Return the rows of a query over datasets.

        Args:
            sql: DuckDB's SQL; it names datasets by the keywords, and values as `$name`.
            parameters: the values; those that the SQL does not name are left out.
            datasets: name in the SQL → path.

        Raises:
            MissingDataset: one has not been built.
            StoreError: one cannot be read, or lacks a column that the query names.
        """
        try:
            with self._database.cursor() as database:
                for name, dataset in datasets.items():
                    self._open(dataset, name, database)
                named = {key: value for key, value in (parameters or {}).items() if f"${key}" in sql}
                found = database.execute(sql, named)
                columns = [column for column, *_ in found.description]
                return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        except (duckdb.Error, DeltaError, OSError) as error:
            raise StoreError(f"{', '.join(datasets.values())} cannot be shown: {error}") from error

    def _open(self, dataset: str, name: str, database: duckdb.DuckDBPyConnection) -> None:
        """Let `name` stand for a dataset's rows in queries: of its files where these have just them, else of memory."""
        version = self.warehouse.latest(dataset)
        if version is None:
            raise MissingDataset(dataset)
        version.demand_files(version.paths)
        is_pattern = not set("*?[").isdisjoint(str(version.table))  # to DuckDB
        if version.is_plain and version.files and not is_pattern and not is_on_store(version.table):
            files = ", ".join("'" + file.replace("'", "''") + "'" for file in version.files)
            database.execute(f"CREATE TEMP VIEW {name} AS FROM read_parquet([{files}], union_by_name = true)")
        else:
            database.register(name, arrow_dataset(open_delta(version.table, version.version)).to_table())
