"""What a table's Delta log says: versions, files, what they were made from. Read by delta-rs, without a JVM."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError


@dataclass(frozen=True)
class TableVersion:
    """One committed version of a table.

    Attributes:
        schema: the table's schema as JSON, the same text for Delta and for Spark.
        files: absolute paths of its Parquet files.
        is_plain: its rows are those of its files: no partition columns, deletion vectors or renamed columns.
    """

    table: Path
    version: int
    schema: str
    files: tuple[str, ...]
    rows: int
    is_plain: bool


def is_table(table: Path) -> bool:
    """Tell whether a Delta table has been committed there."""
    return (table / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(table))


def latest_version(table: Path) -> TableVersion:
    """Return the last committed version.

    Raises:
        StoreError: the log cannot be read.
    """
    try:
        delta = DeltaTable(str(table))
        actions = delta.get_add_actions(flatten=True)
        names = actions.schema.names
        return TableVersion(
            table=table,
            version=delta.version(),
            schema=delta.schema().to_json(),
            files=tuple(delta.file_uris()),
            rows=sum(actions.column("num_records").to_pylist()) if "num_records" in names else 0,
            is_plain=not delta.metadata().partition_columns and not delta.protocol().reader_features,
        )
    except DeltaError as error:
        raise StoreError(f"The Delta log of {table} cannot be read: {error}") from error


def provenance(table: Path) -> dict[str, Any]:
    """Return what the last commit says of its making (`userMetadata`); empty where it says nothing."""
    [last] = DeltaTable(str(table)).history(1)
    try:
        found = json.loads(last.get("userMetadata", "{}"))
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
