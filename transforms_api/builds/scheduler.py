"""The scheduler: runs the jobs of a plan in threads, each as soon as its inputs are ready and under a deadline.

A failed job stops only the jobs that depend on it.
"""

from __future__ import annotations

import contextlib
import graphlib
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from transforms_api.builds.engine_choice import EngineUse
from transforms_api.builds.engine_run import run_on_engine
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import Plan, Skip, skip_by_now
from transforms_api.builds.report import BuildListener, BuildReport, JobResult, JobState, Listeners
from transforms_api.declare import Transform
from transforms_api.engines import CancelToken, error_text, unknown_profiles
from transforms_api.errors import ChecksFailedError, ComputeError, SqlError, TransformsError
from transforms_api.project import frames_of_user

_GRACE = 10.0
"""Seconds that a job has to end by itself after it was stopped."""
_POLL_INTERVAL = 0.2
"""Seconds after which a waiting thread wakes up: Python handles a signal only then."""
_FIRST_PAUSE = 1.0
"""Seconds before the first retry; each further retry waits twice as long."""
_SPARK_STACK = "\n\nJVM stacktrace"
_INNERMOST, _OUTERMOST = 10, 3
"""Maximum number of lines of the user's code that are shown of a traceback, from its inner and its outer end."""
_TRANSIENT = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "TimeoutError", "CommitFailedError")
INTERRUPTED = "the build was interrupted"

AnyTransform: TypeAlias = Transform[Any, Any]


@dataclass(frozen=True)
class BuildOptions:
    """How a build runs its jobs.

    Attributes:
        side_by_side: maximum number of jobs that run at a time.
        timeout: seconds that a job may take; None: no limit.
        retries: how often a job is run again after an error that may be transient, such as a lost connection.
        fail_fast: stop the build at the first failure.
    """

    side_by_side: int = 2
    timeout: float | None = None
    retries: int = 0
    fail_fast: bool = False


def run_build(plan: Plan, options: BuildOptions, listeners: Sequence[BuildListener] = ()) -> BuildReport:
    """Run a plan and return its report.

    An interrupt (Ctrl-C) stops the running jobs, which then publish nothing; the report contains the jobs that ended
    before.

    Args:
        plan: the jobs to run, and the environment in which they run.
        options: how many jobs run at a time, deadlines and retries.
        listeners: receive the events of the build, in this order.
    """
    began, listener = time.monotonic(), Listeners(listeners, plan.environment.redact)
    listener.on_build_started(plan)
    _read_logic(plan)
    results = _results_without_jobs(plan, listener)
    order, workers = _order(plan), Workers(plan, options, listener.on_wait)
    waiting, followers = deque[AnyTransform](), _followers(plan)
    stopped: str | None = None

    def end(result: JobResult) -> None:
        results[result.transform] = result
        order.done(result.transform)
        listener.on_job_ended(result)

    while order.is_active():
        try:
            ready = [*waiting, *order.get_ready()]
            waiting = deque(sorted(ready, key=followers.__getitem__, reverse=True))
            while waiting and (workers.have_room or stopped):
                transform = waiting.popleft()
                if reason := stopped or _why_not(transform, plan, results):
                    end(JobResult(transform, JobState.ABORTED, reason=reason))
                else:
                    listener.on_job_started(transform)
                    workers.start(transform)
            for result in workers.next_results() if not workers.are_idle else ():
                end(result)
                if result.state is JobState.FAILED and options.fail_fast and not stopped:
                    stopped = f"the build stopped at its first failure, {result.transform.reference} (--fail-fast)"
                    workers.stop(stopped)
        except KeyboardInterrupt:
            if stopped == INTERRUPTED:
                raise
            stopped = INTERRUPTED
            workers.stop(stopped)
    warehouse, seconds = plan.environment.warehouse, time.monotonic() - began
    report = BuildReport(
        plan.environment.build,
        str(warehouse.root),
        warehouse.branch,
        seconds,
        list(results.values()),
        plan.faults,
        _warnings(plan),
        stopped == INTERRUPTED,
    )
    listener.on_build_ended(report)
    return replace(report, warnings=[*report.warnings, *listener.problems])


def _read_logic(plan: Plan) -> None:
    """Compute the code fingerprints of all jobs now: a module that is saved later is not the imported one."""
    for transform in plan.jobs:
        with contextlib.suppress(SyntaxError, ValueError, OSError):  # the job itself will fail with this error
            plan.environment.logic.of(transform)


def _results_without_jobs(plan: Plan, listener: BuildListener) -> dict[AnyTransform, JobResult]:
    """Return the results of the transforms that do not run."""
    ignored = {"imported": plan.imported, "fresh": plan.fresh}
    results = {
        transform: JobResult(transform, JobState.IGNORED, reason=reason)
        for reason, transforms in ignored.items()
        for transform in transforms
    }
    for transform, fault in plan.stopped:
        results[transform] = JobResult(transform, JobState.ABORTED, reason=fault.reason_for(transform))
        listener.on_job_ended(results[transform])
    return results


def _warnings(plan: Plan) -> list[str]:
    named = [profile for transform in plan.jobs for profile in transform.profiles]
    unknown = unknown_profiles(named, plan.environment.profiles)
    if not unknown:
        return []
    return [
        f"Unknown Spark profiles have no effect: {', '.join(unknown)}. If a profile changes results, add its settings "
        "to conf/run.toml, under [profiles.NAME]."
    ]


def _order(plan: Plan) -> graphlib.TopologicalSorter[AnyTransform]:
    planned = set(plan.jobs)
    sorter: graphlib.TopologicalSorter[AnyTransform] = graphlib.TopologicalSorter()
    for transform in plan.jobs:
        sorter.add(transform, *[writer for writer in plan.graph.upstream(transform) if writer in planned])
    sorter.prepare()
    return sorter


def _followers(plan: Plan) -> dict[AnyTransform, int]:
    """Return job → how many jobs run one after the other behind it, at most.

    Of the jobs that can run, the one with the longest chain behind it starts first; else the build ends with a long
    chain that runs alone.
    """
    longest = dict.fromkeys(plan.jobs, 0)
    for transform in reversed(plan.jobs):
        for writer in plan.graph.upstream(transform):
            if writer in longest:
                longest[writer] = max(longest[writer], longest[transform] + 1)
    return longest


def _why_not(transform: AnyTransform, plan: Plan, results: Mapping[AnyTransform, JobResult]) -> str | None:
    """Return why a job cannot run: the writer of an input did not complete, or aborted its first version."""
    warehouse = plan.environment.warehouse
    for bound in transform.bound_inputs:
        writer = plan.graph.writers.get(bound.dataset)
        if writer is None or writer not in results:
            continue
        result = results[writer]
        has_failed = result.state in (JobState.FAILED, JobState.ABORTED)
        if has_failed and not (
            bound.failure_strategy == "continue" and warehouse.latest(bound.dataset, bound.branch) is not None
        ):
            return f"{writer.reference} did not complete"
        is_aborted = result.state is JobState.COMPLETED and bound.dataset not in result.rows
        if is_aborted and warehouse.last_change(bound.dataset, bound.branch) is None:
            return f"{writer.reference} aborted {bound.dataset}, which has no version yet: there is nothing to read"
    return None


@dataclass
class _Job:
    """A running job.

    Attributes:
        transform: the transform that runs.
        stop: stops the job.
        limit: seconds that the job may take, None without a limit.
        deadline: monotonic time at which the job counts as overdue, None without a limit.
        result: set when the job has ended.
        thread: the job's thread.
        engine: the engine that computes the job.
    """

    transform: AnyTransform
    stop: CancelToken
    limit: float | None
    deadline: float | None
    result: JobResult | None = None
    thread: threading.Thread | None = None
    engine: EngineUse = field(default_factory=EngineUse)

    def ended(self, state: JobState, **values: Any) -> JobResult:
        """Return the result of the job, with its engine, without secrets.

        Args:
            state: how the job has ended.
            values: see `JobResult`.
        """
        use = self.engine
        values |= {"engine": use.name, "why_engine": use.why}
        return JobResult(self.transform, state, is_verified=use.is_equal, differences=list(use.differences), **values)


class Workers:
    """The running jobs of a build, one thread per job.

    Threads are daemons: Python cannot end a thread, and a job that hangs must not keep the process alive.

    Args:
        plan: the plan of the build.
        options: how many jobs run at a time, deadlines and retries.
        on_wait: called with a sentence when a job begins to wait for a lock that a different process holds.
    """

    def __init__(self, plan: Plan, options: BuildOptions, on_wait: Callable[[str], None] | None = None) -> None:
        self._plan, self._options, self._on_wait = plan, options, on_wait
        self._running: dict[AnyTransform, _Job] = {}
        self._ending = threading.Condition()

    @property
    def _environment(self) -> BuildEnvironment:
        return self._plan.environment

    @property
    def are_idle(self) -> bool:
        """Whether no job is running."""
        return not self._running

    @property
    def have_room(self) -> bool:
        """Whether one more job may run."""
        return len(self._running) < self._options.side_by_side

    def start(self, transform: AnyTransform) -> None:
        """Start the job of a transform.

        Args:
            transform: the transform; none of its jobs is running.
        """
        allowed = transform.allowed_run_duration
        limits = [self._options.timeout, allowed.total_seconds() if allowed else None]
        limit = min((limit for limit in limits if limit is not None), default=None)
        job = _Job(transform, CancelToken(), limit, None if limit is None else time.monotonic() + limit)
        self._running[transform] = job
        job.thread = threading.Thread(target=self._run, args=(job,), name=transform.reference, daemon=True)
        job.thread.start()

    def stop(self, reason: str) -> None:
        """Stop all running jobs.

        Args:
            reason: why, as their results show it.
        """
        for job in self._running.values():
            job.deadline = time.monotonic() + _GRACE
            job.stop.order(reason)

    def next_results(self) -> Iterator[JobResult]:
        """Wait for at most 0.2 s and yield the results of jobs that have ended or are overdue."""
        with self._ending:
            self._ending.wait_for(lambda: any(job.result for job in self._running.values()), _POLL_INTERVAL)
        for transform, job in list(self._running.items()):
            if result := job.result or self._overdue(job):
                del self._running[transform]
                yield result

    def _overdue(self, job: _Job) -> JobResult | None:
        if job.deadline is None or time.monotonic() < job.deadline:
            return None
        if job.stop.reason is not None:
            return job.ended(JobState.ABORTED, reason=f"{job.stop.reason}; it did not end in time")
        where = self._environment.redact(where_is(job.thread, job.transform))
        reason = f"it did not end within {job.limit:g} s (--timeout, or its allowed_run_duration)"
        job.stop.order(reason)
        return job.ended(JobState.FAILED, seconds=job.limit or 0, reason=reason, where=where)

    def _run(self, job: _Job) -> None:
        result = self._result_of(job)
        with self._ending:
            job.result = result
            self._ending.notify_all()

    def _result_of(self, job: _Job) -> JobResult:
        """Run a job, with retries, and return its result; every exception becomes a result."""
        began, attempt = time.monotonic(), 0

        def skip_check(transform: AnyTransform, has_waited: bool) -> Skip | None:
            return skip_by_now(self._plan, transform, has_waited)

        while True:
            try:
                outcome = run_on_engine(
                    job.transform, self._environment, job.engine, job.stop, skip_check, self._on_wait
                )
            except BaseException as error:
                if attempt < self._options.retries and _may_pass(error) and job.stop.reason is None:
                    time.sleep(_FIRST_PAUSE * 2**attempt)
                    attempt += 1
                    continue
                return self._unsuccessful(job, error, time.monotonic() - began)
            notes = [*outcome.notes, *([f"succeeded after {attempt} retries"] if attempt else [])]
            seconds = time.monotonic() - began
            if (skip := outcome.skipped) and not skip.is_published:
                return JobResult(job.transform, JobState.IGNORED, seconds=seconds, reason=skip.reason, notes=notes)
            rows, checks = outcome.rows, outcome.checks
            return job.ended(JobState.COMPLETED, rows=rows, seconds=seconds, checks=checks, notes=notes)

    def _unsuccessful(self, job: _Job, error: BaseException, seconds: float) -> JobResult:
        if job.stop.reason is not None:
            return job.ended(JobState.ABORTED, seconds=seconds, reason=job.stop.reason)
        text = str(error) if isinstance(error, TransformsError) else error_text(error)
        reason = self._environment.redact((text or repr(error)).split(_SPARK_STACK)[0])
        where = self._environment.redact(where_of(error, job.transform))
        checks = error.results if isinstance(error, ChecksFailedError) else []
        return job.ended(JobState.FAILED, seconds=seconds, checks=checks, reason=reason, where=where, error=error)


def where_of(error: BaseException, transform: AnyTransform) -> str:
    """Return the user's lines that raised an error, the innermost first; without any, the transform's location.

    The lines of the errors from which, or while handling which, the error was raised follow.

    Args:
        error: the error of a job.
        transform: the transform that ran.
    """
    if isinstance(error, SqlError):
        return error.location
    raised = error.__cause__ if isinstance(error, ComputeError) and error.__cause__ else error
    lines = [_called_from(frames_of_user(raised.__traceback__)) or transform.location]
    for cause in _causes_of(raised):
        if called := _called_from(frames_of_user(cause.__traceback__)):
            lines.append(f"after {error_text(cause)}\n  {called}")
    return "\n".join(lines)


def where_is(thread: threading.Thread | None, transform: AnyTransform) -> str:
    """Return the user's lines that a thread executes, the innermost first; without any, the transform's location.

    Args:
        thread: the thread of a job.
        transform: the transform that runs in it.
    """
    frame = sys._current_frames().get(thread.ident or 0) if thread else None
    return _called_from(frames_of_user(frame)) or transform.location


def _called_from(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return frames as lines, the innermost first; of a long recursion the first and the last ones."""
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}\n    {frame.line}" for frame in reversed(frames)]
    left_out = len(lines) - _INNERMOST - _OUTERMOST
    if left_out > 1:
        lines[_INNERMOST:-_OUTERMOST] = [f"{left_out} more lines like these"]
    return "\n  called from ".join(lines)


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield the causes and contexts of an exception, as Python's own traceback shows them."""
    seen = [error]
    while True:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or any(cause is earlier for earlier in seen):  # an error may be unhashable
            return
        yield cause
        seen.append(cause)
        error = cause


def _may_pass(error: BaseException | None) -> bool:
    """Return whether an error, or one of its causes, may be transient."""
    while error is not None:
        if any(kind.__name__ in _TRANSIENT for kind in type(error).__mro__):
            return True
        error = error.__cause__
    return False
