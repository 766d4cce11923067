"""Files of a dataset: logical names, sizes and times."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISLNK
from typing import NamedTuple

from transforms_api.errors import StoreError


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
        paths = (file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    return tuple(_entry(folder, path) for path in sorted(paths))


def link_files(source: Path, target: Path, paths: Iterable[str]) -> None:
    """Let files of `source` appear under `target`, as hard links where the disk can, as copies elsewhere."""
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        if not (target / path).exists():
            _link(source / path, target / path)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        target.write_bytes(source.read_bytes())


def _entry(folder: Path, path: str) -> FileEntry:
    try:
        status = (folder / path).lstat()
    except OSError as error:
        raise StoreError(f"{folder} is damaged: its file {path} cannot be read: {error.strerror}.") from error
    if S_ISLNK(status.st_mode):
        raise StoreError(f"{folder / path} is a link, which may lead anywhere: put the file itself there.")
    return FileEntry(path, status.st_size, int(status.st_mtime * 1000))
