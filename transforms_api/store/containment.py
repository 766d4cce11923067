"""A Delta log may come from anywhere: it must not lead out of the folder of its table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.store.commits import Commit
from transforms_api.store.locations import is_on_store
from transforms_api.store.names import name_of
from transforms_api.store.places import is_link, normal

_OWN_FILES = re.compile(r"_files/[0-9a-f]{32}")


def demand_inside(table: Path, paths: Iterable[str]) -> None:
    """Make sure that a table's log and the files that it names lie in the table's folder.

    Args:
        paths: the files, relative to `table`.

    Raises:
        StoreError: one is elsewhere, or is a link or in one.
    """
    if is_on_store(table):
        _demand_below(table, paths)
        return
    real = os.path.realpath(table)
    folders = set[str]()
    for path in (*(f"_delta_log/{name}" for name in os.listdir(f"{real}/_delta_log")), *paths):
        folders.add(os.path.dirname(path))
        if os.path.islink(f"{real}/{path}"):
            raise _refused(table, path, "is not in its folder, or is a link")
    for folder in folders:
        place = f"{real}/{folder}".rstrip("/")
        if ":" in folder.split("/")[0] or os.path.realpath(place) != place:
            raise _refused(table, folder, "is not in its folder, or is a link")


def own_files(table: Path, path: str) -> Path:
    """Return the folder, relative to `table`, that a log names as that of the dataset's own files.

    Raises:
        StoreError: it is none for files of this table.
    """
    folder = table / path
    if not _OWN_FILES.fullmatch(path) or is_link(folder) or is_link(folder.parent):
        raise _refused(table, path, "is no folder of its files")
    return folder


def continued_table(commit: Commit) -> Path:
    """Return the table that a branch's first commit says it continues: the same dataset, of another branch.

    Raises:
        StoreError: it is anything else.
    """
    told = commit.provenance["continues"]
    found = normal(commit.table / told["table"])
    folders = zip_longest(commit.table.parts, found.parts, fillvalue="")
    differing = [(name_of(own), name_of(other)) for own, other in folders if own != other]
    if differing != [(commit.branch, told["branch"])] or found.resolve() != found:
        raise _refused(commit.table, told["table"], "is not the same dataset on another branch")
    return found


def _demand_below(table: Path, paths: Iterable[str]) -> None:
    """A store has no links: what a name says is where the file is."""
    for path in paths:
        if ":" in path.split("/")[0] or ".." in path.split("/") or path.startswith("/"):
            raise _refused(table, path, "is not in its folder, or is a link")


def _refused(table: Path, path: str, why: str) -> StoreError:
    return StoreError(
        f"The Delta log of {table} names {path}, which {why}. A dataset holds its own files: build it, or import the "
        "table (run_local.py import FOLDER --dataset PATH)."
    )
