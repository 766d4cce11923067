"""The results of jobs and of a build, and the listeners that receive them as events.

The build log, the OpenLineage events and the progress display are listeners. `on_event` of the Python API turns a
function into one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from transforms_api.declare import Transform
from transforms_api.errors import BuildFailedError, EnvironmentProblem
from transforms_api.expectations import CheckResult
from transforms_api.extras import install_command
from transforms_api.project import NEVER_INCREMENTAL, Fault, SqlTransform

if TYPE_CHECKING:
    from transforms_api.builds.environment import BuildEnvironment
    from transforms_api.builds.plan import Plan  # imports the engines, which most commands do not need


class JobState(Enum):
    """How a job ended; Foundry's terms."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    """Not run or not completed: a job that it depends on failed, a fault stops it, or the build was stopped."""
    IGNORED = "ignored"
    """Not run: its datasets are fresh or imported, when planned or when they were locked."""


@dataclass(frozen=True)
class JobResult:
    """The result of one job.

    Attributes:
        transform: the transform of the job.
        state: how the job ended.
        rows: dataset → committed rows, without datasets that the job left unchanged.
        seconds: duration of the job.
        checks: results of the checks.
        reason: why the job did not complete, in one line or more, without secrets.
        where: lines of the user's code that a failure comes from, the innermost first.
        error: the exception of a failed job, with the user's own traceback as its cause.
        notes: remarks for the user, such as why the run was not incremental.
        engine: 'spark' or 'sail'; None for a single-node transform, and for a job that did not run.
        why_engine: why Spark computed the job in a build that prefers Sail; None otherwise.
        is_verified: whether Spark and Sail have computed the same rows; None: they were not compared.
        differences: how the rows of Sail, which were not published, differ from those of Spark.
    """

    transform: Transform[Any, Any]
    state: JobState
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    checks: list[CheckResult] = field(default_factory=list)
    reason: str | None = None
    where: str | None = None
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)
    engine: str | None = None
    why_engine: str | None = None
    is_verified: bool | None = None
    differences: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "transform": self.transform.reference,
            "file": self.transform.location,
            "outputs": self.transform.writes,
            "state": self.state.value,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "where": self.where,
            "engine": self.engine,
            "why_engine": self.why_engine,
            "is_verified": self.is_verified,
            "differences": self.differences,
            "notes": [*self.notes, *([NEVER_INCREMENTAL] if isinstance(self.transform, SqlTransform) else [])],
            "checks": {
                "held": sum(result.problem is None for result in self.checks),
                "broken": [dataclasses.asdict(result) for result in self.checks if result.problem],
            },
        }


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    Attributes:
        build: identifier of the build.
        warehouse: root of the warehouse.
        branch: the branch that was built.
        seconds: duration of the build.
        jobs: results, in the order in which the jobs ended.
        faults: faults of the project that concern the build.
        warnings: remarks on the build that stopped nothing.
        was_interrupted: whether the user stopped the build.
    """

    build: str
    warehouse: str
    branch: str
    seconds: float
    jobs: list[JobResult]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    was_interrupted: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether there are no faults and all jobs completed or were ignored."""
        is_sound = all(fault.is_warning for fault in self.faults)
        return is_sound and all(job.state in (JobState.COMPLETED, JobState.IGNORED) for job in self.jobs)

    @property
    def differing(self) -> list[JobResult]:
        """The jobs for which Sail computed other rows than Spark, in a build that verifies."""
        return [job for job in self.jobs if job.is_verified is False]

    def raise_for_failures(self) -> None:
        """Do nothing if the build succeeded, for the last line of a task in a scheduler.

        Raises:
            BuildFailedError: a job failed or was aborted, or the build was interrupted. Its text has the reasons, its
                cause is the error of the first failed job.
        """
        if self.succeeded and not self.was_interrupted:
            return
        states = (JobState.FAILED, JobState.ABORTED)
        unfinished = [job for job in self.jobs if job.state in states]
        reasons = "".join(
            f"\n  {job.transform.reference} {job.state.value}: {job.reason}" + (f"\n{job.where}" if job.where else "")
            for job in unfinished
        )
        text = f"Build {self.build}: {len(unfinished)} of {len(self.jobs)} jobs did not complete.{reasons}"
        raise BuildFailedError(text, self) from next((job.error for job in unfinished if job.error), None)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "build": self.build,
            "succeeded": self.succeeded,
            "warehouse": self.warehouse,
            "branch": self.branch,
            "seconds": round(self.seconds, 3),
            "jobs": [job.as_json() for job in self.jobs],
            "faults": [fault.as_json() for fault in self.faults],
            "warnings": self.warnings,
        }


# Listeners


class BuildListener:
    """Receives the events of a build. Subclass it and override what you need: every method does nothing by default.

    Calls come one at a time, `on_wait` from the thread of the waiting job. A listener that raises receives no further
    events; the build goes on, and its report has a warning.
    """

    def on_build_started(self, plan: Plan) -> None:
        """Called before the first job.

        Args:
            plan: the jobs to run with their reasons, the transforms that are skipped, and the `environment` with the
                identifier of the build, its warehouse and parameters.
        """

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Called when a job starts; never for a job that cannot run since a job before it did not complete.

        Args:
            transform: the transform that the job runs.
        """

    def on_job_ended(self, result: JobResult) -> None:
        """Called when a job has ended, or cannot run.

        Args:
            result: its transform, state, rows, seconds, checks and error.
        """

    def on_wait(self, message: str) -> None:
        """Called when a job waits for a dataset that another process has locked.

        Args:
            message: a sentence with the dataset, and the process that holds it.
        """

    def on_build_ended(self, report: BuildReport) -> None:
        """Called after the last job, also if the build was interrupted.

        Args:
            report: the results of all jobs, in the order in which they ended.
        """


@dataclass(frozen=True)
class BuildStarted:
    """A build starts. Its text says how many jobs it runs."""

    plan: Plan

    def __str__(self) -> str:
        skipped = len(self.plan.fresh) + len(self.plan.imported)
        return f"build {self.plan.environment.build} started: {len(self.plan.jobs)} jobs to run, {skipped} skipped"


@dataclass(frozen=True)
class JobStarted:
    """A job starts."""

    transform: Transform[Any, Any]

    def __str__(self) -> str:
        return f"{self.transform.reference} started"


@dataclass(frozen=True)
class JobEnded:
    """A job has ended, or cannot run. Its text has the rows written, or the reason."""

    result: JobResult

    def __str__(self) -> str:
        result = self.result
        outcome = f"{sum(result.rows.values()):,} rows" if result.rows else result.reason or "unchanged"
        return f"{result.transform.reference} {result.state.value} in {result.seconds:.1f} s: {outcome}"


@dataclass(frozen=True)
class JobWaits:
    """A job waits for a dataset that another process has locked."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class BuildEnded:
    """A build has ended."""

    report: BuildReport

    def __str__(self) -> str:
        outcome = "succeeded" if self.report.succeeded else "did not succeed"
        return f"build {self.report.build} {outcome} in {self.report.seconds:.1f} s"


BuildEvent: TypeAlias = BuildStarted | JobStarted | JobEnded | JobWaits | BuildEnded
"""One event of a build, as `on_event` receives it; `str` gives a line to print."""


class EventCallback(BuildListener):
    """Passes every event to one function.

    Args:
        function: called with each event, such as `print`.
    """

    def __init__(self, function: Callable[[BuildEvent], object]) -> None:
        self._function = function

    def on_build_started(self, plan: Plan) -> None:
        self._function(BuildStarted(plan))

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        self._function(JobStarted(transform))

    def on_job_ended(self, result: JobResult) -> None:
        self._function(JobEnded(result))

    def on_wait(self, message: str) -> None:
        self._function(JobWaits(message))

    def on_build_ended(self, report: BuildReport) -> None:
        self._function(BuildEnded(report))


class Listeners(BuildListener):
    """Passes every event to several listeners, one at a time, and drops a listener that raises.

    Args:
        listeners: in the order in which they receive an event.
        redact: removes secrets from the text of a listener's error.

    Attributes:
        problems: a sentence for each listener that raised.
    """

    def __init__(self, listeners: Sequence[BuildListener], redact: Callable[[str], str]) -> None:
        self._listeners, self._redact, self._lock = list(listeners), redact, threading.RLock()
        self.problems: list[str] = []

    def on_build_started(self, plan: Plan) -> None:
        self._notify(lambda listener: listener.on_build_started(plan))

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        self._notify(lambda listener: listener.on_job_started(transform))

    def on_job_ended(self, result: JobResult) -> None:
        self._notify(lambda listener: listener.on_job_ended(result))

    def on_wait(self, message: str) -> None:
        self._notify(lambda listener: listener.on_wait(message))

    def on_build_ended(self, report: BuildReport) -> None:
        self._notify(lambda listener: listener.on_build_ended(report))

    def _notify(self, call: Callable[[BuildListener], None]) -> None:
        with self._lock:
            for listener in list(self._listeners):
                try:
                    call(listener)
                except Exception as error:  # whatever a listener does, the build goes on
                    self._listeners.remove(listener)
                    self.problems.append(
                        f"The listener {type(listener).__name__} failed and received no further events: "
                        f"{type(error).__name__}: {self._redact(str(error))}"
                    )


@contextlib.contextmanager
def lineage_listeners(
    target: str, folder: Path, environment: BuildEnvironment, warn: Callable[[str], None]
) -> Iterator[list[BuildListener]]:
    """Yield the listener that sends lineage, none without a target; leaving the context waits for the last event.

    Args:
        target: 'file:PATH', a file to which events are appended as lines of JSON; or the http(s) URL of a server with
            OpenLineage's API, with its key in the environment variable OPENLINEAGE_API_KEY; '' for no lineage.
        folder: folder that PATH is relative to.
        environment: the environment of the build.
        warn: called at most once, with a sentence on why an event could not be sent.

    Raises:
        EnvironmentProblem: openlineage-python is not installed.
    """
    if not target:
        yield []
        return
    try:
        from transforms_api.builds.lineage import LineageListener, open_transport
    except ImportError as error:
        raise EnvironmentProblem(
            f"conf/run.toml asks for lineage, which needs openlineage-python: {error}. "
            f"Install it: {install_command('lineage')}"
        ) from error
    with contextlib.closing(LineageListener(open_transport(target, folder), environment, warn)) as listener:
        yield [listener]
