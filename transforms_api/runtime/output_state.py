"""The state of an output during a job, for Spark and single-node transforms alike."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from transforms_api.errors import WriteError
from transforms_api.runtime.files import FileSystem, Writes
from transforms_api.warehouse import (
    ICEBERG_FORMAT,
    ColumnLineage,
    Provenance,
    StagedCommit,
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
        dataset: path of the dataset.
        branch: branch that the job writes.
        transaction: the open transaction that stages rows and files.
        previous: the dataset's version when the job began; None for a new dataset.
        is_incremental: whether the job runs incrementally, and so appends by default.
        strict_append: whether an incremental job may only append, and not modify.
        is_iceberg: whether the output is an Iceberg table, which has Iceberg's types.
        mode: 'replace', 'modify' or 'append'.
        schema: JSON of the schema of the rows written so far; None before the first write.
        partition_columns: columns by which the rows written so far are partitioned.
        is_aborted: whether the transform called `abort`.
        failed_write: the error of a write that may have removed rows or written only some of them.
        read: URI of a table's folder → dataset, of the datasets that the job can read.
        code: digest of the transform's code, the schemas of its inputs and how it reads them; None: not known.
        columns: lineage of the columns written so far; None before the first write.
        writes: checks that writes happen while the job runs.
    """

    dataset: str
    branch: str
    transaction: Transaction
    previous: TableVersion | None = None
    is_incremental: bool = False
    strict_append: bool = False
    is_iceberg: bool = False
    mode: str = "replace"
    schema: str | None = None
    partition_columns: tuple[str, ...] = ()
    is_aborted: bool = False
    failed_write: BaseException | None = None
    read: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    columns: ColumnLineage | None = None
    writes: Writes = field(init=False)

    def __post_init__(self) -> None:
        self.writes = Writes(self.dataset)
        if self.is_incremental:
            self.mode = "append" if self.strict_append else "modify"

    def anew(self, transaction: Transaction) -> OutputState:
        """Return the state that this output had when the job began, with another transaction.

        Args:
            transaction: stages what is written to the returned output.
        """
        return OutputState(
            self.dataset,
            self.branch,
            transaction,
            self.previous,
            is_incremental=self.is_incremental,
            strict_append=self.strict_append,
            read=self.read,
        )

    @property
    def adds(self) -> bool:
        """Whether the existing rows stay."""
        return self.mode != "replace"

    @property
    def kept(self) -> TableVersion | None:
        """The version whose rows stay beside the new ones; None if no rows stay."""
        return self.previous if self.adds and self.previous and not self.previous.holds_files_only else None

    @property
    def type(self) -> TransactionType:
        """The type of the transaction that the job commits."""
        types = {"replace": TransactionType.SNAPSHOT, "modify": TransactionType.UPDATE}
        return types.get(self.mode, TransactionType.APPEND)

    @property
    def has_written(self) -> bool:
        """Whether rows or files have been written."""
        return self.schema is not None or self.transaction.has_files

    def stage_commit(self, provenance: Provenance) -> StagedCommit:
        """Return the commit of what the job has written.

        Args:
            provenance: what the version is made from.
        """
        complete = provenance.with_fields(table_format=ICEBERG_FORMAT) if self.is_iceberg else provenance
        complete = complete.with_fields(columns=self.columns) if self.columns and self.schema else complete
        return self.transaction.stage_commit(self.schema, self.partition_columns, complete, self.type)

    def note_lineage(self, schema: str, trace: Callable[[], ColumnLineage]) -> None:
        """Record the lineage of written columns, beside that of the rows that stay.

        Lineage follows from the code and the schemas of the inputs. If they are those of the last version, its lineage
        is kept and no plan is read. A write never fails because its lineage cannot be read: it is unknown then.

        Args:
            schema: JSON of the written rows' schema.
            trace: returns the lineage.
        """
        before = self.previous.commit.provenance if self.previous else None
        earlier = before.columns if before else None
        basis = self._lineage_basis(schema)
        if earlier is not None and basis is not None and earlier.basis == basis:
            self.columns = earlier
            return
        try:
            lineage = trace()
        except Exception as error:
            logging.getLogger(__name__).debug("%s: the lineage of columns is unknown", self.dataset, exc_info=True)
            lineage = ColumnLineage(reason=f"its plan could not be read ({type(error).__name__})")
        lineage = lineage.model_copy(update={"basis": None if lineage.reason else basis})
        if self.adds and self.columns is not None:
            lineage = self.columns.merged(lineage)
        elif self.kept is not None and before is not None and before.transform is not None:
            lineage = (earlier or ColumnLineage(unknown=tuple(types_of(self.kept.schema)))).merged(lineage)
        self.columns = lineage

    def _lineage_basis(self, schema: str) -> str | None:
        """Return a digest of what determines the lineage after a write; None if it is not known."""
        before = self.columns.basis if self.columns else self.code
        if before is None:
            return None
        return hashlib.sha256("\0".join([before, self.mode, schema]).encode()).hexdigest()[:32]

    def set_mode(self, mode: str) -> None:
        """Set what happens to the existing rows and files.

        Args:
            mode: 'replace', 'modify' or 'append'.

        Raises:
            WriteError: the mode is unknown, data has been written already, or the job has ended.
        """
        self.writes.require_open()
        if mode not in MODES:
            raise WriteError(f"{self.dataset}: a mode is one of {', '.join(MODES)}, not {mode!r}.")
        if self.has_written:
            raise WriteError(f"{self.dataset}: set_mode comes before the first write.")
        self.mode = mode

    def abort(self) -> None:
        """Keep the dataset's last version, whatever is written.

        Raises:
            WriteError: the job has ended.
        """
        self.writes.require_open()
        self.is_aborted = True

    def require_names(self, names: Iterable[str]) -> None:
        """Raise unless rows with these column names can be written.

        Args:
            names: column names of the rows.

        Raises:
            WriteError: there is no column, a name is empty, or Spark cannot distinguish two names.
        """
        require_names(self.dataset, names, self.kept)

    def require_columns(self, schema: str, partition_columns: Sequence[str]) -> None:
        """Raise unless new rows fit the dataset, at the call that writes them.

        Args:
            schema: JSON of the rows' schema.
            partition_columns: columns by which they are partitioned.

        Raises:
            WriteError: the rows cannot be a dataset, have other types or partitions than the dataset, or other
                columns than the first rows of this job.
        """
        require_storable(self.dataset, schema, partition_columns)
        if self.adds and self.schema is not None and types_of(self.schema) != types_of(schema):
            raise WriteError(f"{self.dataset}: this job has written rows with other columns: write all of them alike.")
        if self.kept is not None:
            columns_to_add(self.dataset, schema, partition_columns, self.kept)

    @contextlib.contextmanager
    def changing_rows(self) -> Iterator[None]:
        """Record an error raised in the block, which fails the job unless a later write replaces all rows."""
        try:
            yield
        except BaseException as error:
            self.failed_write = error
            raise
        if not self.adds:
            self.failed_write = None

    def kept_beside_written(self) -> TableVersion | None:
        """Return the version whose rows stay, extended by the columns and nested fields of this job's rows."""
        if self.kept is None or self.schema is None:
            return self.kept
        added = columns_to_add(self.dataset, self.schema, self.partition_columns, self.kept)
        return replace(self.kept, schema=with_columns(self.kept.schema, added))

    def file_system(self, spark: Callable[[], SparkSession] | None, only_new: bool = False) -> FileSystem:
        """Return the file system that writes into the job's transaction.

        Args:
            spark: factory of the session; None on a single node.
            only_new: list only the files that the job has written.

        Raises:
            WriteError: the job has ended.
        """
        self.writes.require_open()
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
    """Decorate a method of an output: it raises a WriteError after the job has ended.

    Args:
        method: writes to the output.
    """

    @functools.wraps(method)
    def write(self: _Output, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with self.state.writes.one():
            return method(self, *args, **kwargs)

    return write


@contextlib.contextmanager
def accepting_writes(states: Collection[OutputState]) -> Iterator[None]:
    """Accept writes to outputs in the block, and none afterwards.

    Args:
        states: the job's outputs.

    Raises:
        WriteError: at the end of the block a thread is still writing, or a stream is still open.
    """
    try:
        yield
        for state in states:
            state.writes.end()
    finally:
        for state in states:
            state.writes.close()
