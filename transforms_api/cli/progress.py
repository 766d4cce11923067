"""The progress of a build: a line for each job that ends and, on a terminal, a live region with the running jobs.

The live region shows how many Spark tasks of each running job are done, and an estimate of the time that is left, made
of how long each job took the last time. `print_details` is what `build -v` prints before the build starts.
"""

from __future__ import annotations

import contextlib
import platform
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from transforms_api.api import BuildSession
from transforms_api.builds import BuildListener, JobResult, JobState, LoggedJob, Plan, events_in, logs_in
from transforms_api.catalog import short_names
from transforms_api.cli.output import is_live
from transforms_api.cli.screen import line_of, print_text
from transforms_api.declare import Transform
from transforms_api.text import visible

_REFRESHES = 4
"""Refreshes a second, as the spinner needs. Each takes less than a millisecond."""
_POLL = 0.5
"""Seconds between two requests to Spark for the tasks that are done."""
_LOGS = 10
"""Logs that are read at most for an estimate: enough for someone who builds in parts, and quickly read."""


@contextmanager
def show_progress(session: BuildSession, console: Console) -> Iterator[BuildListener]:
    """Yield the listener that shows the progress of a build until the context ends.

    Args:
        session: the build; its plan says which jobs run, its project where the logs of earlier builds are.
        console: receives a line for each job that ends and, if it is a terminal, the live region.
    """
    lines = JobLines(session, console)
    if not is_live(console):
        yield lines
        return
    region = LiveRegion(session, console, lines)
    with region.shown():
        yield region


class JobLines(BuildListener):
    """Prints a line for each job that ends, and for each that waits.

    Args:
        session: the build. The path of a dataset is cut to its last part if no other dataset of the project ends so.
        console: where the lines are printed.
    """

    def __init__(self, session: BuildSession, console: Console) -> None:
        self._jobs, self._console = session.plan.jobs, console
        datasets = [*session.project.graph.writers, *(dataset for job in self._jobs for dataset in job.writes)]
        self._names = short_names(dict.fromkeys(datasets))

    def name_of(self, transform: Transform[Any, Any]) -> str:
        """Return the short names of the datasets that a transform writes.

        Args:
            transform: one of the build.
        """
        return ", ".join(self._names.get(dataset, dataset) for dataset in transform.writes) or transform.__name__

    def on_job_ended(self, result: JobResult) -> None:
        """Print the line of a job; transforms that a fault stops are printed before the build starts."""
        if result.transform in self._jobs:
            self._console.print(line_of(self.name_of(result.transform), result))

    def on_wait(self, message: str) -> None:
        """Print what a job waits for."""
        print_text(message, self._console)


class LiveRegion(BuildListener):
    """Shows the running jobs, a bar for the entire build and the estimate of the time left below the printed lines.

    Args:
        session: the build.
        console: a terminal.
        lines: prints above the region.
    """

    def __init__(self, session: BuildSession, console: Console, lines: JobLines) -> None:
        jobs = session.plan.jobs
        self._lines, self._console, self._side_by_side = lines, console, session.options.side_by_side
        self._expected = last_durations(session.project.logs, [job.reference for job in jobs])
        self._waiting = set(jobs)
        self._running: dict[Transform[Any, Any], tuple[TaskID, float]] = {}
        self._rows, self._total = _job_rows(console), _total_row(console)
        self._bar = self._total.add_task("", total=len(jobs) + len(session.plan.stopped), left="")

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Add the row of a job."""
        self._waiting.discard(transform)
        row = self._rows.add_task(visible(self._lines.name_of(transform)), total=None, tasks="")
        self._running[transform] = (row, time.monotonic())

    def on_job_ended(self, result: JobResult) -> None:
        """Remove the row of a job, and print its line above the region."""
        self._waiting.discard(result.transform)
        if started := self._running.pop(result.transform, None):
            self._rows.remove_task(started[0])
        self._total.advance(self._bar)
        self._lines.on_job_ended(result)

    def on_wait(self, message: str) -> None:
        """Print what a job waits for above the region."""
        self._lines.on_wait(message)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the region until the context ends."""
        rows = Group(self._rows, self._total)
        live = Live(rows, console=self._console, refresh_per_second=_REFRESHES, transient=True)
        with live, _repeatedly(self._update):
            yield

    def _update(self) -> None:
        tasks, now = running_tasks(), time.monotonic()
        running = list(self._running.items())
        for job, (row, _) in running:
            done, total = tasks.get(job.reference, (0, 0))
            with contextlib.suppress(KeyError):  # the job has ended meanwhile
                self._rows.update(row, tasks=f"{done}/{total} tasks" if total else "")
        left = eta(
            [self._expected.get(job.reference) for job in list(self._waiting)],
            [(self._expected.get(job.reference), now - started) for job, (_, started) in running],
            self._side_by_side,
        )
        self._total.update(self._bar, left=in_words(left) if left else "")


@contextmanager
def _repeatedly(update: Callable[[], None]) -> Iterator[None]:
    """Call a function every half second in a thread, so that drawing the region never waits for Java."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(_POLL):
            update()

    threading.Thread(target=run, name="progress", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _job_rows(console: Console) -> Progress:
    """Return the rows of the running jobs."""
    name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(
        SpinnerColumn(), name, TimeElapsedColumn(), TextColumn("{task.fields[tasks]}", markup=False), console=console
    )


def _total_row(console: Console) -> Progress:
    """Return the row of the entire build."""
    left = TextColumn("{task.fields[left]}", markup=False)
    return Progress(BarColumn(), MofNCompleteColumn(), TextColumn("jobs"), TimeElapsedColumn(), left, console=console)


def running_tasks() -> dict[str, tuple[int, int]]:
    """Return transform's reference → tasks of its active Spark stages that are done, and all of them.

    Empty if Spark does not run or cannot answer; never starts Spark. `SparkContext.statusTracker` needs the group of a
    job, which only the job knows; the status store has each stage with the description of its job.
    """
    progress: dict[str, tuple[int, int]] = {}
    with contextlib.suppress(Exception):  # whatever it is, a build does not fail for its progress
        for stage in _active_stages():
            description = stage.description()
            if description.isDefined():
                done, total = progress.get(description.get(), (0, 0))
                progress[description.get()] = (done + stage.numCompleteTasks(), total + stage.numTasks())
    return progress


def _active_stages() -> list[Any]:
    context: Any = SparkContext._active_spark_context
    java = getattr(context, "_jsc", None)
    if java is None:
        return []
    stages = java.sc().statusStore().activeStages()
    return [stages.apply(position) for position in range(stages.size())]


def last_durations(folder: Path, transforms: Collection[str]) -> dict[str, float]:
    """Return transform's reference → seconds of its last completed job, of those that the newest logs have.

    Args:
        folder: of the logs of builds; it need not exist.
        transforms: the references to look for.
    """
    wanted, durations = set(transforms), dict[str, float]()
    for log in islice(logs_in(folder), _LOGS):
        if wanted <= durations.keys():
            break
        durations = {**_durations_in(log), **durations}
    return {transform: seconds for transform, seconds in durations.items() if transform in wanted}


def _durations_in(log: Path) -> dict[str, float]:
    return {
        event.transform: event.seconds
        for event in events_in(log)
        if isinstance(event, LoggedJob) and event.state == JobState.COMPLETED.value
    }


def eta(
    waiting: Iterable[float | None], running: Iterable[tuple[float | None, float]], side_by_side: int
) -> float | None:
    """Return the seconds until the last job ends, or None if the duration of a job is unknown.

    The estimate is the work that is left, divided by the jobs side by side, and at least that of the longest job.

    Args:
        waiting: seconds that each job which has not started took the last time.
        running: the same of each running job, with the seconds since it started.
        side_by_side: how many jobs run at a time.
    """
    jobs = [*((expected, 0.0) for expected in waiting), *running]
    left = [max(expected - elapsed, 0.0) for expected, elapsed in jobs if expected is not None]
    if not left or len(left) < len(jobs):
        return None
    return max(sum(left) / side_by_side, *left)


def in_words(seconds: float) -> str:
    """Return an estimate to print: 'about 40 s left', 'about 3 min left'.

    Args:
        seconds: the estimate.
    """
    if seconds < 60:
        return f"about {max(round(seconds), 1)} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min left"


_PACKAGES = ("transforms-anywhere", "pyspark", "delta-spark", "deltalake", "polars", "pandas")
"""The packages whose versions are printed, if they are installed: they decide what a build does."""


def print_details(session: BuildSession, console: Console) -> None:
    """Print versions, warehouse, logs, and what each job of a planned build reads and writes.

    Args:
        session: the build, which has not been run.
        console: where it is printed.
    """
    project, plan = session.project, session.plan
    print_text(f"versions     {', '.join(_versions())}", console)
    print_text(f"warehouse    {project.warehouse.root}, branch {project.warehouse.branch}", console)
    print_text(f"build's log  {project.logs / plan.environment.build}.jsonl", console)
    print_text(f"Spark's log  {project.logs / 'spark.log'}, profile {project.settings.file.profile}", console)
    planned: set[str] = set()
    for job in plan.jobs:
        print_text("\n".join(_details_of(job, plan, planned)), console)
        planned.update(job.writes)


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield f"{package} {version(package)}"


def _details_of(job: Transform[Any, Any], plan: Plan, planned: Collection[str]) -> Iterator[str]:
    yield f"{job.reference}: {plan.why(job)}"
    yield f"  {job.location}"
    for bound in job.bound_inputs:
        yield f"  reads   {bound.dataset}  {_state(bound.dataset, bound.branch, plan, planned)}"
    for dataset in job.writes:
        yield f"  writes  {dataset}  {_state(dataset, None, plan, ())}"


def _state(dataset: str, branch: str | None, plan: Plan, planned: Collection[str]) -> str:
    if dataset in planned and branch is None:
        return "as this build makes it"
    last = plan.last_change(dataset, branch)
    return f"version {last.version} of branch {last.branch}" if last else "not built yet"
