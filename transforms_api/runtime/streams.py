"""Streams as Foundry's: read or written from begin to end, without going back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any, NoReturn

from transforms_api.store.locations import is_on_store


class _OneWay(io.FileIO):
    """A file without `seek` and `tell`: Foundry's streams have neither, so code that needs them is to fail here too."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot seek, as on Foundry: copy the file first.")

    def tell(self) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot tell their position, as on Foundry.")


class _OneWayOfStore(io.RawIOBase):
    """A file of an object store, without `seek` and `tell` as well."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return self._stream.readable()

    def writable(self) -> bool:
        return self._stream.writable()

    def readinto(self, buffer: Any) -> int:
        read = self._stream.read(len(buffer))
        buffer[: len(read)] = read
        return len(read)

    def write(self, data: Any) -> int:
        return self._stream.write(bytes(data))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def open_stream(file: Path, mode: str, **text_options: Any) -> IO[Any]:
    """Open a file for reading ('r', 'rb') or writing ('w', 'wb'); text as UTF-8 unless `encoding` is given.

    Raises:
        ValueError: another mode.
    """
    if mode not in ("r", "rb", "rt", "w", "wb", "wt"):
        raise ValueError(f"Files of datasets are opened as 'r', 'rb', 'w' or 'wb', not as {mode!r}.")
    raw = _OneWayOfStore(file.open(f"{mode[0]}b")) if is_on_store(file) else _OneWay(str(file), mode[0])
    binary = io.BufferedReader(raw) if mode[0] == "r" else io.BufferedWriter(raw)
    if mode.endswith("b"):
        return binary
    return io.TextIOWrapper(binary, **{"encoding": "utf-8", **text_options})
