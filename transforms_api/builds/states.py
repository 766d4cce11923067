"""The state of every dataset of a project: what it is now, what made it, and why it is not what it should be."""

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
    """What a dataset is."""

    FRESH = "fresh"
    """It is what its transform would make of its inputs today."""
    STALE = "stale"
    """A build would make it anew, or a fault keeps it from doing so."""
    FAILED = "failed"
    """Its last job failed after its last good version, or its table cannot be read."""
    MISSING = "missing"
    """It has never been built or imported."""
    IMPORTED = "imported"
    """It came from outside, and builds leave it alone."""


@dataclass(frozen=True)
class DatasetState:
    """A dataset as it is now. What only a version has is None, or empty, where there is none.

    Attributes:
        reason: why it is stale, failed or missing, in one line or more, without secrets; None for all else.
        transform: reference of the transform that writes it, None where nobody does.
        location: 'file:line' of that transform.
        sources: the datasets that it is made from; none where it was imported.
        branch: the branch that has its last version.
        rows: of its last version; None where it holds files.
        built: when its last version was committed, in UTC.
        failed: when its last job failed, in UTC, where that made it fail.
        checks: how those came out that stand in its last version.
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
    """What is known of a dataset's last version; `problem` says why its table cannot be read."""

    known: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def dataset_states(
    graph: BuildGraph, environment: BuildEnvironment, logs: Path, targets: Sequence[str] = ()
) -> dict[str, DatasetState]:
    """Return the state of every dataset that transforms read or write, each after those that it is made from.

    Nothing is written and no Spark started. A fault stops nothing here: it is the reason of what it stops.

    Args:
        environment: where the datasets are, and with which settings a build would make them.
        logs: folder of the logs of builds.
        targets: datasets, transforms or globs; only they and what they are made from are returned. None: all.

    Raises:
        UnknownTargetError: a target means no dataset or transform.
        StoreError: a name would leave the warehouse.
    """
    plan = make_plan(graph, environment, strict=False, only_stale=True)
    by_plan = _by_plan(plan)
    imported = set(plan.imported)
    wanted = graph.needed_for(graph.select(targets) if targets else graph.order, imported)
    built_here = [transform for transform in wanted if transform not in imported]
    jobs = last_jobs(logs, environment.warehouse.branch, _transactions(built_here, plan))
    found: dict[str, DatasetState] = {}
    for transform in wanted:
        is_imported = transform in imported
        for state in () if is_imported else _raw_states(transform, graph, plan, environment.warehouse):
            found.setdefault(state.dataset, state)
        for dataset in transform.writes:
            if graph.writers[dataset] is transform:
                job = None if is_imported else jobs.get(transform.reference)
                change = plan.last_change(dataset, None)
                stale = (State.STALE, plan.why(transform) if change else "it has not been built yet")
                planned = by_plan.get(transform, stale)
                found[dataset] = _written(dataset, transform, change, planned, environment, job)
    return found


def _transactions(transforms: Sequence[Transform[Any, Any]], plan: Plan) -> dict[str, dict[str, str | None]]:
    """Return the transaction of the last version of each dataset, by the transforms' references."""
    found: dict[str, dict[str, str | None]] = {}
    for transform in transforms:
        changes = {dataset: plan.last_change(dataset, None) for dataset in transform.writes}
        of_it = found.setdefault(transform.reference, {})
        of_it.update({dataset: change.transaction if change else None for dataset, change in changes.items()})
    return found


def _raw_states(
    transform: Transform[Any, Any], graph: BuildGraph, plan: Plan, warehouse: Warehouse
) -> Iterator[DatasetState]:
    """Yield the states of the datasets that a transform reads and nobody writes."""
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
    """Return the state, with its reason, of what the plan does not run; what it runs is stale or missing."""
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
