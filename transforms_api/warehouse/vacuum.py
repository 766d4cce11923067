"""Vacuum: removes files that no version needs. The versions stay in the log."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.warehouse.branches import list_needs
from transforms_api.warehouse.history import commit_times, has_its_files, version_of
from transforms_api.warehouse.iceberg import renew_snapshots
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.provenance import read_commits
from transforms_api.warehouse.storage import FileInfo
from transforms_api.warehouse.table import TableVersion, is_table, latest_version
from transforms_api.warehouse.uris import storage_of
from transforms_api.warehouse.warehouse import Warehouse

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
