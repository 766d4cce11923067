"""The jobs of a plan, run as soon as what they read is there; a failed job stops only what depends on it."""

from __future__ import annotations

import contextlib
import graphlib
import time
from collections import deque
from typing import Any

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.plan import Plan, skip_by_now
from transforms_api.build.report import BuildReport, JobResult, JobState, Watch
from transforms_api.build.staleness import Skip
from transforms_api.build.workers import Conduct, Workers
from transforms_api.declare.transform import Transform
from transforms_api.graph.build_graph import BuildGraph
from transforms_api.runtime.profiles import unknown_profiles
from transforms_api.store.warehouse import Warehouse

INTERRUPTED = "the build was interrupted"


def run_build(
    plan: Plan, graph: BuildGraph, environment: BuildEnvironment, conduct: Conduct, watch: Watch
) -> BuildReport:
    """Run a plan and return what became of it.

    An interrupt (Ctrl-C) lets running jobs stop, which publish nothing then; the report has what was done before.
    """
    began = time.monotonic()
    _read_logic(plan, environment)
    results = _results_without_jobs(plan, watch)

    def skip_check(transform: Transform[Any, Any], has_waited: bool) -> Skip | None:
        return skip_by_now(plan, transform, environment, has_waited)

    order, workers = _order(plan, graph), Workers(environment, conduct, skip_check)
    by_id = {id(transform): transform for transform in plan.jobs}
    waiting: deque[Transform[Any, Any]] = deque()
    stopped: str | None = None

    def end(result: JobResult) -> None:
        results[id(result.transform)] = result
        order.done(id(result.transform))
        watch(result.transform, result)

    while order.is_active():
        try:
            waiting.extend(by_id[key] for key in order.get_ready())
            while waiting and (workers.have_room or stopped):
                transform = waiting.popleft()
                if reason := stopped or _why_not(transform, graph, results, environment.warehouse):
                    end(JobResult(transform, JobState.ABORTED, reason=reason))
                else:
                    watch(transform, None)
                    workers.start(transform)
            for result in workers.next_results() if not workers.are_idle else ():
                end(result)
                if result.state is JobState.FAILED and conduct.fail_fast and not stopped:
                    stopped = f"the build stopped at its first failure, {result.transform.reference} (--fail-fast)"
                    workers.stop(stopped)
        except KeyboardInterrupt:
            if stopped == INTERRUPTED:
                raise
            stopped = INTERRUPTED
            workers.stop(stopped)
    warehouse, seconds = environment.warehouse, time.monotonic() - began
    return BuildReport(
        environment.build,
        str(warehouse.root),
        warehouse.branch,
        seconds,
        list(results.values()),
        plan.faults,
        _warnings(plan, environment),
        stopped == INTERRUPTED,
    )


def _read_logic(plan: Plan, environment: BuildEnvironment) -> None:
    """Read the code of all jobs: a module that is saved while they run is not the one that was imported."""
    for transform in plan.jobs:
        with contextlib.suppress(SyntaxError, ValueError, OSError):  # that job will fail by it
            environment.logic.of(transform)


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


def _why_not(
    transform: Transform[Any, Any], graph: BuildGraph, results: dict[int, JobResult], warehouse: Warehouse
) -> str | None:
    """Return why a transform cannot run: the job that makes an input did not complete, or aborted its first version."""
    for spec in transform.read_specs:
        writer = graph.writers.get(str(spec.alias))
        if writer is None or id(writer) not in results:
            continue
        made = results[id(writer)]
        lacks_news = made.state in (JobState.FAILED, JobState.ABORTED)
        keeps_old = spec.failure_strategy == "continue" and warehouse.latest(str(spec.alias), spec.branch) is not None
        if lacks_news and not keeps_old:
            return f"{writer.reference} did not complete"
        is_aborted = made.state is JobState.COMPLETED and spec.alias not in made.rows
        if is_aborted and warehouse.last_change(str(spec.alias), spec.branch) is None:
            return f"{writer.reference} aborted {spec.alias}, which has no version yet: there is nothing to read"
    return None
