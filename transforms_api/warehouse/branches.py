"""The branches of a warehouse, the versions that they need, and the removal of what none needs.

A branch is a folder of the warehouse that contains datasets; there is no separate list of branches. Commits state which
version of another branch's table they continue, and from which versions a dataset was made. Vacuum removes the files of
all other versions; the versions stay in the log.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.warehouse.history import commit_times, has_its_files, version_of
from transforms_api.warehouse.iceberg import forget_snapshots, renew_snapshots
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.paths import OWN_FOLDERS, OWN_NAMES, decode_name, storage_of, walk
from transforms_api.warehouse.provenance import newest_change, read_commits
from transforms_api.warehouse.storage import FileInfo
from transforms_api.warehouse.table import TableVersion, continued_table, is_table, latest_version
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


# Vacuum

_HOLDS_ROWS = re.compile(r"transaction-[0-9a-f]{32}(\.staged)?|.*=.*")
"""Folders of Parquet files in a table's folder: transactions, and the partitions of other writers."""


@dataclass(frozen=True)
class Vacuumed:
    """The files that vacuum removes from a dataset.

    Attributes:
        dataset: path of the dataset.
        files: names relative to the table's folder.
        bytes: space that becomes free; files shared with another branch do not count.
    """

    dataset: str
    files: tuple[str, ...]
    bytes: int


def remove_unused_files(
    warehouse: Warehouse, datasets: Iterable[str], unused_since: datetime, dry_run: bool = False
) -> list[Vacuumed]:
    """Remove the files of datasets that nothing has needed since a time.

    A version's files stay for that long after another version replaced it. The last version stays, and so do versions
    that a branch continues or from which any dataset was last made, since its next incremental build may read them.
    Files that a killed job staged are removed after the same delay.

    Args:
        warehouse: the warehouse and the branch of the datasets.
        datasets: paths of the datasets.
        unused_since: files that were needed after this time stay.
        dry_run: remove nothing.

    Returns:
        One entry per dataset.

    Raises:
        StoreError: the branch lacks a dataset, or files of its last version are missing.
        LockedError: a build is writing a dataset.
    """
    tables = {dataset: _own_table(warehouse, dataset) for dataset in datasets}
    with open_multi_table_transaction(warehouse.root, list(tables.values()), "vacuum", timeout=0):
        needed: dict[Path, set[int]] = defaultdict(set)
        for need in list_needs(warehouse.root):
            needed[need.table].add(need.version)
        unused = {
            dataset: sorted(_unused_files(table, unused_since, needed[table])) for dataset, table in tables.items()
        }
        done = [
            Vacuumed(
                dataset,
                tuple(file.path for file in files),
                warehouse.storage.exclusive_bytes(tables[dataset], files),
            )
            for dataset, files in unused.items()
        ]
        if not dry_run:
            for dataset, files in unused.items():
                _remove(tables[dataset], files)
                if files:
                    renew_snapshots(warehouse.root, tables[dataset])
    return done


def _own_table(warehouse: Warehouse, dataset: str) -> Path:
    table = warehouse.table(dataset)
    if not is_table(table):
        raise StoreError(f"{dataset} is not in {warehouse.root} on branch '{warehouse.branch}' itself.")
    return table


def _unused_files(table: Path, unused_since: datetime, needed: Collection[int]) -> Iterator[FileInfo]:
    """Yield the files that no kept version names: Parquet files with their checksums, and folders of files."""
    kept, since = _kept_versions(table, unused_since, needed), unused_since.timestamp()
    storage = storage_of(table)
    used_files = {path for version in kept for path in version.paths}
    used_folders = {version.files_folder for version in kept}
    for file in _files_of_rows(table):
        if _parquet_of(file.path) not in used_files and file.modified <= since:
            yield file
    for folder in storage.folders(table / "_files"):
        files = storage.files_below(folder)
        if folder not in used_folders and storage.changed_at(folder, files) <= since:
            yield from (_below(f"_files/{folder.name}", file) for file in files)


def _kept_versions(table: Path, unused_since: datetime, needed: Collection[int]) -> list[TableVersion]:
    latest = latest_version(table)
    if not has_its_files(latest):
        raise StoreError(f"{table} lacks files of its last version; nothing has been removed. Restore an earlier one.")
    times = commit_times(table)
    recent = {version for version, following in pairwise(sorted(times)) if times[following] > unused_since}
    kept = (version_of(commit) for commit in read_commits(table, "") if commit.version in {*recent, *needed})
    return [latest, *filter(None, kept)]


def _files_of_rows(table: Path) -> Iterator[FileInfo]:
    """Yield the Parquet files of a table; other folders may be datasets, and links lead elsewhere."""
    storage = storage_of(table)
    for folder in storage.folders(table):
        if _HOLDS_ROWS.fullmatch(folder.name):
            yield from (_below(folder.name, file) for file in storage.files_below(folder))
    own = [name for name in storage.names(table) if _parquet_of(name).endswith(".parquet")]
    yield from (file for file in storage.infos(table, own).values() if file is not None and not file.is_link)


def _below(folder: str, file: FileInfo) -> FileInfo:
    return file._replace(path=f"{folder}/{file.path}")


def _parquet_of(path: str) -> str:
    """Return the Parquet file to which the checksum `.NAME.crc` belongs, or the file itself."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name[1:].removesuffix('.crc')}" if name.endswith(".crc") else path


def _remove(table: Path, files: Iterable[FileInfo]) -> None:
    """Remove files and the folders that become empty."""
    try:
        storage_of(table).remove_files(table, [file.path for file in files])
    except OSError as error:
        raise StoreError(f"Not all unused files of {table} could be removed: {error}. Vacuum it again.") from error
