"""The jobs of a plan, run as soon as what they read is there; a failed job stops only what depends on it."""

from __future__ import annotations

import graphlib
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.job import run_job
from transforms_api.build.plan import Plan
from transforms_api.build.report import BuildReport, JobResult, JobState
from transforms_api.declare.transform import Transform
from transforms_api.errors import TransformsError
from transforms_api.graph.build_graph import BuildGraph
from transforms_api.runtime.profiles import unknown_profiles
from transforms_api.store.warehouse import Warehouse

Watch = Callable[[Transform[Any, Any], JobResult | None], None]
"""Told of each job when it begins (None) and when it ends (its result)."""


def run_build(
    plan: Plan, graph: BuildGraph, environment: BuildEnvironment, side_by_side: int, watch: Watch
) -> BuildReport:
    """Run a plan, at most `side_by_side` jobs at a time, and return what became of it."""
    began = time.monotonic()
    results = _results_without_jobs(plan, watch)
    order = _order(plan, graph)
    by_id = {id(transform): transform for transform in plan.jobs}
    running: dict[Future[JobResult], int] = {}
    with ThreadPoolExecutor(side_by_side) as pool:
        while order.is_active():
            for key in order.get_ready():
                transform = by_id[key]
                if failed := _failed_upstream(transform, graph, results, environment.warehouse):
                    results[key] = JobResult(transform, JobState.ABORTED, reason=f"{failed.reference} did not complete")
                    watch(transform, results[key])
                    order.done(key)
                else:
                    running[pool.submit(_run, transform, environment, watch)] = key
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                key = running.pop(future)
                results[key] = future.result()
                watch(by_id[key], results[key])
                order.done(key)
    warehouse, seconds = environment.warehouse, time.monotonic() - began
    return BuildReport(
        environment.build,
        str(warehouse.root),
        warehouse.branch,
        seconds,
        list(results.values()),
        plan.faults,
        _warnings(plan, environment),
    )


def _results_without_jobs(plan: Plan, watch: Watch) -> dict[int, JobResult]:
    ignored = {"imported": plan.imported, "fresh": plan.fresh}
    results = {
        id(transform): JobResult(transform, JobState.IGNORED, reason=reason)
        for reason, transforms in ignored.items()
        for transform in transforms
    }
    for transform, fault in plan.stopped:
        results[id(transform)] = JobResult(transform, JobState.ABORTED, reason=fault.reason_for(transform))
        watch(transform, results[id(transform)])
    return results


def _warnings(plan: Plan, environment: BuildEnvironment) -> list[str]:
    named = [profile for transform in plan.jobs for profile in transform.profiles]
    unknown = unknown_profiles(named, environment.profiles)
    if not unknown:
        return []
    return [
        f"Spark profiles that nobody here knows have no effect: {', '.join(unknown)}. Where one changes results, give "
        "its settings in conf/run.toml, under [profiles.NAME]."
    ]


def _order(plan: Plan, graph: BuildGraph) -> graphlib.TopologicalSorter[int]:
    planned = {id(transform) for transform in plan.jobs}
    sorter: graphlib.TopologicalSorter[int] = graphlib.TopologicalSorter()
    for transform in plan.jobs:
        sorter.add(id(transform), *[id(writer) for writer in graph.upstream(transform) if id(writer) in planned])
    sorter.prepare()
    return sorter


def _failed_upstream(
    transform: Transform[Any, Any], graph: BuildGraph, results: dict[int, JobResult], warehouse: Warehouse
) -> Transform[Any, Any] | None:
    """Return a transform that should have made an input and did not, if the input cannot be read as it was before."""
    for spec in transform.read_specs:
        writer = graph.writers.get(str(spec.alias))
        if writer is None or id(writer) not in results:
            continue
        lacks_news = results[id(writer)].state in (JobState.FAILED, JobState.ABORTED)
        keeps_old = spec.failure_strategy == "continue" and warehouse.latest(str(spec.alias), spec.branch) is not None
        if lacks_news and not keeps_old:
            return writer
    return None


def _run(transform: Transform[Any, Any], environment: BuildEnvironment, watch: Watch) -> JobResult:
    watch(transform, None)
    began = time.monotonic()
    try:
        published = run_job(transform, environment)
    except TransformsError as error:
        seconds = time.monotonic() - began
        return JobResult(transform, JobState.FAILED, seconds=seconds, reason=str(error), error=error)
    seconds = time.monotonic() - began
    return JobResult(transform, JobState.COMPLETED, published.rows, seconds, published.checks, notes=published.notes)
