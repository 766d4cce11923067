"""Names of branches and datasets as names of folders, and back.

A warehouse may come from anywhere: neither its own folders nor a Delta log must lead out of it by a link.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from transforms_api.errors import StoreError
from transforms_api.warehouse.provenance import Commit
from transforms_api.warehouse.storage import is_link, normal
from transforms_api.warehouse.uris import is_on_store

_PLAIN = re.compile(r"[A-Za-z0-9_.-]")
STAGED = ".staged"
"""End of the names of folders into which a running job writes."""
OWN_FOLDERS = re.compile(r"_delta_log|_files|_change_data|transaction-[0-9a-f]{32}(\.staged)?")
"""Folders of a table in its folder: a dataset below a dataset must not be called so."""
JOBS, LOCKS, LOGS = OWN_NAMES = ("_jobs", "_locks", "_logs")
"""Folders of a warehouse beside its branches: records of jobs under way, locks, and the logs of builds."""
_CODE = re.compile(r"~(?:(10[0-9a-f]{4}|[0-9a-f]{1,5})~|/)")
_LONGEST = 254
"""Characters of a folder's name; disks have room for 255 bytes, and a `~` may follow."""


def folder_of_branch(name: str) -> str:
    """Return the folder of a branch: as `folder_of`, but its name never begins with `_` or `.`.

    Such names are those of a warehouse's own folders, and of what other tools put beside branches.
    """
    pieces = _pieces(name)
    if name[:1] in ("_", ".") or OWN_FOLDERS.fullmatch(name):
        pieces[0] = _code(name[0])
    return _joined(pieces)


def encode_name(name: str) -> str:
    """Return the folder of one part of a dataset's path.

    Letters of ASCII, digits and `_-.` stand for themselves, every other character as `~` and its hexadecimal code: in a
    path, Hadoop, delta-rs and Polars read a colon, a space or an umlaut as parts of a URL, each in its own way. A name
    that has no room in one folder's name goes on in a folder inside, after a `~`.
    """
    pieces = _pieces(name)
    if OWN_FOLDERS.fullmatch(name):
        pieces[0] = _code(name[0])
    return _joined(pieces)


def _pieces(name: str) -> list[str]:
    return [one if _PLAIN.match(one) else _code(one) for one in name]


def _joined(pieces: list[str]) -> str:
    folders = [""]
    for piece in pieces:
        if len(folders[-1] + piece) > _LONGEST:
            folders.append("")
        folders[-1] += piece
    return "~/".join(folders)


def decode_name(folder: str) -> str:
    """Return the name that a folder, or a path of several, stands for."""
    return _CODE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "", folder)


def _code(character: str) -> str:
    return f"~{ord(character):x}~"


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OWN_FILES = re.compile(r"_files/[0-9a-f]{32}")


def require_inside(table: Path, paths: Iterable[str]) -> None:
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


def require_no_links(table: Path, paths: Iterable[str]) -> None:
    """Make sure that files can be written at these paths, relative to `table`, without following a link.

    Raises:
        StoreError: a folder on the way to one is a link.
    """
    if is_on_store(table):
        return
    real = os.path.realpath(table)
    for folder in {os.path.dirname(path) for path in paths}:
        place = f"{real}/{folder}".rstrip("/")
        if os.path.realpath(place) != place:
            raise _led_away(Path(place))


def own_folder(root: Path, name: str) -> Path:
    """Return a folder that a warehouse has beside its branches, whether or not it exists.

    Raises:
        StoreError: a link leads elsewhere from there.
    """
    folder = root / name
    if not is_on_store(root) and os.path.realpath(folder) != os.path.join(os.path.realpath(root), name):
        raise _led_away(folder)
    return folder


def require_own_file(file: Path) -> None:
    """Make sure that a file which is about to be opened as a lock is the warehouse's own; it need not exist.

    Locks are empty: a hard link with content is a file that lies elsewhere, too.

    Raises:
        StoreError: it is a link, or has content and is also a file elsewhere.
    """
    status = _status(file)
    if status and (not stat.S_ISREG(status.st_mode) or (status.st_nlink > 1 and status.st_size)):
        raise _led_away(file)


def append_to(file: Path) -> BinaryIO:
    """Open a file of a warehouse's own folders for appending; made where there is none.

    A file that has a second name elsewhere (a hard link) is left as it is, and a new one takes its name here.

    Raises:
        StoreError: it is a link.
        OSError: it cannot be written.
    """
    status = _status(file)
    if status and not stat.S_ISREG(status.st_mode):
        raise _led_away(file)
    if status and status.st_nlink > 1:
        file.unlink()
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK, 0o666), "ab")


def replace_file(file: Path, content: bytes, unfinished: Path, is_durable: bool = False) -> None:
    """Let a file have this content, at one instant; what had its name, a link too, is not written to.

    Args:
        unfinished: a name in the same folder that no other process uses.
        is_durable: the content is on the disk before the file has its name.

    Raises:
        OSError: it cannot be written.
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


def _status(file: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):  # opening it will tell why
        return os.lstat(file)
    return None


def _led_away(place: Path) -> StoreError:
    return StoreError(
        f"{place} is a link, or leads elsewhere by one, so that something outside of the warehouse would be written. "
        "Nothing has been changed: remove the link."
    )


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
    differing = [(decode_name(own), decode_name(other)) for own, other in folders if own != other]
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
        "table (`import FOLDER --dataset PATH`)."
    )
