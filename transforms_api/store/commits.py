"""The commits of a dataset as Foundry's transactions: their ids, their types, what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from deltalake import DeltaTable


class TransactionType(str, Enum):
    """What a transaction does to the rows and files that were there before."""

    SNAPSHOT = "SNAPSHOT"
    """It replaces them."""
    UPDATE = "UPDATE"
    """It adds to them; a file of the same name is replaced."""
    APPEND = "APPEND"
    """It adds to them and replaces nothing."""
    DELETE = "DELETE"
    """It takes some away and adds nothing."""


@dataclass(frozen=True)
class Commit:
    """One commit of a dataset.

    Attributes:
        table: the folder whose log has it; another than the dataset's where a branch continues its parent.
        branch: the branch of that folder.
        transaction: identifier, unique over all datasets.
        type: None where the commit changes neither rows nor files.
        replaces_files: it is an UPDATE that replaced a file of the same name.
        provenance: what it was made from, as it stands in the commit.
    """

    table: Path
    branch: str
    version: int
    transaction: str
    type: TransactionType | None
    replaces_files: bool
    provenance: Mapping[str, Any]

    @property
    def is_maintenance(self) -> bool:
        """Whether it changes neither rows nor files."""
        return self.type is None

    @property
    def is_additive(self) -> bool:
        """Whether all that was there before is still there after it."""
        return self.type in (TransactionType.APPEND, TransactionType.UPDATE) and not self.replaces_files


def read_commits(table: Path, branch: str, version: int, limit: int | None = None) -> list[Commit]:
    """Return the commits of a table's log up to `version`, the newest first; of the last `limit` commits only.

    Commits of other writers, Spark's or delta-rs's own, have no provenance: what they do is told by their operation.
    """
    entries = DeltaTable(str(table)).history(limit)
    return [_commit(table, branch, entry) for entry in entries if entry["version"] <= version]


def _commit(table: Path, branch: str, entry: Mapping[str, Any]) -> Commit:
    provenance = _provenance(entry)
    known = provenance.get("type")
    return Commit(
        table=table,
        branch=branch,
        version=int(entry["version"]),
        transaction=str(provenance.get("transaction", f"{branch}-{table.name}-{entry['version']}")),
        type=TransactionType(known) if known else _type_of(entry),
        replaces_files=bool(provenance.get("replaces_files")),
        provenance=provenance,
    )


def _provenance(entry: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(entry.get("userMetadata") or "{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


_MAINTENANCE = ("VACUUM", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD COLUMN", "CHANGE COLUMN", "FSCK")


def _type_of(entry: Mapping[str, Any]) -> TransactionType | None:
    operation = str(entry.get("operation", ""))
    if operation.startswith(_MAINTENANCE):
        return None
    if operation in ("WRITE", "STREAMING UPDATE") and entry.get("operationParameters", {}).get("mode") == "Append":
        return TransactionType.APPEND
    metrics = entry.get("operationMetrics") or {}
    added = metrics.get("numAddedFiles", metrics.get("num_added_files", "unknown"))
    if operation == "DELETE" and str(added) == "0":
        return TransactionType.DELETE
    return TransactionType.SNAPSHOT
