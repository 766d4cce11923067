"""One transform tried out on inputs that are handed in: the job of a build, in a warehouse that is thrown away."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

import pyarrow as pa

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.hand_over import hand_over
from transforms_api.build.job import run_job
from transforms_api.checks.check import Check
from transforms_api.checks.evaluate import CheckResult
from transforms_api.declare.specs import Input, InputSet, Output, OutputSet
from transforms_api.declare.transform import Transform
from transforms_api.errors import TrialError
from transforms_api.graph.missing import nearest
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.warehouse import Warehouse

AnyTransform: TypeAlias = Transform[Any, Any]


class Checks(Enum):
    """What becomes of a transform's checks in a trial."""

    DEMANDED = "demanded"
    """As in a build: the trial fails where one that must hold does not."""
    TOLD = "told"
    """They are evaluated and stop nothing."""
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Tried:
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


def try_out(
    transform: AnyTransform,
    inputs: Mapping[str, Any],
    environment: BuildEnvironment,
    previous: Mapping[str, Any] | None = None,
    checks: Checks = Checks.DEMANDED,
) -> Tried:
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
    demand_given(tried, inputs, previous)
    given, earlier = _by_dataset(tried, inputs), _by_dataset(tried, previous or {})
    warehouse, spark = environment.warehouse, environment.spark
    had_read = given.keys() & earlier.keys()
    read = {dataset: hand_over(dataset, earlier[dataset], warehouse, spark) for dataset in had_read}
    versions = {
        dataset: hand_over(dataset, rows, warehouse, spark, read.get(dataset)) for dataset, rows in given.items()
    }
    for dataset in earlier.keys() - had_read:
        hand_over(dataset, earlier[dataset], warehouse, spark, made_from=_earlier_run(tried, read))
    inside = _WithInputs(warehouse.root, warehouse.branch, warehouse.fallback_branches, versions)
    published = run_job(tried, replace(environment, warehouse=inside))
    outputs = {dataset: warehouse.latest(dataset) for dataset in tried.writes}
    return Tried(tried, outputs, _as_declared(transform, published.checks), published.notes)


@dataclass(frozen=True)
class _WithInputs(Warehouse):
    """A warehouse that has these versions of datasets, whatever branch they are asked for on."""

    inputs: Mapping[str, TableVersion] = field(default_factory=dict)

    def latest(self, dataset: str, branch: str | None = None) -> TableVersion | None:
        return self.inputs.get(dataset) or super().latest(dataset)


def each(spec: Any, change: Callable[[Any], Any]) -> Any:
    """Return what `change` makes of an input or output, for a set the list of what it makes of each member."""
    return [change(one) for one in spec.members] if isinstance(spec, (InputSet, OutputSet)) else change(spec)


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


def demand_given(transform: AnyTransform, inputs: Mapping[str, Any], previous: Mapping[str, Any] | None = None) -> None:
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
                f"'{name}' is no input {of_it}.{nearest(name, transform.inputs)}{_named(transform.inputs)}"
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


def _by_dataset(transform: AnyTransform, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return dataset → what is given for it.

    Raises:
        TrialError: a set is not given a list as long as it is, or one dataset is given two things.
    """
    found: dict[str, Any] = {}
    specs: dict[str, Any] = {**transform.inputs, **transform.outputs}
    for name, value in given.items():
        members = specs[name].members if isinstance(specs[name], (InputSet, OutputSet)) else (specs[name],)
        values = value if isinstance(value, (list, tuple)) else [value]
        if len(members) != len(values):
            raise TrialError(
                f"'{name}' of transform '{transform.__name__}' stands for {len(members)} datasets: give a list."
            )
        for spec, one in zip(members, values, strict=True):
            if not _are_same(found.setdefault(spec.alias, one), one):
                raise TrialError(
                    f"Two inputs of transform '{transform.__name__}' are {spec.alias}: give both the same."
                )
    return found


def _are_same(one: Any, other: Any) -> bool:
    """Tell whether two inputs are the same object or have equal rows, in which NaN equals NaN."""
    if one is other:
        return True
    if isinstance(one, pa.Table) and isinstance(other, pa.Table):
        rows = (table.to_pylist() for table in (one, other))
        return one.equals(other) or (one.schema.equals(other.schema) and len(set(map(repr, rows))) == 1)
    return bool(type(one) is type(other) and one == other)


def _earlier_run(transform: AnyTransform, read: Mapping[str, TableVersion]) -> dict[str, Any]:
    """Return what the outputs of an earlier run of the transform say that they were made from."""
    settings = transform.incremental
    assert settings is not None
    return {
        "transform": transform.reference,
        "semantic_version": settings.semantic_version,
        "v2_semantics": settings.v2_semantics,
        "inputs": {
            dataset: {
                "branch": version.branch,
                "version": version.version,
                "transaction": version.commit.transaction,
            }
            for dataset, version in read.items()
        },
    }
