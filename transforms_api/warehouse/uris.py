"""Paths and URLs of warehouses, the storage where they lie, and Delta tables opened by delta-rs.

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
