"""Staleness: whether a build would change a dataset.

As on Foundry, a dataset is fresh while neither the transactions of its inputs nor the transform's logic have changed
since it was built. Both are recorded in its Delta commit; there is no other state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from transforms_api.builds.engine_choice import VERIFIED, why_unproven
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.declare import Transform
from transforms_api.engines import settings_of
from transforms_api.project import CodeFingerprint
from transforms_api.runtime import model_version
from transforms_api.warehouse import Commit, InputVersion, Provenance

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
    return why_unproven(transform, provenance.engine_version, provenance.engine_proof, environment)


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
