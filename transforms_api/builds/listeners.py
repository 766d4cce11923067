"""Listeners: objects that a build notifies when it starts, when each job starts and ends, and when it ends.

The build log, the OpenLineage events and the progress display are listeners. `on_event` of the Python API turns a
function into one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from transforms_api.builds.plan import Plan
from transforms_api.builds.report import BuildReport, JobResult
from transforms_api.declare import Transform


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
