"""The files of a dataset: `filesystem()` of inputs and outputs, on the driver and in Spark's Python workers.

Streams are like Foundry's: read or written from beginning to end, without `seek`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from pyspark.sql import DataFrame, SparkSession
from wcmatch import glob as globs

from transforms_api.errors import WriteError
from transforms_api.warehouse import STAGED, FileEntry, list_files, storage_of


class Writes:
    """The writes of a job to one output; they end with its compute function.

    A copy that was pickled into a Spark worker does not know of the end. Its later writes have no effect, since the
    folders that it writes to have been renamed by then.
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

    def require_open(self) -> None:
        """Raise unless the output can be written.

        Raises:
            WriteError: the job has ended.
        """
        if self._has_ended:
            raise WriteError(
                f"{self._dataset} can no longer be written: its job has ended, and this handle with it. Nothing has "
                "been changed. Write within the compute function, and join the threads that it starts."
            )

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Guard one write; writes of several threads run one after the other.

        Raises:
            WriteError: the job has ended.
        """
        with self._lock:
            self.require_open()
            yield

    def watch(self, stream: IO[Any], name: str) -> None:
        """Register a stream that has to be closed before the job ends.

        Args:
            stream: the open stream.
            name: name of the file, for messages.
        """
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
        """Accept no further write, and discard open streams."""
        self._has_ended = True

    def _open_file(self) -> str | None:
        return next((name for stream, name in list(self._streams.items()) if not stream.closed), None)


class _OneWay(io.FileIO):
    """A file without `seek` and `tell`, as Foundry's streams, so that code that needs them fails here, too."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot seek, as on Foundry: copy the file first.")

    def tell(self) -> NoReturn:
        raise io.UnsupportedOperation("Streams of datasets cannot tell their position, as on Foundry.")


class _WrittenAside(_OneWay):
    """A file that appears under its name when it is closed, so that an open stream never writes to a published file."""

    def __init__(self, file: Path, aside: Path) -> None:
        storage_of(aside).make_folder(aside)
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
    """A file on an object store, also without `seek` and `tell`."""

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
    """Open a file; text is UTF-8 unless `encoding` is set.

    Args:
        file: the file.
        mode: 'r', 'rb', 'w' or 'wb'.
        aside: folder on the same disk that holds a written file until it is closed; None: write in place.

    Raises:
        ValueError: `mode` is another one.
    """
    if mode not in ("r", "rb", "rt", "w", "wb", "wt"):
        raise ValueError(f"Files of datasets are opened as 'r', 'rb', 'w' or 'wb', not as {mode!r}.")
    raw = _raw(file, mode[0], aside)
    binary = io.BufferedReader(raw) if mode[0] == "r" else io.BufferedWriter(raw)
    if mode.endswith("b"):
        return binary
    return io.TextIOWrapper(binary, **{"encoding": "utf-8", **text_options})


def _raw(file: Path, mode: str, aside: Path | None) -> io.RawIOBase:
    if storage_of(file).is_remote:
        return _OneWayOfStore(file.open(f"{mode}b"))
    return _WrittenAside(file, aside) if mode == "w" and aside else _OneWay(str(file), mode)


SCHEMA = "path string, size long, modified long"


def file_rows(spark: SparkSession, entries: Sequence[FileEntry]) -> DataFrame:
    """Return files as a DataFrame.

    Args:
        spark: the session.
        entries: the files.

    Returns:
        One row per file: `path`, `size` (bytes), `modified` (milliseconds since 1970-01-01 UTC).
    """
    bins = packed(entries, _setting(spark, "maxPartitionBytes"), _setting(spark, "openCostInBytes"))
    if not bins:
        return spark.createDataFrame([], SCHEMA)
    rows = spark.sparkContext.parallelize(bins, len(bins)).flatMap(lambda entries: entries)
    return spark.createDataFrame(rows, SCHEMA)


def packed(entries: Sequence[FileEntry], most: int, open_cost: int) -> list[list[FileEntry]]:
    """Return files in bins, the largest file first.

    Args:
        entries: the files.
        most: size of a bin in bytes.
        open_cost: bytes added for opening a file.
    """
    bins: list[list[FileEntry]] = []
    weights: list[int] = []
    for entry in sorted(entries, key=lambda entry: (-entry.size, entry.path)):
        weight = entry.size + open_cost
        fitting = next((index for index, used in enumerate(weights) if used + weight <= most), None)
        if fitting is None:
            bins.append([entry])
            weights.append(weight)
        else:
            bins[fitting].append(entry)
            weights[fitting] += weight
    return bins


def _setting(spark: SparkSession, name: str) -> int:
    size = spark._jvm.org.apache.spark.network.util.JavaUtils.byteStringAsBytes  # type: ignore[union-attr]
    return int(size(spark.conf.get(f"spark.sql.files.{name}")))


FileStatus = FileEntry
"""A file as `ls` shows it: `path`, `size` in bytes, `modified` in milliseconds since 1970-01-01 UTC."""


class FileSystem:
    """The files of a dataset by their paths in it; those of inputs can be read, those of outputs written.

    Args:
        dataset: path of the dataset, for messages.
        folder: folder of the files.
        entries: the files that existed when the job began.
        target: folder of new files; None for an input.
        protected: paths that cannot be written again.
        writes: the job's writes to an output.
        aside: folder of files whose streams are open.
    """

    def __init__(
        self,
        dataset: str,
        folder: Path | None,
        entries: tuple[FileEntry, ...],
        spark: Callable[[], SparkSession] | None = None,
        target: Path | None = None,
        protected: frozenset[str] = frozenset(),
        writes: Writes | None = None,
        aside: Path | None = None,
    ) -> None:
        self._dataset = dataset
        self._folder = folder
        self._entries = entries
        self._spark = spark
        self._target = target
        self._protected = protected
        self._writes = writes or Writes(dataset)
        self._aside = aside

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_spark": None}

    @property
    def hadoop_path(self) -> str | None:
        """URI of the folder of the files, for Spark."""
        folder = self._target or self._folder
        if folder is None:
            return None
        uri = storage_of(folder).spark_uri(folder)
        return uri if storage_of(folder).is_remote else f"file://{uri}"

    def ls(self, glob: str | None = None, regex: str = ".*", show_hidden: bool = False) -> Iterator[FileStatus]:
        """Yield the files at every depth, sorted by path.

        Args:
            glob: pattern that matches the whole path; `**` matches any number of folders.
            regex: pattern that matches the beginning of the path. (Foundry does not document whether it has to match
                all of it; a pattern that ends with `.*` or `$` means the same either way.)
            show_hidden: include paths with a part that begins with '.' or '_'.
        """
        pattern = re.compile(regex)
        for entry in self._listing():
            hidden = any(part.startswith((".", "_")) for part in entry.path.split("/"))
            matched = glob is None or globs.globmatch(entry.path, glob, flags=globs.GLOBSTAR | globs.BRACE)
            if pattern.match(entry.path) and matched and (show_hidden or not hidden):
                yield entry

    def files(
        self,
        glob: str | None = None,
        regex: str = ".*",
        show_hidden: bool = False,
        packing_heuristic: str | None = None,
    ) -> DataFrame:
        """Return the files that `ls` yields as a DataFrame.

        Partitions hold files of about `spark.sql.files.maxPartitionBytes` together, so that they take about equally
        long.

        Args:
            glob: see `ls`.
            regex: see `ls`.
            show_hidden: see `ls`.
            packing_heuristic: ignored.

        Returns:
            One row per file: `path`, `size` (bytes), `modified` (milliseconds since 1970-01-01 UTC).
        """
        if self._spark is None:
            raise io.UnsupportedOperation(f"{self._dataset}: files() needs Spark; use ls() here.")
        return file_rows(self._spark(), list(self.ls(glob, regex, show_hidden)))

    def open(self, path: str, mode: str = "r", **kwargs: Any) -> IO[Any]:
        """Open a file as a stream without `seek`; missing folders of a written file are created.

        Args:
            path: path of the file in the dataset.
            mode: 'r', 'rb', 'w' or 'wb'.
            kwargs: `encoding`, `errors` and `newline` of `io.open`.

        Raises:
            FileNotFoundError: the dataset has no such file.
            io.UnsupportedOperation: an input is written or an output is read.
            WriteError: the path leaves the dataset or cannot be written again, or the job has ended.
        """
        if (mode[:1] == "w") != (self._target is not None):
            raise io.UnsupportedOperation(
                f"{self._dataset}: files of an {'output are written' if self._target else 'input are read'}, "
                f"they cannot be opened as {mode!r}."
            )
        if self._target is None:
            return open_stream(self._readable(path), mode, **kwargs)
        with self._writes.one():
            stream = open_stream(self._writable(path), mode, self._aside, **kwargs)
            self._writes.watch(stream, path)
            return stream

    def _listing(self) -> tuple[FileEntry, ...]:
        if self._target is None:
            return self._entries
        written = list_files(self._target) if self._target.is_dir() else ()
        kept = {entry.path: entry for entry in self._entries}
        return tuple(sorted((kept | {entry.path: entry for entry in written}).values()))

    def _readable(self, path: str) -> Path:
        if self._folder is None or not any(entry.path == path for entry in self._entries):
            raise FileNotFoundError(f"{self._dataset} has no file '{path}'.")
        return self._folder / path

    def _writable(self, path: str) -> Path:
        assert self._target is not None
        file = self._target / path
        if path.startswith("/") or ".." in path.split("/") or not path:
            raise WriteError(f"'{path}' would lie outside of {self._dataset}: a file's name is relative, without '..'.")
        if self._is_published():
            raise WriteError(f"{self._dataset} can no longer be written: its job has ended. Nothing has been changed.")
        if path in self._protected:
            raise WriteError(f"{self._dataset} has a file '{path}' already, which an append must not replace.")
        storage_of(file).make_folder(file.parent)
        return file

    def _is_published(self) -> bool:
        """Return whether the files are in their final folder; a copy in a worker has no other sign."""
        assert self._target is not None
        last = self._target.with_name(self._target.name.removesuffix(STAGED))
        return last != self._target and last.exists()
