"""Paths of a warehouse: folders and URLs, their storage, and the names of branches and datasets as folders.

Three libraries access an object store, each with its own URLs: fsspec lists and reads (`s3://`), delta-rs commits
(`s3://`), Spark computes (`s3a://`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from deltalake import DeltaTable

from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse.local_storage import LocalStorage
from transforms_api.warehouse.object_storage import ObjectStorage, object_path
from transforms_api.warehouse.storage import Storage

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://?(.+)", re.DOTALL)
_SCHEMES = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs", "abfs": "abfss", "abfss": "abfss", "hdfs": "hdfs"}
"""Scheme in a setting → the scheme that fsspec and delta-rs know."""
_LOCAL: Storage = LocalStorage()
_OBJECTS: Storage = ObjectStorage()


def storage_of(path: Path) -> Storage:
    """Return the storage where a path lies.

    Args:
        path: the result of `storage_path`, or a path below it.
    """
    return _LOCAL if isinstance(path, Path) else _OBJECTS


def storage_path(location: str | Path, base: Path | None = None) -> Path:
    """Return the path of a folder or a URL.

    Args:
        location: a folder, or a URL such as `s3a://bucket/path`.
        base: folder to which a relative folder is relative; None: the working directory.

    Returns:
        A `pathlib.Path`, or for a URL a `UPath`, which has the same methods.

    Raises:
        EnvironmentProblem: the URL has an unknown scheme, or a library for the scheme is not installed.
    """
    url = _URL.fullmatch(str(location))
    if url is None:
        return (base or Path()).joinpath(location).absolute()
    if url[1] not in _SCHEMES:
        raise EnvironmentProblem(
            f"{location} cannot be a warehouse: use a folder, or a URL that begins with s3a, abfss, gs or hdfs."
        )
    return object_path(f"{_SCHEMES[url[1]]}://{url[2].strip('/')}")


def walk(folder: Path, is_skipped: Callable[[str], bool]) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder and the folders below it, each with the sorted names of its folders.

    Args:
        folder: where to start.
        is_skipped: whether to leave out what is below a folder, by its name.
    """
    names = sorted(below.name for below in storage_of(folder).folders(folder))
    yield folder, names
    for name in names:
        if not is_skipped(name):
            yield from walk(folder / name, is_skipped)


def open_delta(table: Path, version: int | None = None) -> DeltaTable:
    """Open a table by delta-rs.

    Args:
        table: folder of the table.
        version: Delta version; None: the last one.

    Raises:
        DeltaError: the table does not exist, or its log cannot be read.
    """
    return DeltaTable(str(table), version=version, storage_options=storage_of(table).delta_options())


def is_delta(table: Path) -> bool:
    """Return whether a folder contains a Delta table.

    Args:
        table: the folder; need not exist.
    """
    return DeltaTable.is_deltatable(str(table), storage_of(table).delta_options())


# Names as folders

_PLAIN = re.compile(r"[A-Za-z0-9_.-]")
STAGED = ".staged"
"""Suffix of the folders into which a running job writes."""
OWN_FOLDERS = re.compile(r"_delta_log|_files|_change_data|_iceberg|transaction-[0-9a-f]{32}(\.staged)?")
"""Folders in a table's folder; a dataset below a dataset must not have these names."""
JOBS, LOCKS, LOGS, PULLS, ICEBERG = OWN_NAMES = ("_jobs", "_locks", "_logs", "_pulls", "_iceberg")
"""Folders of a warehouse beside its branches: records of running jobs, locks, logs of builds, unfinished downloads, and
the catalog of Iceberg tables. A table has a folder of the last name, too, for its Iceberg metadata."""
_CODE = re.compile(r"~(?:(10[0-9a-f]{4}|[0-9a-f]{1,5})~|/)")
_LONGEST = 254
"""Maximum characters of a folder's name; disks allow 255 bytes, and a `~` may follow."""


def folder_of_branch(name: str) -> str:
    """Return the folder of a branch; like `encode_name`, but never begins with `_` or `.`.

    Such names belong to the warehouse itself and to other tools.

    Args:
        name: name of the branch.
    """
    pieces = _pieces(name)
    if name[:1] in ("_", ".") or OWN_FOLDERS.fullmatch(name):
        pieces[0] = _code(name[0])
    return _join(pieces)


def encode_name(name: str) -> str:
    """Return the folder of one part of a dataset's path.

    ASCII letters, digits and `_-.` stand for themselves, any other character becomes `~` and its hexadecimal code:
    Hadoop, delta-rs and Polars read a colon, a space or an umlaut in a path as parts of a URL, each differently. A name
    that is too long for one folder continues in a folder inside, after a `~`.

    Args:
        name: part of a dataset's path, or a branch.
    """
    pieces = _pieces(name)
    if OWN_FOLDERS.fullmatch(name):
        pieces[0] = _code(name[0])
    return _join(pieces)


def _pieces(name: str) -> list[str]:
    return [character if _PLAIN.match(character) else _code(character) for character in name]


def _join(pieces: list[str]) -> str:
    folders = [""]
    for piece in pieces:
        if len(folders[-1] + piece) > _LONGEST:
            folders.append("")
        folders[-1] += piece
    return "~/".join(folders)


def decode_name(folder: str) -> str:
    """Return the name that a folder, or a path of several, encodes.

    Args:
        folder: the result of `encode_name` or `folder_of_branch`.
    """
    return _CODE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "", folder)


def _code(character: str) -> str:
    return f"~{ord(character):x}~"
