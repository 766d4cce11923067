"""Restoring a version of a dataset, alone or together with what was made from it.

The provenance of a version names the transactions of its inputs, so the logs of the tables have the versions of that
time; no module of the project is read.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deltalake import CommitProperties
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.branches import list_branches
from transforms_api.warehouse.history import find_version, has_its_files, version_of
from transforms_api.warehouse.iceberg import publish_snapshots
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.paths import open_delta
from transforms_api.warehouse.provenance import Commit, InputVersion, Provenance
from transforms_api.warehouse.publish import prepare_commit
from transforms_api.warehouse.table import TableVersion, latest_version, link_files
from transforms_api.warehouse.transaction import Transaction
from transforms_api.warehouse.warehouse import Warehouse


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
    provenance = Provenance.of_restore(before, version.version, warehouse.branch, transaction.identifier)
    if version.table == transaction.table:
        _commit_here(transaction, version, provenance)
    else:
        _commit_on_branch(transaction, version, provenance)
    publish_snapshots(warehouse.root, [transaction.table])
    return latest_version(transaction.table, warehouse.branch)


def _commit_here(transaction: Transaction, version: TableVersion, provenance: Provenance) -> None:
    """Commit that the table has the files of the version again, and no others."""
    try:
        open_delta(transaction.table).restore(
            version.version, commit_properties=CommitProperties(custom_metadata={"userMetadata": provenance.to_json()})
        )
    except DeltaError as error:
        raise StoreError(
            f"{transaction.table} cannot be restored to version {version.version}: {error}. It keeps its last version."
        ) from error


def _commit_on_branch(transaction: Transaction, version: TableVersion, provenance: Provenance) -> None:
    """Create the branch's own table with links to the files of the version on another branch."""
    if version.files_folder is not None:
        transaction.is_sealed = True  # the folder is complete at once: nothing is staged
        link_files(version.files_folder, transaction.files_folder, [entry.path for entry in version.file_entries])
        provenance = provenance.with_fields(files=transaction.files_folder.relative_to(transaction.table).as_posix())
    prepare_commit(
        transaction.table, transaction.folder, version.schema, version.partition_columns, version, provenance
    ).commit()


@dataclass(frozen=True)
class Rollback:
    """A dataset that was made, directly or not, from one that is restored.

    Attributes:
        dataset: its path.
        latest: its last version.
        version: the newest version that was made from the restored versions of its inputs; None if there is none whose
            files still exist.
    """

    dataset: str
    latest: TableVersion
    version: TableVersion | None


def downstream_versions(warehouse: Warehouse, dataset: str, number: int) -> list[Rollback]:
    """Return a dataset at a version, and each dataset made from it at the version of that time, inputs first.

    A dataset counts as made from another one if any of its versions read the other.

    Args:
        warehouse: the warehouse and the branch to read.
        dataset: path of the dataset.
        number: Delta version of it.

    Raises:
        StoreError: no branch has the dataset, the version does not exist, or its files have been removed.
    """
    start = find_version(warehouse, dataset, number)
    latest = {path: version for path in _datasets(warehouse) if (version := warehouse.latest(path)) is not None}
    reads = {path: {name for commit in newest.commits for name in commit.inputs} for path, newest in latest.items()}
    chosen = {dataset: Rollback(dataset, latest[dataset], start)}
    for path in _below(dataset, reads):
        wanted = {name: _transactions(chosen[name].version) for name in reads[path] if name in chosen}
        chosen[path] = Rollback(path, latest[path], _made_from(latest[path], wanted))
    return list(chosen.values())


def restore_downstream(warehouse: Warehouse, dataset: str, number: int) -> list[Rollback]:
    """Restore a version of a dataset, and of each dataset made from it the version of that time; return all of them.

    The provenance of each restored version names the restored versions of its inputs, so that a build leaves all of
    them alone while the code is that of the time. A dataset without a version of that time keeps its last one.

    Args:
        warehouse: the warehouse and the branch to write.
        dataset: path of the dataset.
        number: Delta version to restore.

    Raises:
        StoreError: the version does not exist or cannot be restored; nothing has been changed. Or a commit fails.
        LockedError: a build is writing one of the datasets.
    """
    tables = [warehouse.table(step.dataset) for step in downstream_versions(warehouse, dataset, number)]
    purpose = f"the restore of {dataset} and what was made from it"
    with open_multi_table_transaction(warehouse.root, tables, purpose, timeout=0):
        versions = downstream_versions(warehouse, dataset, number)
        if any(warehouse.table(step.dataset) not in tables for step in versions):
            raise StoreError(f"A build has made a new dataset from {dataset}: run the restore again.")
        for step in versions:
            _require_restorable(step)
        restored = dict[str, InputVersion]()
        for step in versions:
            if step.version is not None:
                restored_version = restore_in(warehouse, step.dataset, step.version, restored)
                restored[step.dataset] = restored_version.as_input
    return [
        Rollback(step.dataset, latest_version(warehouse.table(step.dataset), warehouse.branch), step.version)
        if step.version
        else step
        for step in versions
    ]


def _require_restorable(step: Rollback) -> None:
    version = step.version
    if version is not None and (version.has_rewritten_rows or step.latest.has_rewritten_rows):
        raise StoreError(
            f"Nothing has been changed: {step.dataset} has deletion vectors or renamed columns, which only Delta on "
            f"Spark can restore. Run RESTORE TABLE delta.`{version.table}` TO VERSION AS OF {version.version}."
        )


def _datasets(warehouse: Warehouse) -> Iterator[str]:
    own = (warehouse.branch, *warehouse.fallback_branches)
    yield from sorted(
        {path for branch in list_branches(warehouse.root) if branch.name in own for path in branch.tables}
    )


def _below(dataset: str, reads: Mapping[str, set[str]]) -> list[str]:
    """Return the datasets that were made from a dataset, directly or not, inputs first."""
    below, waiting = set[str](), [dataset]
    while waiting:
        name = waiting.pop()
        new = {path for path, inputs in reads.items() if name in inputs and path != dataset} - below
        below |= new
        waiting += new
    try:
        order = list(graphlib.TopologicalSorter({path: sorted(reads[path] & below) for path in below}).static_order())
    except graphlib.CycleError as error:
        circle = " → ".join(error.args[1])
        raise StoreError(
            f"The datasets {circle} were made from each other at different times: restore each alone."
        ) from None
    return order


def _transactions(version: TableVersion | None) -> set[str]:
    """Return the transactions whose rows a version has: its own, and those that it is a restore of."""
    if version is None:
        return set()
    commits = {(commit.branch, commit.version): commit for commit in version.commits}
    transactions, commit = set[str](), version.commit
    while commit.transaction not in transactions:
        transactions.add(commit.transaction)
        number = commit.provenance.restored if commit.provenance else None
        restored = _restored(commits, commit, number)
        if restored is None:
            break
        commit = restored
    return transactions


def _restored(commits: Mapping[tuple[str, int], Commit], commit: Commit, number: int | None) -> Commit | None:
    """Return the last commit that changed rows at the version that a commit restored, if it is of the same branch."""
    if number is None:
        return None
    before = [
        candidate
        for (branch, version), candidate in commits.items()
        if branch == commit.branch and version <= number and not candidate.is_maintenance
    ]
    return max(before, key=lambda candidate: candidate.version, default=None)


def _made_from(latest: TableVersion, wanted: Mapping[str, set[str]]) -> TableVersion | None:
    """Return the newest version that read these transactions of its inputs, and whose files exist."""
    for commit in latest.commits:
        reads = {name: read.transaction for name, read in commit.inputs.items() if name in wanted}
        if (
            commit.table == latest.table
            and reads
            and not commit.is_maintenance
            and all(reads[name] in wanted[name] for name in reads)
        ):
            version = version_of(commit)
            if version is not None and has_its_files(version):
                return version
    return None
