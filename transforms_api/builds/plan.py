"""What a build will run: the targets and what they need, but for what is fresh, imported or stopped by a fault."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.staleness import LastChange, Skip, why_stale
from transforms_api.declare import Input, Transform
from transforms_api.errors import DeclarationError
from transforms_api.project import BuildGraph, Fault, missing_inputs, raise_faults
from transforms_api.warehouse import Warehouse

IMPORT = "import"
"""`kind` in the provenance of a version that an import published."""


@dataclass(frozen=True)
class Plan:
    """What a build does with each transform that it is about.

    Attributes:
        jobs: the transforms to run, in build order.
        fresh: those left out because their datasets are what they would make.
        reasons: why a job runs, by its transform's id.
        imported: those left out because an import wrote their datasets.
        stopped: those that a fault stops, each with the fault.
        faults: what is wrong with what the build is about.
        last_change: the last change of each dataset as the plan has seen it; looks at the warehouse once for each.
        only_stale: the jobs are those whose datasets are stale, see `without_fresh`.
    """

    jobs: list[Transform[Any, Any]]
    imported: list[Transform[Any, Any]]
    stopped: list[tuple[Transform[Any, Any], Fault]]
    faults: list[Fault]
    last_change: LastChange = field(repr=False)
    fresh: list[Transform[Any, Any]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    only_stale: bool = False

    def why(self, transform: Transform[Any, Any]) -> str:
        """Return why a job runs, in one line."""
        return self.reasons.get(id(transform), "it is to be built whether stale or not")

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {
            "jobs": [{"transform": job.reference, "outputs": job.writes, "why": self.why(job)} for job in self.jobs],
            "fresh": [transform.reference for transform in self.fresh],
            "imported": [transform.reference for transform in self.imported],
            "stopped": [
                {"transform": transform.reference, "why": fault.reason_for(transform)}
                for transform, fault in self.stopped
            ],
        }


def make_plan(
    graph: BuildGraph,
    warehouse: Warehouse,
    targets: Sequence[str],
    parameters: Mapping[str, Any],
    strict: bool = True,
) -> Plan:
    """Return the plan of a build of `targets`, or of everything where there are none.

    Args:
        parameters: values for parameters of these names, in every transform that declares them.
        strict: whether any fault is an error. Otherwise it stops only what depends on it, unless that is part of what
            explicit targets need; faults outside of this part are then no concern of the plan.

    Raises:
        UnknownTargetError: a target means no dataset or transform.
        GraphError: there are faults that must not be; where there is one, its own error, such as MissingInputError.
        DeclarationError: no transform has a parameter of such a name, or its value is not allowed.
    """
    wanted = graph.select(targets) if targets else list(graph.order)
    last_change = functools.cache(warehouse.last_change)
    imported = {id(transform) for transform in graph.order if _is_imported(transform, last_change)}

    def is_source(transform: Transform[Any, Any]) -> bool:
        return id(transform) in imported

    needed = graph.needed_for(wanted, is_source)
    to_run = [transform for transform in needed if not is_source(transform)]
    hidden = {dataset for fault in graph.faults for dataset in fault.hides}
    faults = [*graph.faults, *missing_inputs(to_run, graph.writers.keys() | hidden, _exists_by(last_change))]
    by_id = graph.stopped_by(faults, is_source)
    stopped = [(transform, by_id[id(transform)]) for transform in to_run if id(transform) in by_id]
    if strict:
        raise_faults(faults)
    if targets:
        faults = _each_once(fault for _, fault in stopped)
        raise_faults(faults)
    _check_parameters(graph, parameters)
    jobs = [transform for transform in to_run if id(transform) not in by_id]
    return Plan(jobs, [transform for transform in needed if is_source(transform)], stopped, faults, last_change)


def skip_fresh(plan: Plan, environment: BuildEnvironment) -> Plan:
    """Return the plan with only those jobs whose datasets are stale, each with the reason."""
    rebuilt: set[str] = set()
    reasons: dict[int, str] = {}
    for transform in plan.jobs:
        if reason := why_stale(transform, environment, rebuilt, plan.last_change):
            reasons[id(transform)] = reason
            rebuilt.update(transform.writes)
    stale = [transform for transform in plan.jobs if id(transform) in reasons]
    fresh = [transform for transform in plan.jobs if id(transform) not in reasons]
    return replace(plan, jobs=stale, fresh=fresh, reasons=reasons, only_stale=True)


def skip_by_now(
    plan: Plan, transform: Transform[Any, Any], environment: BuildEnvironment, has_waited: bool
) -> Skip | None:
    """Return why a job of the plan no longer has to run, None if it has to.

    Other builds and imports may have published since the plan was made. Call this while the locks of the job's outputs
    are held, so that no other build can write them.

    Args:
        has_waited: whether the job waited for these locks.
    """
    last_change = functools.cache(environment.warehouse.last_change)
    if _is_imported(transform, last_change):
        return Skip("imported", "an import has written its datasets since this build was planned")
    if not plan.only_stale or why_stale(transform, environment, (), last_change):
        return None
    changes = [(last_change(dataset, None), plan.last_change(dataset, None)) for dataset in transform.writes]
    builders = {str(now.provenance.get("build")) for now, planned in changes if now and now != planned}
    if builders == {environment.build}:
        return Skip("fresh", "an earlier attempt of this job has published its datasets", is_published=True)
    others = " and ".join(sorted(builders - {environment.build}))
    if not others:
        return Skip("fresh", "nothing that it is made from has changed, so its datasets are fresh")
    if has_waited:
        return Skip("fresh", f"became fresh while this build waited for build {others}")
    return Skip("fresh", f"became fresh: build {others} has built it since this build was planned")


def _is_imported(transform: Transform[Any, Any], last_change: LastChange) -> bool:
    changes = [last_change(dataset, None) for dataset in transform.writes]
    return bool(changes) and all(change and change.provenance.get("kind") == IMPORT for change in changes)


def _exists_by(last_change: LastChange) -> Callable[[Input], bool]:
    def exists(spec: Input) -> bool:
        return last_change(str(spec.alias), spec.branch) is not None

    return exists


def _each_once(faults: Iterable[Fault]) -> list[Fault]:
    return list({id(fault): fault for fault in faults}.values())


def _check_parameters(graph: BuildGraph, parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        declared = [transform.parameters[name] for transform in graph.order if name in transform.parameters]
        if not declared:
            raise DeclarationError(f"No transform has a parameter '{name}'.")
        for parameter in declared:
            parameter.parse(value)
