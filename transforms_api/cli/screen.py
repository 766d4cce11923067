"""What a build looks like on the screen: a line per job, then a table of the datasets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from transforms_api.build.plan import Plan
from transforms_api.build.report import BuildReport, JobResult, JobState, Watch
from transforms_api.cli.printable import printable, visible
from transforms_api.declare.transform import Transform
from transforms_api.errors import TransformsError
from transforms_api.graph.faults import Fault

_MARKS = {
    JobState.COMPLETED: "[green]✓[/]",
    JobState.FAILED: "[red]✗[/]",
    JobState.ABORTED: "[yellow]–[/]",
    JobState.IGNORED: "[blue]=[/]",
}


def console_on(stream: TextIO) -> Console:
    """Return a console with a way of its own to where `stream` goes.

    While Spark starts, the process's own stdout and stderr go to Spark's log; jobs that need no Spark end meanwhile.
    """
    try:
        own = os.dup(stream.fileno())
    except (OSError, AttributeError):
        return Console(file=stream)
    return Console(file=os.fdopen(own, "w", encoding=stream.encoding, errors="replace"))


@contextmanager
def progress_of(jobs: int, console: Console) -> Iterator[Watch]:
    """Show on `console` how many of `jobs` are done, which are running, and a line for each that ends."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, running = progress.add_task("building", total=jobs), set[str]()

        def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
            name = ", ".join(dataset.rpartition("/")[2] for dataset in transform.writes)
            if result is None:
                running.add(name)
            else:
                running.discard(name)
                progress.advance(task)
                console.print(_line(name, result), highlight=False)
            progress.update(task, description=printable(" · ".join(sorted(running)) or "building"))

        yield watch


def print_faults(faults: Sequence[Fault], console: Console) -> None:
    """Print what is wrong before a build begins."""
    for fault in faults:
        console.print(f"[red]fault[/] {printable(f'{fault.kind}: {fault.text}')}", highlight=False, soft_wrap=True)


def print_plan(plan: Plan, as_json: bool, console: Console) -> None:
    """Print what a build would do, and why; as JSON on stdout."""
    if as_json:
        print(json.dumps(plan.as_json(), indent=2))
        return
    for job in plan.jobs:
        console.print(printable(f"{', '.join(job.writes)}: {plan.why(job)}"), highlight=False, soft_wrap=True)
    others = len(plan.fresh) + len(plan.imported)
    console.print(f"{len(plan.jobs)} jobs to run, {others} datasets' jobs left out as fresh or imported.")


def print_report(report: BuildReport, folder: Path, console: Console) -> None:
    """Print the datasets with rows and seconds, what failed and why, and where the tables are."""
    table = Table(title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("dataset")
    table.add_column("state")
    table.add_column("rows", justify="right")
    table.add_column("checks", justify="right")
    table.add_column("seconds", justify="right")
    for job in report.jobs:
        for dataset in job.transform.writes:
            rows = f"{job.rows[dataset]:,}" if dataset in job.rows else "·"
            seconds = f"{job.seconds:.1f}" if job.seconds else "·"
            table.add_row(printable(dataset), f"{_MARKS[job.state]} {job.state.value}", rows, _checks(job), seconds)
    console.print(table)
    print_outcome(report, console)
    console.print(f"Tables: {printable(str(folder))}", highlight=False, soft_wrap=True)


def print_outcome(report: BuildReport, console: Console) -> None:
    """Print what of a build is worth a remark, and how many of its jobs completed."""
    for warning in report.warnings:
        console.print(f"[yellow]warning[/] {printable(warning)}", highlight=False, soft_wrap=True)
    for job in report.jobs:
        _print_remarks(job, console)
    done = sum(job.state is JobState.COMPLETED for job in report.jobs)
    left_out = sum(job.state is JobState.IGNORED for job in report.jobs)
    others = f"; {left_out} left out as fresh or imported" if left_out else ""
    to_do = len(report.jobs) - left_out
    console.print(f"\n{done} of {to_do} jobs completed in {report.seconds:.1f} s{others}.", highlight=False)


def print_error(error: TransformsError, console: Console) -> None:
    """Print an error that is the user's to mend, without our traceback."""
    console.print(f"[red]error[/] {type(error).__name__}: ", end="")
    print_text(str(error), console)


def print_text(text: str, console: Console) -> None:
    """Print a text as it is: no markup, no breaks of our own."""
    console.print(visible(text), markup=False, highlight=False, soft_wrap=True)


def _print_remarks(job: JobResult, console: Console) -> None:
    """Print what the table has no room for: notes, checks that only warn, and why the job did not complete."""
    remarks = [f"[dim]note[/] [dim]{printable(f'{job.transform.__name__}: {note}')}[/]" for note in job.notes]
    for result in job.checks:
        if result.problem and not result.stops_the_job:
            remarks.append(f"[yellow]warning[/] {printable(str(result))}")
    if job.state is JobState.FAILED:
        remarks.append(f"\n[red]failed[/] {printable(str(job.where))}\n{printable(str(job.reason))}")
    if job.state is JobState.ABORTED:
        remarks.append(f"[yellow]aborted[/] {printable(f'{job.transform.reference}: {job.reason}')}")
    for remark in remarks:
        console.print(remark, highlight=False, soft_wrap=True)


def _line(name: str, result: JobResult) -> str:
    rows = f"{sum(result.rows.values()):,} rows" if result.rows else result.reason or "unchanged"
    first_line = printable(rows.splitlines()[0][:100])
    return f"{_MARKS[result.state]} {printable(name)}  {first_line}  {result.seconds:.1f} s"


def _checks(job: JobResult) -> str:
    held = sum(result.problem is None for result in job.checks)
    return f"{held}/{len(job.checks)}" if job.checks else "·"
