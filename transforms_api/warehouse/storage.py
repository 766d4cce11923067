"""What differs between the folders of a disk and the prefixes of an object store, said once.

A disk has links, which are refused or made, and folders that exist by themselves. A store has neither: an object is its
whole name, appears at once and whole, and a request takes long, so what many files are asked is asked together.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from stat import S_ISLNK
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse.uris import is_on_store

_AT_ONCE = 16
"""Requests under way at a time; each waits for the network more than it computes."""
_FOOTER = 65_536
"""Bytes from the end of a Parquet file in which nearly every footer lies."""

_T = TypeVar("_T")


class FileInfo(NamedTuple):
    """A file below a folder: its name relative to it, parts joined by '/', its bytes, and seconds since 1970."""

    path: str
    size: int
    modified: float
    is_link: bool = False


def require_reachable(root: Path) -> None:
    """Make sure that a warehouse's store answers, with the credentials that there are.

    Raises:
        EnvironmentProblem: it does not.
    """
    if not is_on_store(root):
        return
    try:
        _system(root).ls(_key(root))
    except Exception as error:  # each of fsspec's stores raises errors of its own
        if isinstance(error, FileNotFoundError) and error.__cause__ is None:
            return  # nothing is there yet; of a bucket that is missing, the store says so itself
        raise EnvironmentProblem(
            f"The warehouse {root} cannot be reached: {error}. Credentials, region and endpoint come from the "
            "environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL."
        ) from error


def normal(place: Path) -> Path:
    """Return a place without '..'; no link is followed."""
    return place.resolve() if is_on_store(place) else Path(os.path.normpath(place))


def is_link(place: Path) -> bool:
    """Tell whether a place is a link to another one."""
    return not is_on_store(place) and place.is_symlink()


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder; none where there is no folder."""
    if is_on_store(folder):
        return [entry["name"].rstrip("/").rpartition("/")[2] for entry in _entries(folder)]
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder that are no links; none where there is no folder."""
    if is_on_store(folder):
        names = [entry["name"] for entry in _entries(folder) if entry["type"] == "directory"]
        return [folder / name.rstrip("/").rpartition("/")[2] for name in names]
    found = folder.iterdir() if folder.is_dir() else ()
    return [entry for entry in found if entry.is_dir() and not entry.is_symlink()]


def walk(folder: Path, is_skipped: Callable[[str], bool]) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder and those below it, each with the names of its folders, sorted; skipped ones are not gone into."""
    names = sorted(found.name for found in folders_in(folder))
    yield folder, names
    for name in names:
        if not is_skipped(name):
            yield from walk(folder / name, is_skipped)


def files_below(folder: Path) -> list[FileInfo]:
    """Return the files at every depth; none where there is no folder."""
    if is_on_store(folder):
        found = _system(folder).find(_key(folder), detail=True)
        return [_object_info(folder, entry) for entry in found.values() if entry["name"] != _key(folder)]
    files = (file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return [found for path in files if (found := _file_info(folder, path))]


def infos_of(folder: Path, paths: Iterable[str]) -> dict[str, FileInfo | None]:
    """Return files by their names relative to `folder`, in the order of `paths`; None for one that is not there."""
    if not is_on_store(folder):
        return {path: _file_info(folder, path) for path in paths}
    wanted = list(paths)
    parents = sorted({path.rpartition("/")[0] for path in wanted})
    entries = itertools.chain(*_side_by_side(lambda parent: _entries(folder / parent if parent else folder), parents))
    found = (_object_info(folder, entry) for entry in entries if entry["type"] == "file")
    known = {info.path: info for info in found}
    return {path: known.get(path) for path in wanted}


def exclusive_bytes(folder: Path, files: Iterable[FileInfo]) -> int:
    """Return how many bytes are free when all of `files` go; on a disk, a file also linked elsewhere gives none."""
    if is_on_store(folder):
        return sum(file.size for file in files)
    links: dict[tuple[int, int], list[os.stat_result]] = defaultdict(list)
    for file in files:
        status = (folder / file.path).stat()
        links[status.st_dev, status.st_ino].append(status)
    return sum(found[0].st_size for found in links.values() if len(found) == found[0].st_nlink)


def changed_at(folder: Path, files: Iterable[FileInfo]) -> float:
    """Return when a folder with these files got or lost one, in seconds since 1970; on a store, its newest file's."""
    if is_on_store(folder):
        return max((file.modified for file in files), default=0.0)
    return folder.stat().st_mtime


def row_counts(files: Sequence[Path]) -> list[int]:
    """Return the rows of Parquet files, read from their footers alone.

    Raises:
        pyarrow.ArrowException, OSError: one is no Parquet file, or cannot be read.
    """
    if files and is_on_store(files[0]):
        return _side_by_side(_rows_on_store, files)
    return [pq.read_metadata(file).num_rows for file in files]


def create(file: Path, content: bytes) -> bool:
    """Write a file on a store if there is none of its name, and tell whether there was none; of two, one does.

    Raises:
        OSError: the store cannot be written.
    """
    try:
        _system(file).pipe_file(_key(file), content, mode="create")
    except FileExistsError:
        return False
    return True


def copy(source: Path, target: Path) -> None:
    """Let a file appear under another name: as a hard link where a disk can, by the store itself within a store.

    Raises:
        OSError: it cannot be read or written.
    """
    if is_on_store(source) and is_on_store(target):
        _system(source).cp_file(_key(source), _key(target))
        return
    make_folder(target.parent)
    if not is_on_store(source) and not is_on_store(target):
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written, 1 << 20)


def take_in(source: Path, target: Path) -> None:
    """Copy a file of this machine to a place in the warehouse, with its time where the place can keep it.

    Raises:
        OSError: it cannot be read or written.
    """
    make_folder(target.parent)
    if is_on_store(target):
        copy(source, target)
    else:
        shutil.copy2(source, target)


def copy_all(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Copy files, each a source and a target, as `copy` does."""
    if any(is_on_store(place) for pair in pairs for place in pair):
        _side_by_side(lambda pair: copy(*pair), pairs)
    else:
        for source, target in pairs:
            copy(source, target)


def make_folder(folder: Path) -> None:
    """Let a folder exist to write files into; on a store it does as soon as it has one."""
    if not is_on_store(folder):
        folder.mkdir(parents=True, exist_ok=True)


def make_root(root: Path) -> None:
    """Let the folder of a warehouse exist; a new or empty one gets a `.gitignore`, so that git leaves its tables alone.

    On an object store nothing is done.

    Raises:
        OSError: it cannot be written.
    """
    if is_on_store(root):
        return
    root.mkdir(parents=True, exist_ok=True)
    if not any(root.iterdir()):
        (root / ".gitignore").write_text("*\n", encoding="utf-8")


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it; nothing where there is none.

    Raises:
        OSError: something cannot be removed.
    """
    if is_on_store(folder):
        with contextlib.suppress(FileNotFoundError):
            _system(folder).rm(_key(folder), recursive=True)
    elif folder.exists():
        shutil.rmtree(folder)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder in which nothing is; on a store it is not there then."""
    if not is_on_store(folder) and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def remove_files(folder: Path, paths: Sequence[str]) -> None:
    """Remove files below a folder, and the folders below it that they leave empty.

    Raises:
        OSError: one cannot be removed.
    """
    if is_on_store(folder):
        if paths:
            _system(folder).rm([f"{_key(folder)}/{path}" for path in paths])
        return
    for file in (folder / path for path in paths):
        file.unlink()
        for parent in file.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()


def _side_by_side(function: Callable[[Any], _T], items: Sequence[Any]) -> list[_T]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(function, items))


def _rows_on_store(file: Path) -> int:
    try:
        tail = _system(file).cat_file(_key(file), start=-_FOOTER)
        return int(pq.read_metadata(pa.BufferReader(tail)).num_rows)
    except (pa.ArrowException, OSError):  # a longer footer, or no Parquet file
        return int(pq.read_metadata(pa.BufferReader(file.read_bytes())).num_rows)


def _entries(folder: Path) -> list[Mapping[str, Any]]:
    """Return what lies in a folder of a store, by one request; a store's own mark of the folder itself is left out."""
    try:
        found = _system(folder).ls(_key(folder), detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry for entry in found if entry["name"].rstrip("/") != _key(folder)]


def _system(place: Any) -> Any:
    return place.fs


def _key(place: Any) -> str:
    return str(place.path).rstrip("/")


def _time(entry: Mapping[str, Any]) -> float:
    """Each of fsspec's stores calls the time of an object otherwise."""
    found = next((entry[name] for name in ("LastModified", "last_modified", "mtime", "updated") if entry.get(name)), 0)
    if isinstance(found, str):
        found = datetime.fromisoformat(found.replace("Z", "+00:00"))
    return found.timestamp() if isinstance(found, datetime) else float(found)


def _object_info(folder: Path, entry: Mapping[str, Any]) -> FileInfo:
    return FileInfo(entry["name"][len(_key(folder)) + 1 :], int(entry["size"]), _time(entry))


def _file_info(folder: Path, path: str) -> FileInfo | None:
    try:
        status = os.lstat(folder / path)
    except OSError:
        return None
    return FileInfo(path, status.st_size, status.st_mtime, S_ISLNK(status.st_mode))
