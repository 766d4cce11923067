"""An earlier version of a dataset becomes its last one again."""

from __future__ import annotations

import json
from typing import Any

from deltalake import CommitProperties
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.store.commits import TransactionType
from transforms_api.store.delta_log import TableVersion, latest_version
from transforms_api.store.files import link_files
from transforms_api.store.history import find_version
from transforms_api.store.journal import open_job
from transforms_api.store.locations import open_delta
from transforms_api.store.publish import Rows, prepare_rows
from transforms_api.store.transaction import Transaction
from transforms_api.store.warehouse import Warehouse


def restore(warehouse: Warehouse, dataset: str, number: int) -> TableVersion:
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
    with open_job(warehouse.root, [table], f"the restore of {dataset}", timeout=0):
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
