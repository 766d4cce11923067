"""The progress of a build: a line for each job that ends and, on a terminal, a live region of what is running.

How long a build will still take, by how long its jobs took the last time.

How far Spark is with what each running job asks of it.

What `build -v` tells before it begins: each job's inputs, outputs and reason, versions, and where the logs are.
"""

from __future__ import annotations

import contextlib
import platform
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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

from transforms_api.builds import JobResult, JobState, Plan, Watch, events_in, logs_in
from transforms_api.catalog import short_names
from transforms_api.cli.output import is_live
from transforms_api.cli.project import Project, logs_of
from transforms_api.cli.screen import line_of, print_text
from transforms_api.declare import Transform
from transforms_api.text import visible


def running_tasks() -> dict[str, tuple[int, int]]:
    """Return, by the transform's reference, how many tasks of its active stages are done, and how many there are.

    `SparkContext.statusTracker` tells the same only to who knows a job's group, which nobody but the job does; so its
    store is asked, where stages have their job's description. Never starts Spark. Empty where Spark does not run or
    cannot say.
    """
    found: dict[str, tuple[int, int]] = {}
    with contextlib.suppress(Exception):  # whatever it is, a build does not fail for its progress
        for stage in _active_stages():
            description = stage.description()
            if description.isDefined():
                done, total = found.get(description.get(), (0, 0))
                found[description.get()] = (done + stage.numCompleteTasks(), total + stage.numTasks())
    return found


def _active_stages() -> list[Any]:
    context: Any = SparkContext._active_spark_context
    java = getattr(context, "_jsc", None)
    if java is None:
        return []
    stages = java.sc().statusStore().activeStages()
    return [stages.apply(position) for position in range(stages.size())]


_LOGS = 10
"""Logs that are read at most: who built last week in parts still gets an estimate, and nobody waits for one."""


def last_durations(folder: Path, transforms: Collection[str]) -> dict[str, float]:
    """Return the seconds of the last completed job of each transform, by its reference, as the newest logs tell.

    Args:
        folder: where the logs of builds are; it need not exist.
        transforms: the references to look for.
    """
    wanted, found = set(transforms), dict[str, float]()
    for log in islice(logs_in(folder), _LOGS):
        if wanted <= found.keys():
            break
        found = {**_durations_in(log), **found}
    return {transform: seconds for transform, seconds in found.items() if transform in wanted}


def seconds_left(
    waiting: Iterable[float | None], running: Iterable[tuple[float | None, float]], side_by_side: int
) -> float | None:
    """Return the seconds until the last job ends, or None where nobody knows how long one of them takes.

    It is the work that is left, shared among as many jobs as run side by side; never less than the longest of them.

    Args:
        waiting: what the jobs that have not begun took the last time, in seconds.
        running: the same of the running ones, with the seconds for which each has been running.
    """
    whole = [*((expected, 0.0) for expected in waiting), *running]
    left = [max(expected - elapsed, 0.0) for expected, elapsed in whole if expected is not None]
    if not left or len(left) < len(whole):
        return None
    return max(sum(left) / side_by_side, *left)


def in_words(seconds: float) -> str:
    """Return a duration as it is said of an estimate: 'about 40 s left', 'about 3 min left'."""
    if seconds < 60:
        return f"about {max(round(seconds), 1)} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min left"


def _durations_in(log: Path) -> dict[str, float]:
    return {
        event["transform"]: event["seconds"]
        for event in events_in(log)
        if event.get("event") == "job ended" and event.get("state") == JobState.COMPLETED.value
    }


_REFRESHES = 4
"""A second: what the spinner needs to turn. Each takes less than a millisecond."""
_LOOK_UP = 0.5
"""Seconds after which Spark is asked again how far it is."""


@contextmanager
def progress_of(
    jobs: Sequence[Transform[Any, Any]],
    stopped: int,
    logs: Path,
    side_by_side: int,
    console: Console,
    datasets: Iterable[str] = (),
) -> Iterator[Watch]:
    """Print a line on `console` for each job that ends; on a terminal show meanwhile what is running, and what is left.

    Args:
        jobs: the transforms that the build runs.
        stopped: how many others it tells of at once, since a fault stops them.
        logs: the folder with the logs of builds, for how long each job took the last time.
        side_by_side: how many jobs run at a time.
        datasets: all of the project; a path of the jobs is cut to its last part only where no other one ends so.
    """
    names = short_names(dict.fromkeys([*datasets, *(dataset for job in jobs for dataset in job.writes)]))

    def name_of(transform: Transform[Any, Any]) -> str:
        return ", ".join(names.get(dataset, dataset) for dataset in transform.writes) or transform.__name__

    def print_line(transform: Transform[Any, Any], result: JobResult | None) -> None:
        if result is not None and transform in jobs:  # the faults of the others are printed already
            console.print(line_of(name_of(transform), result))

    if not is_live(console):
        yield print_line
        return
    with _live_region(jobs, stopped, logs, side_by_side, console, name_of) as show:

        def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
            show(transform, result)
            print_line(transform, result)

        yield watch


@contextmanager
def _live_region(
    jobs: Sequence[Transform[Any, Any]],
    stopped: int,
    logs: Path,
    side_by_side: int,
    console: Console,
    name_of: Callable[[Transform[Any, Any]], str],
) -> Iterator[Watch]:
    expected = last_durations(logs, [job.reference for job in jobs])
    waiting = dict.fromkeys(jobs)
    running: dict[Transform[Any, Any], tuple[TaskID, float]] = {}
    lines, whole = _lines(console), _whole(console)
    bar = whole.add_task("", total=len(jobs) + stopped, left="")

    def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
        waiting.pop(transform, None)
        if result is None:
            line = lines.add_task(visible(name_of(transform)), total=None, tasks="")
            running[transform] = (line, time.monotonic())
            return
        if began := running.pop(transform, None):
            lines.remove_task(began[0])
        whole.advance(bar)

    def look() -> None:
        tasks, now = running_tasks(), time.monotonic()
        begun = [(transform, line, start) for transform, (line, start) in list(running.items())]
        for transform, line, _ in begun:
            done, total = tasks.get(transform.reference, (0, 0))
            with contextlib.suppress(KeyError):  # the job has ended meanwhile
                lines.update(line, tasks=f"{done}/{total} tasks" if total else "")
        left = seconds_left(
            [expected.get(job.reference) for job in list(waiting)],
            [(expected.get(transform.reference), now - start) for transform, _, start in begun],
            side_by_side,
        )
        whole.update(bar, left=in_words(left) if left else "")

    region = Live(Group(lines, whole), console=console, refresh_per_second=_REFRESHES, transient=True)
    with region, _again_and_again(look):
        yield watch


@contextmanager
def _again_and_again(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` now and then, in a thread: who draws the region must not wait for an answer of Java's."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(_LOOK_UP):
            look()

    threading.Thread(target=go_on, name="progress", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _lines(console: Console) -> Progress:
    """Return the lines of the running jobs."""
    name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(
        SpinnerColumn(), name, TimeElapsedColumn(), TextColumn("{task.fields[tasks]}", markup=False), console=console
    )


def _whole(console: Console) -> Progress:
    """Return the line of the whole build."""
    left = TextColumn("{task.fields[left]}", markup=False)
    return Progress(BarColumn(), MofNCompleteColumn(), TextColumn("jobs"), TimeElapsedColumn(), left, console=console)


_PACKAGES = ("transforms-anywhere", "pyspark", "delta-spark", "deltalake", "polars", "pandas")
"""Whose versions decide what a build does; those of them that are installed are told."""


def print_details(plan: Plan, project: Project, console: Console) -> None:
    """Print all about a plan that is about to run."""
    logs = logs_of(project.warehouse)
    print_text(f"versions     {', '.join(_versions())}", console)
    print_text(f"warehouse    {project.warehouse.root}, branch {project.warehouse.branch}", console)
    print_text(f"build's log  {logs / plan.environment.build}.jsonl", console)
    print_text(f"Spark's log  {logs / 'spark.log'}, profile {project.settings.file.profile}", console)
    made: set[str] = set()
    for job in plan.jobs:
        print_text("\n".join(_lines_of(job, plan, made)), console)
        made.update(job.writes)


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def _lines_of(job: Transform[Any, Any], plan: Plan, made: set[str]) -> Iterator[str]:
    yield f"{job.reference}: {plan.why(job)}"
    yield f"  {job.location}"
    for bound in job.bound_inputs:
        yield f"  reads   {bound.dataset}  {_state(bound.dataset, bound.branch, plan, made)}"
    for dataset in job.writes:
        yield f"  writes  {dataset}  {_state(dataset, None, plan, set())}"


def _state(dataset: str, branch: str | None, plan: Plan, made: set[str]) -> str:
    if dataset in made and branch is None:
        return "as this build makes it"
    last = plan.last_change(dataset, branch)
    return f"version {last.version} of branch {last.branch}" if last else "not built yet"
