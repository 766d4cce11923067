"""Names of branches and datasets as names of folders, and back; the folders that a table and a warehouse have."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

from transforms_api.warehouse.provenance import Commit, ParentVersion
from transforms_api.warehouse.storage import refused
from transforms_api.warehouse.uris import storage_of

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
    return [one if _PLAIN.match(one) else _code(one) for one in name]


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


_OWN_FILES = re.compile(r"_files/[0-9a-f]{32}")


def own_files(table: Path, path: str) -> Path:
    """Return the folder of a dataset's own files.

    Args:
        table: folder of the table.
        path: the folder according to the log, relative to `table`.

    Raises:
        StoreError: the path cannot be a folder of this table's files.
    """
    folder, storage = table / path, storage_of(table)
    if not _OWN_FILES.fullmatch(path) or storage.is_link(folder) or storage.is_link(folder.parent):
        raise refused(table, path, "is no folder of its files")
    return folder


def continued_table(commit: Commit, parent: ParentVersion) -> Path:
    """Return the table that a branch's first commit continues: the same dataset on the parent branch.

    Args:
        commit: the first commit of the branch's table.
        parent: the parent according to the commit's provenance.

    Raises:
        StoreError: it is any other table.
    """
    table = storage_of(commit.table).normalized(commit.table / parent.table)
    folders = zip_longest(commit.table.parts, table.parts, fillvalue="")
    differing = [(decode_name(own), decode_name(other)) for own, other in folders if own != other]
    if differing != [(commit.branch, parent.branch)] or table.resolve() != table:
        raise refused(commit.table, parent.table, "is not the same dataset on another branch")
    return table
