"""`compute_transform`: calls a transform's function in a test, with rows in memory and without a warehouse.

`run_transform` runs the job of a build: it stages outputs as files, evaluates checks and commits, which takes about a
second on Spark. A test of a rule (DataFrames in, DataFrames out) does not need that.
"""

from __future__ import annotations

import functools
import inspect
import json
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from transforms_api.builds import (
    BoundArguments,
    BuildEnvironment,
    compute,
    other_arguments,
    refuse_foundry_only,
    require_sources,
)
from transforms_api.declare import Engine, Input, InputSet, Output, OutputSet, TableInput, TableOutput, Transform
from transforms_api.engines import as_stored, collect_arrow, empty_frame, is_frame
from transforms_api.errors import StoreError, TrialError, WriteError
from transforms_api.runtime import (
    FileSystem,
    IcebergInput,
    IncrementalLightweightInput,
    IncrementalLightweightOutput,
    IncrementalTransformInput,
    IncrementalTransformOutput,
    LightweightInput,
    LightweightOutput,
    OutputState,
    TableLightweightOutput,
    TableTransformOutput,
    TransformInput,
    TransformOutput,
    column_descriptions,
    column_typeclasses,
    dataset_rid,
    describe_columns,
    refuse_arguments,
    with_iceberg_types,
)
from transforms_api.testing.rows import as_rows
from transforms_api.testing.run_transform import (
    new_folder,
    require_parameters,
    running_session,
    sql_transform_of,
    unwrap_compute_error,
)
from transforms_api.warehouse import (
    ICEBERG_FORMAT,
    TableVersion,
    Transaction,
    Warehouse,
    arrow_schema,
    list_files,
    schema_json,
    stage,
    storable,
)

_BRANCH = "master"


def compute_transform(
    transform: Transform[Any, Any] | str | Path, inputs: Mapping[str, Any] | None = None, /, **parameters: Any
) -> Computed:
    """Call the function of a transform with rows in memory, and return what it writes.

    Nothing is committed: no check is evaluated, no earlier version exists (an incremental transform computes in full),
    Spark profiles do not apply, and a Spark output is the DataFrame that the function wrote, computed when the test
    reads it. If a test needs any of these, use `run_transform`, which takes the same arguments.

    Args:
        transform: the transform, or the path of a SQL file, absolute or from the current folder.
        inputs: parameter of the transform → rows: a DataFrame of Spark, pandas or Polars; a list of dicts; a pair of a
            schema and a list of tuples or dicts; a folder (`Path`) for a dataset of files. For an `InputSet`, a list of
            these.
        parameters: values of the transform's parameters; the others have their defaults.

    Returns:
        The outputs, by parameter name or dataset path.

    Raises:
        Exception: the error of the function, unchanged.
        TrialError: an input is missing, the transform has no such input or parameter, or the rows are invalid.
        NotSupportedLocallyError: the transform needs an external source, or a service of Foundry.
    """
    if isinstance(transform, (str, Path)):
        transform, inputs = sql_transform_of(Path(transform), inputs or {})
    require_parameters(transform, parameters, "compute_transform")
    refuse_foundry_only(transform)
    stated = inputs or {}
    require_sources(transform, stated)
    folder = new_folder()
    environment = BuildEnvironment(running_session, Warehouse(folder), "test", parameters)
    sources = {name: _input(transform, name, spec, stated[name]) for name, spec in transform.inputs.items()}
    written = {name: _output(transform, name, spec, folder) for name, spec in transform.outputs.items()}
    others = other_arguments(transform, False, sources, running_session, environment)
    with unwrap_compute_error():
        is_complete = compute(transform, BoundArguments(sources, written, others), running_session)
    return Computed(transform, written if is_complete else {})


class Computed(Mapping[str, Any]):
    """The outputs of a transform, by parameter name or dataset path; a list for an output set.

    An output is a DataFrame of Spark, or an Arrow table for a single-node transform. Aborted outputs are missing.
    """

    def __init__(self, transform: Transform[Any, Any], written: Mapping[str, Any]) -> None:
        self._transform = transform
        self._written = {
            name: output
            for name, output in written.items()
            if not any(member.state.is_aborted for member in _all(output))
        }

    def __getitem__(self, name: str) -> Any:
        """Return the rows of an output.

        Raises:
            KeyError: the transform wrote no output of that name or path.
            WriteError: the transform wrote no rows to it.
        """
        return self._read(name, lambda output: output.rows())

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    @property
    def only(self) -> Any:
        """The rows of the only output."""
        return self[self._only_name()]

    def rows(self, name: str | None = None) -> Any:
        """Return the rows of an output as a list of dicts.

        Args:
            name: parameter name or dataset path; None for the only output.
        """
        return self._read(name or self._only_name(), lambda output: as_arrow_table(output.rows()).to_pylist())

    def files(self, name: str | None = None) -> Any:
        """Return the folder of an output's files.

        Args:
            name: parameter name or dataset path; None for the only output.
        """
        return self._read(name or self._only_name(), lambda output: output.state.transaction.files_folder)

    def _read(self, name: str, read: Any) -> Any:
        by_path = {getattr(self._transform.outputs[parameter], "alias", None): parameter for parameter in self._written}
        written = self._written.get(by_path.get(name, name))
        if written is None:
            raise KeyError(f"'{name}': {self._description()}.")
        return [read(member) for member in written] if isinstance(written, list) else read(written)

    def _only_name(self) -> str:
        if len(self) != 1:
            raise TrialError(f"{self._description()}: name one output, computed[name].")
        return next(iter(self))

    def _description(self) -> str:
        return f"'{self._transform.__name__}' wrote {', '.join(self) or 'nothing'}"


def as_arrow_table(rows: DataFrame | pa.Table) -> pa.Table:
    """Return the rows of a Spark DataFrame as an Arrow table; times are in UTC.

    Args:
        rows: the DataFrame.
    """
    if isinstance(rows, pa.Table):
        return rows
    schema = arrow_schema(as_stored(rows.schema).json())
    return collect_arrow(rows).cast(schema)


def _as_frame(rows: DataFrame | pa.Table) -> DataFrame:
    if is_frame(rows):
        return rows
    stored = storable(rows)
    schema = T.StructType.fromJson(json.loads(schema_json(stored.schema)))
    records = [tuple(row.values()) for row in stored.to_pylist(maps_as_pydicts="strict")]
    return running_session().createDataFrame(records, schema)


@dataclass(frozen=True)
class _Rows:
    """The content of an input: rows, or a folder of files."""

    path: str
    content: DataFrame | pa.Table | Path

    def frame(self, mode: str) -> DataFrame:
        frame = _as_frame(self._require_rows())
        return empty_frame(frame.sparkSession, frame.schema) if self._is_empty(mode) else frame

    def table(self, mode: str) -> pa.Table:
        table = storable(as_arrow_table(self._require_rows()))
        return table.slice(0, 0) if self._is_empty(mode) else table

    def schema(self) -> str:
        rows = self._require_rows()
        return schema_json(storable(rows).schema) if isinstance(rows, pa.Table) else as_stored(rows.schema).json()

    def version(self) -> TableVersion:
        """Return the rows as a version of a table in a temporary folder."""
        warehouse = Warehouse(new_folder())
        transaction = Transaction(warehouse.table("/rows"))
        transaction.publish(stage(self.table("current"), transaction))
        version = warehouse.latest("/rows")
        assert version is not None
        return version

    def files(self, spark: Any) -> FileSystem:
        if not isinstance(self.content, Path):
            raise TrialError(f"{self.path} stands for rows in memory and has no files. Pass a folder (Path) instead.")
        return FileSystem(self.path, self.content, list_files(self.content), spark)

    def _require_rows(self) -> DataFrame | pa.Table:
        if isinstance(self.content, Path):
            raise StoreError(f"{self.path} holds files and no table: read it by filesystem().")
        return self.content

    def _is_empty(self, mode: str) -> bool:
        if mode not in ("added", "current", "previous"):
            raise ValueError(f"{self.path} is read as 'added', 'previous' or 'current', not as {mode!r}.")
        return mode == "previous"


class _SparkInput(TransformInput):
    """An input of a Spark transform whose rows are in memory."""

    def __init__(self, rows: _Rows, rid: str | None) -> None:
        self.path, self.branch, self.rid = rows.path, _BRANCH, rid or dataset_rid(rows.path)
        self._rows = rows
        self._frames: dict[str, DataFrame] = {}
        self._spark = running_session

    @property
    def column_descriptions(self) -> dict[str, str]:
        return column_descriptions(self._rows.schema())

    @property
    def column_typeclasses(self) -> dict[str, list[dict[str, str]]]:
        return column_typeclasses(self._rows.schema())

    def _dataframe(self, mode: str) -> DataFrame:
        if mode not in self._frames:
            self._frames[mode] = self._rows.frame(mode)
        return self._frames[mode]

    def _filesystem(self, mode: str) -> FileSystem:
        return self._rows.files(self._spark)


class _TableOfRows:
    """What an input that is declared as a table adds."""

    _rows: _Rows

    def iceberg(self) -> IcebergInput:
        return IcebergInput(self._rows.path, self._rows.version())


class _SingleNodeInput(LightweightInput):
    """An input of a single-node transform whose rows are in memory."""

    def __init__(self, rows: _Rows, rid: str | None) -> None:
        self.alias, self.branch, self.rid = rows.path, _BRANCH, rid or dataset_rid(rows.path)
        self._rows = rows
        self._folders: list[tempfile.TemporaryDirectory[str]] = []

    @property
    def column_descriptions(self) -> dict[str, str]:
        return column_descriptions(self._rows.schema())

    def arrow_dataset(self, mode: str | None = None) -> Any:
        import pyarrow.dataset

        return pyarrow.dataset.dataset(self._rows.table(mode or self.default_mode))

    def _path(self, mode: str | None) -> str:
        folder = tempfile.TemporaryDirectory(prefix="transforms-input-")
        self._folders.append(folder)
        pq.write_table(self._rows.table(mode or self.default_mode), f"{folder.name}/part-00000.parquet")
        return folder.name

    def _filesystem(self, mode: str | None) -> FileSystem:
        return self._rows.files(None)


class _SparkOutput(TransformOutput):
    """An output of a Spark transform that keeps the DataFrame instead of writing it."""

    _frame: DataFrame | None = None

    def write_dataframe(self, df: DataFrame, *args: Any, **kwargs: Any) -> None:
        """Keep a frame; arguments are checked as by `TransformOutput.write_dataframe`."""
        passed = inspect.signature(TransformOutput.write_dataframe).bind(self, df, *args, **kwargs).arguments
        descriptions, typeclasses = passed.get("column_descriptions"), passed.get("column_typeclasses")
        refuse_arguments(
            self.path, df, passed.get("bucket_cols"), passed.get("bucket_count"), descriptions, typeclasses
        )
        written = describe_columns(df, descriptions or {}, typeclasses or {})
        if self.state.is_iceberg:
            written = with_iceberg_types(written)
        schema = as_stored(written.schema).json()
        self.state.require_names(written.columns)
        self.state.require_columns(schema, ())
        before = self._frame if self.state.adds else None
        self._frame = written if before is None else before.unionByName(written)
        self.state.schema = schema

    def rows(self) -> DataFrame:
        """Return the DataFrame that was written."""
        return self._written()

    def _written(self, schema: str | None = None) -> DataFrame:
        if self._frame is not None:
            return self._frame
        if self.state.schema is None:
            raise WriteError(f"{self.path} has not been written; there is nothing to read.")
        return super()._written(schema)  # rows of Arrow, written by iceberg()


class _SingleNodeOutput(LightweightOutput):
    """An output of a single-node transform, staged in a temporary folder and never committed."""

    def rows(self) -> pa.Table:
        """Return the rows that were written."""
        return self._written()


_SPARK_INPUT = _SparkInput, IncrementalTransformInput, _TableOfRows
"""Class of an input, what incremental runs add to it, and what tables add to it."""
_SINGLE_NODE_INPUT = _SingleNodeInput, IncrementalLightweightInput, _TableOfRows
_SPARK_OUTPUT = _SparkOutput, IncrementalTransformOutput, TableTransformOutput
_SINGLE_NODE_OUTPUT = _SingleNodeOutput, IncrementalLightweightOutput, TableLightweightOutput


@functools.cache
def _class_of(parts: tuple[type[Any], type[Any], type[Any]], is_incremental: bool, is_table: bool) -> type[Any]:
    """Return the first of the parts, with the other two as far as they apply."""
    base, incremental, table = parts
    bases = (*[table] * is_table, base, *[incremental] * is_incremental)
    return type(base.__name__, bases, {})


def _input(transform: Transform[Any, Any], name: str, spec: Input | InputSet, stated: Any) -> Any:
    if isinstance(spec, InputSet):
        if not isinstance(stated, (list, tuple)) or len(stated) != len(spec.members):
            raise TrialError(
                f"'{name}' of transform '{transform.__name__}' stands for {len(spec.members)} datasets: pass a list."
            )
        pairs = zip(spec.members, stated, strict=True)
        return [_input(transform, f"{name}/{number}", member, rows) for number, (member, rows) in enumerate(pairs)]
    rows = _Rows(spec.alias or f"/{name}", as_rows(name, stated, running_session))
    parts = _SINGLE_NODE_INPUT if transform.engine is Engine.SINGLE_NODE else _SPARK_INPUT
    return _class_of(parts, transform.incremental is not None, isinstance(spec, TableInput))(rows, spec.rid)


def _output(transform: Transform[Any, Any], name: str, spec: Output | OutputSet, folder: Path) -> Any:
    if isinstance(spec, OutputSet):
        return [_output(transform, f"{name}/{number}", member, folder) for number, member in enumerate(spec.members)]
    is_local = transform.engine is Engine.SINGLE_NODE
    parts = _SINGLE_NODE_OUTPUT if is_local else _SPARK_OUTPUT
    kind = _class_of(parts, transform.incremental is not None, isinstance(spec, TableOutput))
    is_iceberg = isinstance(spec, TableOutput) and spec.table_format == ICEBERG_FORMAT
    dataset = spec.alias or f"/{name}"
    state = OutputState(dataset, _BRANCH, Transaction(folder / uuid.uuid4().hex), is_iceberg=is_iceberg)
    return kind(state, spec.rid) if is_local else kind(state, running_session, spec.rid)


def _all(output: Any) -> list[Any]:
    return output if isinstance(output, list) else [output]
