"""What a build looks like on the screen: what it will do, a line per job, then a table of the datasets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from transforms_api.build.plan import Plan
from transforms_api.build.report import BuildReport, JobResult, JobState
from transforms_api.cli.console import Voice
from transforms_api.cli.printable import printable, visible
from transforms_api.errors import TransformsError
from transforms_api.graph.faults import Fault

_MARKS = {
    JobState.COMPLETED: "[green]✓[/]",
    JobState.FAILED: "[red]✗[/]",
    JobState.ABORTED: "[yellow]–[/]",
    JobState.IGNORED: "[blue]=[/]",
}


def print_faults(faults: Sequence[Fault], console: Console) -> None:
    """Print what is wrong before a build begins."""
    for fault in faults:
        label = "[yellow]warning[/]" if fault.is_warning else "[red]fault[/]"
        console.print(f"{label} {printable(f'{fault.kind}: {fault.text}')}", highlight=False, soft_wrap=True)


def print_plan(plan: Plan, as_json: bool, voice: Voice) -> None:
    """Print what a build would do, and why; as JSON on stdout."""
    if as_json:
        print(json.dumps(plan.as_json(), indent=2))
        return
    for job in () if voice.is_verbose else plan.jobs:  # a verbose build has told each job's reason, and more
        text = printable(f"{', '.join(job.writes)}: {plan.why(job)}")
        voice.talk.print(text, highlight=False, soft_wrap=True)
    others = len(plan.fresh) + len(plan.imported)
    voice.console.print(f"{len(plan.jobs)} jobs to run, {others} datasets' jobs left out as fresh or imported.")


def line_of(name: str, result: JobResult) -> str:
    """Return the line, in Rich's markup, that is printed when the job which makes `name` has ended."""
    rows = f"{sum(result.rows.values()):,} rows" if result.rows else result.reason or "unchanged"
    first_line = printable(rows.splitlines()[0][:100])
    return f"{_MARKS[result.state]} {printable(name)}  {first_line}  {result.seconds:.1f} s"


def print_report(report: BuildReport, folder: Path, voice: Voice) -> None:
    """Print the datasets with rows and seconds, what failed and why, and where the tables are."""
    voice.talk.print(_table(report))
    print_outcome(report, voice)
    voice.talk.print(f"Tables: {printable(str(folder))}", highlight=False, soft_wrap=True)


def print_outcome(report: BuildReport, voice: Voice) -> None:
    """Print what of a build is worth a remark, and how many of its jobs completed."""
    for warning in report.warnings:
        voice.talk.print(f"[yellow]warning[/] {printable(warning)}", highlight=False, soft_wrap=True)
    for job in report.jobs:
        for remark in _remarks(job):
            voice.talk.print(remark, highlight=False, soft_wrap=True)
        if job.state is JobState.FAILED:
            reason = f"\n[red]failed[/] {printable(str(job.where))}\n{printable(str(job.reason))}"
            voice.console.print(reason, highlight=False, soft_wrap=True)
    done = sum(job.state is JobState.COMPLETED for job in report.jobs)
    left_out = sum(job.state is JobState.IGNORED for job in report.jobs)
    others = f"; {left_out} left out as fresh or imported" if left_out else ""
    to_do = len(report.jobs) - left_out
    voice.talk.print()
    voice.console.print(f"{done} of {to_do} jobs completed in {report.seconds:.1f} s{others}.", highlight=False)


def print_error(error: TransformsError, console: Console) -> None:
    """Print an error that is the user's to mend, without our traceback."""
    console.print(f"[red]error[/] {type(error).__name__}: ", end="")
    print_text(str(error), console)


def print_text(text: str, console: Console) -> None:
    """Print a text as it is: no markup, no breaks of our own."""
    console.print(visible(text), markup=False, highlight=False, soft_wrap=True)


def _table(report: BuildReport) -> Table:
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
    return table


def _remarks(job: JobResult) -> list[str]:
    """Return what the table has no room for: notes, checks that only warn, and why a job was aborted."""
    remarks = [f"[dim]note[/] [dim]{printable(f'{job.transform.__name__}: {note}')}[/]" for note in job.notes]
    for result in job.checks:
        if result.problem and not result.stops_the_job:
            remarks.append(f"[yellow]warning[/] {printable(str(result))}")
    if job.state is JobState.ABORTED:
        remarks.append(f"[yellow]aborted[/] {printable(f'{job.transform.reference}: {job.reason}')}")
    return remarks


def _checks(job: JobResult) -> str:
    held = sum(result.problem is None for result in job.checks)
    return f"{held}/{len(job.checks)}" if job.checks else "·"
