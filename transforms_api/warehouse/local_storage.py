"""The storage of a warehouse on a disk of this machine.

A warehouse may come from anywhere: neither its own folders nor a Delta log may lead out of it by a link.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow.parquet as pq

from transforms_api.warehouse.storage import FileInfo, led_away, refused

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class LocalStorage:
    """A warehouse in a folder of this machine."""

    is_remote = False

    def require_reachable(self, root: Path) -> None:
        """Do nothing: the folder `root` is created when it is needed."""

    def make_root(self, root: Path) -> None:
        """Create `root`; a new or empty one gets a `.gitignore`."""
        root.mkdir(parents=True, exist_ok=True)
        if not any(root.iterdir()):
            (root / ".gitignore").write_text("*\n", encoding="utf-8")

    def names(self, folder: Path) -> list[str]:
        """Return the names in `folder`."""
        return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders in `folder` that are not links."""
        entries = folder.iterdir() if folder.is_dir() else ()
        return [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]

    def files_below(self, folder: Path) -> list[FileInfo]:
        """Return the files below `folder`."""
        paths = (file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
        return [info for path in paths if (info := _info(folder, path))]

    def infos(self, folder: Path, paths: Iterable[str]) -> dict[str, FileInfo | None]:
        """Return the files `paths` of `folder`."""
        return {path: _info(folder, path) for path in paths}

    def exclusive_bytes(self, folder: Path, files: Iterable[FileInfo]) -> int:
        """Return the space that removing `files` of `folder` frees: those of which all hard links are removed."""
        links: dict[tuple[int, int], list[os.stat_result]] = defaultdict(list)
        for file in files:
            status = (folder / file.path).stat()
            links[status.st_dev, status.st_ino].append(status)
        return sum(same[0].st_size for same in links.values() if len(same) == same[0].st_nlink)

    def changed_at(self, folder: Path, files: Iterable[FileInfo]) -> float:
        """Return the time of `folder` itself; `files` are not read."""
        return folder.stat().st_mtime

    def row_counts(self, files: Sequence[Path]) -> list[int]:
        """Return the numbers of rows of `files`."""
        return [pq.read_metadata(file).num_rows for file in files]

    def copy(self, source: Path, target: Path) -> None:
        """Link `target` to `source`, or copy if the disk cannot link them."""
        self.make_folder(target.parent)
        if isinstance(source, Path):
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        with source.open("rb") as read, target.open("wb") as written:
            shutil.copyfileobj(read, written, 1 << 20)

    def copy_all(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        """Link or copy `pairs`."""
        for source, target in pairs:
            self.copy(source, target)

    def copy_in(self, source: Path, target: Path) -> None:
        """Copy `source` to `target` with its time."""
        self.make_folder(target.parent)
        shutil.copy2(source, target)

    def rename(self, file: Path, target: Path) -> None:
        """Rename `file` to `target`."""
        file.replace(target)

    def make_folder(self, folder: Path) -> None:
        """Create `folder`."""
        folder.mkdir(parents=True, exist_ok=True)

    def remove_tree(self, folder: Path) -> None:
        """Remove `folder`."""
        if folder.exists():
            shutil.rmtree(folder)

    def remove_if_empty(self, folder: Path) -> None:
        """Remove `folder` if it is empty."""
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def remove_files(self, folder: Path, paths: Sequence[str]) -> None:
        """Remove the files `paths` of `folder`, and the folders that become empty."""
        for file in (folder / path for path in paths):
            file.unlink()
            for parent in file.parents:
                if parent == folder or any(parent.iterdir()):
                    break
                parent.rmdir()

    def is_link(self, path: Path) -> bool:
        """Return whether `path` is a link."""
        return path.is_symlink()

    def normalized(self, path: Path) -> Path:
        """Return `path` without '..'."""
        return Path(os.path.normpath(path))

    def require_inside(self, table: Path, paths: Iterable[str]) -> None:
        """Make sure that `paths` and the log lie in the folder of `table` and contain no links."""
        real = os.path.realpath(table)
        folders = set[str]()
        for path in (*(f"_delta_log/{name}" for name in os.listdir(f"{real}/_delta_log")), *paths):
            folders.add(os.path.dirname(path))
            if os.path.islink(f"{real}/{path}"):
                raise refused(table, path, "is not in its folder, or is a link")
        for folder in folders:
            if ":" in folder.split("/")[0] or not _is_real(f"{real}/{folder}"):
                raise refused(table, folder, "is not in its folder, or is a link")

    def require_no_links(self, table: Path, paths: Iterable[str]) -> None:
        """Make sure that no folder of `paths` below `table` is a link."""
        real = os.path.realpath(table)
        for folder in {os.path.dirname(path) for path in paths}:
            if not _is_real(f"{real}/{folder}"):
                raise led_away(Path(f"{real}/{folder}"))

    def own_folder(self, root: Path, name: str) -> Path:
        """Return the folder `name` of `root`, which must not be a link."""
        folder = root / name
        if os.path.realpath(folder) != os.path.join(os.path.realpath(root), name):
            raise led_away(folder)
        return folder

    def delta_options(self) -> dict[str, str] | None:
        """Return None: delta-rs needs no options for a folder."""
        return None

    def spark_uri(self, path: Path) -> str:
        """Return `path` as text."""
        return str(path)

    def arrow_file_system(self, table: Path) -> tuple[FileSystem | None, str]:
        """Return no file system: Arrow reads the files of `table` by their paths."""
        return None, f"{table}/"


def require_own_file(file: Path) -> None:
    """Make sure that a file which is about to be opened as a lock belongs to the warehouse.

    Locks are empty: a file with content and further hard links is a file from elsewhere.

    Args:
        file: the lock; need not exist.

    Raises:
        StoreError: the file is a link, or has content and further hard links.
    """
    status = _status(file)
    if status and (not stat.S_ISREG(status.st_mode) or (status.st_nlink > 1 and status.st_size)):
        raise led_away(file)


def append_to(file: Path) -> BinaryIO:
    """Open a file of a warehouse's own folders for appending; create it if it does not exist.

    A file with further hard links elsewhere is left alone and replaced by a new file.

    Args:
        file: the file.

    Raises:
        StoreError: the file is a link.
        OSError: the file cannot be written.
    """
    status = _status(file)
    if status and not stat.S_ISREG(status.st_mode):
        raise led_away(file)
    if status and status.st_nlink > 1:
        file.unlink()
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK, 0o666), "ab")


def replace_file(file: Path, content: bytes, unfinished: Path, is_durable: bool = False) -> None:
    """Replace a file atomically. A link of the same name is replaced, not followed.

    Args:
        file: the file.
        content: its new content.
        unfinished: name of a temporary file in the same folder that no other process uses.
        is_durable: write the content to the disk before the file gets its name.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666), "wb") as stream:
            stream.write(content)
            if is_durable:
                stream.flush()
                os.fsync(stream.fileno())
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _is_real(folder: str) -> bool:
    folder = folder.rstrip("/")
    return os.path.realpath(folder) == folder


def _status(file: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):  # opening the file will raise the error
        return os.lstat(file)
    return None


def _info(folder: Path, path: str) -> FileInfo | None:
    status = _status(folder / path)
    return FileInfo(path, status.st_size, status.st_mtime, stat.S_ISLNK(status.st_mode)) if status else None
