"""The objects that a single-node transform writes to: from pandas, Polars, Arrow, DuckDB or files, without Spark."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms_api.errors import LightweightTypeError, LightweightValueError, WriteError
from transforms_api.runtime.arrow_tables import (
    read_slice,
    read_staged,
    replace_nanoseconds,
    schema_json,
    stage,
    storable_schema,
)
from transforms_api.runtime.dataset import dataset_rid, transaction_rid
from transforms_api.runtime.extras import extra
from transforms_api.runtime.filesystem import FileSystem
from transforms_api.runtime.output_state import OutputState
from transforms_api.store.files import link_files
from transforms_api.store.locations import is_on_store
from transforms_api.store.places import make_folder
from transforms_api.store.publish import staged_files
from transforms_api.store.slices import whole


class LightweightOutput:
    """A dataset to write; nothing is visible to anyone before the job commits.

    Attributes:
        alias: the dataset's name as declared.
        branch: branch that is built.
        rid: the dataset's RID; made of its path where none is known.
    """

    def __init__(self, state: OutputState, rid: str | None = None) -> None:
        self.alias = state.dataset
        self.branch = state.branch
        self.rid = rid or dataset_rid(state.dataset)
        self.state = state

    def write_table(
        self,
        df: Any,
        column_description: Mapping[str, str] | None = None,
        column_descriptions: Mapping[str, str] | None = None,
    ) -> None:
        """Write rows into the dataset.

        A second call in one job replaces what the first wrote; in the modes 'modify' and 'append' it adds to it.

        Args:
            df: a pandas DataFrame, Arrow table, Polars DataFrame or LazyFrame, DuckDB relation; or the path that
                `path_for_write_table` gave, or None, for Parquet files that have been written there.

        Raises:
            LightweightTypeError: `df` is none of these, or has a column of a type that datasets do not have.
            LightweightValueError: both descriptions are given, or the path is another.
            WriteError: the columns do not fit each other or the rows that they are added to.
        """
        if column_description is not None and column_descriptions is not None:
            raise LightweightValueError(f"{self.alias}: give column_descriptions, not column_description as well.")
        if df is None or isinstance(df, (str, Path)):
            self._adopt_files(df)
        else:
            if not self.state.adds:
                self.state.transaction.clear_rows()
            partitions = self.state.kept.partition_columns if self.state.kept else ()
            table = as_arrow(self.alias, df)
            self.state.demand_names(table.column_names)
            self.state.demand_columns(schema_json(storable_schema(table.schema)), partitions)
            self.state.schema = stage(table, self.state.transaction, partitions)
            self.state.partition_columns = partitions
        self._describe(column_descriptions or column_description or {})

    def write_pandas(self, pandas_df: Any) -> None:
        """Write a pandas DataFrame into the dataset."""
        self.write_table(pandas_df)

    def write_dataframe(self, df: Any) -> None:
        """Write rows into the dataset, the same as `write_table`."""
        self.write_table(df)

    def put_metadata(self, column_descriptions: Mapping[str, str] | None = None) -> None:
        """Take the Parquet files at `path_for_write_table` as the rows.

        Raises:
            LightweightValueError: there are none.
        """
        self._adopt_files(None)
        self._describe(column_descriptions or {})

    @property
    def path_for_write_table(self) -> str:
        """A folder into which Parquet files can be written, to be handed to `write_table`."""
        make_folder(self._handed_over)
        return str(self._handed_over)

    @property
    def path_for_object_store_write_table(self) -> str:
        """The same folder, for libraries that write to object stores on Foundry."""
        return self.path_for_write_table

    def dataframe(self) -> Any:
        """Return the rows that this job has written as a pandas DataFrame."""
        return self.pandas()

    def pandas(self) -> Any:
        """Return the rows that this job has written as a pandas DataFrame."""
        return self.arrow().to_pandas()

    def polars(self, lazy: bool = False) -> Any:
        """Return the rows that this job has written as a Polars DataFrame, or as a LazyFrame."""
        frame = extra("polars").from_arrow(self.arrow())
        return frame.lazy() if lazy else frame

    def arrow(self) -> pa.Table:
        """Return the rows that this job has written as an Arrow table.

        Raises:
            WriteError: it has written none yet.
        """
        return self._written()

    def path(self) -> str:
        """Return a folder of the Parquet files that this job has written."""
        folder = self.state.transaction.folder
        if is_on_store(folder):
            link_files(folder, self._handed_over, [file.path for file in staged_files(folder)])
        return str(self._handed_over)

    def filesystem(self) -> FileSystem:
        """Return the file system that writes into the dataset."""
        return self.state.file_system(None)

    def set_mode(self, mode: str) -> None:
        """Choose what becomes of the rows and files that are there: 'replace', 'modify' or 'append'."""
        self.state.set_mode(mode)

    def abort(self) -> None:
        """Void what was and will be written here; the dataset keeps its last version and the job succeeds."""
        self.state.is_aborted = True

    @property
    def transaction_rid(self) -> str:
        """RID of the transaction that this job commits."""
        return transaction_rid(self.state.transaction.identifier)

    @functools.cached_property
    def _handed_over(self) -> Path:
        """The folder that others write into: the transaction's, or one of this machine where that is on a store."""
        folder = self.state.transaction.folder
        if not is_on_store(folder):
            return folder
        self._local = tempfile.TemporaryDirectory(prefix="transforms-output-")
        return Path(self._local.name)

    def _written(self) -> pa.Table:
        if self.state.schema is None:
            raise WriteError(f"{self.alias} has not been written in this job yet; there is nothing to read.")
        return read_staged(self.state.schema, self.state.transaction, self.state.partition_columns)

    def _adopt_files(self, path: str | Path | None) -> None:
        folder = self._handed_over
        if path is not None and Path(path) != folder:
            raise LightweightValueError(f"{self.alias}: write_table takes the path that path_for_write_table gives.")
        files = sorted(folder.rglob("*.parquet"))
        if not files:
            raise LightweightValueError(f"{self.alias}: no Parquet files have been written to {folder}.")
        schema = _schema_of(self.alias, files)
        self.state.demand_columns(schema, ())
        if folder != self.state.transaction.folder:
            link_files(folder, self.state.transaction.folder, [file.relative_to(folder).as_posix() for file in files])
        self.state.schema = schema

    def _describe(self, descriptions: Mapping[str, str]) -> None:
        schema = json.loads(self.state.schema or "{}")
        for field in schema["fields"]:
            if field["name"] in descriptions:
                field["metadata"] = {**field["metadata"], "comment": descriptions[field["name"]]}
        self.state.schema = json.dumps(schema)


class IncrementalLightweightOutput(LightweightOutput):
    """A dataset that an incremental single-node transform writes, and whose earlier rows it may read.

    'previous' is what the dataset held when the job began, 'added' what the job has written, 'current' both of them, or
    only the new rows where the mode is 'replace'.
    """

    def dataframe(self, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a pandas DataFrame."""
        return self.pandas(mode, schema)

    def pandas(self, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a pandas DataFrame."""
        return self.arrow(mode, schema).to_pandas()

    def polars(self, lazy: bool = False, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a Polars DataFrame, or as a LazyFrame."""
        if isinstance(schema, Mapping):
            empty = extra("polars").DataFrame(schema=schema)
            schema = empty.to_arrow().schema
        frame = extra("polars").from_arrow(self.arrow(mode, schema))
        return frame.lazy() if lazy else frame

    def arrow(self, mode: str = "current", schema: pa.Schema | None = None) -> pa.Table:
        """Return the rows of a read mode as an Arrow table.

        Raises:
            ValueError: mode 'previous', there is no earlier version (or the run is not incremental) and no `schema`.
        """
        previous = self.state.previous if self.state.is_incremental else None
        if mode == "previous" and (previous is None or previous.holds_files_only):
            if schema is None:
                raise ValueError(f"{self.alias} has no previous rows in this run: pass the schema of an empty table.")
            return schema.empty_table()
        if mode == "previous" and previous is not None:
            return read_slice(whole(previous)).to_table()
        if mode == "current" and self.state.kept is not None:
            before = read_slice(whole(self.state.kept)).to_table()
            new = [] if self.state.schema is None else [self._written()]
            return pa.concat_tables([before, *new], promote_options="default")
        if mode not in ("added", "current"):
            raise ValueError(f"{self.alias} is read as 'current', 'added' or 'previous', not as {mode!r}.")
        return self._written()


def _schema_of(dataset: str, files: Sequence[Path]) -> str:
    """Return the schema that Parquet files have, all of them the same; times become microseconds in them."""
    found: dict[str, Path] = {}
    for file in files:
        try:
            replace_nanoseconds([file])
            found.setdefault(schema_json(pq.read_schema(file)), file)
        except (pa.ArrowException, OSError) as error:
            raise WriteError(f"{dataset}: {file} has been written and is no Parquet file: {error}") from error
    if len(found) > 1:
        first, other, *_ = found.values()
        raise WriteError(f"{dataset}: {other.name} has been written with other columns than {first.name}.")
    return next(iter(found))


def as_arrow(dataset: str, df: Any) -> pa.Table:
    """Return rows of any of the supported libraries as an Arrow table.

    Raises:
        LightweightTypeError: `df` is of none of them.
    """
    library = type(df).__module__.partition(".")[0].lstrip("_")
    if isinstance(df, pa.Table):
        return df
    if library == "pandas":
        return pa.Table.from_pandas(df, preserve_index=False)
    if library == "polars":
        return (df.collect() if hasattr(df, "collect") else df).to_arrow()
    if library == "duckdb":
        return df.to_arrow_table() if hasattr(df, "to_arrow_table") else df.arrow()
    raise LightweightTypeError(
        f"{dataset} is written from pandas, Polars, Arrow or a DuckDB relation, not from a {type(df).__name__}."
    )
