"""The jobs of a plan, run as soon as what they read is there; a failed job stops only what depends on it.

Jobs in threads of their own, each under a deadline, so that one that hangs does not hold up its build.
"""

from __future__ import annotations

import contextlib
import graphlib
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.plan import Plan, skip_by_now
from transforms_api.builds.report import BuildReport, JobResult, JobState, Watch
from transforms_api.builds.staleness import Skip, SkipCheck
from transforms_api.declare import Transform
from transforms_api.engines import CancelToken, error_text, unknown_profiles
from transforms_api.errors import ChecksFailedError, ComputeError, SqlError, TransformsError
from transforms_api.project import BuildGraph, frames_of_user
from transforms_api.warehouse import Warehouse

_GRACE = 10.0
"""Seconds that a job has for ending by itself after it was told to stop."""
_LOOK_UP = 0.2
"""Seconds after which somebody who waits looks up: a signal that reached another thread is handled only then."""
_FIRST_PAUSE = 1.0
"""Seconds before a first retry; each further one waits twice as long."""
_STACK_OF_SPARK = "\n\nJVM stacktrace"
_INNERMOST, _OUTERMOST = 10, 3
"""Lines of the user's code that are shown of an error at most."""
_TRANSIENT = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "TimeoutError", "CommitFailedError")


@dataclass(frozen=True)
class BuildOptions:
    """How a build goes about its jobs.

    Attributes:
        side_by_side: how many jobs run at a time.
        timeout: seconds that a job may take; None: as long as it takes.
        retries: how often a job is run again after an error that may pass, such as a lost connection.
        fail_fast: stop the whole build at the first failure.
    """

    side_by_side: int = 2
    timeout: float | None = None
    retries: int = 0
    fail_fast: bool = False


@dataclass
class _Job:
    transform: Transform[Any, Any]
    stop: CancelToken
    limit: float | None
    deadline: float | None
    result: JobResult | None = None
    thread: threading.Thread | None = None


class Workers:
    """The running jobs of a build.

    Threads are daemons: Python cannot end a thread, and one whose job hangs must not keep the process alive.

    Args:
        skip_check: see `run_job`.
    """

    def __init__(
        self, environment: BuildEnvironment, conduct: BuildOptions, skip_check: SkipCheck | None = None
    ) -> None:
        self._environment, self._conduct, self._skip_check = environment, conduct, skip_check
        self._running: dict[int, _Job] = {}
        self._ending = threading.Condition()

    @property
    def are_idle(self) -> bool:
        """Whether no job is running."""
        return not self._running

    @property
    def have_room(self) -> bool:
        """Whether another job may run."""
        return len(self._running) < self._conduct.side_by_side

    def start(self, transform: Transform[Any, Any]) -> None:
        """Run a job."""
        allowed = transform.allowed_run_duration
        limits = [self._conduct.timeout, allowed.total_seconds() if allowed else None]
        limit = min((limit for limit in limits if limit is not None), default=None)
        job = _Job(transform, CancelToken(), limit, None if limit is None else time.monotonic() + limit)
        self._running[id(transform)] = job
        job.thread = threading.Thread(target=self._run, args=(job,), name=transform.reference, daemon=True)
        job.thread.start()

    def stop(self, reason: str) -> None:
        """Tell all running jobs to stop."""
        for job in self._running.values():
            job.deadline = time.monotonic() + _GRACE
            job.stop.order(reason)

    def next_results(self) -> Iterator[JobResult]:
        """Wait a moment and yield what became of the jobs that have ended, or are overdue, in the meantime."""
        with self._ending:
            self._ending.wait_for(lambda: any(job.result for job in self._running.values()), _LOOK_UP)
        for key, job in list(self._running.items()):
            if result := job.result or self._overdue(job):
                del self._running[key]
                yield result

    def _overdue(self, job: _Job) -> JobResult | None:
        if job.deadline is None or time.monotonic() < job.deadline:
            return None
        if job.stop.reason is not None:
            return JobResult(job.transform, JobState.ABORTED, reason=f"{job.stop.reason}; it did not end in time")
        where = self._environment.redact(where_is(job.thread, job.transform))
        reason = f"it did not end within {job.limit:g} s (--timeout, or its allowed_run_duration)"
        job.stop.order(reason)
        return JobResult(job.transform, JobState.FAILED, seconds=job.limit or 0, reason=reason, where=where)

    def _run(self, job: _Job) -> None:
        result = self._result_of(job)
        with self._ending:
            job.result = result
            self._ending.notify_all()

    def _result_of(self, job: _Job) -> JobResult:
        began, attempt = time.monotonic(), 0
        while True:
            try:
                published = run_job(job.transform, self._environment, job.stop, self._skip_check)
            except BaseException as error:  # whatever it is, the build has to hear of it
                if attempt < self._conduct.retries and _may_pass(error) and job.stop.reason is None:
                    time.sleep(_FIRST_PAUSE * 2**attempt)
                    attempt += 1
                    continue
                return self._unsuccessful(job, error, time.monotonic() - began)
            notes = [*published.notes, *([f"succeeded after {attempt} retries"] if attempt else [])]
            seconds = time.monotonic() - began
            if (skip := published.skipped) and not skip.is_published:
                return JobResult(job.transform, JobState.IGNORED, seconds=seconds, reason=skip.reason, notes=notes)
            return JobResult(job.transform, JobState.COMPLETED, published.rows, seconds, published.checks, notes=notes)

    def _unsuccessful(self, job: _Job, error: BaseException, seconds: float) -> JobResult:
        if job.stop.reason is not None:
            return JobResult(job.transform, JobState.ABORTED, seconds=seconds, reason=job.stop.reason)
        said = str(error) if isinstance(error, TransformsError) else error_text(error)
        reason = self._environment.redact((said or repr(error)).split(_STACK_OF_SPARK)[0])
        where = self._environment.redact(where_of(error, job.transform))
        checks = error.results if isinstance(error, ChecksFailedError) else []
        return JobResult(job.transform, JobState.FAILED, {}, seconds, checks, reason, where, error)


def where_of(error: BaseException, transform: Transform[Any, Any]) -> str:
    """Return the user's lines that an error comes from, the innermost first; without any, where the transform is.

    What the error was raised from, or while handling, follows with its own lines.
    """
    if isinstance(error, SqlError):
        return error.location
    raised = error.__cause__ if isinstance(error, ComputeError) and error.__cause__ else error
    lines = [_called_from(frames_of_user(raised.__traceback__)) or transform.location]
    for cause in _causes_of(raised):
        if called := _called_from(frames_of_user(cause.__traceback__)):
            lines.append(f"after {error_text(cause)}\n  {called}")
    return "\n".join(lines)


def where_is(thread: threading.Thread | None, transform: Transform[Any, Any]) -> str:
    """Return the user's lines that a thread is in, the innermost first; without any, where the transform is."""
    frame = sys._current_frames().get(thread.ident or 0) if thread else None
    return _called_from(frames_of_user(frame)) or transform.location


def _called_from(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return frames as lines, the innermost first; of many, as a recursion has, the first and the last."""
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}\n    {frame.line}" for frame in reversed(frames)]
    left_out = len(places) - _INNERMOST - _OUTERMOST
    if left_out > 1:
        places[_INNERMOST:-_OUTERMOST] = [f"{left_out} more lines like these"]
    return "\n  called from ".join(places)


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield what an exception was raised from, or while handling, as Python's own traceback does."""
    seen = [error]
    while True:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or any(cause is one for one in seen):  # an error may be unhashable
            return
        yield cause
        seen.append(cause)
        error = cause


def _may_pass(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, is one that another attempt may not meet."""
    while error is not None:
        if any(kind.__name__ in _TRANSIENT for kind in type(error).__mro__):
            return True
        error = error.__cause__
    return False


INTERRUPTED = "the build was interrupted"


def run_build(
    plan: Plan, graph: BuildGraph, environment: BuildEnvironment, conduct: BuildOptions, watch: Watch
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
