"""The versions of a dataset: listing them, finding one, restoring one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from deltalake import CommitProperties
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.iceberg import publish_snapshots
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.provenance import Commit, InputVersion, Provenance, read_commits
from transforms_api.warehouse.publish import prepare_commit
from transforms_api.warehouse.table import TableVersion, latest_version, link_files, version_at
from transforms_api.warehouse.transaction import Transaction
from transforms_api.warehouse.uris import open_delta, storage_of
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
    logs: dict[Path, dict[int, dict[str, Any]]] = {}
    entries = []
    for commit in islice(newest.commits, limit):
        if commit.table not in logs:
            logs[commit.table] = _log(commit.table)
        operation = logs[commit.table].get(commit.version, {}).get("operation", "")
        version = version_of(commit)
        rows, is_readable = (version.rows, has_its_files(version)) if version else (None, False)
        entries.append(HistoryEntry(commit, time_of(commit), str(operation), rows, is_readable))
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
    what = "has no longer the files of" if number in commits else "has no"
    readable = [key for key, commit in commits.items() if (one := version_of(commit)) and has_its_files(one)]
    raise StoreError(
        f"{dataset} on branch '{latest.branch}' {what} version {number}. Versions that can be read: {spans(readable)}."
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


def _log(table: Path) -> dict[int, dict[str, Any]]:
    try:
        return {entry["version"]: entry for entry in open_delta(table).history()}
    except DeltaError as error:
        raise StoreError(f"The Delta log of {table} cannot be read: {error}") from error


def restore_version(warehouse: Warehouse, dataset: str, number: int) -> TableVersion:
    """Commit a new version with the rows and files of an earlier one, and return it. Copies no data files.

    The commit is a SNAPSHOT: incremental readers read the dataset in full once. If the branch reads the dataset from
    a fallback branch, the restored version becomes the first of the branch's own; the other branch stays unchanged.

    Foundry does not document what a build does with a dataset that was rolled back. Here the new commit has the
    provenance of the restored version. A build leaves the dataset alone as long as its inputs and its code are those of
    the restored version, rebuilds it otherwise, and an incremental build continues from it. A restored import counts as
    an import.

    Args:
        warehouse: the warehouse and the branch to write.
        dataset: path of the dataset.
        number: Delta version to restore.

    Raises:
        StoreError: the version does not exist, is the last one already, or the commit fails.
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
        return restore_in(warehouse, dataset, version)


def restore_in(
    warehouse: Warehouse, dataset: str, version: TableVersion, inputs: Mapping[str, InputVersion] | None = None
) -> TableVersion:
    """Commit the rows and files of a version as the last version of a dataset, whose table is locked, and return it.

    Args:
        warehouse: the warehouse and the branch to write.
        dataset: path of the dataset.
        version: the version to restore.
        inputs: dataset → version that the provenance names instead of the one that was read.

    Raises:
        StoreError: the commit fails.
    """
    transaction = Transaction(warehouse.table(dataset))
    before = version.commit.provenance
    if before is not None and inputs:
        replaced = {name: inputs.get(name, read) for name, read in before.inputs.items()}
        before = before.with_fields(inputs=replaced)
    made = Provenance.of_restore(before, version.version, warehouse.branch, transaction.identifier)
    if version.table == transaction.table:
        _commit_here(transaction, version, made)
    else:
        _commit_on_branch(transaction, version, made)
    publish_snapshots(warehouse.root, [transaction.table])
    return latest_version(transaction.table, warehouse.branch)


def _commit_here(transaction: Transaction, version: TableVersion, made: Provenance) -> None:
    """Commit that the table has the files of the version again, and no others."""
    try:
        open_delta(transaction.table).restore(
            version.version, commit_properties=CommitProperties(custom_metadata={"userMetadata": made.to_json()})
        )
    except DeltaError as error:
        raise StoreError(
            f"{transaction.table} cannot be restored to version {version.version}: {error}. It keeps its last version."
        ) from error


def _commit_on_branch(transaction: Transaction, version: TableVersion, made: Provenance) -> None:
    """Create the branch's own table with links to the files of the version on another branch."""
    if version.files_folder is not None:
        transaction.is_sealed = True  # the folder is complete at once: nothing is staged
        link_files(version.files_folder, transaction.files_folder, [entry.path for entry in version.file_entries])
        made = made.with_fields(files=transaction.files_folder.relative_to(transaction.table).as_posix())
    prepare_commit(
        transaction.table, transaction.folder, version.schema, version.partition_columns, version, made
    ).commit()
