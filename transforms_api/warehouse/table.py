"""What a table's Delta log says: versions, files, what they were made from. Read by delta-rs, without a JVM.

What a read mode shows of a dataset: all of it, what was there at an earlier version, or what came since.

Files of a dataset: logical names, sizes and times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.warehouse.names import continued_table, own_files, require_inside
from transforms_api.warehouse.provenance import Commit, newest_change, read_commits
from transforms_api.warehouse.storage import FileInfo, copy_all, files_below, infos_of
from transforms_api.warehouse.uris import is_delta, is_on_store, open_delta


class FileEntry(NamedTuple):
    """A file of a dataset.

    Attributes:
        path: its name in the dataset, parts joined by '/'.
        size: bytes.
        modified: milliseconds since 1970-01-01 UTC.
    """

    path: str
    size: int
    modified: int


def list_files(folder: Path, paths: Iterable[str] | None = None) -> tuple[FileEntry, ...]:
    """Return the files below `folder`, sorted by name: those called `paths`, or all.

    Raises:
        StoreError: one of them is missing, or is a link, which may lead out of the warehouse.
    """
    if paths is None:
        found: dict[str, FileInfo | None] = {info.path: info for info in files_below(folder)}
    else:
        found = infos_of(folder, paths)
    return tuple(_entry(folder, path, info) for path, info in sorted(found.items()))


def link_files(source: Path, target: Path, paths: Iterable[str]) -> None:
    """Let files of `source` appear under `target`: as hard links where the disk can, as copies elsewhere."""
    wanted = list(paths)
    there = infos_of(target, wanted)
    copy_all([(source / path, target / path) for path in wanted if there[path] is None])


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
        table: the dataset's folder.
        branch: the branch that the folder belongs to.
        schema: the schema as JSON, the same text for Delta and for Spark.
        sizes: its Parquet files, relative to `table` → their bytes.
        has_rewritten_rows: its rows are not those of its files, even with their partitions' values added: some are
            deleted, or columns have other names there.
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
        """Whether its rows are those of its files, without columns whose values stand in the names of folders."""
        return not self.partition_columns and not self.has_rewritten_rows

    @property
    def paths(self) -> tuple[str, ...]:
        """Its Parquet files, relative to `table`."""
        return tuple(self.sizes)

    @property
    def files(self) -> tuple[str, ...]:
        """Absolute paths, or URLs, of the Parquet files."""
        return tuple(str(self.table / path) for path in self.paths)

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """The commits that led to this version, the newest first, back into the branch that it continues.

        Raises:
            StoreError: the log has none, or says that it continues what it cannot.
        """
        found = tuple(_commits(self.table, self.branch, self.version))
        if not found:
            raise StoreError(f"The Delta log of {self.table} has no commit of version {self.version} or before.")
        return found

    @cached_property
    def commit(self) -> Commit:
        """The last commit that changed the dataset; the first one that is known where the log lacks those before."""
        newest = newest_change(self.table, self.branch, self.version)
        return newest or next((commit for commit in self.commits if not commit.is_maintenance), self.commits[-1])

    @property
    def holds_files_only(self) -> bool:
        """Whether the dataset has files and no rows; the table then lists the files."""
        return self.commit.provenance.get("holds") == "files"

    @property
    def files_folder(self) -> Path | None:
        """The folder of the dataset's own files, None where it has rows alone.

        Raises:
            StoreError: the log names a folder that is none for files of this table.
        """
        name = self.commit.provenance.get("files")
        return None if name is None else own_files(self.table, name)

    @cached_property
    def file_entries(self) -> tuple[FileEntry, ...]:
        """The files that the dataset shows: its own, or else the Parquet files of its rows."""
        if self.files_folder is not None:
            return list_files(self.files_folder)
        return list_files(self.table, self.paths)

    def demand_files(self, paths: Iterable[str]) -> None:
        """Make sure that some of its Parquet files are there, as long as the log says.

        Raises:
            StoreError: one is not. Spark would take an empty file for one without rows.
        """
        for path, found in infos_of(self.table, paths).items():
            size = found and found.size
            if size != self.sizes[path]:
                problem = "is missing" if size is None else f"has {size:,} bytes, not {self.sizes[path]:,}"
                raise self.damaged(path, problem)

    def damaged(self, path: str, problem: str) -> StoreError:
        """Return the error that one of its Parquet files has a problem."""
        return StoreError(
            f"{self.table} is damaged: its file {path} {problem}. Build or import the dataset again (with --force, if "
            "it is fresh), or restore an earlier version."
        )


def is_table(table: Path) -> bool:
    """Tell whether a Delta table has been committed there."""
    return (is_on_store(table) or (table / "_delta_log").is_dir()) and is_delta(table)


def latest_version(table: Path, branch: str = "master") -> TableVersion:
    """Return the last committed version.

    Raises:
        StoreError: the log cannot be read.
    """
    return version_at(table, branch, None)


def version_at(table: Path, branch: str, version: int | None) -> TableVersion:
    """Return a version by its number, or the last one for None.

    Raises:
        StoreError: the log cannot be read, the version is no longer there, or it has files elsewhere.
    """
    try:
        delta = open_delta(table, version)
        actions = delta.get_add_actions(flatten=True)
        paths = [unquote(path) for path in actions.column("path").to_pylist()]
        found = TableVersion(
            table=table,
            branch=branch,
            version=delta.version(),
            schema=delta.schema().to_json(),
            sizes=dict(zip(paths, actions.column("size_bytes").to_pylist(), strict=True)),
            rows=sum(filter(None, actions["num_records"].to_pylist())) if "num_records" in actions.schema.names else 0,
            partition_columns=tuple(delta.metadata().partition_columns),
            has_rewritten_rows=_has_rewritten_rows(delta),
        )
        require_inside(table, paths)
    except (DeltaError, OverflowError, ValueError) as error:
        first_line = str(error).split("\n")[0].rstrip(". ")
        raise StoreError(
            f"The Delta log of {table} cannot be read: {first_line}. Take its folder _delta_log from a copy, or remove "
            f"{table} and build or import the dataset again."
        ) from error
    return found


def _has_rewritten_rows(delta: DeltaTable) -> bool:
    features = set(delta.protocol().reader_features or ()) - {"timestampNtz"}
    return bool(features) or delta.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"


def provenance(table: Path) -> dict[str, Any]:
    """Return what the last commit says of its making; empty where it says nothing."""
    return dict(latest_version(table).commit.provenance)


def _commits(table: Path, branch: str, version: int) -> Iterator[Commit]:
    seen = set[Path]()
    while own := list(read_commits(table, branch, version)):
        yield from own
        told = own[-1].provenance.get("continues")
        if told is None:
            return
        seen.add(table)
        table, branch, version = continued_table(own[-1]), told["branch"], told["version"]
        if table in seen:
            raise StoreError(f"The Delta log of {table} says that the dataset continues itself: build it anew.")


@dataclass(frozen=True)
class Slice:
    """Some of the rows and files of a version.

    Attributes:
        paths: Parquet files that hold the rows, relative to the table's folder.
        entries: files that the dataset shows.
        is_whole: it is all of the version.
    """

    version: TableVersion
    paths: tuple[str, ...]
    entries: tuple[FileEntry, ...]
    is_whole: bool


@dataclass(frozen=True)
class InputView:
    """A dataset as one run of a transform sees it.

    Attributes:
        version: what the run reads at most.
        previous: what the last run had read; None where it had read nothing of the dataset.
        reads_increments: 'added' shows what came since `previous`; else it shows everything.
    """

    dataset: str
    version: TableVersion
    previous: TableVersion | None = None
    reads_increments: bool = False

    def slice(self, mode: str) -> Slice:
        """Return what a read mode shows.

        Raises:
            ValueError: the mode is none of 'added', 'previous' and 'current'.
            StoreError: the files of the version are not what its log says.
        """
        if mode == "current" or (mode == "added" and not (self.reads_increments and self.previous)):
            return full_view(self.version)
        if mode == "added" and self.previous:
            return added_view(self.version, self.previous)
        if mode == "previous":
            return full_view(self.previous) if self.reads_increments and self.previous else empty_view(self.version)
        raise ValueError(f"{self.dataset} is read as 'added', 'previous' or 'current', not as {mode!r}.")


def full_view(version: TableVersion) -> Slice:
    """Return all of a version.

    Raises:
        StoreError: its files are not what its log says.
    """
    version.demand_files(version.paths)
    return Slice(version, version.paths, version.file_entries, is_whole=True)


def empty_view(version: TableVersion) -> Slice:
    """Return nothing of a version, with its columns."""
    return Slice(version, (), (), is_whole=False)


def added_view(version: TableVersion, previous: TableVersion) -> Slice:
    """Return what `version` has and `previous` had not; of files also those that have been replaced.

    Raises:
        StoreError: its files are not what its log says.
    """
    before = set(previous.paths)
    known = set(previous.file_entries)
    paths = tuple(path for path in version.paths if path not in before)
    version.demand_files(paths)
    return Slice(
        version,
        paths,
        tuple(entry for entry in version.file_entries if entry not in known),
        is_whole=False,
    )


def version_of_transaction(version: TableVersion, transaction: str) -> TableVersion | None:
    """Return the version that a transaction in the history of `version` made; None where it is not in it.

    Raises:
        StoreError: the table of that version cannot be read.
    """
    for commit in version.commits:
        if commit.transaction == transaction:
            return version_at(commit.table, commit.branch, commit.version)
    return None


def require_rows(dataset: str, version: TableVersion) -> None:
    """Make sure that a dataset has columns.

    Raises:
        StoreError: it holds files only, or nothing.
    """
    if version.holds_files_only and not version.file_entries:
        writer = version.commit.provenance.get("transform", "what writes it")
        raise StoreError(
            f"{dataset} is empty and has no columns: {writer} has never written it. Let it write rows, also a frame of "
            "none, whose columns the dataset then has."
        )
    if version.holds_files_only:
        raise StoreError(f"{dataset} holds files and no table: read it by filesystem().")
