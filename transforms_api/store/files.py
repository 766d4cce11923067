"""Files of a dataset: logical names, sizes and times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from transforms_api.errors import StoreError
from transforms_api.store.places import FileInfo, copy_all, files_below, infos_of


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
