"""The files of a dataset: `filesystem()` of inputs and outputs, usable in Spark's Python workers too."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wcmatch import glob as globs

from transforms_api.errors import WriteError
from transforms_api.runtime.streams import Writes, open_stream
from transforms_api.store.files import FileEntry, list_files
from transforms_api.store.locations import for_spark, is_on_store
from transforms_api.store.names import STAGED
from transforms_api.store.places import make_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FileStatus = FileEntry
"""A file as `ls` shows it: `path`, `size` in bytes, `modified` in milliseconds since 1970-01-01 UTC."""


class FileSystem:
    """Files of one dataset by their names in it; input files are read, output files are written.

    Args:
        dataset: the dataset's name, for messages.
        folder: where the files lie.
        entries: the files that were there when the job began.
        target: where new files are written; None for a file system to read.
        protected: names that must not be written again.
        writes: the job's writes to the output, of a file system that writes.
        aside: where files are until their streams are closed.
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
        """The folder of the files as a URI that Spark reads; the files have their names below it."""
        folder = self._target or self._folder
        if folder is None:
            return None
        return for_spark(folder) if is_on_store(folder) else f"file://{folder}"

    def ls(self, glob: str | None = None, regex: str = ".*", show_hidden: bool = False) -> Iterator[FileStatus]:
        """Yield the files, at every depth, in the order of their names.

        Args:
            glob: only names that match it as a whole; `**` stands for any folders, none too.
            regex: only names that it matches from their begin; the end may be left over (Foundry does not document
                whether it has to match as a whole; patterns that end in `.*` or `$` mean the same either way).
            show_hidden: also names of which a part begins with '.' or '_'.
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
        """Return the files that `ls` yields as a DataFrame: path, size (bytes), modified (ms); one row per file.

        Its partitions hold files of about `spark.sql.files.maxPartitionBytes` together, so that work on them is even.
        """
        from transforms_api.runtime.file_rows import file_rows

        if self._spark is None:
            raise io.UnsupportedOperation(f"{self._dataset}: files() needs Spark; use ls() here.")
        return file_rows(self._spark(), list(self.ls(glob, regex, show_hidden)))

    def open(self, path: str, mode: str = "r", **kwargs: Any) -> IO[Any]:
        """Open a file as a stream without `seek`; folders of a file that is written come into being.

        Args:
            kwargs: `encoding`, `errors` and `newline` of `io.open`.

        Raises:
            FileNotFoundError: the dataset has no such file.
            io.UnsupportedOperation: an input is written or an output read.
            WriteError: the name leaves the dataset, or must not be written again; or the job has ended.
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
        make_folder(file.parent)
        return file

    def _is_published(self) -> bool:
        """Tell whether the files have got their last folder; a copy in a worker knows by nothing else."""
        assert self._target is not None
        last = self._target.with_name(self._target.name.removesuffix(STAGED))
        return last != self._target and last.exists()
