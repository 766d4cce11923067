"""The file operations of a warehouse, as a protocol with two implementations: a disk and an object store.

A disk has links, which are made or refused, file locks, and folders that exist by themselves. An object store has none
of them: an object is its complete name and appears at once and complete, and a request takes long, so operations on
many files run side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from transforms_api.errors import StoreError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


class FileInfo(NamedTuple):
    """A file below a folder.

    Attributes:
        path: name relative to the folder, parts joined by '/'.
        size: bytes.
        modified: seconds since 1970-01-01 UTC.
        is_link: the file is a symbolic link.
    """

    path: str
    size: int
    modified: float
    is_link: bool = False


class Storage(Protocol):
    """File operations on the kind of storage where a path lies; see `storage_of`.

    Errors are OSErrors, or those of the store's own library.
    """

    @property
    def is_remote(self) -> bool:
        """Whether requests cross a network: no file locks, no links, no renaming of folders, and slow listings."""

    def require_reachable(self, root: Path) -> None:
        """Make sure that the storage answers with the credentials of the environment.

        Args:
            root: folder of the warehouse.

        Raises:
            EnvironmentProblem: the storage does not answer.
        """

    def make_root(self, root: Path) -> None:
        """Create the folder of a warehouse; a new or empty one gets a `.gitignore` that excludes its tables.

        Args:
            root: folder of the warehouse.
        """

    # Reading

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder; none if it does not exist.

        Args:
            folder: the folder.
        """

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in a folder that are not links; none if it does not exist.

        Args:
            folder: the folder.
        """

    def files_below(self, folder: Path) -> list[FileInfo]:
        """Return the files below a folder at every depth; none if it does not exist.

        Args:
            folder: the folder.
        """

    def infos(self, folder: Path, paths: Iterable[str]) -> dict[str, FileInfo | None]:
        """Return name → file, in the order of `paths`; None for files that do not exist.

        Args:
            folder: the folder.
            paths: names relative to the folder.
        """

    def exclusive_bytes(self, folder: Path, files: Iterable[FileInfo]) -> int:
        """Return the space that removing files frees; a file with more hard links elsewhere frees none.

        Args:
            folder: the folder.
            files: files below it.
        """

    def changed_at(self, folder: Path, files: Iterable[FileInfo]) -> float:
        """Return when a folder last got or lost a file, in seconds since 1970; on a store, the time of its newest file.

        Args:
            folder: the folder.
            files: all files below it.
        """

    def row_counts(self, files: Sequence[Path]) -> list[int]:
        """Return the numbers of rows of Parquet files, read from their footers.

        Args:
            files: Parquet files.

        Raises:
            pyarrow.ArrowException: a file is no Parquet file.
        """

    # Writing

    def copy(self, source: Path, target: Path) -> None:
        """Make a file appear under another name: as a hard link if a disk can, else as a copy.

        Args:
            source: the file, on any storage.
            target: the new file, on this storage; its folder is created.
        """

    def copy_all(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        """Make files appear under other names, as `copy` does.

        Args:
            pairs: (source, target) of each file.
        """

    def copy_in(self, source: Path, target: Path) -> None:
        """Copy a file of this machine, with its time if the storage can keep it.

        Args:
            source: the file.
            target: the new file, on this storage; its folder is created.
        """

    def rename(self, file: Path, target: Path) -> None:
        """Give a file another name.

        Args:
            file: the file.
            target: the new file, in the same folder.
        """

    def make_folder(self, folder: Path) -> None:
        """Create a folder, and the folders that it is in.

        Args:
            folder: the folder.
        """

    def remove_tree(self, folder: Path) -> None:
        """Remove a folder with its content, if it exists.

        Args:
            folder: the folder.
        """

    def remove_if_empty(self, folder: Path) -> None:
        """Remove a folder if it is empty.

        Args:
            folder: the folder; need not exist.
        """

    def remove_files(self, folder: Path, paths: Sequence[str]) -> None:
        """Remove files below a folder, and the folders below it that become empty.

        Args:
            folder: the folder.
            paths: names relative to the folder.
        """

    # Staying inside of the warehouse

    def is_link(self, path: Path) -> bool:
        """Return whether a path is a symbolic link.

        Args:
            path: the path; need not exist.
        """

    def normalized(self, path: Path) -> Path:
        """Return a path without '..', without following links.

        Args:
            path: the path; need not exist.
        """

    def require_inside(self, table: Path, paths: Iterable[str]) -> None:
        """Make sure that the log of a table and the files that it names lie in the table's folder.

        Args:
            table: folder of the table.
            paths: the files, relative to the table.

        Raises:
            StoreError: a file is elsewhere, is a link, or is in a linked folder.
        """

    def require_no_links(self, table: Path, paths: Iterable[str]) -> None:
        """Make sure that files can be written without following a link.

        Args:
            table: folder of the table.
            paths: the files, relative to the table.

        Raises:
            StoreError: a folder on the way to a file is a link.
        """

    def own_folder(self, root: Path, name: str) -> Path:
        """Return a folder that the warehouse has beside its branches; need not exist.

        Args:
            root: folder of the warehouse.
            name: name of the folder, such as `_jobs`.

        Raises:
            StoreError: a link leads elsewhere.
        """

    # Other libraries

    def delta_options(self) -> dict[str, str] | None:
        """Return the storage options of delta-rs."""

    def spark_uri(self, path: Path) -> str:
        """Return the path or URL by which Spark reads and writes.

        Args:
            path: a file or folder.
        """

    def arrow_file_system(self, table: Path) -> tuple[FileSystem | None, str]:
        """Return Arrow's file system for the files of a table, and the prefix of their names in it.

        Args:
            table: folder of the table.
        """


def led_away(path: Path) -> StoreError:
    """Return the error for a link by which a file outside of the warehouse would be written.

    Args:
        path: the link, or a path that leads through it.
    """
    return StoreError(
        f"{path} is a link, or leads elsewhere by one, so that something outside of the warehouse would be written. "
        "Nothing has been changed: remove the link."
    )


def refused(table: Path, path: str, problem: str) -> StoreError:
    """Return the error for a log that names a path it must not name.

    Args:
        table: folder of the table.
        path: the path in its log.
        problem: what is wrong with the path, as in "is a link".
    """
    return StoreError(
        f"The Delta log of {table} names {path}, which {problem}. A dataset holds its own files: build it, or import "
        "the table (`import FOLDER --dataset PATH`)."
    )
