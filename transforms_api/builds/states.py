"""The state of every dataset of a project: fresh, stale, failed, missing or imported, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.log import LastJob, last_jobs
from transforms_api.builds.plan import Plan, make_plan
from transforms_api.declare import Transform
from transforms_api.errors import StoreError
from transforms_api.expectations import CheckResult
from transforms_api.project import BuildGraph
from transforms_api.warehouse import Commit, Warehouse, time_of


class State(StrEnum):
    """The state of a dataset."""

    FRESH = "fresh"
    """A build would not change it."""
    STALE = "stale"
    """A build would write it again, or a fault prevents that."""
    FAILED = "failed"
    """Its last job failed after its last good version, or its table cannot be read."""
    MISSING = "missing"
    """It has never been built or imported."""
    IMPORTED = "imported"
    """An import wrote it; builds do not change it."""


@dataclass(frozen=True)
class DatasetState:
    """The current state of a dataset.

    Attributes:
        dataset: name of the dataset.
        state: its state.
        reason: why it is stale, failed or missing, in one line or more, without secrets; None for other states.
        transform: reference of the transform that writes it, None without one.
        location: 'file:line' of that transform.
        sources: datasets that it is made from; empty if it was imported.
        branch: branch of its last version, None without a version.
        version: number of its last version, None without one.
        rows: number of rows of its last version; None without a version, or if it contains files.
        built: time at which its last version was committed, in UTC.
        failed: time at which its last job failed, in UTC, if the state is FAILED because of that.
        checks: results of the checks of its last version.
    """

    dataset: str
    state: State
    reason: str | None = None
    transform: str | None = None
    location: str | None = None
    sources: tuple[str, ...] = ()
    branch: str | None = None
    version: int | None = None
    rows: int | None = None
    built: datetime | None = None
    failed: datetime | None = None
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class _Version:
    """A dataset's last version.

    Attributes:
        known: fields of `DatasetState` that belong to the version.
        problem: why the table cannot be read, None if it can.
    """

    known: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def dataset_states(
    graph: BuildGraph, environment: BuildEnvironment, logs: Path, targets: Sequence[str] = ()
) -> dict[str, DatasetState]:
    """Return dataset → its state, in build order. Writes nothing and starts no Spark.

    Args:
        graph: the graph of the project. A fault is the reason for the state of the datasets that it stops.
        environment: the warehouse, and the settings of a build.
        logs: folder of the logs of builds.
        targets: datasets, transforms or globs, which are returned with the datasets that they are made from. Empty:
            all datasets.

    Raises:
        UnknownTargetError: a target names no dataset or transform.
        StoreError: the name of a dataset would lead out of the warehouse.
    """
    plan = make_plan(graph, environment, strict=False, only_stale=True)
    by_plan = _by_plan(plan)
    imported = set(plan.imported)
    wanted = graph.needed_for(graph.select(targets) if targets else graph.order, imported)
    built_here = [transform for transform in wanted if transform not in imported]
    jobs = last_jobs(logs, environment.warehouse.branch, _transactions(built_here, plan))
    states: dict[str, DatasetState] = {}
    for transform in wanted:
        is_imported = transform in imported
        for state in () if is_imported else _raw_states(transform, graph, plan, environment.warehouse):
            states.setdefault(state.dataset, state)
        for dataset in transform.writes:
            if graph.writers[dataset] is transform:
                job = None if is_imported else jobs.get(transform.reference)
                change = plan.last_change(dataset, None)
                stale = (State.STALE, plan.why(transform) if change else "it has not been built yet")
                planned = by_plan.get(transform, stale)
                states[dataset] = _written(dataset, transform, change, planned, environment, job)
    return states


def _transactions(transforms: Sequence[Transform[Any, Any]], plan: Plan) -> dict[str, dict[str, str | None]]:
    """Return reference of a transform → its datasets → transaction of their last version."""
    transactions: dict[str, dict[str, str | None]] = {}
    for transform in transforms:
        changes = {dataset: plan.last_change(dataset, None) for dataset in transform.writes}
        by_dataset = transactions.setdefault(transform.reference, {})
        by_dataset.update({dataset: change.transaction if change else None for dataset, change in changes.items()})
    return transactions


def _raw_states(
    transform: Transform[Any, Any], graph: BuildGraph, plan: Plan, warehouse: Warehouse
) -> Iterator[DatasetState]:
    """Yield the states of the datasets that a transform reads and no transform writes."""
    for bound in transform.bound_inputs:
        dataset = bound.dataset
        if dataset in graph.writers:
            continue
        change = plan.last_change(dataset, bound.branch)
        if change is None:
            hidden = next((fault.text for fault in graph.faults if dataset in fault.hides), None)
            reason = hidden or "no transform writes it and the warehouse does not have it: import it"
            yield DatasetState(dataset, State.MISSING, reason)
        else:
            version = _version_of(dataset, change, warehouse)
            state = State.FAILED if version.problem else State.IMPORTED
            yield DatasetState(dataset, state, version.problem, **version.known)


def _written(
    dataset: str,
    transform: Transform[Any, Any],
    change: Commit | None,
    by_plan: tuple[State, str | None],
    environment: BuildEnvironment,
    job: LastJob | None,
) -> DatasetState:
    version = _version_of(dataset, change, environment.warehouse) if change else _Version()
    built = version.known.get("built")
    state, reason = by_plan
    if change is None and state is State.STALE:
        state = State.MISSING
    is_since = job is not None and (job.is_since_last_version or built is None or job.ended > built)
    failure = job if job and job.failure and is_since else None
    if version.problem:
        state, reason = State.FAILED, version.problem
    elif failure:
        state, reason = State.FAILED, failure.failure
    sources = () if state is State.IMPORTED else tuple(source for source in transform.reads if source != dataset)
    return DatasetState(
        dataset,
        state,
        environment.redact(reason) if reason else None,
        transform.reference,
        transform.location,
        sources,
        failed=failure.ended if failure else None,
        **version.known,
    )


def _by_plan(plan: Plan) -> dict[Transform[Any, Any], tuple[State, str | None]]:
    """Return transform → state and reason, for the transforms that the plan does not run."""
    return {
        **{transform: (State.STALE, fault.reason_for(transform)) for transform, fault in plan.stopped},
        **{transform: (State.FRESH, None) for transform in plan.fresh},
        **{transform: (State.IMPORTED, None) for transform in plan.imported},
    }


def _version_of(dataset: str, change: Commit, warehouse: Warehouse) -> _Version:
    """Return what stands in a dataset's last version and its commit."""
    results = [CheckResult(dataset, check.name, check.on_error, check.problem) for check in change.checks]
    known = {"branch": change.branch, "version": change.version, "checks": tuple(results)}
    try:
        latest = warehouse.latest(dataset, change.branch)
        if latest is None:
            return _Version(known)
        built = time_of(change)
        rows = None if latest.holds_files_only else latest.rows
    except StoreError as error:
        return _Version(known, str(error))
    return _Version({**known, "rows": rows, "built": built})
