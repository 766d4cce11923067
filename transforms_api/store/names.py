"""Names of branches and datasets as names of folders, and back."""

from __future__ import annotations

import re

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


def folder_of(name: str) -> str:
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


def name_of(folder: str) -> str:
    """Return the name that a folder, or a path of several, stands for."""
    return _CODE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "", folder)


def _code(character: str) -> str:
    return f"~{ord(character):x}~"
