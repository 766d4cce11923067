"""One transform tried out on inputs that are handed in: the job of a build, in a warehouse that is thrown away.

Rows from anywhere become a dataset that a job can read, as an import or a build would have written it.

A sample of a dataset's rows: the first so many, or a fraction of them, always the same ones of a version.

One transform on a part of its inputs, of which nothing is kept: what a dataset says of one key now.
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

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.incremental import input_versions
from transforms_api.builds.job import run_job
from transforms_api.declare import BoundInput, BoundOutput, Input, InputSet, Output, OutputSet, Transform
from transforms_api.engines import SessionFactory
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
"""What a dataset can be made of: rows of Spark or Arrow; a folder, whose files a dataset without rows will have; and a
version of a table, which stays where it is."""


def write_dataset(
    dataset: str,
    rows: DatasetSource,
    warehouse: Warehouse,
    spark: SessionFactory,
    before: TableVersion | None = None,
    provenance: Provenance | None = None,
) -> TableVersion:
    """Write rows as a dataset of `warehouse` and return the version that they are; a version is returned as it is.

    Args:
        before: the version that they are added to; None where they are all there is.
        provenance: what the version is made from, apart from its branch.

    Raises:
        WriteError: rows with such columns are no dataset, or do not fit those that they are added to.
        LightweightTypeError: an Arrow table has a column of a type that datasets do not have.
        StoreError: they cannot be written.
    """
    if isinstance(rows, TableVersion):
        return rows
    transaction = Transaction(warehouse.table(dataset), before)
    schema = None
    if isinstance(rows, DataFrame):
        state = OutputState(dataset, warehouse.branch, transaction, before, is_incremental=before is not None)
        TransformOutput(state, spark).write_dataframe(rows)
        schema = state.schema
    elif isinstance(rows, pa.Table):
        schema = stage(rows, transaction)
    else:
        warehouse.storage.make_folder(transaction.files_folder)
        link_files(rows, transaction.files_folder, [file.path for file in storage_of(rows).files_below(rows)])
    kind = TransactionType.APPEND if before else TransactionType.SNAPSHOT
    made = (provenance or Provenance()).with_fields(branch=warehouse.branch)
    transaction.publish(schema, (), made, kind)
    written = warehouse.latest(dataset)
    assert written is not None
    return written


AnyTransform: TypeAlias = Transform[Any, Any]


class Checks(Enum):
    """What becomes of a transform's checks in a trial."""

    DEMANDED = "demanded"
    """As in a build: the trial fails where one that must hold does not."""
    TOLD = "told"
    """They are evaluated and stop nothing."""
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class SandboxResult:
    """What a transform made of what it was given.

    Attributes:
        transform: what was run: the transform, with names for datasets that have none.
        outputs: dataset → the version that it has after the run; None where it was aborted and there was none before.
        checks: how the checks came out.
        notes: what its user might wonder about, as in the report of a build.
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
    checks: Checks = Checks.DEMANDED,
) -> SandboxResult:
    """Run one transform as a build does: its job, parameters, checks and the rules of incremental runs are the same.

    Args:
        inputs: parameter → a DataFrame, an Arrow table, a folder of files, or a version of a table, which is then read
            where it is; for a set a list of them.
        environment: what a build is handed. Its warehouse must be a folder without datasets: the trial writes to it
            alone, and what it returns lies there.
        previous: for an incremental run: output → the rows that earlier runs had written, input → those that they had
            read, none for an input that is not named. None: nothing has been built before.
        checks: what becomes of the checks.

    Raises:
        TrialError: an input is missing, or something is given that the transform does not have.
        WriteError: what is given for a dataset cannot be one.
        TransformsError: what `run_job` raises; an error of the transform's own function is the cause of ComputeError.
    """
    tried = _prepared(transform, checks)
    require_sources(tried, inputs, previous)
    given, earlier = _by_dataset(tried, inputs), _by_dataset(tried, previous or {})
    warehouse, spark = environment.warehouse, environment.spark
    had_read = given.keys() & earlier.keys()
    read = {dataset: write_dataset(dataset, earlier[dataset], warehouse, spark) for dataset in had_read}
    versions = {
        dataset: write_dataset(dataset, rows, warehouse, spark, read.get(dataset)) for dataset, rows in given.items()
    }
    for dataset in earlier.keys() - had_read:
        write_dataset(dataset, earlier[dataset], warehouse, spark, provenance=_earlier_run(tried, read))
    inside = _WithInputs(warehouse.root, warehouse.branch, warehouse.fallback_branches, versions)
    published = run_job(tried, replace(environment, warehouse=inside))
    outputs = {dataset: warehouse.latest(dataset) for dataset in tried.writes}
    return SandboxResult(tried, outputs, _as_declared(transform, published.checks), published.notes)


@dataclass(frozen=True)
class _WithInputs(Warehouse):
    """A warehouse that has these versions of datasets, whatever branch they are asked for on."""

    inputs: Mapping[str, TableVersion] = field(default_factory=dict)

    def latest(self, dataset: str, branch: str | None = None) -> TableVersion | None:
        return self.inputs.get(dataset) or super().latest(dataset)


def _prepared(transform: AnyTransform, checks: Checks) -> AnyTransform:
    """Return the transform with names for datasets that have none, and with checks that do what they are to do."""

    def prepared(spec: Any, name: str) -> Any:
        changed = copy.copy(spec)
        if isinstance(spec, (InputSet, OutputSet)):
            changed.members = tuple(prepared(one, f"{name}/{number}") for number, one in enumerate(spec.members))
            return changed
        changed.alias = spec.alias or f"/{name}"
        if checks is Checks.LEFT_OUT:
            changed.checks = ()
        elif checks is Checks.TOLD:
            changed.checks = tuple(Check(one.expectation, one.name, "WARN", one.description) for one in spec.checks)
        return changed

    tried = copy.copy(transform)
    tried.inputs = {name: prepared(spec, name) for name, spec in transform.inputs.items()}
    tried.outputs = {name: prepared(spec, name) for name, spec in transform.outputs.items()}
    return tried


def _as_declared(transform: AnyTransform, results: list[CheckResult]) -> list[CheckResult]:
    """Return results that say of each check what its transform says becomes of a job where it does not hold."""
    specs: list[Input | Output] = [*transform.read_specs, *transform.written_specs]
    declared = {check.name: check.on_error for spec in specs for check in spec.checks}
    return [replace(result, on_error=declared[result.name]) for result in results]


def require_sources(
    transform: AnyTransform, inputs: Mapping[str, Any], previous: Mapping[str, Any] | None = None
) -> None:
    """Make sure that every input is given and nothing else; and earlier rows for an incremental transform alone.

    Raises:
        TrialError: one is missing, or the transform does not have it.
    """
    of_it = f"of transform '{transform.__name__}' ({transform.location})"
    if missing := [f"'{name}'" for name in transform.inputs if name not in inputs]:
        raise TrialError(f"No rows are given for the input {' and '.join(missing)} {of_it}.")
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
    """Return dataset → what is given for it.

    Raises:
        TrialError: a set is not given a list as long as it is, or one dataset is given two things.
    """
    by_dataset: dict[str, Any] = {}
    bound: list[BoundInput | BoundOutput] = [*transform.bound_inputs, *transform.bound_outputs]
    for name, value in sources.items():
        datasets = [one.dataset for one in bound if one.parameter == name]
        values = value if isinstance(value, (list, tuple)) else [value]
        if len(datasets) != len(values):
            raise TrialError(
                f"'{name}' of transform '{transform.__name__}' stands for {len(datasets)} datasets: give a list."
            )
        for dataset, one in zip(datasets, values, strict=True):
            if not _are_same(by_dataset.setdefault(dataset, one), one):
                raise TrialError(f"Two inputs of transform '{transform.__name__}' are {dataset}: give both the same.")
    return by_dataset


def _are_same(one: Any, other: Any) -> bool:
    """Tell whether two inputs are the same object or have equal rows, in which NaN equals NaN."""
    if one is other:
        return True
    if isinstance(one, pa.Table) and isinstance(other, pa.Table):
        rows = (table.to_pylist() for table in (one, other))
        return one.equals(other) or (one.schema.equals(other.schema) and len(set(map(repr, rows))) == 1)
    return bool(type(one) is type(other) and one == other)


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
    """Return what a user means by a sample: '1000' is a number of rows, '0.1' a fraction.

    Raises:
        DeclarationError: it is neither a whole number from 1 on nor a fraction below 1.
    """
    try:
        sample: int | float = int(text) if text.isdecimal() else float(text)
    except ValueError:
        sample = 0
    if sample >= 1 if isinstance(sample, int) else 0 < sample < 1:
        return sample
    raise DeclarationError(f"A sample is a number of rows, 1000, or a fraction of them, 0.1, but not '{text}'.")


def sample_of(version: TableVersion, sample: int | float) -> pa.Table:
    """Return so many rows of a version, the first; or, of a fraction, about so many, drawn by chance from everywhere.

    The rows are held in memory, the others never all at once.
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
    """What a transform made of a part of its inputs.

    Attributes:
        rows: the rows of its only output.
        notes: what its user might wonder about.
    """

    rows: list[dict[str, Any]]
    notes: list[str]


def run_for_key(transform: Transform[Any, Any], key: str, value: str, environment: BuildEnvironment) -> KeyedRows:
    """Run a transform on those rows of its inputs whose column `key` has `value`; nothing is published.

    It is the job of a build, with its checks. Inputs without such a column are read as a whole.

    Args:
        transform: one with one output, which makes rows of a key from rows of that key alone.

    Raises:
        MissingInputError: the warehouse lacks an input.
        UnknownTargetError: the first input with such a column does not have the value.
        TransformsError: the job fails.
    """
    place = environment.warehouse
    versions = input_versions(transform, place, lambda dataset: f"`build {dataset.rpartition('/')[2]}`")
    for dataset, version in versions.items():
        require_rows(dataset, version)
    tables = {dataset: (version, read_slice(full_view(version))) for dataset, version in versions.items()}
    _demand_known(tables, key, value)
    inputs = transform.map_inputs(lambda bound: _rows_with_key(*tables[bound.dataset], key, value))

    with tempfile.TemporaryDirectory(prefix="transforms-on-demand-") as folder:
        inside = Warehouse(Path(folder), place.branch)
        tried = run_in_sandbox(transform, inputs, replace(environment, warehouse=inside))
        [made] = tried.outputs.values()
        rows = read_slice(full_view(made)).to_table().to_pylist() if made is not None else []
    return KeyedRows(rows, tried.notes)


def _demand_known(tables: Mapping[str, tuple[TableVersion, Dataset]], key: str, value: str) -> None:
    for dataset, (_, rows) in tables.items():
        if key in rows.schema.names:
            known = [str(one) for one in pc.unique(rows.to_table([key])[key]).to_pylist()]
            if value not in known:
                hint = did_you_mean(value, known) or f" One is {min(known, default='none')}."
                raise UnknownTargetError(f"{dataset} has no {key} '{value}'.{hint}")
            return


def _rows_with_key(version: TableVersion, rows: Dataset, key: str, value: str) -> pa.Table | TableVersion:
    return rows.to_table(filter=pc.field(key) == value) if key in rows.schema.names else version
