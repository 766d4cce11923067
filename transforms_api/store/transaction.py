"""A transaction on one dataset: files staged beside the table, made visible by one Delta commit.

Rows are staged as Parquet in `<table>/transaction-<id>/`, files of the dataset's own in `<table>/_files/<id>/`. Readers
do not see them before the commit names them; an abort removes the folders, and the dataset has never changed.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transforms_api.store.commits import TransactionType
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.file_index import INDEX_SCHEMA, write_index
from transforms_api.store.files import link_files, list_files
from transforms_api.store.places import make_folder, remove_if_empty, remove_tree
from transforms_api.store.publish import Rows, commit_rows


@dataclass
class Transaction:
    """An open transaction on the dataset in the folder `table`.

    Attributes:
        base: the version that an UPDATE or APPEND adds to; of another folder where a branch continues its parent.
    """

    table: Path
    base: TableVersion | None = None
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def folder(self) -> Path:
        """Where the transaction's Parquet files are to be written."""
        return self.table / f"transaction-{self.identifier}"

    @property
    def files_folder(self) -> Path:
        """Where files of the dataset's own are to be written, under the names that they are to have."""
        return self.table / "_files" / self.identifier

    @property
    def has_files(self) -> bool:
        """Whether files of the dataset's own have been staged."""
        return self.files_folder.is_dir()

    def publish(
        self,
        schema: str | None,
        partition_columns: Sequence[str],
        provenance: Mapping[str, Any],
        type: TransactionType = TransactionType.SNAPSHOT,
    ) -> int:
        """Commit what is staged as the dataset's new version and return the number of rows (or files) staged.

        Args:
            schema: schema of the staged rows as Spark's (and Delta's) JSON; None where there are none.
            partition_columns: columns that the staged rows are partitioned by.
            provenance: what the version was made from; stands in the commit as `userMetadata`.
            type: SNAPSHOT replaces the dataset, the others add to `base`.

        Raises:
            StoreError: the commit fails; the dataset keeps its last version.
            WriteError: the rows do not fit those that they are added to.
        """
        base = None if type is TransactionType.SNAPSHOT else self.base
        described = {**provenance, "type": type.value, "transaction": self.identifier}
        if self.has_files or (base is not None and base.files_folder is not None):
            described |= self._complete_files(base)
        if base is not None and base.table != self.table:
            table = os.path.relpath(str(base.table), str(self.table))
            described["continues"] = {"table": table, "branch": base.branch, "version": base.version}
        if schema is None and base is not None and not base.holds_files_only:
            schema, partition_columns = base.schema, base.partition_columns
        if schema is None:
            return self._publish_files(described)
        keeps_rows = base if base is not None and not base.holds_files_only else None
        rows = Rows(self.folder, schema, tuple(partition_columns))
        return commit_rows(self.table, rows, keeps_rows, described)

    def clear_rows(self) -> None:
        """Remove the rows that have been staged."""
        with contextlib.suppress(OSError):
            remove_tree(self.folder)

    def abort(self) -> None:
        """Remove what was staged; the dataset is as it was before."""
        for staged in (self.folder, self.files_folder):
            with contextlib.suppress(OSError):
                remove_tree(staged)
        for folder in (self.files_folder.parent, self.table):
            remove_if_empty(folder)

    def _complete_files(self, base: TableVersion | None) -> dict[str, Any]:
        """Let the staged folder show the whole dataset, and say so for the commit."""
        make_folder(self.files_folder)
        staged = {entry.path for entry in list_files(self.files_folder)}
        before = {entry.path for entry in base.file_entries} if base is not None and base.files_folder else set()
        if base is not None and base.files_folder is not None:
            link_files(base.files_folder, self.files_folder, before - staged)
        found = {"files": self.files_folder.relative_to(self.table).as_posix()}
        return {**found, "replaces_files": True} if before & staged else found

    def _publish_files(self, described: Mapping[str, Any]) -> int:
        """Commit a dataset that has files and no rows: the table lists the files, for whoever reads it as a table."""
        make_folder(self.files_folder)
        entries = list_files(self.files_folder)
        write_index(self.folder, entries)
        held = {"files": self.files_folder.relative_to(self.table).as_posix(), **described, "holds": "files"}
        commit_rows(self.table, Rows(self.folder, INDEX_SCHEMA, ()), None, held)
        return len(entries)
