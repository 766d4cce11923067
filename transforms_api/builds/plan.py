"""The plan of a build: which transforms run and why, and which are fresh, imported or stopped by a fault.

As on Foundry, a dataset is fresh while neither the transactions of its inputs nor the transform's logic have changed
since it was built. Both are recorded in its Delta commit; there is no other state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from transforms_api.builds.engine_choice import VERIFIED, why_unproven
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.declare import BoundInput, Transform
from transforms_api.engines import settings_of
from transforms_api.errors import DeclarationError, UnknownTargetError
from transforms_api.project import BuildGraph, CodeFingerprint, Fault, missing_inputs, raise_faults
from transforms_api.runtime import model_version
from transforms_api.text import html_table
from transforms_api.warehouse import Commit, InputVersion, Provenance

AnyTransform: TypeAlias = Transform[Any, Any]


@dataclass(frozen=True)
class Plan:
    """What a build does with its targets and everything that they depend on.

    Attributes:
        graph: the graph of the project.
        environment: the warehouse and the settings of the build.
        jobs: transforms to run, in build order.
        fresh: transforms that do not run, because their datasets are up to date.
        imported: transforms that do not run, because an import wrote their datasets.
        stopped: transforms that cannot run, with the fault that stops them.
        faults: all faults that concern the build.
        reasons: transform → why its job runs; only for a plan of stale datasets.
        only_stale: whether the plan leaves out fresh datasets.
        last_change: last commit of a dataset when the plan was made; reads the warehouse once per dataset.
    """

    graph: BuildGraph = field(repr=False)
    environment: BuildEnvironment = field(repr=False)
    jobs: list[AnyTransform]
    fresh: list[AnyTransform]
    imported: list[AnyTransform]
    stopped: list[tuple[AnyTransform, Fault]]
    faults: list[Fault]
    reasons: Mapping[AnyTransform, str]
    only_stale: bool
    last_change: LastChange = field(repr=False)

    def why(self, transform: AnyTransform) -> str:
        """Return why a job runs, in one line.

        Args:
            transform: one of `jobs`.
        """
        return self.reasons.get(transform, "it is to be built whether stale or not")

    def _repr_html_(self) -> str:
        """Return the jobs with their reasons as a table, for a notebook."""
        rows = [(job.reference, ", ".join(job.writes), self.why(job)) for job in self.jobs]
        rows += [
            (transform.reference, ", ".join(transform.writes), fault.reason_for(transform))
            for transform, fault in self.stopped
        ]
        title = f"{len(self.jobs)} to run, {len(self.stopped)} stopped, {len(self.fresh)} fresh"
        return html_table(title, ("transform", "datasets", "why"), rows)

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
    environment: BuildEnvironment,
    targets: Sequence[str] = (),
    *,
    strict: bool = True,
    only_stale: bool = False,
    snapshots: Sequence[str] = (),
) -> Plan:
    """Return the plan of a build.

    Args:
        graph: the graph of the project.
        environment: the warehouse, and the values of parameters.
        targets: datasets, transforms or globs to build, see `BuildGraph.select`. Empty: everything.
        strict: raise any fault of the project. False: a fault stops only the transforms that depend on it, and is
            raised only if explicit `targets` need one of them.
        only_stale: leave out jobs whose datasets are fresh.
        snapshots: datasets or incremental transforms that run as a snapshot; they are built if fresh, too.

    Raises:
        UnknownTargetError: a target or a snapshot names no dataset or transform, or the targets do not need a snapshot.
        GraphError: several faults. A single fault is raised as its own error, such as MissingInputError.
        DeclarationError: no transform declares a parameter that has a value, or the value is not allowed; or a snapshot
            is not incremental.
    """
    last_change = functools.cache(environment.warehouse.last_change)
    imports = {transform for transform in graph.order if _is_imported(transform, last_change)}
    needed = graph.needed_for(graph.select(targets) if targets else graph.order, imports)
    to_run = [transform for transform in needed if transform not in imports]
    faults = [*graph.faults, *_missing_inputs(to_run, graph, last_change)]
    stopping = graph.stopped_by(faults, imports)
    stopped = [(transform, stopping[transform]) for transform in to_run if transform in stopping]
    if strict:
        raise_faults(faults)
    if targets:
        faults = list(dict.fromkeys(fault for _, fault in stopped))
        raise_faults(faults)
    _check_parameters(graph, environment.parameters)
    environment = replace(environment, snapshots=_snapshots(graph, snapshots, needed, imports))
    jobs = [transform for transform in to_run if transform not in stopping]
    reasons = _stale(jobs, environment, last_change) if only_stale else {}
    return Plan(
        graph,
        environment,
        jobs=[transform for transform in jobs if transform in reasons] if only_stale else jobs,
        fresh=[transform for transform in jobs if transform not in reasons] if only_stale else [],
        imported=[transform for transform in needed if transform in imports],
        stopped=stopped,
        faults=faults,
        reasons=reasons,
        only_stale=only_stale,
        last_change=last_change,
    )


def _snapshots(
    graph: BuildGraph, names: Sequence[str], needed: Sequence[AnyTransform], imports: Collection[AnyTransform]
) -> frozenset[str]:
    """Return the datasets of the incremental transforms that snapshots name.

    Raises:
        UnknownTargetError: a name is unknown, or the build does not need its transform.
        DeclarationError: a transform is not incremental, or an import wrote its datasets.
    """
    chosen = [(name, transform) for name in names for transform in graph.select([name])]
    for name, transform in chosen:
        written = " and ".join(transform.writes)
        if transform.incremental is None:
            raise DeclarationError(
                f"--snapshot {name}: {transform.location}: the transform that writes {written} is not @incremental, so "
                "each of its runs is a snapshot. Build it without --snapshot; --force builds it even if it is fresh."
            )
        if transform in imports:
            raise DeclarationError(
                f"--snapshot {name}: an import wrote {written}, so the transform that would write it does not run. "
                "Delete the imported dataset first, or leave out --snapshot."
            )
        if transform not in needed:
            raise UnknownTargetError(
                f"--snapshot {name}: the targets of this build do not need {written}. Name it as a target, too."
            )
    return frozenset(dataset for _, transform in chosen for dataset in transform.writes)


def skip_by_now(plan: Plan, transform: AnyTransform, has_waited: bool) -> Skip | None:
    """Return why a planned job no longer has to run, or None.

    Other builds and imports may have published since the plan was made. Call this function while the locks of the job's
    outputs are held, so that no other build can write them.

    Args:
        plan: the plan of the build.
        transform: one of its jobs.
        has_waited: whether the job waited for the locks.
    """
    environment = plan.environment
    last_change = functools.cache(environment.warehouse.last_change)
    if _is_imported(transform, last_change):
        return Skip("imported", "an import has written its datasets since this build was planned")
    if not plan.only_stale or why_stale(transform, environment, (), last_change):
        return None
    changes = [(last_change(dataset, None), plan.last_change(dataset, None)) for dataset in transform.writes]
    builders = {str(now.build) for now, planned in changes if now and now != planned}
    if builders == {environment.build}:
        return Skip("fresh", "an earlier attempt of this job has published its datasets", is_published=True)
    others = " and ".join(sorted(builders - {environment.build}))
    if not others:
        return Skip("fresh", "nothing that it is made from has changed, so its datasets are fresh")
    if has_waited:
        return Skip("fresh", f"became fresh while this build waited for build {others}")
    return Skip("fresh", f"became fresh: build {others} has built it since this build was planned")


def _stale(
    jobs: Sequence[AnyTransform], environment: BuildEnvironment, last_change: LastChange
) -> dict[AnyTransform, str]:
    """Return the jobs whose datasets are stale → the reason. What depends on a stale dataset is stale."""
    rebuilt: set[str] = set()
    reasons: dict[AnyTransform, str] = {}
    for transform in jobs:
        if reason := why_stale(transform, environment, rebuilt, last_change):
            reasons[transform] = reason
            rebuilt.update(transform.writes)
    return reasons


def _is_imported(transform: AnyTransform, last_change: LastChange) -> bool:
    changes = [last_change(dataset, None) for dataset in transform.writes]
    return bool(changes) and all(change and change.is_import for change in changes)


def _missing_inputs(transforms: Sequence[AnyTransform], graph: BuildGraph, last_change: LastChange) -> list[Fault]:
    """Return a fault for each dataset that no transform writes and that the warehouse does not have."""
    hidden = {dataset for fault in graph.faults for dataset in fault.hides}

    def exists(bound: BoundInput) -> bool:
        return last_change(bound.dataset, bound.branch) is not None

    return missing_inputs(transforms, graph.writers.keys() | hidden, exists)


def _check_parameters(graph: BuildGraph, parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        declared = [transform.parameters[name] for transform in graph.order if name in transform.parameters]
        if not declared:
            raise DeclarationError(f"No transform has a parameter '{name}'.")
        for parameter in declared:
            parameter.parse(value)


# Staleness

SAIL = "sail"
"""Name of the engine whose results are not those of record."""

LastChange = Callable[[str, str | None], Commit | None]
"""Signature of `Warehouse.last_change`: dataset and branch (None: the branch of the build) → last commit, or None."""


@dataclass(frozen=True)
class Skip:
    """Why a planned job does not run.

    Attributes:
        reason: 'fresh' or 'imported', as in a plan.
        note: what happened since the plan was made, in one line.
        is_published: an earlier attempt of the same build has published the job's outputs.
    """

    reason: str
    note: str
    is_published: bool = False


SkipCheck: TypeAlias = "Callable[[Transform[Any, Any], bool], Skip | None]"
"""Decides whether a job whose outputs are locked still has to run (None). Its arguments: the transform, and whether the
job waited for the locks."""


def logic_of(transform: Transform[Any, Any], environment: BuildEnvironment) -> CodeFingerprint:
    """Return the fingerprint of a transform: its code, parameters, Spark settings and language models.

    Args:
        transform: a transform of the project.
        environment: the environment of the build.
    """
    values = {name: str(environment.parameters.get(name, spec.default)) for name, spec in transform.parameters.items()}
    profiles = settings_of(transform.profiles, environment.profiles)
    models = {
        f"language model '{name}'": model_version(environment.language_model) for name in transform.language_models
    }
    return replace(environment.logic.of(transform), settings={**values, **profiles, **models})


def why_stale(
    transform: Transform[Any, Any],
    environment: BuildEnvironment,
    rebuilt: Collection[str] = (),
    last_change: LastChange | None = None,
) -> str | None:
    """Return why a transform has to run, in one line; None if its outputs are fresh.

    A transform that reads an external source is always stale, as on Foundry. A transform without inputs is stale only
    if its logic has changed. A transform that writes no dataset, but a model or media set, is stale; its job fails.

    Args:
        transform: a transform of the project.
        environment: the environment of the build.
        rebuilt: datasets that the build writes before this transform runs.
        last_change: cached commits; None: read the warehouse.
    """
    if not environment.snapshots.isdisjoint(transform.writes):
        return "a snapshot is requested: it reads everything and replaces its datasets"
    if transform.sources:
        return "it reads an external source"
    if not transform.writes:
        return "it writes no dataset, so nothing shows whether it has run"
    if reason := _why_outputs_are_stale(transform, environment, last_change or environment.warehouse.last_change):
        return reason
    for bound in transform.bound_inputs:
        if bound.dataset in rebuilt and bound.branch in (None, environment.warehouse.branch):
            return f"{bound.dataset}, which it reads, is stale"
    return None


def _why_outputs_are_stale(
    transform: Transform[Any, Any], environment: BuildEnvironment, last_change: LastChange
) -> str | None:
    provenances = []
    for dataset in transform.writes:
        last = last_change(dataset, None)
        if last is None:
            return f"{dataset} has not been built yet"
        if last.provenance is None or last.transform != transform.reference:
            return f"{dataset} was last written by {last.writer}"
        provenances.append(last.provenance)
    logic = logic_of(transform, environment)
    for dataset, provenance in zip(transform.writes, provenances, strict=True):
        difference = logic.difference(CodeFingerprint.from_json(provenance.logic))
        if reason := difference or _why_inputs_differ(transform, provenance.inputs, environment, last_change):
            return reason
        if reason := _why_engine_counts(transform, provenance, environment):
            return f"{dataset} was built on Sail {provenance.engine_version}, which may differ from Spark: {reason}"
    return None


def _why_engine_counts(
    transform: Transform[Any, Any], provenance: Provenance, environment: BuildEnvironment
) -> str | None:
    """Return why a table that Sail computed has to be computed by Spark; None if it need not."""
    if environment.verifies and provenance.engine == SAIL and provenance.engine_proof != VERIFIED:
        return "it is to be verified"
    is_for_sail = environment.engine.name == SAIL and not environment.prefers_sail
    if provenance.engine != SAIL or is_for_sail:
        return None
    return why_unproven(transform, provenance, environment)


def _why_inputs_differ(
    transform: Transform[Any, Any],
    read: Mapping[str, InputVersion],
    environment: BuildEnvironment,
    last_change: LastChange,
) -> str | None:
    for bound in transform.bound_inputs:
        now, before = last_change(bound.dataset, bound.branch), read.get(bound.dataset)
        if now is None or before is None or now.transaction != before.transaction:
            was = f", was {_version(before.branch, before.version, environment)}" if before else ""
            pulled = f" ({now.pulled.transaction})" if now and now.pulled and now.pulled.transaction else ""
            version = now and f"{_version(now.branch, now.version, environment)}{pulled}"
            return f"{bound.dataset} has changed: version {version}{was}"
    return None


def _version(branch: str, version: int, environment: BuildEnvironment) -> str:
    return str(version) if branch == environment.warehouse.branch else f"{version} of branch {branch}"
