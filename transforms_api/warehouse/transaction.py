"""A transaction on one dataset: rows and files staged beside the table, made visible by one Delta commit.

Rows are staged as Parquet in `<table>/transaction-<id>.staged/`, the dataset's own files in
`<table>/_files/<id>.staged/`. Before the commit both folders are renamed to `transaction-<id>` and `_files/<id>`, so
that code which still knows a path from the running job cannot change what is published. An object store cannot rename
folders; there both have their final names from the start. Readers ignore the folders until a commit names their files.
Aborting removes the folders and leaves the dataset unchanged.

The table of a dataset that has files and no rows lists the files, one row per file.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import Schema
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

from transforms_api.errors import StoreError
from transforms_api.warehouse.paths import STAGED, storage_of
from transforms_api.warehouse.provenance import ParentVersion, Provenance, TransactionType
from transforms_api.warehouse.publish import DeltaCommit, prepare_commit, refusals
from transforms_api.warehouse.table import FileEntry, TableVersion, link_files, list_files, version_at

_ARROW = pa.schema([("path", pa.string()), ("size", pa.int64()), ("modified", pa.int64())])
INDEX_SCHEMA = Schema.from_arrow(_ARROW).to_json()
"""Columns of the table of a dataset without rows: name, size in bytes, milliseconds since 1970-01-01 UTC."""
_UNFINISHED = ".unfinished"


def _table_below(table: Any, info: ValidationInfo) -> Any:
    """Return the folder of a table from its path in a record, which must not lead out of the warehouse."""
    if info.context is None:
        return table
    root: Path = info.context["root"]
    folder = (root / str(table)).resolve()
    storage_of(folder).require_no_links(folder, ["_files/"])
    if not folder.is_relative_to(root.resolve()):
        raise StoreError(f"{root} has a record of {table}, which lies outside of the warehouse.")
    return folder


def _path_below(table: Path, info: SerializationInfo) -> str:
    return table.relative_to(info.context["root"].resolve()).as_posix() if info.context else str(table)


TablePath = Annotated[Path, PlainValidator(_table_below), PlainSerializer(_path_below)]
"""Folder of a table; written relative to the warehouse, which (de)serialization takes as the context `root`."""


class BaseVersion(BaseModel):
    """The version to which a transaction adds: folder of its table, branch and Delta version."""

    model_config = ConfigDict(frozen=True)

    table: TablePath
    branch: str
    version: int


class StagedCommit(BaseModel):
    """A transaction with all its rows and files, and what its commit is to say.

    The record of a multi-table commit contains the JSON of its staged commits (`by_alias`, context `root`).

    Attributes:
        table: folder of the table.
        transaction: identifier of the transaction.
        base: the version to which an UPDATE or APPEND adds.
        row_schema: schema of the staged rows as Delta's JSON; None without rows.
        partition_columns: columns by which the staged rows are partitioned.
        provenance: what the version is made from.
        type: SNAPSHOT replaces the dataset, the others add to `base`.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    table: TablePath
    transaction: str = Field(pattern="^[0-9a-f]{32}$")
    base: BaseVersion | None = None
    row_schema: Annotated[str | None, Field(alias="schema")] = None
    partition_columns: tuple[str, ...] = ()
    provenance: Provenance = Provenance()
    type: TransactionType = TransactionType.SNAPSHOT

    def reopen(self) -> Transaction:
        """Return the transaction, as a process that did not stage it sees it.

        Raises:
            StoreError: the version to which the transaction adds cannot be read.
        """
        base = self.base
        opened = version_at(base.table, base.branch, base.version) if base else None
        return Transaction(self.table, opened, self.transaction)


@dataclass
class Transaction:
    """An open transaction on one dataset.

    Attributes:
        table: folder of the table.
        base: the version to which an UPDATE or APPEND adds; of the parent's table if a branch continues its parent.
        identifier: 32 hexadecimal digits.
        is_sealed: the folders have their final names; nothing more is staged.
    """

    table: Path
    base: TableVersion | None = None
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)
    is_sealed: bool = False

    @property
    def folder(self) -> Path:
        """Folder of the transaction's Parquet files, staged or final."""
        return self._named(self.table / f"transaction-{self.identifier}")

    @property
    def files_folder(self) -> Path:
        """Folder of the dataset's own files under their final names, staged or final."""
        return self._named(self.table / "_files" / self.identifier)

    @property
    def unfinished_folder(self) -> Path:
        """Folder of incomplete files: those of open streams, and those that are to become rows."""
        return self.table / "_files" / f"{self.identifier}{_UNFINISHED}"

    @property
    def has_files(self) -> bool:
        """Whether files of the dataset's own have been staged."""
        return self.files_folder.is_dir()

    def stage_commit(
        self,
        schema: str | None,
        partition_columns: Sequence[str] = (),
        provenance: Provenance | None = None,
        type: TransactionType = TransactionType.SNAPSHOT,
    ) -> StagedCommit:
        """Return the commit of what has been staged, for `prepare` or `MultiTableTransaction.publish`.

        Args:
            schema: schema of the staged rows as Delta's (and Spark's) JSON; None without rows.
            partition_columns: columns by which the staged rows are partitioned.
            provenance: what the version is made from.
            type: SNAPSHOT replaces the dataset, the others add to `base`.
        """
        base = self.base
        return StagedCommit(
            table=self.table,
            transaction=self.identifier,
            base=BaseVersion(table=base.table, branch=base.branch, version=base.version) if base else None,
            row_schema=schema,
            partition_columns=tuple(partition_columns),
            provenance=provenance or Provenance(),
            type=type,
        )

    def publish(
        self,
        schema: str | None,
        partition_columns: Sequence[str] = (),
        provenance: Provenance | None = None,
        type: TransactionType = TransactionType.SNAPSHOT,
    ) -> int:
        """Commit what has been staged and return the number of staged rows (of files for a dataset without rows).

        Args: see `stage_commit`. Raises: see `prepare`, and `DeltaCommit.commit`.
        """
        return self.prepare(self.stage_commit(schema, partition_columns, provenance, type)).commit()

    def prepare(self, staged: StagedCommit) -> DeltaCommit:
        """Return the Delta commit of what has been staged; nothing can be staged afterwards.

        The commit has been rehearsed: only the disk, the network or another writer can still make it fail.

        Args:
            staged: the commit, of this transaction.

        Raises:
            StoreError: the commit would fail, or staged files cannot be read.
            WriteError: the rows cannot be a dataset, or do not fit those of `base`.
        """
        self._seal()
        base = None if staged.type is TransactionType.SNAPSHOT else self.base
        provenance = staged.provenance.with_fields(type=staged.type, transaction=self.identifier)
        if self.has_files or (base is not None and base.files_folder is not None):
            provenance = provenance.with_fields(**self._complete_files(base))
        if base is not None and base.table != self.table:
            table = os.path.relpath(str(base.table), str(self.table))
            parent = ParentVersion(table=table, branch=base.branch, version=base.version)
            provenance = provenance.with_fields(continues=parent)
        kept = base if base is not None and not base.holds_files_only else None
        schema, partition_columns = staged.row_schema, staged.partition_columns
        if schema is None and kept is not None:
            schema, partition_columns = kept.schema, kept.partition_columns
        if schema is None:
            commit = self._prepare_files(provenance)
        else:
            commit = prepare_commit(self.table, self.folder, schema, partition_columns, kept, provenance)
        commit.rehearse()
        return commit

    def clear_rows(self) -> None:
        """Remove the staged rows."""
        with contextlib.suppress(OSError):
            storage_of(self.table).remove_tree(self.folder)

    def abort(self) -> None:
        """Remove everything staged; the dataset keeps its last version."""
        storage = storage_of(self.table)
        rows, files = self.table / f"transaction-{self.identifier}", self.table / "_files" / self.identifier
        for staged in (rows, files, _staged(rows), _staged(files), self.unfinished_folder):
            with contextlib.suppress(OSError):
                storage.remove_tree(staged)
        for folder in (files.parent, self.table):
            storage.remove_if_empty(folder)

    def _named(self, folder: Path) -> Path:
        return folder if self.is_sealed or storage_of(self.table).is_remote else _staged(folder)

    def _seal(self) -> None:
        """Give the folders their final names; a killed job may have renamed some already."""
        storage, staged = storage_of(self.table), (self.folder, self.files_folder)
        self.is_sealed = True
        if storage.is_remote:
            return
        folders = (*staged, self.folder, self.files_folder)
        storage.require_no_links(self.table, [f"{folder.relative_to(self.table).as_posix()}/" for folder in folders])
        try:
            for before, after in zip(staged, (self.folder, self.files_folder), strict=True):
                if before != after and before.is_dir() and not after.exists():
                    before.rename(after)
            storage.remove_tree(self.unfinished_folder)
            storage.remove_if_empty(self.unfinished_folder.parent)
        except OSError as error:
            raise StoreError(f"{self.table} cannot be committed: {error}. It keeps its last version.") from error

    def _complete_files(self, base: TableVersion | None) -> Mapping[str, Any]:
        """Link the files of `base` into the staged folder and return the provenance's fields about files."""
        with refusals(f"{self.table} cannot be committed"):
            storage_of(self.table).make_folder(self.files_folder)
            staged = {entry.path for entry in list_files(self.files_folder)}
            before = {entry.path for entry in base.file_entries} if base is not None and base.files_folder else set()
            if base is not None and base.files_folder is not None:
                link_files(base.files_folder, self.files_folder, before - staged)
        return {"files": self._files_path, **({"replaces_files": True} if before & staged else {})}

    @property
    def _files_path(self) -> str:
        return self.files_folder.relative_to(self.table).as_posix()

    def _prepare_files(self, provenance: Provenance) -> DeltaCommit:
        """Return the commit of a dataset without rows, whose table lists its files."""
        with refusals(f"{self.table} cannot be committed"):
            storage_of(self.table).make_folder(self.files_folder)
            write_index(self.folder, list_files(self.files_folder))
        provenance = provenance.with_fields(files=provenance.files or self._files_path, holds="files")
        return prepare_commit(self.table, self.folder, INDEX_SCHEMA, (), None, provenance)


def write_index(folder: Path, entries: Sequence[FileEntry]) -> None:
    """Write the list of a dataset's files as Parquet.

    Args:
        folder: folder of the staged rows.
        entries: the files.
    """
    storage_of(folder).make_folder(folder)
    table = pa.Table.from_pylist([entry._asdict() for entry in entries], schema=_ARROW)
    with (folder / "files.parquet").open("wb") as stream:
        pq.write_table(table, stream)


def _staged(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{STAGED}")
