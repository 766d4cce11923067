"""A transaction on one dataset: Parquet files staged beside the table, made visible by one Delta commit.

Staged files lie in a folder of the table that bears the transaction's id. Readers of the table do not see them before
the commit names them; an abort removes the folder, and the table has never changed.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from transforms_api.errors import StoreError
from transforms_api.store.delta_log import is_table

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass
class Transaction:
    """An open transaction that replaces the rows of `table` (Foundry's SNAPSHOT)."""

    table: Path
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def folder(self) -> Path:
        """Where the transaction's Parquet files are to be written."""
        return self.table / f"transaction-{self.identifier}"

    def publish(self, schema: str, partition_columns: Sequence[str], provenance: Mapping[str, Any]) -> int:
        """Commit the staged files as the table's new version and return the number of its rows.

        Args:
            schema: schema of the rows as Spark's (and Delta's) JSON.
            partition_columns: columns that the staged files are partitioned by.
            provenance: what the version was made from; stands in the commit as `userMetadata`.

        Raises:
            StoreError: the commit fails; the table keeps its last version.
        """
        staged = list(self._staged_files())
        commit = CommitProperties(custom_metadata={"userMetadata": json.dumps(provenance, sort_keys=True)})
        actions = [action for action, _ in staged]
        columns = list(partition_columns)
        try:
            if is_table(self.table):
                DeltaTable(str(self.table)).create_write_transaction(
                    actions, "overwrite", Schema.from_json(schema), columns, commit_properties=commit
                )
            else:
                create_table_with_add_actions(
                    str(self.table), Schema.from_json(schema), actions, "error", columns, commit_properties=commit
                )
        except (DeltaError, OSError) as error:
            raise StoreError(f"{self.table} cannot be committed: {error}. It keeps its last version.") from error
        return sum(rows for _, rows in staged)

    def abort(self) -> None:
        """Remove what was staged; the table is as it was before."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.table.is_dir() and not any(self.table.iterdir()):
            self.table.rmdir()

    def _staged_files(self) -> Iterator[tuple[AddAction, int]]:
        for file in sorted(self.folder.rglob("*.parquet")):
            rows = pq.read_metadata(file).num_rows
            status = file.stat()
            if rows:
                yield (
                    AddAction(
                        path=file.relative_to(self.table).as_posix(),
                        size=status.st_size,
                        partition_values=dict(_partition_values(file.relative_to(self.folder).parent)),
                        modification_time=int(status.st_mtime * 1000),
                        data_change=True,
                        stats=json.dumps({"numRecords": rows}),
                    ),
                    rows,
                )


def _partition_values(folder: Path) -> Iterator[tuple[str, str | None]]:
    for part in folder.as_posix().split(os.sep):
        if "=" in part:
            name, value = part.split("=", 1)
            yield unquote(name), None if value == _HIVE_NULL else unquote(value)
