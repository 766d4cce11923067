"""What a table's Delta log says: versions, files, what they were made from. Read by delta-rs, without a JVM."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.store.commits import Commit, newest_change, read_commits
from transforms_api.store.files import FileEntry, list_files


@dataclass(frozen=True)
class TableVersion:
    """One committed version of a dataset.

    Attributes:
        table: the dataset's folder.
        branch: the branch that the folder belongs to.
        schema: the schema as JSON, the same text for Delta and for Spark.
        paths: its Parquet files, relative to `table`.
        is_plain: its rows are those of its files: no partition columns, deletion vectors or renamed columns.
        has_rewritten_rows: its rows are not those of its files, even with their partitions' values added.
    """

    table: Path
    branch: str
    version: int
    schema: str
    paths: tuple[str, ...]
    rows: int
    partition_columns: tuple[str, ...]
    has_rewritten_rows: bool

    @property
    def is_plain(self) -> bool:
        """Whether the table's rows are those of its files, no more and no less."""
        return not self.partition_columns and not self.has_rewritten_rows

    @property
    def files(self) -> tuple[str, ...]:
        """Absolute paths of the Parquet files."""
        return tuple(str(self.table / path) for path in self.paths)

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """The commits that led to this version, the newest first, back into the branch that it continues."""
        return tuple(_commits(self.table, self.branch, self.version))

    @cached_property
    def commit(self) -> Commit:
        """The last commit that changed the dataset."""
        newest = newest_change(self.table, self.branch, self.version)
        return newest or next(commit for commit in self.commits if not commit.is_maintenance)

    @property
    def holds_files_only(self) -> bool:
        """Whether the dataset has files and no rows; the table then lists the files."""
        return self.commit.provenance.get("holds") == "files"

    @property
    def files_folder(self) -> Path | None:
        """The folder of the dataset's own files, None where it has rows alone."""
        name = self.commit.provenance.get("files")
        return self.table / str(name) if name else None

    @cached_property
    def file_entries(self) -> tuple[FileEntry, ...]:
        """The files that the dataset shows: its own, or else the Parquet files of its rows."""
        if self.files_folder is not None:
            return list_files(self.files_folder)
        return list_files(self.table, self.paths)


def is_table(table: Path) -> bool:
    """Tell whether a Delta table has been committed there."""
    return (table / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(table))


def latest_version(table: Path, branch: str = "master") -> TableVersion:
    """Return the last committed version.

    Raises:
        StoreError: the log cannot be read.
    """
    return version_at(table, branch, None)


def version_at(table: Path, branch: str, version: int | None) -> TableVersion:
    """Return a version by its number, or the last one for None.

    Raises:
        StoreError: the log cannot be read, or the version is no longer there.
    """
    try:
        delta = DeltaTable(str(table), version=version)
        actions = delta.get_add_actions(flatten=True)
        return TableVersion(
            table=table,
            branch=branch,
            version=delta.version(),
            schema=delta.schema().to_json(),
            paths=tuple(os.path.relpath(file, table) for file in delta.file_uris()),
            rows=sum(actions.column("num_records").to_pylist()) if "num_records" in actions.schema.names else 0,
            partition_columns=tuple(delta.metadata().partition_columns),
            has_rewritten_rows=bool(set(delta.protocol().reader_features or ()) - {"timestampNtz"}),
        )
    except DeltaError as error:
        raise StoreError(f"The Delta log of {table} cannot be read: {error}") from error


def provenance(table: Path) -> dict[str, Any]:
    """Return what the last commit says of its making; empty where it says nothing."""
    return dict(latest_version(table).commit.provenance)


def _commits(table: Path, branch: str, version: int) -> Iterator[Commit]:
    own = list(read_commits(table, branch, version))
    yield from own
    if continued := own[-1].provenance.get("continues"):
        yield from _commits((table / continued["table"]).resolve(), continued["branch"], continued["version"])


def schema_of(version: TableVersion) -> dict[str, Any]:
    """Return the schema as parsed JSON."""
    found: dict[str, Any] = json.loads(version.schema)
    return found
