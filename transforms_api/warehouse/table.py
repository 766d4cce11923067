"""Versions of Delta tables as delta-rs reads their logs, without a JVM; what a read mode shows of a version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.paths import decode_name, is_delta, open_delta, storage_of
from transforms_api.warehouse.provenance import Commit, InputVersion, ParentVersion, newest_change, read_commits
from transforms_api.warehouse.storage import FileInfo, refused


class FileEntry(NamedTuple):
    """A file of a dataset.

    Attributes:
        path: name in the dataset, parts joined by '/'.
        size: bytes.
        modified: milliseconds since 1970-01-01 UTC.
    """

    path: str
    size: int
    modified: int


def list_files(folder: Path, paths: Iterable[str] | None = None) -> tuple[FileEntry, ...]:
    """Return files below a folder, sorted by name.

    Args:
        folder: folder of the files.
        paths: names of the files relative to `folder`; None: all files.

    Raises:
        StoreError: a file is missing, or is a link, which may lead out of the warehouse.
    """
    if paths is None:
        files: dict[str, FileInfo | None] = {info.path: info for info in storage_of(folder).files_below(folder)}
    else:
        files = storage_of(folder).infos(folder, paths)
    return tuple(_entry(folder, path, info) for path, info in sorted(files.items()))


def link_files(source: Path, target: Path, paths: Iterable[str]) -> None:
    """Make files of one folder appear in another: as hard links if the disk supports them, else as copies.

    Args:
        source: folder of the files.
        target: folder to link into; files that it has already stay as they are.
        paths: names of the files relative to both folders.
    """
    wanted = list(paths)
    storage = storage_of(target)
    present = storage.infos(target, wanted)
    storage.copy_all([(source / path, target / path) for path in wanted if present[path] is None])


def _entry(folder: Path, path: str, info: FileInfo | None) -> FileEntry:
    if info is None:
        raise StoreError(f"{folder} is damaged: its file {path} is missing or cannot be read.")
    if info.is_link:
        raise StoreError(f"{folder / path} is a link, which may lead anywhere: put the file itself there.")
    return FileEntry(path, info.size, int(info.modified * 1000))


@dataclass(frozen=True)
class TableVersion:
    """One committed version of a dataset.

    Attributes:
        table: folder of the table.
        branch: branch of that folder.
        version: Delta version.
        schema: the schema as JSON, the same text for Delta and for Spark.
        sizes: Parquet file, relative to `table` → its bytes.
        rows: number of rows.
        partition_columns: columns whose values stand in the names of folders.
        has_rewritten_rows: the rows differ from those in the files, even with the values of partitions added: some are
            deleted (deletion vectors), or columns have other names in the files (column mapping).
    """

    table: Path
    branch: str
    version: int
    schema: str
    sizes: Mapping[str, int]
    rows: int
    partition_columns: tuple[str, ...]
    has_rewritten_rows: bool

    @property
    def is_plain(self) -> bool:
        """Whether the rows are exactly those in the files: no partitions, no rewritten rows."""
        return not self.partition_columns and not self.has_rewritten_rows

    @property
    def paths(self) -> tuple[str, ...]:
        """The Parquet files, relative to `table`."""
        return tuple(self.sizes)

    @property
    def files(self) -> tuple[str, ...]:
        """Absolute paths, or URLs, of the Parquet files."""
        return tuple(str(self.table / path) for path in self.paths)

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """The commits that led to this version, newest first, back into the branch that it continues.

        Raises:
            StoreError: the log has no commits, or names an invalid parent.
        """
        commits = tuple(_commits(self.table, self.branch, self.version))
        if not commits:
            raise StoreError(f"The Delta log of {self.table} has no commit of version {self.version} or before.")
        return commits

    @cached_property
    def commit(self) -> Commit:
        """The last commit that changed rows or files; the oldest one in the log if none is left that did."""
        newest = newest_change(self.table, self.branch, self.version)
        return newest or next((commit for commit in self.commits if not commit.is_maintenance), self.commits[-1])

    @property
    def as_input(self) -> InputVersion:
        """The version as the provenance of a dataset that is made from it names it."""
        return InputVersion(branch=self.branch, version=self.version, transaction=self.commit.transaction)

    @property
    def holds_files_only(self) -> bool:
        """Whether the dataset has files and no rows; its table then lists the files."""
        return self.commit.provenance is not None and self.commit.provenance.holds == "files"

    @property
    def files_folder(self) -> Path | None:
        """The folder of the dataset's own files; None if the dataset has rows only.

        Raises:
            StoreError: the log names a folder that cannot hold files of this table.
        """
        name = self.commit.provenance.files if self.commit.provenance else None
        return None if name is None else _own_files(self.table, name)

    @cached_property
    def file_entries(self) -> tuple[FileEntry, ...]:
        """The files of the dataset: its own, or else the Parquet files of its rows."""
        if self.files_folder is not None:
            return list_files(self.files_folder)
        return list_files(self.table, self.paths)

    def require_files(self, paths: Iterable[str]) -> None:
        """Make sure that Parquet files exist with the sizes that the log states.

        Spark reads an empty file as a file without rows.

        Args:
            paths: some of `paths`.

        Raises:
            StoreError: a file is missing or has another size.
        """
        for path, file in storage_of(self.table).infos(self.table, paths).items():
            size = file and file.size
            if size != self.sizes[path]:
                problem = "is missing" if size is None else f"has {size:,} bytes, not {self.sizes[path]:,}"
                raise self.damaged(path, problem)

    def damaged(self, path: str, problem: str) -> StoreError:
        """Return the error for a damaged Parquet file.

        Args:
            path: the file, relative to `table`.
            problem: what is wrong with the file, as in "is missing".
        """
        return StoreError(
            f"{self.table} is damaged: its file {path} {problem}. Build or import the dataset again (with --force, if "
            "it is fresh), or restore an earlier version."
        )


def is_table(table: Path) -> bool:
    """Return whether a folder contains a Delta table.

    Args:
        table: the folder; need not exist.
    """
    return (storage_of(table).is_remote or (table / "_delta_log").is_dir()) and is_delta(table)


def latest_version(table: Path, branch: str = "master") -> TableVersion:
    """Return the last committed version of a table.

    Args:
        table: folder of the table.
        branch: branch of that folder.

    Raises:
        StoreError: the log cannot be read.
    """
    return version_at(table, branch, None)


def version_at(table: Path, branch: str, version: int | None) -> TableVersion:
    """Return a version of a table.

    Args:
        table: folder of the table.
        branch: branch of that folder.
        version: Delta version; None: the last one.

    Raises:
        StoreError: the log cannot be read, the version no longer exists, or it names files outside of the folder.
    """
    try:
        delta = open_delta(table, version)
        actions = delta.get_add_actions(flatten=True)
        paths = [unquote(path) for path in actions.column("path").to_pylist()]
        opened = TableVersion(
            table=table,
            branch=branch,
            version=delta.version(),
            schema=delta.schema().to_json(),
            sizes=dict(zip(paths, actions.column("size_bytes").to_pylist(), strict=True)),
            rows=sum(filter(None, actions["num_records"].to_pylist())) if "num_records" in actions.schema.names else 0,
            partition_columns=tuple(delta.metadata().partition_columns),
            has_rewritten_rows=_has_rewritten_rows(delta),
        )
        storage_of(table).require_inside(table, paths)
    except (DeltaError, OverflowError, ValueError) as error:
        first_line = str(error).split("\n")[0].rstrip(". ")
        raise StoreError(
            f"The Delta log of {table} cannot be read: {first_line}. Take its folder _delta_log from a copy, or remove "
            f"{table} and build or import the dataset again."
        ) from error
    return opened


def _has_rewritten_rows(delta: DeltaTable) -> bool:
    features = set(delta.protocol().reader_features or ()) - {"timestampNtz"}
    return bool(features) or delta.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"


def _commits(table: Path, branch: str, version: int) -> Iterator[Commit]:
    seen = set[Path]()
    while own := list(read_commits(table, branch, version)):
        yield from own
        parent = own[-1].continues
        if parent is None:
            return
        seen.add(table)
        table, branch, version = continued_table(own[-1], parent), parent.branch, parent.version
        if table in seen:
            raise StoreError(f"The Delta log of {table} says that the dataset continues itself: build it anew.")


@dataclass(frozen=True)
class Slice:
    """Some rows and files of a version.

    Attributes:
        version: the version.
        paths: Parquet files with the rows, relative to the table's folder.
        entries: files that the dataset shows.
        is_full: whether the slice is the complete version.
    """

    version: TableVersion
    paths: tuple[str, ...]
    entries: tuple[FileEntry, ...]
    is_full: bool


@dataclass(frozen=True)
class InputView:
    """A dataset as one run of a transform sees it.

    Attributes:
        dataset: path of the dataset.
        version: the newest version that the run reads.
        previous: the version that the last run read; None if it did not read the dataset.
        reads_increments: 'added' shows what came after `previous`; otherwise everything.
    """

    dataset: str
    version: TableVersion
    previous: TableVersion | None = None
    reads_increments: bool = False

    def slice(self, mode: str) -> Slice:
        """Return what a read mode shows.

        Args:
            mode: 'added', 'previous' or 'current'.

        Raises:
            ValueError: `mode` is none of these.
            StoreError: files of the version are missing or have other sizes.
        """
        if mode == "current" or (mode == "added" and not (self.reads_increments and self.previous)):
            return full_view(self.version)
        if mode == "added" and self.previous:
            return added_view(self.version, self.previous)
        if mode == "previous":
            return full_view(self.previous) if self.reads_increments and self.previous else empty_view(self.version)
        raise ValueError(f"{self.dataset} is read as 'added', 'previous' or 'current', not as {mode!r}.")


def full_view(version: TableVersion) -> Slice:
    """Return the complete version.

    Args:
        version: the version to read.

    Raises:
        StoreError: its files are missing or have other sizes.
    """
    version.require_files(version.paths)
    return Slice(version, version.paths, version.file_entries, is_full=True)


def empty_view(version: TableVersion) -> Slice:
    """Return no rows and files of a version, with its columns.

    Args:
        version: the version whose columns count.
    """
    return Slice(version, (), (), is_full=False)


def added_view(version: TableVersion, previous: TableVersion) -> Slice:
    """Return the rows and files that one version has and an earlier one lacks, including replaced files.

    Args:
        version: the version to read.
        previous: the earlier version.

    Raises:
        StoreError: files are missing or have other sizes.
    """
    before = set(previous.paths)
    known = set(previous.file_entries)
    paths = tuple(path for path in version.paths if path not in before)
    version.require_files(paths)
    return Slice(
        version,
        paths,
        tuple(entry for entry in version.file_entries if entry not in known),
        is_full=False,
    )


def version_of_transaction(version: TableVersion, transaction: str) -> TableVersion | None:
    """Return the version that a transaction made; None if the history does not contain it.

    Args:
        version: the version whose history counts.
        transaction: identifier of the transaction.

    Raises:
        StoreError: the table of that version cannot be read.
    """
    for commit in version.commits:
        if commit.transaction == transaction:
            return version_at(commit.table, commit.branch, commit.version)
    return None


def require_rows(dataset: str, version: TableVersion) -> None:
    """Make sure that a dataset has columns.

    Args:
        dataset: path of the dataset, for messages.
        version: the version to read.

    Raises:
        StoreError: the dataset holds files only, or nothing.
    """
    if version.holds_files_only and not version.file_entries:
        writer = version.commit.transform or "its transform"
        raise StoreError(
            f"{dataset} is empty and has no columns: {writer} has never written it. Let it write rows, also a frame of "
            "none, whose columns the dataset then has."
        )
    if version.holds_files_only:
        raise StoreError(f"{dataset} holds files and no table: read it by filesystem().")


_OWN_FILES = re.compile(r"_files/[0-9a-f]{32}")


def _own_files(table: Path, path: str) -> Path:
    """Return the folder of a dataset's own files.

    Args:
        table: folder of the table.
        path: the folder according to the log, relative to `table`.

    Raises:
        StoreError: the path cannot be a folder of this table's files.
    """
    folder, storage = table / path, storage_of(table)
    if not _OWN_FILES.fullmatch(path) or storage.is_link(folder) or storage.is_link(folder.parent):
        raise refused(table, path, "is no folder of its files")
    return folder


def continued_table(commit: Commit, parent: ParentVersion) -> Path:
    """Return the table that a branch's first commit continues: the same dataset on the parent branch.

    Args:
        commit: the first commit of the branch's table.
        parent: the parent according to the commit's provenance.

    Raises:
        StoreError: it is any other table.
    """
    table = storage_of(commit.table).normalized(commit.table / parent.table)
    folders = zip_longest(commit.table.parts, table.parts, fillvalue="")
    differing = [(decode_name(own), decode_name(other)) for own, other in folders if own != other]
    if differing != [(commit.branch, parent.branch)] or table.resolve() != table:
        raise refused(commit.table, parent.table, "is not the same dataset on another branch")
    return table
