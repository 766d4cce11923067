"""Staged Parquet files become a version of a Delta table by one commit of delta-rs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pyarrow as pa
from deltalake import CommitProperties, Field, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from transforms_api.errors import StoreError
from transforms_api.store.columns import columns_to_add, with_columns
from transforms_api.store.delta_log import TableVersion, is_table
from transforms_api.store.files import link_files
from transforms_api.store.locations import delta_options, open_delta
from transforms_api.store.partition_values import partition_values
from transforms_api.store.places import FileInfo, files_below, infos_of, row_counts


@dataclass(frozen=True)
class Rows:
    """Staged rows: a folder of Parquet files, their schema as JSON, and the columns that they are partitioned by."""

    folder: Path
    schema: str
    partition_columns: tuple[str, ...]


def commit_rows(table: Path, rows: Rows, base: TableVersion | None, provenance: Mapping[str, Any]) -> int:
    """Commit staged rows and return how many they are.

    Args:
        table: folder of the table.
        base: the version whose rows stay, of this folder or of the one that a branch continues; None replaces all.
        provenance: stands in the commit as `userMetadata`.

    Raises:
        StoreError: the commit fails; the table keeps its last version.
        WriteError: the rows have other types or partitions than those of `base`.
    """
    commit = CommitProperties(custom_metadata={"userMetadata": json.dumps(provenance, sort_keys=True)})
    try:
        staged = list(_actions(table, rows.folder, staged_files(rows.folder)))
        actions = [action for action, _ in staged]
        if base is None:
            _write(table, actions, "overwrite", rows.schema, rows.partition_columns, commit)
        else:
            added = columns_to_add(str(table), rows.schema, rows.partition_columns, base)
            schema = with_columns(base.schema, added)
            if base.table == table:
                _add_columns(table, added)
                _write(table, actions, "append", schema, base.partition_columns, commit)
            else:
                link_files(base.table, table, base.paths)
                kept = [action for action, _ in _actions(table, table, list(_kept_files(table, base)))]
                _write(table, [*kept, *actions], "overwrite", schema, base.partition_columns, commit)
    except (DeltaError, pa.ArrowException, OSError) as error:
        raise StoreError(f"{table} cannot be committed: {error}. It keeps its last version.") from error
    return sum(count for _, count in staged)


def staged_files(folder: Path) -> list[FileInfo]:
    """Return the Parquet files of finished writes in a transaction's folder, by name.

    Spark's tasks write into `_temporary` and leave there what they could not finish. Readers of such folders, Spark
    itself too, ignore names that begin with '_' or '.', but for partitions (`_day=1`).
    """
    found = (file for file in files_below(folder) if file.path.endswith(".parquet"))
    return sorted(file for file in found if not any(map(_is_hidden, file.path.split("/"))))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _write(
    table: Path,
    actions: Sequence[AddAction],
    mode: Literal["append", "overwrite"],
    schema: str,
    partition_columns: Sequence[str],
    commit: CommitProperties,
) -> None:
    if is_table(table):
        open_delta(table).create_write_transaction(
            list(actions), mode, Schema.from_json(schema), list(partition_columns), commit_properties=commit
        )
    else:
        create_table_with_add_actions(
            str(table),
            Schema.from_json(schema),
            list(actions),
            "error",
            list(partition_columns),
            storage_options=delta_options(table),
            commit_properties=commit,
        )


def _add_columns(table: Path, added: list[dict[str, Any]]) -> None:
    if added:
        fields = [Field.from_json(json.dumps({**column, "nullable": True})) for column in added]
        open_delta(table).alter.add_columns(fields)


def _kept_files(table: Path, base: TableVersion) -> Iterator[FileInfo]:
    """Yield the files of `base` as they lie in the folder of another branch's table.

    Raises:
        StoreError: one is missing; without it the commit would lose rows.
    """
    for path, found in infos_of(table, base.paths).items():
        if found is None:
            raise base.damaged(path, "is missing")
        yield found


def _actions(table: Path, folder: Path, files: Sequence[FileInfo]) -> Iterator[tuple[AddAction, int]]:
    """Yield what names each of these files of `folder` that has rows, and how many."""
    counts = row_counts([folder / file.path for file in files])
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
