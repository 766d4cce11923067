"""What becomes of an output during a job, the same for Spark and for single nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from transforms_api.errors import WriteError
from transforms_api.runtime.filesystem import FileSystem
from transforms_api.store.columns import columns_to_add, demand_names, types_of, with_columns
from transforms_api.store.commits import TransactionType
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.transaction import Transaction

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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

    def __post_init__(self) -> None:
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
            WriteError: there is no such mode, or data has been written already.
        """
        if mode not in MODES:
            raise WriteError(f"{self.dataset}: a mode is one of {', '.join(MODES)}, not {mode!r}.")
        if self.has_written:
            raise WriteError(f"{self.dataset}: set_mode comes before the first write.")
        self.mode = mode

    def demand_names(self, names: Iterable[str]) -> None:
        """Make sure that rows with columns of these names can be written.

        Raises:
            WriteError: two have one name for Spark.
        """
        demand_names(self.dataset, names, self.kept)

    def demand_columns(self, schema: str, partition_columns: Sequence[str]) -> None:
        """Make sure that rows fit those that stay, while the code that writes them can still be told.

        Raises:
            WriteError: they have other types or partitions than the dataset, or other columns than this job's first.
        """
        if self.adds and self.schema is not None and types_of(self.schema) != types_of(schema):
            raise WriteError(f"{self.dataset}: this job has written rows with other columns: write all of them alike.")
        if self.kept is not None:
            columns_to_add(self.dataset, schema, partition_columns, self.kept)

    def kept_beside_written(self) -> TableVersion | None:
        """Return the version whose rows stay, with the columns and nested fields that this job's rows add."""
        if self.kept is None or self.schema is None:
            return self.kept
        added = columns_to_add(self.dataset, self.schema, self.partition_columns, self.kept)
        return replace(self.kept, schema=with_columns(self.kept.schema, added))

    def file_system(self, spark: Callable[[], SparkSession] | None) -> FileSystem:
        """Return the file system that writes into the job's transaction."""
        before = self.previous if self.adds and self.previous and self.previous.files_folder else None
        entries = before.file_entries if before else ()
        protected = frozenset(entry.path for entry in entries) if self.mode == "append" else frozenset[str]()
        return FileSystem(self.dataset, None, entries, spark, self.transaction.files_folder, protected)
