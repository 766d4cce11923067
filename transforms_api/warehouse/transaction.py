"""A transaction on one dataset: files staged beside the table, made visible by one Delta commit.

Rows are staged as Parquet in `<table>/transaction-<id>.staged/`, files of the dataset's own in
`<table>/_files/<id>.staged/`. Before the commit both folders are renamed (`transaction-<id>`, `_files/<id>`), so that
nothing that has been given a path while the job ran can change what is published. An object store cannot rename: there
both are written under their last names. Readers do not see the folders before the commit names them; an abort removes
them, and the dataset has never changed.

The table of a dataset that holds files only: one row per file.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import Schema

from transforms_api.errors import StoreError
from transforms_api.warehouse.names import STAGED, require_no_links
from transforms_api.warehouse.provenance import TransactionType
from transforms_api.warehouse.publish import Rows, RowsCommit, prepare_rows, refusals
from transforms_api.warehouse.storage import make_folder, remove_if_empty, remove_tree
from transforms_api.warehouse.table import FileEntry, TableVersion, link_files, list_files
from transforms_api.warehouse.uris import is_on_store

_ARROW = pa.schema([("path", pa.string()), ("size", pa.int64()), ("modified", pa.int64())])
INDEX_SCHEMA = Schema.from_arrow(_ARROW).to_json()
"""One row per file: its name, bytes, and milliseconds since 1970-01-01 UTC."""


def write_index(folder: Path, entries: Sequence[FileEntry]) -> None:
    """Write the listing of a dataset's files as Parquet into `folder`."""
    make_folder(folder)
    table = pa.Table.from_pylist([entry._asdict() for entry in entries], schema=_ARROW)
    with (folder / "files.parquet").open("wb") as stream:
        pq.write_table(table, stream)


_UNFINISHED = ".unfinished"


@dataclass
class Transaction:
    """An open transaction on the dataset in the folder `table`.

    Attributes:
        base: the version that an UPDATE or APPEND adds to; of another folder where a branch continues its parent.
    """

    table: Path
    base: TableVersion | None = None
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)

    is_sealed: bool = False
    """The folders have their last names: nothing is staged any more."""

    @property
    def folder(self) -> Path:
        """Where the transaction's Parquet files are written, or have been."""
        return self._named(self.table / f"transaction-{self.identifier}")

    @property
    def files_folder(self) -> Path:
        """Where files of the dataset's own are written under the names that they are to have, or have been."""
        return self._named(self.table / "_files" / self.identifier)

    @property
    def unfinished_folder(self) -> Path:
        """Where files are until they are complete: those of open streams, and those that are not yet rows."""
        return self.table / "_files" / f"{self.identifier}{_UNFINISHED}"

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

        Args and Raises: see `prepare`.
        """
        return self.prepare(schema, partition_columns, provenance, type).commit()

    def prepare(
        self,
        schema: str | None,
        partition_columns: Sequence[str],
        provenance: Mapping[str, Any],
        type: TransactionType = TransactionType.SNAPSHOT,
    ) -> PreparedCommit:
        """Return the commit of what is staged; nothing can be staged afterwards.

        The commit has been rehearsed: only the disk, the network or another writer can still make it fail.

        Args:
            schema: schema of the staged rows as Spark's (and Delta's) JSON; None where there are none.
            partition_columns: columns that the staged rows are partitioned by.
            provenance: what the version was made from; stands in the commit as `userMetadata`.
            type: SNAPSHOT replaces the dataset, the others add to `base`.

        Raises:
            StoreError: the commit would fail, or what is staged cannot be read.
            WriteError: the rows cannot be a dataset, or do not fit those that they are added to.
        """
        self._seal()
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
            return self._prepare_files(described)
        keeps_rows = base if base is not None and not base.holds_files_only else None
        return self._prepared(Rows(self.folder, schema, tuple(partition_columns)), keeps_rows, described)

    def clear_rows(self) -> None:
        """Remove the rows that have been staged."""
        with contextlib.suppress(OSError):
            remove_tree(self.folder)

    def abort(self) -> None:
        """Remove what was staged; the dataset is as it was before."""
        rows, files = self.table / f"transaction-{self.identifier}", self.table / "_files" / self.identifier
        for staged in (rows, files, _staged(rows), _staged(files), self.unfinished_folder):
            with contextlib.suppress(OSError):
                remove_tree(staged)
        for folder in (files.parent, self.table):
            remove_if_empty(folder)

    def _named(self, folder: Path) -> Path:
        return folder if self.is_sealed or is_on_store(self.table) else _staged(folder)

    def _seal(self) -> None:
        """Rename the folders; a job that was killed may have renamed one of them, or both."""
        staged = (self.folder, self.files_folder)
        self.is_sealed = True
        if is_on_store(self.table):
            return
        folders = [
            f"{place.relative_to(self.table).as_posix()}/" for place in (*staged, self.folder, self.files_folder)
        ]
        require_no_links(self.table, folders)
        try:
            for before, after in zip(staged, (self.folder, self.files_folder), strict=True):
                if before != after and before.is_dir() and not after.exists():
                    before.rename(after)
            remove_tree(self.unfinished_folder)
            remove_if_empty(self.unfinished_folder.parent)
        except OSError as error:
            raise StoreError(f"{self.table} cannot be committed: {error}. It keeps its last version.") from error

    def _complete_files(self, base: TableVersion | None) -> dict[str, Any]:
        """Let the staged folder show the whole dataset, and say so for the commit."""
        with refusals(f"{self.table} cannot be committed"):
            make_folder(self.files_folder)
            staged = {entry.path for entry in list_files(self.files_folder)}
            before = {entry.path for entry in base.file_entries} if base is not None and base.files_folder else set()
            if base is not None and base.files_folder is not None:
                link_files(base.files_folder, self.files_folder, before - staged)
        found = {"files": self.files_folder.relative_to(self.table).as_posix()}
        return {**found, "replaces_files": True} if before & staged else found

    def _prepare_files(self, described: Mapping[str, Any]) -> PreparedCommit:
        """Prepare a dataset that has files and no rows: the table lists the files, for readers of tables."""
        with refusals(f"{self.table} cannot be committed"):
            make_folder(self.files_folder)
            entries = list_files(self.files_folder)
            write_index(self.folder, entries)
        held = {"files": self.files_folder.relative_to(self.table).as_posix(), **described, "holds": "files"}
        return self._prepared(Rows(self.folder, INDEX_SCHEMA, ()), None, held)

    def _prepared(self, rows: Rows, base: TableVersion | None, described: Mapping[str, Any]) -> PreparedCommit:
        commit = prepare_rows(self.table, rows, base, described)
        commit.rehearse()
        return PreparedCommit(self, commit)


@dataclass(frozen=True)
class PreparedCommit:
    """A transaction whose commit is known to be a valid one."""

    transaction: Transaction
    rows: RowsCommit

    def commit(self) -> int:
        """Make the commit and return the number of rows (or files) staged.

        Raises:
            StoreError: the commit fails; the dataset keeps its last version.
        """
        self.rows.make()
        return self.rows.rows


def _staged(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{STAGED}")
