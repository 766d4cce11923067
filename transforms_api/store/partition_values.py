"""Values that stand in the names of folders, as Hive writes them: `month=01`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import unquote

_NULL = "__HIVE_DEFAULT_PARTITION__"


def partition_values(folder: PurePath) -> Iterator[tuple[str, str | None]]:
    """Yield the columns, and their values as texts, that the names of a path's folders give to the files in it."""
    for part in folder.parts:
        name, is_value, value = part.partition("=")
        if is_value:
            yield unquote(name), None if value == _NULL else unquote(value)
