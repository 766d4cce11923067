"""A dictionary on disk: written, and written again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from transforms_api.dictionary.pages import GENERATOR
from transforms_api.errors import EnvironmentProblem

_MARK = f'<meta name="generator" content="{GENERATOR}">'.encode()
_HEAD = 1000
"""Bytes of a page in which the mark stands."""


def write_dictionary(pages: Mapping[str, str], folder: Path) -> None:
    """Write the pages of a dictionary; pages of an earlier one that it no longer has are removed.

    Args:
        pages: path in the folder → content.

    Raises:
        EnvironmentProblem: the folder has files and no dictionary, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not _is_ours(folder / "index.html"):
            raise EnvironmentProblem(f"{folder} has files and no data dictionary: name another folder, or empty it.")
        for path, content in pages.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode("utf-8"))
        for file in (folder / "datasets").glob("*.html"):
            if f"datasets/{file.name}" not in pages and _is_ours(file):
                file.unlink()
    except OSError as error:
        raise EnvironmentProblem(f"The data dictionary cannot be written: {error}. Name another folder.") from error


def _is_ours(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return _MARK in stream.read(_HEAD)
