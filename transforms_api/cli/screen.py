"""What a build looks like on the screen: what it will do, a line per job, then a table of the datasets.

How faults are printed: each kind once, with what to paste against it, and paths as short as they can be.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from transforms_api.builds import BuildReport, JobResult, JobState, Plan
from transforms_api.cli.output import Terminal, program, styled
from transforms_api.errors import GraphError, MissingInputError, TransformsError
from transforms_api.project import Fault, described, numbered


@dataclass(frozen=True)
class Invocation:
    """What was typed, as far as a command that is to be pasted repeats it.

    Attributes:
        options: option → value, such as '--repo' → '../shop'.
        project: the folder of the project; None for the RevOps demo.
    """

    options: tuple[tuple[str, str], ...] = ()
    project: Path | None = None

    def import_command(self, dataset: str) -> str:
        """Return the command that imports a dataset, to be pasted; FOLDER is to be replaced."""
        return self.command("import", "FOLDER", "--dataset", dataset)

    def command(self, *words: str) -> str:
        """Return a command line that works on the same project, warehouse and branch as this one."""
        return f"{program()} {shlex.join([*words, *(word for option in self.options for word in option)])}"

    def shortened(self, text: str) -> str:
        """Return a text with the paths in it relative to the project or the current folder, which is shorter."""
        folders = {Path.cwd(), *([self.project.resolve()] if self.project else [])}
        for folder in sorted(map(str, folders), key=len, reverse=True):
            if folder != os.sep:
                text = text.replace(f"{folder}{os.sep}", "")
        return text


_NOTHING = Invocation()
invocation: ContextVar[Invocation] = ContextVar("invocation", default=_NOTHING)
"""That of the command which runs."""


def fault_texts(faults: Sequence[Fault]) -> list[str]:
    """Return a text for each kind of fault, with the commands that import what is missing."""
    typed = invocation.get()
    return [typed.shortened(text) for text in described(faults, typed.import_command)]


_MARKS = {
    JobState.COMPLETED: ("✓", "green"),
    JobState.FAILED: ("✗", "red"),
    JobState.ABORTED: ("–", "yellow"),
    JobState.IGNORED: ("=", "blue"),
}


def print_faults(faults: Sequence[Fault], console: Console) -> None:
    """Print what is wrong before a build begins."""
    for is_warning, label in ((False, ("fault", "red")), (True, ("warning", "yellow"))):
        for text in fault_texts([fault for fault in faults if fault.is_warning == is_warning]):
            console.print(styled(label, f" {text}"), soft_wrap=True)


def print_plan(plan: Plan, as_json: bool, terminal: Terminal) -> None:
    """Print what a build would do, and why; as JSON on stdout."""
    if as_json:
        print(json.dumps(plan.as_json(), indent=2))
        return
    for job in () if terminal.is_verbose else plan.jobs:  # a verbose build has told each job's reason, and more
        print_text(f"{', '.join(job.writes)}: {plan.why(job)}", terminal.chatter)
    others = len(plan.fresh) + len(plan.imported)
    terminal.console.print(f"{len(plan.jobs)} jobs to run, {others} datasets' jobs left out as fresh or imported.")


def line_of(name: str, result: JobResult) -> Text:
    """Return the line that is printed when the job which makes `name` has ended."""
    rows = f"{sum(result.rows.values()):,} rows" if result.rows else result.reason or "unchanged"
    first_line = rows.splitlines()[0][:100]
    return styled(_MARKS[result.state], f" {name}  {first_line}  {result.seconds:.1f} s")


def print_report(report: BuildReport, folder: Path, terminal: Terminal) -> None:
    """Print the datasets with rows and seconds, what failed and why, and where the tables are."""
    terminal.chatter.print(_table(report))
    print_outcome(report, terminal)
    print_text(f"Tables: {folder}", terminal.chatter)


def print_outcome(report: BuildReport, terminal: Terminal) -> None:
    """Print what of a build is worth a remark, and how many of its jobs completed."""
    for warning in report.warnings:
        terminal.chatter.print(styled(("warning", "yellow"), f" {warning}"), soft_wrap=True)
    stopped = [job for job in report.jobs if _is_stopped_by_fault(job, report.faults)]
    if stopped:
        names = ", ".join(job.transform.reference for job in stopped)
        text = f" by the faults above, {len(stopped)} of {len(report.jobs)} transforms: {names}"
        terminal.chatter.print(styled(("aborted", "yellow"), text), soft_wrap=True)
    for job in report.jobs:
        for remark in _remarks(job, is_told=job in stopped):
            terminal.chatter.print(remark, soft_wrap=True)
        if job.state is JobState.FAILED:
            text = f" {job.transform.reference}\n{job.where or job.transform.location}\n{job.reason}"
            terminal.console.print(styled("\n", ("failed", "red"), text), soft_wrap=True)
    done = sum(job.state is JobState.COMPLETED for job in report.jobs)
    left_out = sum(job.state is JobState.IGNORED for job in report.jobs)
    others = f"; {left_out} left out as fresh or imported" if left_out else ""
    to_do = len(report.jobs) - left_out
    terminal.chatter.print()
    terminal.console.print(f"{done} of {to_do} jobs completed in {report.seconds:.1f} s{others}.")


def print_error(error: TransformsError, console: Console) -> None:
    """Print an error that is the user's to mend, without our traceback."""
    text, typed = str(error), invocation.get()
    if isinstance(error, GraphError) and error.faults:
        text = f"{len(error.faults)} faults:\n{numbered(fault_texts(error.faults))}"
    elif isinstance(error, MissingInputError) and error.dataset:
        text += (
            f"\nImport it; FOLDER has its files (Parquet, CSV, JSON or Delta): {typed.import_command(error.dataset)}"
        )
    console.print(styled(("error", "red"), f" {type(error).__name__}: {typed.shortened(text)}"), soft_wrap=True)


def print_text(text: str, console: Console) -> None:
    """Print a text as it is: no markup, no breaks of our own."""
    console.print(styled(text), soft_wrap=True)


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
            state = styled(_MARKS[job.state], f" {job.state.value}")
            table.add_row(styled(dataset), state, rows, _checks(job), seconds)
    return table


def _is_stopped_by_fault(job: JobResult, faults: Sequence[Fault]) -> bool:
    reasons = {fault.reason_for(job.transform) for fault in faults} if job.state is JobState.ABORTED else ()
    return job.reason in reasons


def _remarks(job: JobResult, is_told: bool) -> list[Text]:
    """Return what the table has no room for: notes, checks that only warn, and why a job was aborted."""
    remarks = [styled((f"note {job.transform.__name__}: {note}", "dim")) for note in job.notes]
    for result in job.checks:
        if result.problem and not result.stops_the_job:
            remarks.append(styled(("warning", "yellow"), f" {result}"))
    if job.state is JobState.ABORTED and not is_told:
        remarks.append(styled(("aborted", "yellow"), f" {job.transform.reference}: {job.reason}"))
    return remarks


def _checks(job: JobResult) -> str:
    held = sum(result.problem is None for result in job.checks)
    return f"{held}/{len(job.checks)}" if job.checks else "·"
