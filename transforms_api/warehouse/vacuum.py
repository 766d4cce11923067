"""Files that no version needs any more are removed; versions themselves stay in the log."""

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
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.provenance import read_commits
from transforms_api.warehouse.storage import (
    FileInfo,
    changed_at,
    exclusive_bytes,
    files_below,
    folders_in,
    infos_of,
    names_in,
    remove_files,
)
from transforms_api.warehouse.table import TableVersion, is_table, latest_version
from transforms_api.warehouse.warehouse import Warehouse

_HOLDS_ROWS = re.compile(r"transaction-[0-9a-f]{32}(\.staged)?|.*=.*")
"""Folders of Parquet files in a table's folder: transactions, and the partitions of other writers."""


@dataclass(frozen=True)
class Vacuumed:
    """What was removed of a dataset, or would be.

    Attributes:
        files: relative to the table's folder.
        bytes: what the disk gets back; files shared with another branch give nothing.
    """

    dataset: str
    files: tuple[str, ...]
    bytes: int


def remove_unused_files(
    warehouse: Warehouse, datasets: Iterable[str], unused_since: datetime, dry_run: bool = False
) -> list[Vacuumed]:
    """Remove the files of these datasets of the warehouse's branch that nothing has needed since `unused_since`.

    A version's files stay until that long after another version replaced it. The last version stays; so does one that a
    branch continues, and one from which any branch's dataset was last made, since its next incremental build may read
    it. What a killed job staged goes with the same delay.

    Raises:
        StoreError: the branch has no such dataset, or files of its last version are missing already.
        LockedError: a build is writing the dataset.
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
            Vacuumed(dataset, tuple(file.path for file in files), exclusive_bytes(tables[dataset], files))
            for dataset, files in unused.items()
        ]
        if not dry_run:
            for dataset, files in unused.items():
                _remove(tables[dataset], files)
    return done


def _own_table(warehouse: Warehouse, dataset: str) -> Path:
    table = warehouse.table(dataset)
    if not is_table(table):
        raise StoreError(f"{dataset} is not in {warehouse.root} on branch '{warehouse.branch}' itself.")
    return table


def _unused_files(table: Path, unused_since: datetime, needed: Collection[int]) -> Iterator[FileInfo]:
    """Yield what no kept version names: Parquet files with their checksums, and whole folders of files."""
    kept, since = _kept_versions(table, unused_since, needed), unused_since.timestamp()
    used_files = {path for version in kept for path in version.paths}
    used_folders = {version.files_folder for version in kept}
    for file in _files_of_rows(table):
        if _parquet_of(file.path) not in used_files and file.modified <= since:
            yield file
    for folder in folders_in(table / "_files"):
        files = files_below(folder)
        if folder not in used_folders and changed_at(folder, files) <= since:
            yield from (_below(f"_files/{folder.name}", file) for file in files)


def _kept_versions(table: Path, unused_since: datetime, needed: Collection[int]) -> list[TableVersion]:
    latest = latest_version(table)
    if not has_its_files(latest):
        raise StoreError(f"{table} lacks files of its last version; nothing has been removed. Restore an earlier one.")
    times = commit_times(table)
    recent = {version for version, following in pairwise(sorted(times)) if times[following] > unused_since}
    found = (version_of(commit) for commit in read_commits(table, "") if commit.version in {*recent, *needed})
    return [latest, *filter(None, found)]


def _files_of_rows(table: Path) -> Iterator[FileInfo]:
    """Yield the table's files of rows; other folders in it may be datasets of their own, and links lead elsewhere."""
    for folder in folders_in(table):
        if _HOLDS_ROWS.fullmatch(folder.name):
            yield from (_below(folder.name, file) for file in files_below(folder))
    own = [name for name in names_in(table) if _parquet_of(name).endswith(".parquet")]
    yield from (file for file in infos_of(table, own).values() if file is not None and not file.is_link)


def _below(folder: str, file: FileInfo) -> FileInfo:
    return file._replace(path=f"{folder}/{file.path}")


def _parquet_of(path: str) -> str:
    """Return the Parquet file that `.NAME.crc` is about, or the file itself."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name[1:].removesuffix('.crc')}" if name.endswith(".crc") else path


def _remove(table: Path, files: Iterable[FileInfo]) -> None:
    """Remove files, and the folders that they leave empty."""
    try:
        remove_files(table, [file.path for file in files])
    except OSError as error:
        raise StoreError(f"Not all unused files of {table} could be removed: {error}. Vacuum it again.") from error
