"""The progress of a build: a line for each job that ends and, on a terminal, a live region of what is running."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from transforms_api.build.report import JobResult, Watch
from transforms_api.cli.console import is_live
from transforms_api.cli.screen import line_of
from transforms_api.cli.spark_tasks import running_tasks
from transforms_api.cli.time_left import in_words, last_durations, seconds_left
from transforms_api.declare.transform import Transform
from transforms_api.pictures.texts import short_names
from transforms_api.visible_text import visible

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
    waiting = {id(job): job for job in jobs}
    running: dict[int, tuple[Transform[Any, Any], TaskID, float]] = {}
    lines, whole = _lines(console), _whole(console)
    bar = whole.add_task("", total=len(jobs) + stopped, left="")

    def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
        waiting.pop(id(transform), None)
        if result is None:
            line = lines.add_task(visible(name_of(transform)), total=None, tasks="")
            running[id(transform)] = (transform, line, time.monotonic())
            return
        if began := running.pop(id(transform), None):
            lines.remove_task(began[1])
        whole.advance(bar)

    def look() -> None:
        tasks, now = running_tasks(), time.monotonic()
        begun = list(running.values())
        for transform, line, _ in begun:
            done, total = tasks.get(transform.reference, (0, 0))
            with contextlib.suppress(KeyError):  # the job has ended meanwhile
                lines.update(line, tasks=f"{done}/{total} tasks" if total else "")
        left = seconds_left(
            [expected.get(job.reference) for job in list(waiting.values())],
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
