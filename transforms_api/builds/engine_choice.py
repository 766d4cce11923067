"""Which engine computes the job of a transform, and what shows that a table of Sail equals Spark's.

With the engine `auto`, Sail computes a job unless the transform's code has something that Sail lacks or computes
differently: what scripts/check-engines has found. If Sail fails nevertheless, `run_on_engine` runs the job on Spark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.declare import Engine as TransformEngine
from transforms_api.declare import Transform
from transforms_api.engines import (
    Engine,
    SailEngine,
    SparkEngine,
    Unsupported,
    kinds_in_schema,
    probed_version,
    probes_digest,
    settings_of,
    unsupported_on_sail,
)
from transforms_api.warehouse import Provenance, Warehouse

_WITHOUT_EFFECT = re.compile(
    r"(?!spark\.sql\.)|spark\.sql\.(shuffle|adaptive|sources\.parallel|autoBroadcast|files|statistics|ui|inMemory"
    r"|codegen|cbo|repl|warehouse|execution\.arrow|broadcastTimeout|debug|optimizer|join|extensions|catalog"
    r"|parquet\.(compression|filter|enableVectorized|outputTimestampType))|spark\.sql\.session\.timeZone$"
)
"""Settings of Spark that do not change what code means; `session.timeZone` is the same for both engines, UTC."""
_WORDS = {
    "differs": "Sail computes {} differently",
    "missing": "Sail lacks {}",
    "unprobed": "no probe compares {} on Sail and Spark",
}
PROBES, VERIFIED = "probes", "verified"
"""Proofs that a table of Sail equals Spark's: the probes are equal for each function that its transform uses; or Spark
has computed the same table."""


@dataclass
class EngineUse:
    """Which engine computes a job. Changes when the job moves from Sail to Spark.

    Attributes:
        name: 'spark' or 'sail'; None for a single-node transform, and before the job begins.
        why: why Spark computes the job in a build that prefers Sail; None otherwise.
        is_equal: whether Spark and Sail have computed the same rows; None: they were not compared.
        differences: how they differ, a sentence each.
    """

    name: str | None = None
    why: str | None = None
    is_equal: bool | None = None
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class EngineChoice:
    """The engine for a job.

    Attributes:
        engine: the engine.
        why: why it is not Sail, in a build that prefers Sail; None otherwise.
    """

    engine: Engine
    why: str | None = None


def choose_engine(transform: Transform[Any, Any], environment: BuildEnvironment) -> EngineChoice:
    """Return the engine that computes a transform first.

    Args:
        transform: a transform of the project.
        environment: the environment of the build.
    """
    if not environment.prefers_sail or transform.engine is TransformEngine.SINGLE_NODE:
        return EngineChoice(environment.engine)
    if not transform.writes or transform.sources:
        why: str | None = "it acts on more than the warehouse, so that a run that fails must not be repeated"
    else:
        why = why_not_on_sail(transform, environment)
    return EngineChoice(SparkEngine(environment.spark), why) if why else EngineChoice(environment.engine)


def prepare_engine(transforms: Iterable[Transform[Any, Any]], environment: BuildEnvironment) -> list[str]:
    """Start Sail in the background if it computes one of the transforms; Spark starts with the first job that needs it.

    Args:
        transforms: the transforms that are going to run.
        environment: the environment of the build.

    Returns:
        Why the engine is not the one that was requested, as a sentence; empty if it is, and if no job needs an engine.

    Raises:
        TransformsError: Sail is to compute and cannot run, see `SailEngine.require`.
    """
    of_engine = [transform for transform in transforms if transform.engine is TransformEngine.SPARK]
    sail = environment.other_engine
    if isinstance(sail, SailEngine) and any(
        choose_engine(transform, environment).engine is sail for transform in of_engine
    ):
        sail.prepare()
    return [environment.engine_note] if environment.engine_note and of_engine else []


def why_not_on_sail(transform: Transform[Any, Any], environment: BuildEnvironment) -> str | None:
    """Return why Sail may compute a transform differently, in one line; None if the probes show that it does not.

    Args:
        transform: a transform of the project.
        environment: the environment of the build, with the profiles and code fingerprints.
    """
    if environment.why_no_sail:
        return environment.why_no_sail
    if changed := _setting_with_effect(settings_of(transform.profiles, environment.profiles)):
        return f"its profile sets {changed}, which Sail does not know"
    return _describe(unsupported_on_sail(transform, environment.logic, _kinds_of_inputs(transform, environment)))


def _kinds_of_inputs(transform: Transform[Any, Any], environment: BuildEnvironment) -> dict[str, frozenset[str]]:
    """Return kind, such as decimals, → columns of the inputs; of those that have not been built nothing is known."""
    by_kind: dict[str, frozenset[str]] = {}
    for bound in transform.bound_inputs:
        for kind, names in _kinds_of(bound.dataset, bound.branch, environment.warehouse).items():
            by_kind[kind] = by_kind.get(kind, frozenset()) | names
    return by_kind


_KINDS: dict[str, dict[str, frozenset[str]]] = {}
"""Transaction of a dataset's last commit → kinds of its columns: reading a commit is faster than opening its table."""


def _kinds_of(dataset: str, branch: str | None, tables: Warehouse) -> dict[str, frozenset[str]]:
    change = tables.last_change(dataset, branch)
    if change is None:
        return {}
    known = _KINDS.get(change.transaction or "")
    if known is None:
        version = tables.latest(dataset, branch)
        known = kinds_in_schema(version.schema) if version is not None else {}
        if change.transaction:
            _KINDS[change.transaction] = known
    return known


def why_settings_need_spark(settings: Mapping[str, str]) -> str | None:
    """Return why the settings of a session keep all jobs from Sail: one changes what code means; None if none does.

    Args:
        settings: name → value.
    """
    changed = _setting_with_effect(settings)
    return changed and f"the session's profile sets {changed}, which Sail does not know"


def proof_of(transform: Transform[Any, Any], environment: BuildEnvironment) -> str | None:
    """Return 'probes' if the probes show that a table of this environment's Sail equals Spark's, else None.

    Args:
        transform: the transform that made the table.
        environment: the environment of its job.
    """
    if environment.engine.version != probed_version():
        return None
    return PROBES if environment.is_scanned or why_not_on_sail(transform, environment) is None else None


def why_unproven(transform: Transform[Any, Any], made: Provenance, environment: BuildEnvironment) -> str | None:
    """Return why a table of Sail may differ from Spark's, in one line; None if it is proven equal.

    The code is not scanned again if the same scan, with the same probes, has proven the table.

    Args:
        transform: the transform that made the table, with the code and settings that it has now.
        made: provenance of the table, whose code, settings and inputs are those that the transform has now.
        environment: the environment of the build.
    """
    if made.engine_proof == VERIFIED:
        return None
    if made.engine_version != probed_version():
        return f"only Sail {probed_version()} has been compared with Spark"
    if made.engine_proof == PROBES and made.engine_probes == probes_digest():
        return environment.why_no_sail
    return why_not_on_sail(transform, environment)


def _setting_with_effect(settings: Mapping[str, str]) -> str | None:
    return next((name for name in settings if not _WITHOUT_EFFECT.match(name)), None)


def _describe(findings: tuple[Unsupported, ...]) -> str | None:
    """Return the first finding of a scan in words and the number of others; None without findings."""
    if not findings:
        return None
    first, others = findings[0], len({finding.name for finding in findings}) - 1
    more = f", and {others} more" if others else ""
    return f"{_WORDS[first.status].format(first.name)} ({first.file}:{first.line}){more}"
