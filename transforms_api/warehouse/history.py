"""The versions of a dataset: listing them, and finding one that can still be read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.paths import open_delta, storage_of
from transforms_api.warehouse.provenance import Commit, read_commits
from transforms_api.warehouse.table import TableVersion, version_at
from transforms_api.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class HistoryEntry:
    """One version of a dataset.

    Attributes:
        commit: the commit that made the version.
        time: time of the commit, in UTC.
        operation: Delta's name of the operation.
        rows: rows of the complete version according to its log; None if the log is no longer complete.
        is_readable: the files still exist, so the version can be read and restored.
    """

    commit: Commit
    time: datetime
    operation: str
    rows: int | None
    is_readable: bool


def read_history(newest: TableVersion, limit: int | None = None) -> list[HistoryEntry]:
    """Return versions of a dataset, newest first, back into the branch that it continues.

    Args:
        newest: the newest version to return.
        limit: number of versions to return at most; None: all.

    Raises:
        StoreError: the log cannot be read.
    """
    operations: dict[Path, dict[int, str]] = {}
    entries = []
    for commit in islice(newest.commits, limit):
        if commit.table not in operations:
            operations[commit.table] = _operations(commit.table)
        version = version_of(commit)
        rows, is_readable = (version.rows, has_its_files(version)) if version else (None, False)
        operation = operations[commit.table].get(commit.version, "")
        entries.append(HistoryEntry(commit, time_of(commit), operation, rows, is_readable))
    return entries


def commit_times(table: Path, limit: int | None = None) -> dict[int, datetime]:
    """Return Delta version → time of its commit in UTC.

    Args:
        table: folder of the table.
        limit: number of versions to return at most, newest first; None: all.
    """
    return {commit.version: time_of(commit) for commit in islice(read_commits(table, ""), limit)}


def find_version(warehouse: Warehouse, dataset: str, number: int | None = None) -> TableVersion:
    """Return a version of a dataset on the first branch that has the dataset.

    Args:
        warehouse: the warehouse and the branch to read.
        dataset: path of the dataset.
        number: Delta version; None: the last one.

    Raises:
        StoreError: no branch has the dataset, the version does not exist, or its files have been removed. The message
            lists the readable versions.
    """
    latest = warehouse.latest(dataset)
    if latest is None:
        raise StoreError(f"{dataset} is not in {warehouse.root} on branch '{warehouse.branch}': build it first.")
    if number is None or number == latest.version:
        return latest
    commits = {commit.version: commit for commit in read_commits(latest.table, latest.branch)}
    version = version_of(commits[number]) if number in commits else None
    if version is not None and has_its_files(version):
        return version
    lacks = "has no longer the files of" if number in commits else "has no"
    versions = {key: version_of(commit) for key, commit in commits.items()}
    readable = [key for key, listed in versions.items() if listed and has_its_files(listed)]
    raise StoreError(
        f"{dataset} on branch '{latest.branch}' {lacks} version {number}. Versions that can be read: {spans(readable)}."
    )


def version_of(commit: Commit) -> TableVersion | None:
    """Return the version that a commit made; None if the log before the commit has been cleaned up.

    Args:
        commit: the commit.
    """
    try:
        return version_at(commit.table, commit.branch, commit.version)
    except StoreError:
        return None


def has_its_files(version: TableVersion) -> bool:
    """Return whether all files of a version exist; vacuum may have removed some.

    Args:
        version: the version.
    """
    folder = version.files_folder
    files = storage_of(version.table).infos(version.table, version.paths).values()
    return all(file is not None for file in files) and (folder is None or folder.is_dir())


def spans(numbers: Iterable[int]) -> str:
    """Return numbers as text, with spans: "0 to 2, 5".

    Args:
        numbers: integers in any order.
    """
    groups: list[list[int]] = []
    for number in sorted(numbers):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in groups)


def time_of(commit: Commit) -> datetime:
    """Return the time of a commit in UTC; the time at which its file was written if the commit contains none.

    Args:
        commit: the commit.
    """
    if commit.timestamp is not None:
        with contextlib.suppress(OverflowError, ValueError, OSError):  # a number that is no time
            return datetime.fromtimestamp(commit.timestamp / 1000, UTC)
    file = commit.table / "_delta_log" / f"{commit.version:020}.json"
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _operations(table: Path) -> dict[int, str]:
    """Return Delta version → Delta's name of the operation that made it."""
    try:
        return {entry["version"]: str(entry.get("operation", "")) for entry in open_delta(table).history()}
    except DeltaError as error:
        raise StoreError(f"The Delta log of {table} cannot be read: {error}") from error
