"""The versions of a dataset: which there are, what each was made from, and which can still be read.

An earlier version of a dataset becomes its last one again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from deltalake import CommitProperties
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.provenance import Commit, TransactionType, read_commits
from transforms_api.warehouse.publish import Rows, prepare_rows
from transforms_api.warehouse.storage import infos_of
from transforms_api.warehouse.table import TableVersion, latest_version, link_files, version_at
from transforms_api.warehouse.transaction import Transaction
from transforms_api.warehouse.uris import open_delta
from transforms_api.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class HistoryEntry:
    """One version of a dataset.

    Attributes:
        time: when it was committed, in UTC.
        operation: Delta's name for what the commit did.
        rows: the rows of the whole version, as its log counts them; None where the log is no longer complete.
        is_readable: its files have not been removed: it can be read and restored.
    """

    commit: Commit
    time: datetime
    operation: str
    rows: int | None
    is_readable: bool


def read_history(version: TableVersion, limit: int | None = None) -> list[HistoryEntry]:
    """Return the last `limit` versions up to `version`, the newest first, back into the branch that it continues.

    Raises:
        StoreError: the log cannot be read.
    """
    logs: dict[Path, dict[int, dict[str, Any]]] = {}
    entries = []
    for commit in islice(version.commits, limit):
        if commit.table not in logs:
            logs[commit.table] = _log(commit.table)
        told, found = logs[commit.table].get(commit.version, {}), version_of(commit)
        rows, is_readable = (found.rows, has_its_files(found)) if found else (None, False)
        entries.append(HistoryEntry(commit, time_of(commit), str(told.get("operation", "")), rows, is_readable))
    return entries


def commit_times(table: Path, limit: int | None = None) -> dict[int, datetime]:
    """Return when the last `limit` versions of a table were committed, in UTC."""
    return {commit.version: time_of(commit) for commit in islice(read_commits(table, ""), limit)}


def find_version(warehouse: Warehouse, dataset: str, number: int | None = None) -> TableVersion:
    """Return a version of a dataset, the last one for None, of the first branch that has the dataset.

    Raises:
        StoreError: no branch has the dataset, it has no such version, or the version's files have been removed. The
            text says which versions there are.
    """
    latest = warehouse.latest(dataset)
    if latest is None:
        raise StoreError(f"{dataset} is not in {warehouse.root} on branch '{warehouse.branch}': build it first.")
    if number is None or number == latest.version:
        return latest
    commits = {commit.version: commit for commit in read_commits(latest.table, latest.branch)}
    found = version_of(commits[number]) if number in commits else None
    if found is not None and has_its_files(found):
        return found
    what = "has no longer the files of" if number in commits else "has no"
    readable = [version for version, commit in commits.items() if (one := version_of(commit)) and has_its_files(one)]
    raise StoreError(
        f"{dataset} on branch '{latest.branch}' {what} version {number}. Versions that can be read: {spans(readable)}."
    )


def version_of(commit: Commit) -> TableVersion | None:
    """Return the version that a commit made; None where the log before it has been cleaned up."""
    try:
        return version_at(commit.table, commit.branch, commit.version)
    except StoreError:
        return None


def has_its_files(version: TableVersion) -> bool:
    """Tell whether all files of a version are on disk; vacuum may have removed some."""
    folder = version.files_folder
    files = infos_of(version.table, version.paths).values()
    return all(file is not None for file in files) and (folder is None or folder.is_dir())


def spans(numbers: Iterable[int]) -> str:
    """Return numbers as people write them: 0 to 2, 5."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in found)


def time_of(commit: Commit) -> datetime:
    """Return when a commit was made, in UTC; without a time in it, when its file was last written to."""
    if commit.timestamp is not None:
        with contextlib.suppress(OverflowError, ValueError, OSError):  # a number that is no time
            return datetime.fromtimestamp(commit.timestamp / 1000, UTC)
    file = commit.table / "_delta_log" / f"{commit.version:020}.json"
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _log(table: Path) -> dict[int, dict[str, Any]]:
    try:
        return {entry["version"]: entry for entry in open_delta(table).history()}
    except DeltaError as error:
        raise StoreError(f"The Delta log of {table} cannot be read: {error}") from error


def restore_version(warehouse: Warehouse, dataset: str, number: int) -> TableVersion:
    """Commit a new version with the rows and files of version `number`, and return it. No data file is copied.

    The commit is a SNAPSHOT: who reads the dataset incrementally reads it as a whole once. Where the branch reads the
    dataset from another one, the restored version becomes its own; the other branch stays as it is.

    Foundry does not document what a build makes of a dataset that was rolled back; decided: the new commit says that it
    was made from what the restored version was made from, by the same transform and logic. A build therefore leaves it
    while these are what they were then, rebuilds it when they are others, and an incremental build goes on from there;
    a restored import stays an import.

    Raises:
        StoreError: there is no such version, it is the last one already, or the commit fails.
        LockedError: a build is writing the dataset.
    """
    table = warehouse.table(dataset)
    with open_multi_table_transaction(warehouse.root, [table], f"the restore of {dataset}", timeout=0):
        version, latest = find_version(warehouse, dataset, number), find_version(warehouse, dataset)
        if version.table == table and version.version == latest.version:
            raise StoreError(f"Version {number} of {dataset} is its last one already; nothing has been changed.")
        if version.has_rewritten_rows or latest.has_rewritten_rows:
            raise StoreError(
                f"{dataset} has deletion vectors or renamed columns, which only Delta on Spark can restore: "
                f"RESTORE TABLE delta.`{version.table}` TO VERSION AS OF {number}."
            )
        transaction = Transaction(table)
        if version.table == table:
            _commit_here(transaction, version)
        else:
            _commit_on_branch(transaction, version, warehouse.branch)
        return latest_version(table, warehouse.branch)


def _commit_here(transaction: Transaction, version: TableVersion) -> None:
    """Name the files of the version again, and the others no more."""
    described = json.dumps(_provenance(transaction, version, version.branch), sort_keys=True)
    try:
        open_delta(transaction.table).restore(
            version.version, commit_properties=CommitProperties(custom_metadata={"userMetadata": described})
        )
    except DeltaError as error:
        raise StoreError(
            f"{transaction.table} cannot be restored to version {version.version}: {error}. It keeps its last version."
        ) from error


def _commit_on_branch(transaction: Transaction, version: TableVersion, branch: str) -> None:
    """Begin the branch's own table with links to the files of another branch's version."""
    provenance = _provenance(transaction, version, branch)
    if version.files_folder is not None:
        transaction.is_sealed = True  # the folder is complete at once: nothing is staged
        link_files(version.files_folder, transaction.files_folder, [entry.path for entry in version.file_entries])
        provenance["files"] = transaction.files_folder.relative_to(transaction.table).as_posix()
    rows = Rows(transaction.folder, version.schema, version.partition_columns)
    prepare_rows(transaction.table, rows, version, provenance).make()


def _provenance(transaction: Transaction, version: TableVersion, branch: str) -> dict[str, Any]:
    made_from = {"kind": "restore", **version.commit.provenance}
    return {
        **{key: value for key, value in made_from.items() if key not in ("continues", "replaces_files")},
        "branch": branch,
        "restored": version.version,
        "transaction": transaction.identifier,
        "type": TransactionType.SNAPSHOT.value,
    }
