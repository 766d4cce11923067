"""The sandbox: one transform run as the job of a build, on provided rows and in a temporary warehouse.

Tests, `preview` and reports for one key (`run_for_key`) use it. Rows of any kind become datasets that the job can read.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from transforms_api.builds.engine_choice import EngineUse
from transforms_api.builds.engine_run import run_on_engine
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.incremental import input_versions
from transforms_api.declare import BoundInput, BoundOutput, Input, InputSet, Output, OutputSet, Transform
from transforms_api.engines import SessionFactory, is_frame
from transforms_api.errors import DeclarationError, TrialError, UnknownTargetError
from transforms_api.expectations import Check, CheckResult
from transforms_api.project import did_you_mean
from transforms_api.runtime import OutputState, TransformOutput
from transforms_api.warehouse import (
    Provenance,
    TableVersion,
    Transaction,
    TransactionType,
    Warehouse,
    full_view,
    link_files,
    read_slice,
    require_rows,
    stage,
    storage_of,
)

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset


DatasetSource: TypeAlias = DataFrame | pa.Table | Path | TableVersion
"""Content of a dataset: rows of Spark or Arrow; a folder, whose files become a dataset without rows; or a version of a
table, which is read where it is."""


def write_dataset(
    dataset: str,
    rows: DatasetSource,
    warehouse: Warehouse,
    spark: SessionFactory,
    before: TableVersion | None = None,
    provenance: Provenance | None = None,
) -> TableVersion:
    """Write a dataset and return its version; a version as source is returned unchanged.

    Args:
        dataset: name of the dataset.
        rows: its content.
        warehouse: the warehouse to write to.
        spark: returns the session, for rows of Spark.
        before: version to which the rows are added; None: the rows are the complete dataset.
        provenance: provenance of the version, without its branch.

    Raises:
        WriteError: the columns cannot become a dataset, or do not fit those of `before`.
        LightweightTypeError: datasets do not support the type of an Arrow column.
        StoreError: the dataset cannot be written.
    """
    if isinstance(rows, TableVersion):
        return rows
    transaction = Transaction(warehouse.table(dataset), before)
    schema = None
    if is_frame(rows):
        state = OutputState(dataset, warehouse.branch, transaction, before, is_incremental=before is not None)
        TransformOutput(state, spark).write_dataframe(rows)
        schema = state.schema
    elif isinstance(rows, pa.Table):
        schema = stage(rows, transaction)
    else:
        warehouse.storage.make_folder(transaction.files_folder)
        link_files(rows, transaction.files_folder, [file.path for file in storage_of(rows).files_below(rows)])
    kind = TransactionType.APPEND if before else TransactionType.SNAPSHOT
    stamped = (provenance or Provenance()).with_fields(branch=warehouse.branch)
    transaction.publish(schema, (), stamped, kind)
    written = warehouse.latest(dataset)
    assert written is not None
    return written


AnyTransform: TypeAlias = Transform[Any, Any]


class Checks(Enum):
    """Handling of a transform's checks in the sandbox."""

    REQUIRED = "required"
    """As in a build: the run fails if a check that must hold does not."""
    REPORTED = "reported"
    """Checks are evaluated and stop nothing."""
    SKIPPED = "skipped"


@dataclass(frozen=True)
class SandboxResult:
    """The result of a run in the sandbox.

    Attributes:
        transform: the transform that ran: a copy in which every input and output names a dataset.
        outputs: dataset → its version after the run; None if the output was aborted and had no version.
        checks: results of the checks.
        notes: remarks for the user, as in the report of a build.
    """

    transform: AnyTransform
    outputs: dict[str, TableVersion | None]
    checks: list[CheckResult]
    notes: list[str]


def run_in_sandbox(
    transform: AnyTransform,
    inputs: Mapping[str, Any],
    environment: BuildEnvironment,
    previous: Mapping[str, Any] | None = None,
    checks: Checks = Checks.REQUIRED,
) -> SandboxResult:
    """Run one transform as a build does, with the same job, parameters, checks and rules of incremental runs.

    Args:
        transform: the transform to run.
        inputs: parameter → content of the dataset, see `DatasetSource`; for a set a list of these.
        environment: the environment of a build. Its warehouse must be an empty folder; the run writes only there, and
            the returned versions lie there.
        previous: for an incremental run: output → rows that earlier runs wrote, input → rows that they read, no rows
            for other inputs. None: a first run.
        checks: handling of the checks.

    Raises:
        TrialError: an input is missing, or a name is not a parameter of the transform.
        WriteError: the content of a dataset is not valid.
        TransformsError: an error of `run_job`; an error of the compute function is the cause of a ComputeError.
    """
    tried = _prepare(transform, checks)
    require_sources(tried, inputs, previous)
    sources, earlier = _by_dataset(tried, inputs), _by_dataset(tried, previous or {})
    warehouse, spark = environment.warehouse, environment.spark
    had_read = sources.keys() & earlier.keys()
    read = {dataset: write_dataset(dataset, earlier[dataset], warehouse, spark) for dataset in had_read}
    versions = {
        dataset: write_dataset(dataset, rows, warehouse, spark, read.get(dataset)) for dataset, rows in sources.items()
    }
    for dataset in earlier.keys() - had_read:
        write_dataset(dataset, earlier[dataset], warehouse, spark, provenance=_earlier_run(tried, read))
    inside = _WithInputs(warehouse.root, warehouse.branch, warehouse.fallback_branches, versions)
    outcome = run_on_engine(tried, replace(environment, warehouse=inside), use := EngineUse())
    outputs = {dataset: warehouse.latest(dataset) for dataset in tried.writes}
    notes = [*outcome.notes, *([f"computed on Spark: {use.why}"] if use.why else [])]
    return SandboxResult(tried, outputs, _as_declared(transform, outcome.checks), notes)


@dataclass(frozen=True)
class _WithInputs(Warehouse):
    """A warehouse that has fixed versions of the inputs, on every branch."""

    inputs: Mapping[str, TableVersion] = field(default_factory=dict)

    def latest(self, dataset: str, branch: str | None = None) -> TableVersion | None:
        return self.inputs.get(dataset) or super().latest(dataset)


def _prepare(transform: AnyTransform, checks: Checks) -> AnyTransform:
    """Return a copy of the transform in which all inputs and outputs name datasets, with checks as required."""

    def prepared(spec: Any, name: str) -> Any:
        changed = copy.copy(spec)
        if isinstance(spec, (InputSet, OutputSet)):
            changed.members = tuple(prepared(member, f"{name}/{number}") for number, member in enumerate(spec.members))
            return changed
        changed.alias = spec.alias or f"/{name}"
        if checks is Checks.SKIPPED:
            changed.checks = ()
        elif checks is Checks.REPORTED:
            changed.checks = tuple(
                Check(check.expectation, check.name, "WARN", check.description) for check in spec.checks
            )
        return changed

    tried = copy.copy(transform)
    tried.inputs = {name: prepared(spec, name) for name, spec in transform.inputs.items()}
    tried.outputs = {name: prepared(spec, name) for name, spec in transform.outputs.items()}
    return tried


def _as_declared(transform: AnyTransform, results: list[CheckResult]) -> list[CheckResult]:
    """Return the results of checks with the `on_error` that the transform declares."""
    specs: list[Input | Output] = [*transform.read_specs, *transform.written_specs]
    declared = {check.name: check.on_error for spec in specs for check in spec.checks}
    return [replace(result, on_error=declared[result.name]) for result in results]


def require_sources(
    transform: AnyTransform, inputs: Mapping[str, Any], previous: Mapping[str, Any] | None = None
) -> None:
    """Raise unless there are rows for every input, and no others; earlier rows for incremental transforms only.

    Args:
        transform: the transform to run.
        inputs: parameter → content of the dataset.
        previous: see `run_in_sandbox`.

    Raises:
        TrialError: an input is missing, or a name is not a parameter of the transform.
    """
    of_it = f"of transform '{transform.__name__}' ({transform.location})"
    if missing := [f"'{name}'" for name in transform.inputs if name not in inputs]:
        raise TrialError(f"There are no rows for the input {' and '.join(missing)} {of_it}.")
    for name in inputs:
        if name not in transform.inputs:
            raise TrialError(
                f"'{name}' is no input {of_it}.{did_you_mean(name, transform.inputs)}{_named(transform.inputs)}"
            )
    if previous is None:
        return
    if transform.incremental is None:
        raise TrialError(f"There are no earlier rows {of_it}: it is not under @incremental.")
    growing = [name for name in transform.inputs if name not in transform.incremental.snapshot_inputs]
    for name in previous:
        if name not in (*growing, *transform.outputs):
            raise TrialError(
                f"'{name}' is no output {of_it}, and no input that it reads in increments."
                f"{_named([*growing, *transform.outputs])}"
            )


def _named(names: Iterable[str]) -> str:
    return f" There are: {', '.join(names) or 'none'}."


def _by_dataset(transform: AnyTransform, sources: Mapping[str, Any]) -> dict[str, Any]:
    """Return dataset → its content.

    Raises:
        TrialError: the list for a set has a different length, or one dataset has two contents.
    """
    by_dataset: dict[str, Any] = {}
    bound: list[BoundInput | BoundOutput] = [*transform.bound_inputs, *transform.bound_outputs]
    for name, value in sources.items():
        datasets = [input_.dataset for input_ in bound if input_.parameter == name]
        values = value if isinstance(value, (list, tuple)) else [value]
        if len(datasets) != len(values):
            raise TrialError(
                f"'{name}' of transform '{transform.__name__}' stands for {len(datasets)} datasets: give a list."
            )
        for dataset, content in zip(datasets, values, strict=True):
            if not _are_same(by_dataset.setdefault(dataset, content), content):
                raise TrialError(f"Two inputs of transform '{transform.__name__}' are {dataset}: give both the same.")
    return by_dataset


def _are_same(first: Any, second: Any) -> bool:
    """Return whether two inputs are the same object or have equal rows; NaN equals NaN."""
    if first is second:
        return True
    if isinstance(first, pa.Table) and isinstance(second, pa.Table):
        rows = (table.to_pylist() for table in (first, second))
        return first.equals(second) or (first.schema.equals(second.schema) and len(set(map(repr, rows))) == 1)
    return bool(type(first) is type(second) and first == second)


def _earlier_run(transform: AnyTransform, read: Mapping[str, TableVersion]) -> Provenance:
    """Return the provenance of the outputs of an earlier run of an incremental transform."""
    settings = transform.incremental
    assert settings is not None
    return Provenance(
        transform=transform.reference,
        semantic_version=settings.semantic_version,
        v2_semantics=settings.v2_semantics,
        inputs={dataset: version.as_input for dataset, version in read.items()},
    )


def parse_sample(text: str) -> int | float:
    """Return the size of a sample: a number of rows, or a fraction.

    Args:
        text: '1000' for a number of rows, '0.1' for a fraction.

    Raises:
        DeclarationError: neither an integer from 1 on nor a fraction between 0 and 1.
    """
    try:
        sample: int | float = int(text) if text.isdecimal() else float(text)
    except ValueError:
        sample = 0
    if sample >= 1 if isinstance(sample, int) else 0 < sample < 1:
        return sample
    raise DeclarationError(f"A sample is a number of rows, 1000, or a fraction of them, 0.1, but not '{text}'.")


def sample_of(version: TableVersion, sample: int | float) -> pa.Table:
    """Return a sample of a version's rows, which is the same at each call. Only the sample is held in memory.

    Args:
        version: a version with rows.
        sample: a number of rows, which are the first ones; or a fraction, which is drawn at random.
    """
    rows = read_slice(full_view(version))
    if isinstance(sample, int):
        return rows.head(sample)
    drawn = [
        batch.filter(pc.less(pc.random(batch.num_rows, initializer=number), sample))
        for number, batch in enumerate(rows.to_batches())
    ]
    return pa.Table.from_batches(drawn, rows.schema)


@dataclass(frozen=True)
class KeyedRows:
    """The result of `run_for_key`.

    Attributes:
        rows: rows of the transform's only output, as dicts.
        notes: remarks for the user, as in the report of a build.
    """

    rows: list[dict[str, Any]]
    notes: list[str]


def run_for_key(transform: Transform[Any, Any], key: str, value: str, environment: BuildEnvironment) -> KeyedRows:
    """Run a transform on the rows of one key, as the job of a build but without publishing.

    Args:
        transform: a transform with one output, whose rows of a key depend only on input rows of that key.
        key: name of a column. Inputs without it are read in full.
        value: value of the column, as text.
        environment: the environment of a build; its warehouse has the inputs and is not changed.

    Raises:
        MissingInputError: the warehouse lacks an input.
        UnknownTargetError: the first input with the column does not have the value.
        TransformsError: the job fails.
    """
    warehouse = environment.warehouse
    versions = input_versions(transform, warehouse, lambda dataset: f"`build {dataset.rpartition('/')[2]}`")
    for dataset, version in versions.items():
        require_rows(dataset, version)
    tables = {dataset: (version, read_slice(full_view(version))) for dataset, version in versions.items()}
    _require_known(tables, key, value)
    inputs = transform.map_inputs(lambda bound: _rows_with_key(*tables[bound.dataset], key, value))

    with tempfile.TemporaryDirectory(prefix="transforms-on-demand-") as folder:
        inside = Warehouse(Path(folder), warehouse.branch)
        tried = run_in_sandbox(transform, inputs, replace(environment, warehouse=inside))
        [output_version] = tried.outputs.values()
        rows = read_slice(full_view(output_version)).to_table().to_pylist() if output_version is not None else []
    return KeyedRows(rows, tried.notes)


def _require_known(tables: Mapping[str, tuple[TableVersion, Dataset]], key: str, value: str) -> None:
    for dataset, (_, rows) in tables.items():
        if key in rows.schema.names:
            known = [str(known_key) for known_key in pc.unique(rows.to_table([key])[key]).to_pylist()]
            if value not in known:
                hint = did_you_mean(value, known) or f" One is {min(known, default='none')}."
                raise UnknownTargetError(f"{dataset} has no {key} '{value}'.{hint}")
            return


def _rows_with_key(version: TableVersion, rows: Dataset, key: str, value: str) -> pa.Table | TableVersion:
    return rows.to_table(filter=pc.field(key) == value) if key in rows.schema.names else version
