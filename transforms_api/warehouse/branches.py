"""The branches of a warehouse: their datasets, and the versions that other branches need.

A branch is a folder of the warehouse that contains datasets; there is no separate list of branches. Commits state which
version of another branch's table they continue, and from which versions a dataset was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.warehouse.history import commit_times
from transforms_api.warehouse.iceberg import forget_snapshots
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.names import OWN_FOLDERS, OWN_NAMES, continued_table, decode_name
from transforms_api.warehouse.provenance import newest_change, read_commits
from transforms_api.warehouse.table import is_table
from transforms_api.warehouse.uris import storage_of, walk
from transforms_api.warehouse.warehouse import Warehouse

_PARTS_OF_TABLE = re.compile(f"{OWN_FOLDERS.pattern}|.*=.*")
"""Folders of a table, of other writers' partitions too: no dataset lies in them."""


@dataclass(frozen=True)
class Branch:
    """A branch and its own datasets.

    Attributes:
        name: name of the branch.
        folder: folder of the branch.
        tables: dataset → the folder of its table.
    """

    name: str
    folder: Path
    tables: dict[str, Path]

    @property
    def last_commit(self) -> datetime:
        """Time of the newest commit on the branch, in UTC."""
        return max(time for table in self.tables.values() for time in commit_times(table, 1).values())

    @property
    def own_bytes(self) -> int:
        """Bytes that only this branch uses: files shared with other branches do not count."""
        storage = storage_of(self.folder)
        files = (file for file in storage.files_below(self.folder) if not file.is_link)
        return storage.exclusive_bytes(self.folder, files)


@dataclass(frozen=True)
class Need:
    """A dataset that needs a version of a table.

    Attributes:
        branch: branch of the dataset.
        dataset: path of the dataset.
        table: folder of the needed table.
        needed_branch: branch of the needed table.
        version: Delta version that is needed.
        why: 'continues' or 'was made from'.
    """

    branch: str
    dataset: str
    table: Path
    needed_branch: str
    version: int
    why: str


def list_branches(root: Path) -> list[Branch]:
    """Return the branches of a warehouse, sorted by name.

    Args:
        root: folder of the warehouse.
    """
    folders = [folder for folder in storage_of(root).folders(root) if folder.name.casefold() not in OWN_NAMES]
    branches = [Branch(decode_name(folder.name), folder, _tables(folder.resolve())) for folder in folders]
    return sorted((branch for branch in branches if branch.tables), key=lambda branch: branch.name)


def list_needs(root: Path) -> list[Need]:
    """Return the versions that the datasets of all branches need.

    Args:
        root: folder of the warehouse.
    """
    return [
        need
        for branch in list_branches(root)
        for dataset, table in branch.tables.items()
        for need in (*_continued(branch.name, dataset, table), *_made_from(root, branch.name, dataset, table))
    ]


def delete_branch(root: Path, name: str, default: str) -> Branch:
    """Remove a branch with all its datasets, and return it.

    Foundry does not document what happens to the children of a deleted branch. Here a branch that another one continues
    or has read cannot be deleted, since the other branch's history and its next incremental build need it.

    Args:
        root: folder of the warehouse.
        name: the branch to delete.
        default: the branch that others fall back to.

    Raises:
        StoreError: the branch does not exist, is the default branch, or another branch needs it.
        LockedError: a build is writing a dataset of the branch.
    """
    branch = branch_named(root, name)
    if name == default:
        raise StoreError(f"'{name}' is the default branch, which others fall back to: it cannot be deleted.")
    with open_multi_table_transaction(
        root, list(branch.tables.values()), f"the deletion of branch '{name}'", timeout=0
    ):
        others = [need for need in list_needs(root) if need.needed_branch == name and need.branch != name]
        if others:
            first = f"{others[0].dataset} of branch '{others[0].branch}' {others[0].why} it"
            more = f", and {len(others) - 1} more" if len(others) > 1 else ""
            raise StoreError(
                f"Branch '{name}' is still needed: {first}{more}. Delete those branches first, or build them anew."
            )
        try:
            forget_snapshots(root, branch.tables.values())
            storage_of(root).remove_tree(branch.folder)
        except OSError as error:
            raise StoreError(f"Branch '{name}' could be deleted in parts only: {error}. Delete it again.") from error
    return branch


def branch_named(root: Path, name: str) -> Branch:
    """Return a branch.

    Args:
        root: folder of the warehouse.
        name: name of the branch.

    Raises:
        StoreError: the warehouse has no such branch.
    """
    branches = {branch.name: branch for branch in list_branches(root)}
    if name not in branches:
        known = ", ".join(branches) or "none yet"
        raise StoreError(f"There is no branch '{name}' in {root}. Its branches: {known}.")
    return branches[name]


def _tables(folder: Path) -> dict[str, Path]:
    """Return the tables of a branch; a table may lie in the folder of another one."""
    tables = {}
    for table, names in walk(folder, is_skipped=lambda name: bool(_PARTS_OF_TABLE.fullmatch(name))):
        if "_delta_log" in names and is_table(table):
            tables["/" + decode_name(table.relative_to(folder).as_posix())] = table
    return tables


def _continued(branch: str, dataset: str, table: Path) -> Iterator[Need]:
    """Yield the version of the parent branch that the table's first commit continues."""
    for first in read_commits(table, branch, version=0):
        if parent := first.continues:
            yield Need(branch, dataset, continued_table(first, parent), parent.branch, parent.version, "continues")


def _made_from(root: Path, branch: str, dataset: str, table: Path) -> Iterator[Need]:
    """Yield the versions from which a dataset was last made; the next incremental build compares with them."""
    last = newest_change(table, branch)
    for name, read in (last.inputs if last else {}).items():
        source = Warehouse(root).table(name, read.branch)
        yield Need(branch, dataset, source, read.branch, read.version, "was made from")
