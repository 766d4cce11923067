"""What a table's Delta log says: versions, files, what they were made from. Read by delta-rs, without a JVM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from transforms_api.errors import StoreError
from transforms_api.store.commits import Commit, newest_change, read_commits
from transforms_api.store.containment import continued_table, demand_inside, own_files
from transforms_api.store.files import FileEntry, list_files
from transforms_api.store.locations import is_delta, is_on_store, open_delta
from transforms_api.store.places import infos_of


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
        demand_inside(table, paths)
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
