"""The Delta commit of staged Parquet files, made by delta-rs."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema, TableFeatures
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from transforms_api.errors import StoreError
from transforms_api.warehouse.columns import (
    Column,
    columns_to_add,
    partition_values,
    require_storable,
    types_of,
    with_columns,
)
from transforms_api.warehouse.paths import open_delta, storage_of
from transforms_api.warehouse.provenance import Provenance
from transforms_api.warehouse.storage import FileInfo
from transforms_api.warehouse.table import TableVersion, is_table, link_files


@dataclass(frozen=True)
class DeltaCommit:
    """A Delta commit with everything that it writes.

    Attributes:
        table: folder of the table.
        actions: the files that the commit adds to the table.
        mode: 'overwrite' removes the files that the table has, 'append' keeps them.
        schema: the schema of the complete table, as Delta's JSON.
        partition_columns: columns by which the table is partitioned.
        added: columns that an 'append' adds to the table, as JSON.
        provenance: what the version is made from; becomes `userMetadata`.
        rows: number of staged rows.
    """

    table: Path
    actions: tuple[AddAction, ...]
    mode: Literal["append", "overwrite"]
    schema: str
    partition_columns: tuple[str, ...]
    added: tuple[Column, ...]
    provenance: Provenance
    rows: int

    def rehearse(self) -> None:
        """Make the commit on a copy of the table without its files, and read the copy.

        delta-rs refuses some commits by rules of its own. The rehearsal finds these before any table changes.

        Raises:
            StoreError: delta-rs refuses the commit, or cannot read the table after it.
        """
        with (
            refusals(f"{self.table} cannot be committed"),
            tempfile.TemporaryDirectory(prefix="transforms-commit-") as folder,
        ):
            if is_table(self.table):
                _copy_without_files(open_delta(self.table), Path(folder))
            self._write(folder, None)
            copy = DeltaTable(folder)
            copy.get_add_actions(flatten=True)
            copy.schema().to_arrow()

    def commit(self) -> int:
        """Make the commit and return the number of staged rows (of files for a dataset without rows).

        Raises:
            StoreError: the commit fails; the table keeps its last version.
        """
        with refusals(f"{self.table} cannot be committed"):
            self._write(str(self.table), storage_of(self.table).delta_options())
        return self.rows

    def _write(self, location: str, options: dict[str, str] | None) -> None:
        commit = CommitProperties(custom_metadata={"userMetadata": self.provenance.to_json()})
        schema, partition_columns = Schema.from_json(self.schema), list(self.partition_columns)
        if DeltaTable.is_deltatable(location, options):
            table = DeltaTable(location, storage_options=options)
            if _allow_times_without_zone(table, self.schema):
                table = DeltaTable(location, storage_options=options)
            if _add_columns(table, self.added):
                table = DeltaTable(location, storage_options=options)
            table.create_write_transaction(
                list(self.actions), self.mode, schema, partition_columns, commit_properties=commit
            )
        else:
            create_table_with_add_actions(
                location,
                schema,
                list(self.actions),
                "error",
                partition_columns,
                storage_options=options,
                commit_properties=commit,
            )


@contextlib.contextmanager
def refusals(problem: str) -> Iterator[None]:
    """Turn every error of delta-rs and Arrow, including panics, into a StoreError.

    Args:
        problem: begin of its message.
    """
    try:
        yield
    except BaseException as error:
        is_panic = type(error).__name__ == "PanicException"  # of Rust; not a subclass of Exception
        if is_panic or isinstance(error, (DeltaError, pa.ArrowException, OSError, ValueError, TypeError)):
            raise StoreError(f"{problem}: {error}. It keeps its last version.") from error
        raise


def prepare_commit(
    table: Path,
    folder: Path,
    schema: str,
    partition_columns: Sequence[str],
    base: TableVersion | None,
    provenance: Provenance,
) -> DeltaCommit:
    """Return the commit of staged rows.

    Args:
        table: folder of the table.
        folder: folder of the staged Parquet files; need not exist if there are none.
        schema: schema of the staged rows, as Delta's JSON.
        partition_columns: columns by which the staged rows are partitioned.
        base: the version whose rows stay, of this table or of the one that a branch continues; None replaces all.
        provenance: what the version is made from.

    Raises:
        StoreError: a file cannot be read.
        WriteError: the rows cannot be a dataset, or have other types or partitions than those of `base`.
    """
    added = columns_to_add(str(table), schema, partition_columns, base) if base is not None else []
    if base is not None:
        schema, partition_columns = with_columns(base.schema, added), base.partition_columns
    require_storable(str(table), schema, partition_columns)
    with refusals(f"{table} cannot be committed"):
        staged = list(_actions(table, folder, staged_files(folder)))
        actions = [action for action, _ in staged]
        appends = base is not None and base.table == table
        if base is not None and not appends:
            storage_of(table).require_no_links(table, base.paths)
            link_files(base.table, table, base.paths)
            actions = [action for action, _ in _actions(table, table, list(_kept_files(table, base)))] + actions
    return DeltaCommit(
        table,
        tuple(actions),
        "append" if appends else "overwrite",
        schema,
        tuple(partition_columns),
        tuple(added) if appends else (),
        provenance,
        sum(count for _, count in staged),
    )


def staged_files(folder: Path) -> list[FileInfo]:
    """Return the Parquet files of finished writes, by name.

    Spark's tasks write into `_temporary` and leave unfinished files there. Like Spark's readers, this ignores names
    that begin with '_' or '.', except partitions (`_day=1`).

    Args:
        folder: folder of a transaction's rows.
    """
    files = (file for file in storage_of(folder).files_below(folder) if file.path.endswith(".parquet"))
    return sorted(file for file in files if not any(map(_is_hidden, file.path.split("/"))))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _allow_times_without_zone(table: DeltaTable, schema: str) -> bool:
    """Add the feature of a table's protocol that the first time without a zone needs; return whether it was added."""
    if '"timestamp_ntz"' not in schema or "timestampNtz" in (table.protocol().reader_features or ()):
        return False
    table.alter.add_feature(TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True)
    return True


def _add_columns(table: DeltaTable, added: Sequence[Column]) -> bool:
    """Add the columns and nested fields that a table lacks, and return whether there were any.

    A killed job may have added some already.
    """
    if not added:
        return False
    known = types_of(table.schema().to_json())
    missing = [column for column in added if known.get(column["name"]) != column["type"]]
    fields = [Field.from_json(json.dumps({**column, "nullable": True})) for column in missing]
    if fields:
        table.alter.add_columns(fields)
    return bool(fields)


def _copy_without_files(table: DeltaTable, folder: Path) -> None:
    """Write the log of a table with the same protocol, settings and columns as `table`.

    The copy names one file if `table` has any, so that an append-only table refuses an overwrite.
    """
    protocol, metadata = table.protocol(), table.metadata()
    lines: list[dict[str, Any]] = [
        {
            "protocol": {
                "minReaderVersion": protocol.min_reader_version,
                "minWriterVersion": protocol.min_writer_version,
                **({"readerFeatures": protocol.reader_features} if protocol.reader_features is not None else {}),
                **({"writerFeatures": protocol.writer_features} if protocol.writer_features is not None else {}),
            }
        },
        {
            "metaData": {
                "id": str(metadata.id),
                "format": {"provider": "parquet", "options": {}},
                "schemaString": table.schema().to_json(),
                "partitionColumns": metadata.partition_columns,
                "configuration": metadata.configuration,
                "createdTime": metadata.created_time,
            }
        },
    ]
    if table.get_add_actions().num_rows:
        values = dict.fromkeys(metadata.partition_columns)
        add = {"path": "a.parquet", "partitionValues": values, "size": 1, "modificationTime": 0, "dataChange": True}
        lines.append({"add": add})
    log = folder / "_delta_log"
    log.mkdir()
    (log / f"{0:020}.json").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")


def _kept_files(table: Path, base: TableVersion) -> Iterator[FileInfo]:
    """Yield the files of `base` in the folder of another branch's table.

    Raises:
        StoreError: a file is missing; without it the commit would lose rows.
    """
    for path, file in storage_of(table).infos(table, base.paths).items():
        if file is None:
            raise base.damaged(path, "is missing")
        yield file


def _actions(table: Path, folder: Path, files: Sequence[FileInfo]) -> Iterator[tuple[AddAction, int]]:
    """Yield the action that adds a file, and the number of its rows; files without rows are left out."""
    counts = storage_of(folder).row_counts([folder / file.path for file in files])
    for file, rows in zip(files, counts, strict=True):
        if rows:
            yield (
                AddAction(
                    path=(folder / file.path).relative_to(table).as_posix(),
                    size=file.size,
                    partition_values=dict(partition_values(PurePosixPath(file.path).parent)),
                    modification_time=int(file.modified * 1000),
                    data_change=True,
                    stats=json.dumps({"numRecords": rows}),
                ),
                rows,
            )
