"""Streams as Foundry's: read or written from begin to end, without going back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any, NoReturn


class _OneWay(io.FileIO):
    """A file without `seek` and `tell`: Foundry's streams have neither, so code that needs them is to fail here too."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot seek, as on Foundry: copy the file first.")

    def tell(self) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot tell their position, as on Foundry.")


def open_stream(file: Path, mode: str, **text_options: Any) -> IO[Any]:
    """Open a file for reading ('r', 'rb') or writing ('w', 'wb'); text as UTF-8 unless `encoding` is given.

    Raises:
        ValueError: another mode.
    """
    if mode not in ("r", "rb", "rt", "w", "wb", "wt"):
        raise ValueError(f"Files of datasets are opened as 'r', 'rb', 'w' or 'wb', not as {mode!r}.")
    raw = _OneWay(str(file), mode[0])
    binary = io.BufferedReader(raw) if mode[0] == "r" else io.BufferedWriter(raw)
    if mode.endswith("b"):
        return binary
    return io.TextIOWrapper(binary, **{"encoding": "utf-8", **text_options})
