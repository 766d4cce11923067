"""The branches of a warehouse: which there are, what they hold, and which versions others need to stay.

A branch is a folder of the warehouse with datasets in it; there is no list of branches to keep. What a branch needs of
another stands in its commits: which version a table continues, and from which versions a dataset was last made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.warehouse.history import commit_times
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.names import OWN_FOLDERS, OWN_NAMES, continued_table, decode_name
from transforms_api.warehouse.provenance import newest_change, read_commits
from transforms_api.warehouse.storage import exclusive_bytes, files_below, folders_in, remove_tree, walk
from transforms_api.warehouse.table import is_table
from transforms_api.warehouse.warehouse import Warehouse

_PARTS_OF_TABLE = re.compile(f"{OWN_FOLDERS.pattern}|.*=.*")
"""Folders of a table, of other writers' partitions too: no dataset lies in them."""


@dataclass(frozen=True)
class Branch:
    """A branch and the datasets that it has itself.

    Attributes:
        tables: dataset → the folder of its table.
    """

    name: str
    folder: Path
    tables: dict[str, Path]

    @property
    def last_commit(self) -> datetime:
        """When a dataset of the branch was last committed, in UTC."""
        return max(time for table in self.tables.values() for time in commit_times(table, 1).values())

    @property
    def own_bytes(self) -> int:
        """Bytes on disk that only this branch uses: files shared with another branch count for neither."""
        return exclusive_bytes(self.folder, (file for file in files_below(self.folder) if not file.is_link))


@dataclass(frozen=True)
class Need:
    """A dataset of a branch needs a version of a table.

    Attributes:
        dataset: the dataset that needs it, on `branch`.
        table: the table whose version is needed, of `needed_branch`.
        why: 'continues' or 'was made from'.
    """

    branch: str
    dataset: str
    table: Path
    needed_branch: str
    version: int
    why: str


def list_branches(root: Path) -> list[Branch]:
    """Return the branches of a warehouse, by name."""
    folders = [folder for folder in folders_in(root) if folder.name.casefold() not in OWN_NAMES]
    found = [Branch(decode_name(folder.name), folder, _tables(folder.resolve())) for folder in folders]
    return sorted((branch for branch in found if branch.tables), key=lambda branch: branch.name)


def list_needs(root: Path) -> list[Need]:
    """Return which versions of which tables the datasets of all branches need."""
    return [
        need
        for branch in list_branches(root)
        for dataset, table in branch.tables.items()
        for need in (*_continued(branch.name, dataset, table), *_made_from(root, branch.name, dataset, table))
    ]


def delete_branch(root: Path, name: str, default: str) -> Branch:
    """Remove a branch with all its datasets, and return what it was.

    Foundry does not document what becomes of the children of a deleted branch; decided: a branch that another one
    continues or has read stays, since their history and their next incremental build lead into it.

    Raises:
        StoreError: there is no such branch, it is the `default` one, or another branch needs it.
        LockedError: a build is writing a dataset of it.
    """
    found = branch_named(root, name)
    if name == default:
        raise StoreError(f"'{name}' is the default branch, which others fall back to: it cannot be deleted.")
    with open_multi_table_transaction(root, list(found.tables.values()), f"the deletion of branch '{name}'", timeout=0):
        others = [need for need in list_needs(root) if need.needed_branch == name and need.branch != name]
        if others:
            first = f"{others[0].dataset} of branch '{others[0].branch}' {others[0].why} it"
            more = f", and {len(others) - 1} more" if len(others) > 1 else ""
            raise StoreError(
                f"Branch '{name}' is still needed: {first}{more}. Delete those branches first, or build them anew."
            )
        try:
            remove_tree(found.folder)
        except OSError as error:
            raise StoreError(f"Branch '{name}' could be deleted in parts only: {error}. Delete it again.") from error
    return found


def branch_named(root: Path, name: str) -> Branch:
    """Return a branch.

    Raises:
        StoreError: the warehouse has none of this name.
    """
    branches = {branch.name: branch for branch in list_branches(root)}
    if name not in branches:
        known = ", ".join(branches) or "none yet"
        raise StoreError(f"There is no branch '{name}' in {root}. Its branches: {known}.")
    return branches[name]


def _tables(folder: Path) -> dict[str, Path]:
    """Return the tables of a branch; one may lie in the folder of another, as datasets below a dataset do."""
    found = {}
    for table, names in walk(folder, is_skipped=lambda name: bool(_PARTS_OF_TABLE.fullmatch(name))):
        if "_delta_log" in names and is_table(table):
            found["/" + decode_name(table.relative_to(folder).as_posix())] = table
    return found


def _continued(branch: str, dataset: str, table: Path) -> Iterator[Need]:
    """A table says in its first commit which version of its parent it continues."""
    for first in read_commits(table, branch, version=0):
        if parent := first.provenance.get("continues"):
            yield Need(branch, dataset, continued_table(first), parent["branch"], parent["version"], "continues")


def _made_from(root: Path, branch: str, dataset: str, table: Path) -> Iterator[Need]:
    """The next incremental build asks what came since the versions that the last one read."""
    last = newest_change(table, branch)
    for name, read in (last.provenance.get("inputs", {}) if last else {}).items():
        source = Warehouse(root).table(name, read["branch"])
        yield Need(branch, dataset, source, read["branch"], read["version"], "was made from")
