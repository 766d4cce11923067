"""Runs of transforms in tests, as a build runs them, on rows that the test states.

`run_transform` runs one transform; Foundry's `TransformRunner` builds a dataset of a pipeline.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import tempfile
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from transforms_api.builds import (
    BuildEnvironment,
    Checks,
    DatasetSource,
    SandboxResult,
    make_plan,
    run_in_sandbox,
    run_job,
    write_dataset,
)
from transforms_api.declare import InputSet, OutputSet, Pipeline, Transform, check_dataset_path
from transforms_api.engines import CancelToken, Engine, SailEngine, is_frame
from transforms_api.engines import read_slice as read_spark_slice
from transforms_api.errors import (
    ComputeError,
    EnvironmentProblem,
    MissingInputError,
    SqlError,
    StoreError,
    TrialError,
)
from transforms_api.project import (
    BuildGraph,
    CodeFingerprints,
    DatasetName,
    SqlTransform,
    build_graph,
    did_you_mean,
    load_sql_transform,
)
from transforms_api.runtime import python_rows
from transforms_api.testing.rows import Row, as_rows
from transforms_api.warehouse import TableVersion, Warehouse, full_view, require_rows
from transforms_api.warehouse import read_slice as read_arrow_slice


@contextlib.contextmanager
def unwrap_compute_error() -> Iterator[None]:
    """Raise the error of a compute function in place of the ComputeError around it, as tests expect it.

    A SqlError stays: it has the line of the SQL file, its cause only Spark's text.
    """
    try:
        yield
    except SqlError:
        raise
    except ComputeError as error:
        cause = error.__cause__ or error
    else:
        return
    raise cause


_LOGIC = CodeFingerprints()
_TABLES: weakref.WeakKeyDictionary[DataFrame, TableVersion] = weakref.WeakKeyDictionary()
"""DataFrames that have been written as tables, or come from some: none is written twice."""


def run_transform(
    transform: Transform[Any, Any] | str | Path,
    inputs: Mapping[str, Any] | None = None,
    /,
    *,
    previous: Mapping[str, Any] | None = None,
    checks: bool = True,
    **parameters: Any,
) -> Outputs:
    """Run one transform on rows that a test states, and return its outputs.

    It is the job of a build, with checks and parameters, in a folder that is removed when the process ends. Rows are a
    DataFrame of Spark, pandas or Polars; a list of dicts, whose types are inferred (a dict is a struct, a time
    without a zone is UTC); or a pair of a schema (a StructType, or text such as 'id long, name string') and a list of
    tuples or dicts. A folder (`Path`) becomes a dataset of files. For an `InputSet`, give a list of these.

    Args:
        transform: the transform, or the path of a SQL file, absolute or from the current folder.
        inputs: parameter of the transform → rows; for SQL, the name of a dataset in the file or in the shrinkwrap file
            of its repository → rows.
        previous: for an incremental run: output → its existing rows, input → the rows that the last run read;
            `inputs` are then the rows added since. None: nothing was built before, and the run is not incremental.
        checks: whether the transform's checks have to hold, as in a build. False skips them, for rows that state
            only what the test needs.
        parameters: values of the transform's parameters; the others have their defaults.

    Raises:
        Exception: the error of the transform, unchanged.
        TrialError: an input is missing, the transform has no such input or parameter, or the rows are invalid.
        ChecksFailedError: a check with `on_error` 'FAIL' failed.
        TransformsError: the job failed for another reason.
    """
    if isinstance(transform, (str, Path)):
        transform, inputs = sql_transform_of(Path(transform), inputs or {})
    require_parameters(transform, parameters, "run_transform")
    environment = BuildEnvironment(
        running_session, Warehouse(new_folder()), "test", parameters, logic=_LOGIC, other_engine=engine_of_tests()
    )
    sources = _stated(transform, inputs or {}, _table if previous is None else _rows)
    earlier = None if previous is None else _stated(transform, previous, _rows)
    with unwrap_compute_error():
        kept = Checks.REQUIRED if checks else Checks.SKIPPED
        return Outputs(run_in_sandbox(transform, sources, environment, earlier, kept))


def require_parameters(transform: Transform[Any, Any], parameters: Mapping[str, Any], function: str) -> None:
    """Raise unless a transform has these parameters.

    Args:
        transform: the transform.
        parameters: the parameters.
        function: name of the called function, for the error.

    Raises:
        TrialError: the transform lacks one.
    """
    if unknown := sorted(parameters.keys() - transform.parameters.keys()):
        known = transform.parameters
        raise TrialError(
            f"'{unknown[0]}' is no parameter of transform '{transform.__name__}' ({transform.location})."
            f"{did_you_mean(unknown[0], known)} There are: {', '.join(known) or 'none'}. Inputs stand in a dict: "
            f"{function}(transform, {{name: rows}})."
        )


def sql_transform_of(file: Path, inputs: Mapping[str, Any]) -> tuple[SqlTransform, Mapping[str, Any]]:
    """Return the transform of a SQL file, and the rows of its inputs by the names that the file has for them.

    Args:
        file: a file with one statement, absolute or from the current folder.
        inputs: name of a dataset → rows. A name may be that of the file, or one that transforms-shrinkwrap.yml of its
            repository has for the same dataset.

    Raises:
        DeclarationError: there is no such file, or it has not one transform.
    """
    transform, names = load_sql_transform(file)
    return transform, _by_parameter(transform, inputs, names)


def _by_parameter(
    transform: SqlTransform, inputs: Mapping[str, Any], names: Mapping[str, DatasetName]
) -> Mapping[str, Any]:
    """Return parameter → rows; rows that no input takes keep their names, for the error."""
    by_dataset = {names[name].alias if name in names else name: rows for name, rows in inputs.items()}
    aliases = {name: str(spec.alias) for name, spec in zip(transform.inputs, transform.read_specs, strict=True)}
    rows_by_name = {name: inputs.get(name, by_dataset.get(alias)) for name, alias in aliases.items()}
    taken = {name: rows for name, rows in rows_by_name.items() if rows is not None}
    known = {*aliases, *aliases.values()}
    is_known = {name: name in known or (name in names and names[name].alias in known) for name in inputs}
    return {**taken, **{name: rows for name, rows in inputs.items() if not is_known[name]}}


class Outputs(Mapping[str, Any]):
    """The outputs of a transform: a DataFrame per output, by parameter name; a list for an output set.

    An aborted output is missing unless it had rows before.

    Attributes:
        notes: remarks of the job, such as warnings of the transform or why it did not run incrementally.
    """

    def __init__(self, result: SandboxResult) -> None:
        self._result = result
        versions = result.transform.map_outputs(lambda bound: (bound.dataset, result.outputs[bound.dataset]))
        self._versions = {
            name: written
            for name, written in versions.items()
            if all(version for _, version in (written if isinstance(written, list) else [written]))
        }
        self.notes = result.notes

    def __getitem__(self, name: str) -> Any:
        """Return the rows of an output.

        Raises:
            KeyError: there is no output of that name.
            StoreError: the output holds files and no rows; see `rows` and `files`.
        """
        return self._read(name, _frame)

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)

    @property
    def only(self) -> Any:
        """The rows of the only output, as a DataFrame."""
        return self[self._only_name()]

    def rows(self, name: str | None = None) -> Any:
        """Return the rows of an output as a list of dicts, without Spark.

        Args:
            name: parameter name; None for the only output.
        """
        return self._read(name or self._only_name(), _dicts)

    def files(self, name: str | None = None) -> Any:
        """Return the folder of an output's files.

        Args:
            name: parameter name; None for the only output.
        """
        return self._read(name or self._only_name(), lambda dataset, version: version.files_folder or version.table)

    def _read(self, name: str, read: Callable[[str, Any], Any]) -> Any:
        if name not in self._versions:
            raise KeyError(f"'{name}': {self._what_was_written()}.")
        versions = self._versions[name]
        return [read(*member) for member in versions] if isinstance(versions, list) else read(*versions)

    def _only_name(self) -> str:
        if len(self) != 1:
            raise TrialError(f"{self._what_was_written()}: name one output, outputs[name].")
        return next(iter(self))

    def _what_was_written(self) -> str:
        return f"'{self._result.transform.__name__}' wrote {', '.join(self) or 'nothing'}"


def _stated(
    transform: Transform[Any, Any], stated: Mapping[str, Any], read: Callable[[str, Any], DatasetSource]
) -> dict[str, DatasetSource | list[DatasetSource]]:
    specs = {**transform.inputs, **transform.outputs}
    is_set = {name: isinstance(specs.get(name), (InputSet, OutputSet)) for name in stated}
    return {
        name: [read(name, member) for member in rows] if is_set[name] and isinstance(rows, list) else read(name, rows)
        for name, rows in stated.items()
    }


def _rows(name: str, rows: Any) -> DatasetSource:
    return as_rows(name, rows, running_session)


def _table(name: str, rows: Any) -> DatasetSource:
    """Return rows for the sandbox; a DataFrame as the table that it was written to."""
    stated = _rows(name, rows)
    if not is_frame(stated):
        return stated
    if stated not in _TABLES:
        _TABLES[stated] = write_dataset(f"/{name}", stated, Warehouse(new_folder()), running_session)
    return _TABLES[stated]


def _frame(dataset: str, version: TableVersion) -> DataFrame:
    require_rows(dataset, version)
    frame = read_spark_slice(running_session(), full_view(version))
    _TABLES[frame] = version
    return frame


def _dicts(dataset: str, version: TableVersion) -> list[Row]:
    require_rows(dataset, version)
    return python_rows(read_arrow_slice(full_view(version)).to_table())


_engine: list[Engine | None] = [None]
"""The engine of the tests that run; None: Spark, in the running session."""


@contextlib.contextmanager
def session_on_sail(log_file: Path, code: Sequence[Path]) -> Iterator[SparkSession]:
    """Start Sail, let `run_transform` and PySpark's functions use it in this thread, and yield a session.

    Args:
        log_file: receives what Sail prints.
        code: folders of the modules that Python functions in Sail import.
    """
    sail = SailEngine(log_file, code)
    _engine.append(sail)
    try:
        with sail.open_job({}, CancelToken()) as job:
            yield job()
    finally:
        _engine.remove(sail)
        sail.stop()


def engine_of_tests() -> Engine | None:
    """Return the engine that a fixture has started instead of Spark; None if there is none."""
    return _engine[-1]


def running_session() -> SparkSession:
    """Return the Spark session that a fixture has started.

    Raises:
        EnvironmentProblem: no session runs.
    """
    session = SparkSession.getActiveSession()
    if session is None:
        raise EnvironmentProblem("No Spark session is running: let the test take the fixture spark_session.")
    return session


@functools.cache
def _root() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="transforms-test-")


def new_folder() -> Path:
    """Return the path of a folder that is removed when the process ends."""
    return Path(_root().name) / uuid.uuid4().hex


class InMemoryDatastore:
    """DataFrames that replace datasets in a test.

    Attributes:
        dataframes: dataset path → rows.
    """

    def __init__(self) -> None:
        self.dataframes: dict[str, DataFrame] = {}

    def store_dataframe(self, alias: str, df: DataFrame) -> None:
        """Replace a dataset by a DataFrame.

        Args:
            alias: path of the dataset, as transforms name it.
            df: the rows.

        Raises:
            DatasetPathError: `alias` is no valid path.
        """
        self.dataframes[check_dataset_path(alias)] = df


class TransformRunner:
    """Builds datasets of a pipeline as a build does, with checks, in a temporary warehouse.

    A DataFrame in `datastore` replaces the transform that writes its dataset. Nothing has been built before, so no
    transform runs incrementally. Foundry does not document this class: parameters and methods are those that published
    tests use.

    Args:
        pipeline: the pipeline.
        datastore: DataFrames that replace datasets.
    """

    def __init__(self, pipeline: Pipeline, datastore: InMemoryDatastore | None = None) -> None:
        self._pipeline = pipeline
        self._datastore = datastore or InMemoryDatastore()

    def build_dataset(self, spark_session: SparkSession, output_alias: str) -> DataFrame:
        """Return the rows of a dataset, built from the stored DataFrames and the pipeline.

        Args:
            spark_session: the session.
            output_alias: path of the dataset.

        Raises:
            Exception: the error of a transform, unchanged.
            UnknownTargetError: no transform writes the dataset.
            MissingInputError: an input is neither stored nor written by a transform.
            ChecksFailedError: a check with `on_error` 'FAIL' failed.
            StoreError: the transform aborted the dataset, or wrote files and no rows.
        """
        graph = self._graph(output_alias)
        with tempfile.TemporaryDirectory(prefix="transforms-test-") as folder:
            warehouse = Warehouse(Path(folder))
            environment = BuildEnvironment(
                lambda: spark_session, warehouse, build="test", other_engine=engine_of_tests()
            )
            for dataset, df in self._stored_for(graph, output_alias):
                write_dataset(dataset, df, warehouse, environment.spark)
            for transform in _jobs(graph, environment, output_alias):
                with unwrap_compute_error():
                    run_job(transform, environment)
            version = warehouse.latest(output_alias)
            if version is None:
                raise StoreError(f"{output_alias} has no rows to return: its transform aborted it.")
            require_rows(output_alias, version)
            return read_spark_slice(spark_session, full_view(version)).localCheckpoint()

    def _graph(self, output_alias: str) -> BuildGraph:
        stored = self._datastore.dataframes
        return build_graph(
            transform
            for transform in self._pipeline.transforms
            if output_alias in transform.writes or stored.keys().isdisjoint(transform.writes)
        )

    def _stored_for(self, graph: BuildGraph, output_alias: str) -> list[tuple[str, DataFrame]]:
        """Return the stored DataFrames from which the dataset is made."""
        needed = graph.needed_for(graph.select([glob.escape(output_alias)]))
        stored, made = self._datastore.dataframes, graph.writers
        reads = dict.fromkeys(dataset for transform in needed for dataset in transform.reads)
        return [(dataset, stored[dataset]) for dataset in reads if dataset in stored and dataset not in made]


def _jobs(graph: BuildGraph, environment: BuildEnvironment, dataset: str) -> list[Transform[Any, Any]]:
    try:
        return make_plan(graph, environment, [glob.escape(dataset)], strict=False).jobs
    except MissingInputError as error:
        raise MissingInputError(f"{error} Store a DataFrame for it: datastore.store_dataframe(alias, df).") from None
