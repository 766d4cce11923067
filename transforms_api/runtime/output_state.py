"""What becomes of an output during a job, the same for Spark and for single nodes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from transforms_api.errors import WriteError
from transforms_api.runtime.files import FileSystem, Writes
from transforms_api.warehouse import (
    TableVersion,
    Transaction,
    TransactionType,
    columns_to_add,
    require_names,
    require_storable,
    types_of,
    with_columns,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_Output = TypeVar("_Output", bound="_HasState")

MODES = ("replace", "modify", "append")


@dataclass
class OutputState:
    """An output of a running job.

    Attributes:
        previous: the dataset's last version when the job began; None for a new dataset.
        is_incremental: the job runs incrementally: it adds to the dataset unless the transform says otherwise.
        schema: JSON of the schema of the rows that the job has written; None before.
        mode: 'replace', 'modify' or 'append'.
    """

    dataset: str
    branch: str
    transaction: Transaction
    previous: TableVersion | None = None
    is_incremental: bool = False
    strict_append: bool = False
    mode: str = "replace"
    schema: str | None = None
    partition_columns: tuple[str, ...] = ()
    is_aborted: bool = False
    failed_write: BaseException | None = None
    """The error of a write that may have removed rows or written a part of them."""
    writes: Writes = field(init=False)

    def __post_init__(self) -> None:
        self.writes = Writes(self.dataset)
        if self.is_incremental:
            self.mode = "append" if self.strict_append else "modify"

    @property
    def adds(self) -> bool:
        """Whether what was in the dataset before stays in it."""
        return self.mode != "replace"

    @property
    def kept(self) -> TableVersion | None:
        """The version whose rows stay when this job's are added; None where none do."""
        return self.previous if self.adds and self.previous and not self.previous.holds_files_only else None

    @property
    def type(self) -> TransactionType:
        """The type of the transaction that the job will commit."""
        types = {"replace": TransactionType.SNAPSHOT, "modify": TransactionType.UPDATE}
        return types.get(self.mode, TransactionType.APPEND)

    @property
    def has_written(self) -> bool:
        """Whether rows or files have been written."""
        return self.schema is not None or self.transaction.has_files

    def set_mode(self, mode: str) -> None:
        """Choose what becomes of the rows and files that are there: 'replace', 'modify' or 'append'.

        Raises:
            WriteError: there is no such mode, data has been written already, or the job has ended.
        """
        self.writes.demand_open()
        if mode not in MODES:
            raise WriteError(f"{self.dataset}: a mode is one of {', '.join(MODES)}, not {mode!r}.")
        if self.has_written:
            raise WriteError(f"{self.dataset}: set_mode comes before the first write.")
        self.mode = mode

    def abort(self) -> None:
        """Let the dataset keep its last version, whatever is written.

        Raises:
            WriteError: the job has ended.
        """
        self.writes.demand_open()
        self.is_aborted = True

    def demand_names(self, names: Iterable[str]) -> None:
        """Make sure that rows with columns of these names can be written.

        Raises:
            WriteError: there is no column, one has no name, or two have one name for Spark.
        """
        require_names(self.dataset, names, self.kept)

    def demand_columns(self, schema: str, partition_columns: Sequence[str]) -> None:
        """Make sure that rows fit those that stay, while the code that writes them can still be told.

        Raises:
            WriteError: they cannot be a dataset, or have other types or partitions than the dataset, or other columns
                than this job's first.
        """
        require_storable(self.dataset, schema, partition_columns)
        if self.adds and self.schema is not None and types_of(self.schema) != types_of(schema):
            raise WriteError(f"{self.dataset}: this job has written rows with other columns: write all of them alike.")
        if self.kept is not None:
            columns_to_add(self.dataset, schema, partition_columns, self.kept)

    @contextlib.contextmanager
    def changing_rows(self) -> Iterator[None]:
        """Remember an error within the context, until a later write replaces all rows."""
        try:
            yield
        except BaseException as error:
            self.failed_write = error
            raise
        if not self.adds:
            self.failed_write = None

    def kept_beside_written(self) -> TableVersion | None:
        """Return the version whose rows stay, with the columns and nested fields that this job's rows add."""
        if self.kept is None or self.schema is None:
            return self.kept
        added = columns_to_add(self.dataset, self.schema, self.partition_columns, self.kept)
        return replace(self.kept, schema=with_columns(self.kept.schema, added))

    def file_system(self, spark: Callable[[], SparkSession] | None, only_new: bool = False) -> FileSystem:
        """Return the file system that writes into the job's transaction.

        Args:
            only_new: it lists only the files that the job has written.

        Raises:
            WriteError: the job has ended.
        """
        self.writes.demand_open()
        before = self.previous if self.adds and self.previous and self.previous.files_folder else None
        entries = before.file_entries if before and not only_new else ()
        protected = frozenset(entry.path for entry in entries) if self.mode == "append" else frozenset[str]()
        return FileSystem(
            self.dataset,
            None,
            entries,
            spark,
            self.transaction.files_folder,
            protected,
            self.writes,
            self.transaction.unfinished_folder,
        )


class _HasState(Protocol):
    state: OutputState


def while_job_runs(
    method: Callable[Concatenate[_Output, _Arguments], _Result],
) -> Callable[Concatenate[_Output, _Arguments], _Result]:
    """Let a method that writes an output raise a WriteError after the job has ended."""

    @functools.wraps(method)
    def write(self: _Output, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with self.state.writes.one():
            return method(self, *args, **kwargs)

    return write


@contextlib.contextmanager
def accepting_writes(states: Collection[OutputState]) -> Iterator[None]:
    """Let outputs be written within the context, and no longer.

    Raises:
        WriteError: at the end a thread is still writing to one, or a stream is still open.
    """
    try:
        yield
        for state in states:
            state.writes.end()
    finally:
        for state in states:
            state.writes.close()
