"""The commits of a dataset as Foundry's transactions: their ids, their types, what they were made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from transforms_api.warehouse.storage import names_in

_COMMIT_FILE = re.compile(r"\d{20}\.json")
_LOG_FILE = re.compile(r"(\d{20})\.(json|checkpoint\..*)")


class TransactionType(StrEnum):
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
        timestamp: when it was made, in milliseconds since 1970 UTC; None if the commit does not say.
    """

    table: Path
    branch: str
    version: int
    transaction: str
    type: TransactionType | None
    replaces_files: bool
    provenance: Mapping[str, Any]
    timestamp: int | None = None

    @property
    def is_maintenance(self) -> bool:
        """Whether it changes neither rows nor files."""
        return self.type is None

    @property
    def is_additive(self) -> bool:
        """Whether all that was there before is still there after it."""
        return self.type in (TransactionType.APPEND, TransactionType.UPDATE) and not self.replaces_files


class _Place(BaseModel):
    branch: str
    version: int


class _Read(_Place):
    transaction: str = ""


class _Continued(_Place):
    table: str


class _Checked(BaseModel):
    problem: str | None


class _Provenance(BaseModel):
    """What must have these types, since it is acted upon; a commit in which it has not is another writer's."""

    type: TransactionType | None = None
    files: str | None = None
    continues: _Continued | None = None
    inputs: dict[str, _Read] = {}
    checks: list[_Checked] = []


def read_commits(table: Path, branch: str, version: int | None = None) -> Iterator[Commit]:
    """Return the commits of a table's log up to `version`, the newest first, each read when it is asked for.

    Commits of other writers, Spark's or delta-rs's own, have no provenance: what they do is told by their operation.
    Read are the commits' own files, which takes less than a millisecond where opening a table takes several.
    """
    return _read_commits(table, branch, names_in(table / "_delta_log"), version)


def _read_commits(table: Path, branch: str, names: Iterable[str], version: int | None = None) -> Iterator[Commit]:
    for name in sorted(filter(_COMMIT_FILE.fullmatch, names), reverse=True):
        if version is None or int(name[:20]) <= version:
            yield _commit(table, branch, int(name[:20]), _commit_info(table / "_delta_log" / name))


def newest_change(table: Path, branch: str, version: int | None = None) -> Commit | None:
    """Return the last commit up to `version` that changed a table's rows or files, None where there is none."""
    return next((commit for commit in read_commits(table, branch, version) if not commit.is_maintenance), None)


def last_change(table: Path, branch: str) -> Commit | None:
    """Return the last commit that changed a table's rows or files, None where there is none.

    A commit of a log from which files are missing says nothing: no reader can open the table.
    """
    names = names_in(table / "_delta_log")
    commits = _read_commits(table, branch, names)
    found = next((commit for commit in commits if not commit.is_maintenance), None)
    return found if found is None or _is_complete(names) else replace(found, provenance={})


def _is_complete(names: Iterable[str]) -> bool:
    """Tell whether a log's files lead from its begin, or from a checkpoint, to its last commit without a gap."""
    matches = [match for name in names if (match := _LOG_FILE.fullmatch(name))]
    commits = {int(match[1]) for match in matches if match[2] == "json"}
    last = max(commits, default=-1)
    begin = max((int(match[1]) for match in matches if match[2] != "json" and int(match[1]) <= last), default=-1)
    return commits.issuperset(range(begin + 1, last + 1))


def _commit_info(file: Path) -> dict[str, Any]:
    """Return what a commit says of itself; empty where its writer wrote nothing, half of it, or what is no JSON."""
    try:
        lines = file.read_text(encoding="utf-8").rstrip().split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    told = next((line for line in lines if '"commitInfo"' in line), "")
    return _object(_object(told).get("commitInfo")) if _object(lines[-1]) else {}


def _commit(table: Path, branch: str, version: int, entry: Mapping[str, Any]) -> Commit:
    provenance = _provenance(entry)
    known = provenance.get("type")
    return Commit(
        table=table,
        branch=branch,
        version=version,
        transaction=str(provenance.get("transaction", f"{branch}-{table.name}-{version}")),
        type=TransactionType(known) if known else _type_of(entry),
        replaces_files=bool(provenance.get("replaces_files")),
        provenance=provenance,
        timestamp=entry["timestamp"] if isinstance(entry.get("timestamp"), int) else None,
    )


def _provenance(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = _object(entry.get("userMetadata"))
    try:
        _Provenance.model_validate(found)
    except ValidationError:
        return {}
    return found


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object, of itself or of its text; empty for all else, however broken or deep it is."""
    if isinstance(value, str):
        try:
            value = from_json(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


_MAINTENANCE = ("VACUUM", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD COLUMN", "CHANGE COLUMN", "FSCK")


def _type_of(entry: Mapping[str, Any]) -> TransactionType | None:
    operation = str(entry.get("operation", ""))
    if operation.startswith(_MAINTENANCE):
        return None
    if operation in ("WRITE", "STREAMING UPDATE") and _object(entry.get("operationParameters")).get("mode") == "Append":
        return TransactionType.APPEND
    metrics = _object(entry.get("operationMetrics"))
    added = metrics.get("numAddedFiles", metrics.get("num_added_files", "unknown"))
    if operation == "DELETE" and str(added) == "0":
        return TransactionType.DELETE
    return TransactionType.SNAPSHOT
