"""What a read mode shows of a dataset: all of it, what was there at an earlier version, or what came since."""

from __future__ import annotations

from dataclasses import dataclass

from transforms_api.errors import StoreError
from transforms_api.store.delta_log import TableVersion, version_at
from transforms_api.store.files import FileEntry


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
            return whole(self.version)
        if mode == "added" and self.previous:
            return added(self.version, self.previous)
        if mode == "previous":
            return whole(self.previous) if self.reads_increments and self.previous else nothing(self.version)
        raise ValueError(f"{self.dataset} is read as 'added', 'previous' or 'current', not as {mode!r}.")


def whole(version: TableVersion) -> Slice:
    """Return all of a version.

    Raises:
        StoreError: its files are not what its log says.
    """
    version.demand_files(version.paths)
    return Slice(version, version.paths, version.file_entries, is_whole=True)


def nothing(version: TableVersion) -> Slice:
    """Return nothing of a version, with its columns."""
    return Slice(version, (), (), is_whole=False)


def added(version: TableVersion, previous: TableVersion) -> Slice:
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


def demand_rows(dataset: str, version: TableVersion) -> None:
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
