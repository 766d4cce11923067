"""Streams as Foundry's: read or written from begin to end, without going back; and the end of writing to an output."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import uuid
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from transforms_api.errors import WriteError
from transforms_api.store.locations import is_on_store
from transforms_api.store.places import make_folder


class Writes:
    """The writes of a job to one of its outputs, which its compute function's end ends.

    A copy that was pickled into a worker of Spark does not know of the end. What it writes later has no effect, since
    the folders that it writes to have been renamed by then.
    """

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._has_ended = False
        self._lock = threading.RLock()
        self._streams: weakref.WeakKeyDictionary[IO[Any], str] = weakref.WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        return {"dataset": self._dataset, "has_ended": self._has_ended}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["dataset"])  # type: ignore[misc]
        self._has_ended = state["has_ended"]

    def demand_open(self) -> None:
        """Make sure that the output can be written.

        Raises:
            WriteError: its job has ended.
        """
        if self._has_ended:
            raise WriteError(
                f"{self._dataset} can no longer be written: its job has ended, and this handle with it. Nothing has "
                "been changed. Write within the compute function, and join the threads that it starts."
            )

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Cover one write; writes of several threads wait for each other.

        Raises:
            WriteError: the job has ended.
        """
        with self._lock:
            self.demand_open()
            yield

    def watch(self, stream: IO[Any], name: str) -> None:
        """Remember a stream that has to be closed before the end."""
        self._streams[stream] = name

    def end(self) -> None:
        """Accept no further write.

        Raises:
            WriteError: a thread is still writing, or a stream is still open.
        """
        if not self._lock.acquire(blocking=False):
            self.close()
            raise WriteError(
                f"{self._dataset} was still being written by another thread when the compute function ended: join the "
                "threads that it starts."
            )
        try:
            self.close()
            if name := self._open_file():
                raise WriteError(
                    f"File '{name}' of {self._dataset} was still open when the compute function ended: close it, best "
                    "by 'with'."
                )
        finally:
            self._lock.release()

    def close(self) -> None:
        """Accept no further write; whatever is open is lost with its job."""
        self._has_ended = True

    def _open_file(self) -> str | None:
        return next((name for stream, name in list(self._streams.items()) if not stream.closed), None)


class _OneWay(io.FileIO):
    """A file without `seek` and `tell`: Foundry's streams have neither, so code that needs them is to fail here too."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot seek, as on Foundry: copy the file first.")

    def tell(self) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot tell their position, as on Foundry.")


class _WrittenAside(_OneWay):
    """A file that appears under its name when it is closed: an open stream never writes into what is published."""

    def __init__(self, file: Path, aside: Path) -> None:
        make_folder(aside)
        self._file, self._unfinished = file, aside / uuid.uuid4().hex
        super().__init__(str(self._unfinished), "w")
        self.name = str(file)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        try:
            os.replace(self._unfinished, self._file)
        except FileNotFoundError:
            raise WriteError(f"{self._file} was closed after its job had ended: it is not written.") from None


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


def open_stream(file: Path, mode: str, aside: Path | None = None, **text_options: Any) -> IO[Any]:
    """Open a file for reading ('r', 'rb') or writing ('w', 'wb'); text as UTF-8 unless `encoding` is given.

    Args:
        aside: folder on the same disk in which a written file is until it is closed; None: it is written in its place.

    Raises:
        ValueError: another mode.
    """
    if mode not in ("r", "rb", "rt", "w", "wb", "wt"):
        raise ValueError(f"Files of datasets are opened as 'r', 'rb', 'w' or 'wb', not as {mode!r}.")
    raw = _raw(file, mode[0], aside)
    binary = io.BufferedReader(raw) if mode[0] == "r" else io.BufferedWriter(raw)
    if mode.endswith("b"):
        return binary
    return io.TextIOWrapper(binary, **{"encoding": "utf-8", **text_options})


def _raw(file: Path, mode: str, aside: Path | None) -> io.RawIOBase:
    if is_on_store(file):
        return _OneWayOfStore(file.open(f"{mode}b"))
    return _WrittenAside(file, aside) if mode == "w" and aside else _OneWay(str(file), mode)
