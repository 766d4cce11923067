"""Outputs of a single-node transform: pandas, Polars, Arrow, DuckDB or files, without Spark."""

from __future__ import annotations

import functools
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from transforms_api.errors import LightweightTypeError, LightweightValueError, NotSupportedLocallyError, WriteError
from transforms_api.extras import extra
from transforms_api.runtime.context import lineage_of_rows
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.inputs import LightweightInput, dataset_rid, transaction_rid
from transforms_api.runtime.output_state import OutputState, while_job_runs
from transforms_api.runtime.pandas_frames import KnownTypes, from_pandas, to_pandas
from transforms_api.warehouse import (
    ColumnLineage,
    arrow_schema,
    full_view,
    has_int96,
    is_stored_alike,
    link_files,
    read_slice,
    read_staged,
    replace_nanoseconds,
    schema_json,
    stage,
    staged_files,
    storable,
    storable_schema,
    storage_of,
    type_refused,
    types_of,
)

_ADOPTED = "adopted"
"""Folder below a transaction's rows with the files that were written to `path_for_write_table`."""


class LightweightOutput:
    """An output dataset. Nothing is visible to others before the job commits.

    Attributes:
        alias: path of the dataset as declared.
        branch: branch of the build.
        rid: the dataset's RID, derived from its path if none is declared.
    """

    def __init__(self, state: OutputState, rid: str | None = None, inputs: Sequence[LightweightInput] = ()) -> None:
        self.alias = state.dataset
        self.branch = state.branch
        self.rid = rid or dataset_rid(state.dataset)
        self.state = state
        self._inputs = inputs

    @while_job_runs
    def write_table(
        self,
        df: Any,
        column_description: Mapping[str, str] | None = None,
        column_descriptions: Mapping[str, str] | None = None,
    ) -> None:
        """Write rows.

        A second call in one job replaces the rows of the first; in the modes 'modify' and 'append' it adds to them.

        Args:
            df: a pandas DataFrame; an Arrow table, dataset or reader; a Polars DataFrame or LazyFrame; a DuckDB
                relation; an
                object with Arrow's stream interface, `__arrow_c_stream__`; or the path that `path_for_write_table`
                returned, or None, for Parquet files written there.
            column_description: column name → description.
            column_descriptions: the same; Foundry has both spellings.

        Raises:
            LightweightTypeError: `df` is none of these, or has a column of a type that datasets do not have, or a
                value that the stored type would change.
            LightweightValueError: both descriptions are set, or the path is a different one.
            WriteError: the columns do not fit each other or the existing rows, or the job has ended.
        """
        if column_description is not None and column_descriptions is not None:
            raise LightweightValueError(f"{self.alias}: give column_descriptions, not column_description as well.")
        if df is None or isinstance(df, (str, Path)):
            self._adopt_files(df)
        else:
            self._write_rows(df)
        self._describe(column_descriptions or column_description or {})

    def write_pandas(self, pandas_df: Any) -> None:
        """Write a pandas DataFrame.

        Args:
            pandas_df: the rows.
        """
        self.write_table(pandas_df)

    def write_dataframe(self, df: Any) -> None:
        """Write rows, as `write_table` does.

        Args:
            df: see `write_table`.
        """
        self.write_table(df)

    @while_job_runs
    def put_metadata(self, column_descriptions: Mapping[str, str] | None = None) -> None:
        """Use the Parquet files in `path_for_write_table` as the rows.

        Args:
            column_descriptions: column name → description.

        Raises:
            LightweightValueError: there are no such files.
        """
        self._adopt_files(None)
        self._describe(column_descriptions or {})

    @property
    def path_for_write_table(self) -> str:
        """A folder for Parquet files that are then passed to `write_table`; removed when the job ends.

        Raises:
            WriteError: the job has ended.
        """
        self.state.writes.require_open()
        storage_of(self._handed_over).make_folder(self._handed_over)
        return str(self._handed_over)

    @property
    def path_for_object_store_write_table(self) -> str:
        """The same folder; on Foundry it is for libraries that write to object stores."""
        return self.path_for_write_table

    def dataframe(self) -> Any:
        """Return the rows written by this job as a pandas DataFrame."""
        return self.pandas()

    def pandas(self) -> Any:
        """Return the rows written by this job as a pandas DataFrame."""
        return to_pandas(self.arrow())

    def polars(self, lazy: bool = False) -> Any:
        """Return the rows written by this job as a Polars DataFrame.

        Args:
            lazy: return a LazyFrame.
        """
        frame = extra("polars").from_arrow(self.arrow())
        return frame.lazy() if lazy else frame

    def arrow(self) -> pa.Table:
        """Return the rows written by this job as an Arrow table.

        Raises:
            WriteError: the job has written no rows yet.
        """
        return self._written()

    def path(self) -> str:
        """Return a folder of the Parquet files written by this job; removed when the job ends.

        Raises:
            WriteError: the job has ended.
        """
        self.state.writes.require_open()
        folder = self.state.transaction.folder
        if not storage_of(folder).is_remote:
            return str(folder)
        self._copy = tempfile.TemporaryDirectory(prefix="transforms-output-")
        link_files(folder, Path(self._copy.name), [file.path for file in staged_files(folder)])
        return self._copy.name

    def filesystem(self) -> FileSystem:
        """Return the file system that writes into the dataset."""
        return self.state.file_system(None)

    def set_mode(self, mode: str) -> None:
        """Set what happens to the existing rows and files.

        Args:
            mode: 'replace', 'modify' or 'append'.
        """
        self.state.set_mode(mode)

    def abort(self) -> None:
        """Discard everything written to this output; the dataset keeps its last version and the job succeeds."""
        self.state.abort()

    @property
    def transaction_rid(self) -> str:
        """RID of the transaction that this job commits."""
        return transaction_rid(self.state.transaction.identifier)

    def read_unstaged_dataset_as_polars_lazy(self, *arguments: Any, **settings: Any) -> NoReturn:
        """Raise an error: Foundry does not document what this method reads.

        Raises:
            NotSupportedLocallyError: always.
        """
        raise NotSupportedLocallyError(
            f"{self.alias}: read_unstaged_dataset_as_polars_lazy() exists on Foundry only. Read what this job has "
            "written by polars(lazy=True), or the version before by polars(mode='previous', lazy=True)."
        )

    @functools.cached_property
    def _handed_over(self) -> Path:
        """The folder of `path_for_write_table`: beside the rows, or on this machine for rows on an object store.

        It is separate from the transaction's folder, since only files passed to `write_table` are rows.
        """
        folder = self.state.transaction.folder
        if not storage_of(folder).is_remote:
            return self.state.transaction.unfinished_folder / "rows"
        self._local = tempfile.TemporaryDirectory(prefix="transforms-output-")
        return Path(self._local.name)

    def _write_rows(self, df: Any) -> None:
        partitions = self.state.kept.partition_columns if self.state.kept else ()
        try:
            table = as_arrow(df, self._known_types())
            self.state.require_names(table.column_names)
            stored = storable(storable(table) if _is_pandas(df) else table, self.state.is_iceberg)
        except LightweightTypeError as error:
            raise LightweightTypeError(f"{self.alias}: {error}") from error.__cause__
        self.state.require_columns(schema_json(stored.schema), partitions)
        with self.state.changing_rows():
            self._replace_rows()
            self.state.schema = stage(stored, self.state.transaction, partitions, self.state.is_iceberg)
        self.state.partition_columns = partitions
        self.state.note_lineage(self.state.schema, lambda: lineage_of_rows(df))

    def _known_types(self) -> KnownTypes:
        stored = arrow_schema(self.state.kept.schema) if self.state.kept else pa.schema([])
        types_stored = dict(zip(stored.names, stored.types, strict=True))
        return KnownTypes(types_stored, _types_read(self._inputs), self._values_read)

    def _values_read(self, column: str) -> pa.ChunkedArray:
        datasets = [
            source.arrow_dataset("current") for source in self._inputs if not source.view.version.holds_files_only
        ]
        columns = [source.to_table(columns=[column]).column(0) for source in datasets if column in source.schema.names]
        return pa.chunked_array([chunk for values in columns for chunk in values.chunks], columns[0].type)

    def _written(self) -> pa.Table:
        if self.state.schema is None:
            raise WriteError(f"{self.alias} has not been written in this job yet; there is nothing to read.")
        return read_staged(self.state.schema, self.state.transaction, self.state.partition_columns)

    def _adopt_files(self, path: str | Path | None) -> None:
        folder = self._handed_over
        if path is not None and Path(path) != folder:
            raise LightweightValueError(f"{self.alias}: write_table takes the path that path_for_write_table gives.")
        paths = [file.path for file in staged_files(folder)] if folder.is_dir() else []
        files = [_as_own_file(folder / path) for path in paths]
        if not files:
            raise LightweightValueError(f"{self.alias}: no Parquet files have been written to {folder}.")
        schema = _schema_of(self.alias, files, self.state.is_iceberg)
        for file in files:
            _store_types(self.alias, file, self.state.is_iceberg)
        self.state.require_columns(schema, ())
        names = types_of(schema)
        folders = [part for path in paths for part in path.split("/")[:-1] if "=" in part]
        if outside := [part for part in folders if part.partition("=")[0] not in names]:
            raise WriteError(
                f"{self.alias}: the folder {outside[0]} has been written, and its files have no such column: write "
                "them without partitions."
            )
        adopted = self.state.transaction.folder / _ADOPTED
        with self.state.changing_rows():
            self._replace_rows()
            storage = storage_of(adopted)
            storage.remove_tree(adopted)
            storage.copy_all([(file, adopted / f"part-{number:05}.parquet") for number, file in enumerate(files)])
        self.state.schema = schema
        self.state.note_lineage(schema, lambda: ColumnLineage(reason="the transform wrote its files itself"))

    def _replace_rows(self) -> None:
        """Remove the rows written by this job, unless the mode adds rows."""
        if not self.state.adds:
            self.state.transaction.clear_rows()

    def _describe(self, descriptions: Mapping[str, str]) -> None:
        schema = json.loads(self.state.schema or "{}")
        for field in schema["fields"]:
            if field["name"] in descriptions:
                field["metadata"] = {**field["metadata"], "comment": descriptions[field["name"]]}
        self.state.schema = json.dumps(schema)


class IncrementalLightweightOutput(LightweightOutput):
    """An output of an incremental single-node transform, whose earlier rows can be read.

    Read modes: 'previous' is the dataset when the job began, 'added' is what the job has written, 'current' is both;
    in the mode 'replace' only the new rows.
    """

    def dataframe(self, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a pandas DataFrame.

        Args:
            mode: 'added', 'previous' or 'current'.
            schema: see `arrow`.
        """
        return self.pandas(mode, schema)

    def pandas(self, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a pandas DataFrame.

        Args:
            mode: 'added', 'previous' or 'current'.
            schema: see `arrow`.
        """
        return to_pandas(self.arrow(mode, schema))

    def polars(self, lazy: bool = False, mode: str = "current", schema: Any = None) -> Any:
        """Return the rows of a read mode as a Polars DataFrame.

        Args:
            lazy: return a LazyFrame.
            mode: 'added', 'previous' or 'current'.
            schema: see `arrow`.
        """
        if isinstance(schema, Mapping):
            empty = extra("polars").DataFrame(schema=schema)
            schema = empty.to_arrow().schema
        frame = extra("polars").from_arrow(self.arrow(mode, schema))
        return frame.lazy() if lazy else frame

    def arrow(self, mode: str = "current", schema: pa.Schema | None = None) -> pa.Table:
        """Return the rows of a read mode as an Arrow table.

        Args:
            mode: 'added', 'previous' or 'current'.
            schema: schema of an empty table that stands for a missing earlier version.

        Raises:
            ValueError: mode 'previous' without `schema`, and there is no earlier version or the run is not incremental.
        """
        previous = self.state.previous if self.state.is_incremental else None
        if mode == "previous" and (previous is None or previous.holds_files_only):
            if schema is None:
                raise ValueError(f"{self.alias} has no previous rows in this run: pass the schema of an empty table.")
            return schema.empty_table()
        if mode == "previous" and previous is not None:
            return read_slice(full_view(previous)).to_table()
        kept = self.state.kept_beside_written()
        if mode == "current" and kept is not None:
            before = read_slice(full_view(kept)).to_table()
            if self.state.schema is None:
                return before
            new = read_staged(kept.schema, self.state.transaction, self.state.partition_columns)
            return pa.concat_tables([before, new], promote_options="permissive")
        if mode not in ("added", "current"):
            raise ValueError(f"{self.alias} is read as 'current', 'added' or 'previous', not as {mode!r}.")
        return self._written()


def _is_pandas(df: Any) -> bool:
    """Return whether rows are those of pandas, whose times without a zone are those of Spark, in UTC."""
    return type(df).__module__.partition(".")[0] == "pandas"


def _as_own_file(file: Path) -> Path:
    """Replace a symbolic link by a copy of its file, so that a change affects no other file."""
    if file.is_symlink():
        target = file.resolve()
        file.unlink()
        storage_of(file).copy(target, file)
    return file


def _schema_of(dataset: str, files: Sequence[Path], is_iceberg: bool) -> str:
    """Return the schema common to Parquet files; INT96 times become microseconds in them."""
    schemas: dict[str, Path] = {}
    for file in files:
        try:
            if has_int96(file):
                replace_nanoseconds([file])
            schemas.setdefault(schema_json(storable_schema(pq.read_schema(file), is_iceberg)), file)
        except LightweightTypeError as error:
            raise LightweightTypeError(f"{dataset}: {file.name}: {error}") from error
        except (pa.ArrowException, OSError) as error:
            raise WriteError(f"{dataset}: {file} has been written and is no Parquet file: {error}") from error
    if len(schemas) > 1:
        first, other, *_ = schemas.values()
        raise WriteError(f"{dataset}: {other.name} has been written with other columns than {first.name}.")
    return next(iter(schemas))


def _store_types(dataset: str, file: Path, is_iceberg: bool) -> None:
    """Rewrite a Parquet file in batches if its types are not those of datasets."""
    try:
        _write_anew(file, is_iceberg)
    except LightweightTypeError as error:
        raise LightweightTypeError(f"{dataset}: {file.name}: {error}") from error


def _write_anew(file: Path, is_iceberg: bool) -> None:
    with pq.ParquetFile(file, coerce_int96_timestamp_unit="us") as opened:
        schema = opened.schema_arrow.remove_metadata()
        stored = storable_schema(schema, is_iceberg)
        if all(is_stored_alike(field.type, other.type) for field, other in zip(schema, stored, strict=True)):
            return
        copy = file.with_name(f"_{file.name}")
        with pq.ParquetWriter(copy, stored) as writer:
            for batch in opened.iter_batches():
                writer.write_table(storable(pa.Table.from_batches([batch]), is_iceberg))
    copy.replace(file)


def _types_read(inputs: Sequence[LightweightInput]) -> dict[str, pa.DataType]:
    """Return column name → type in the job's inputs, without names that have several types."""
    types: dict[str, set[pa.DataType]] = defaultdict(set)
    for source in inputs:
        if not source.view.version.holds_files_only:
            for column in arrow_schema(source.view.version.schema):
                types[column.name].add(column.type)
    return {name: next(iter(kinds)) for name, kinds in types.items() if len(kinds) == 1}


def as_arrow(df: Any, known: KnownTypes | None = None) -> pa.Table:
    """Return rows of any supported library as an Arrow table.

    Args:
        df: rows of pandas, Arrow, Polars, DuckDB or a library with Arrow's stream interface.
        known: known types of columns, for a pandas DataFrame.

    Raises:
        LightweightTypeError: `df` is of no supported library, or Arrow cannot represent a column.
    """
    library, name = type(df).__module__.partition(".")[0].lstrip("_"), type(df).__name__
    if isinstance(df, pa.Table):
        return df
    if library == "pandas" and name == "DataFrame":
        return from_pandas(df, known)
    if library == "narwhals":
        return as_arrow(df.to_native(), known)
    if library == "polars" and name in ("DataFrame", "LazyFrame"):
        frame = df.collect() if name == "LazyFrame" else df
        _refuse_polars_types(frame.schema)
        return frame.to_arrow()
    if library == "duckdb":
        _refuse_duckdb_types(zip(df.columns, df.types, strict=True))
        return df.to_arrow_table() if hasattr(df, "to_arrow_table") else df.arrow()
    if library == "pyarrow" and hasattr(df, "to_table"):
        return df.to_table()
    if hasattr(df, "__arrow_c_stream__") and library not in ("pandas", "polars"):
        return pa.RecordBatchReader.from_stream(df).read_all()
    raise LightweightTypeError(
        "A dataset is written from pandas, Polars, Arrow, a DuckDB relation or an object with Arrow's stream interface "
        f"(__arrow_c_stream__), not from a {name}."
    )


def _refuse_polars_types(columns: Mapping[str, Any]) -> None:
    """Raise for types that Arrow cannot represent: Polars passes memory addresses for Python objects."""
    for path, dtype in columns.items():
        kind = str(dtype.base_type())
        if kind in ("Object", "Unknown"):
            raise type_refused(path, f"Polars' {dtype}", "make it text or a number, map_elements(str, pl.String)")
        if kind in ("Int128", "UInt128"):
            raise type_refused(path, f"Polars' {dtype}", "cast it to pl.Decimal(38, 0) or text")
        if hasattr(dtype, "fields"):
            _refuse_polars_types({f"{path}.{field.name}": field.dtype for field in dtype.fields})
        if kind == "Map":
            _refuse_polars_types({f"{path}.key": dtype.key, f"{path}.value": dtype.value})
        if hasattr(dtype, "inner"):
            _refuse_polars_types({f"{path}[]": dtype.inner})


def _refuse_duckdb_types(columns: Iterable[tuple[str, Any]]) -> None:
    """Raise for types that Arrow cannot represent: it reads BIT as bytes, and large UHUGEINT values as negative."""
    remedies = {
        "bit": "cast it to varchar",
        "uhugeint": "cast it to decimal(38,0) or varchar",
        "interval": "make it a number, such as epoch(…), its seconds, or cast it to varchar",
        "timetz": "cast it to varchar",
        "bignum": "cast it to decimal(38,0) or varchar",
    }
    for path, kind in columns:
        remedy = remedies.get("timetz" if str(kind) == "TIME WITH TIME ZONE" else kind.id)
        if remedy is not None:
            raise type_refused(path, f"DuckDB's {kind}", remedy)
        if kind.id in ("list", "array"):
            _refuse_duckdb_types([(f"{path}[]", kind.children[0][1])])
        if kind.id in ("struct", "map"):
            _refuse_duckdb_types([(f"{path}.{name}", child) for name, child in kind.children])
