"""What commands print of builds: plans, a line for each job, reports, faults and errors.

Texts repeat the user's own options in the commands that they suggest, and shorten paths to the project or folder.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from transforms_api.builds import BuildReport, JobResult, JobState
from transforms_api.cli.output import Terminal, program, styled
from transforms_api.errors import GraphError, MissingInputError, TransformsError
from transforms_api.project import IMPORT_FORMATS, Fault, describe_faults, number_texts

if TYPE_CHECKING:
    from transforms_api.builds import Plan  # imports Spark, which most commands do not need


@dataclass(frozen=True)
class Invocation:
    """The command line that runs, as far as suggested commands repeat it.

    Attributes:
        options: option → value, such as '--repo' → '../shop'.
        project: the folder of the project; None for the RevOps demo.
    """

    options: tuple[tuple[str, str], ...] = ()
    project: Path | None = None

    def import_command(self, dataset: str) -> str:
        """Return the command that imports a dataset, with FOLDER to be replaced.

        Args:
            dataset: path of the dataset.
        """
        return self.command("import", "FOLDER", "--dataset", dataset)

    def command(self, *words: str) -> str:
        """Return a command line that works on the same project, warehouse and branch as this one.

        Args:
            words: the command with its arguments.
        """
        return f"{program()} {shlex.join([*words, *(word for option in self.options for word in option)])}"

    def shortened(self, text: str) -> str:
        """Return a text in which paths are relative to the project or the current folder.

        Args:
            text: with absolute paths.
        """
        folders = {Path.cwd(), *([self.project.resolve()] if self.project else [])}
        for folder in sorted(map(str, folders), key=len, reverse=True):
            if folder != os.sep:
                text = text.replace(f"{folder}{os.sep}", "")
        return text


_NOTHING = Invocation()
invocation: ContextVar[Invocation] = ContextVar("invocation", default=_NOTHING)
"""The command line that runs; set by `app`."""


def fault_texts(faults: Sequence[Fault]) -> list[str]:
    """Return a text for each kind of fault, with the commands that pull or import missing datasets.

    Args:
        faults: of a project.
    """
    typed = invocation.get()
    texts = describe_faults(faults, typed.import_command, typed.command("pull", "--missing"))
    return [typed.shortened(text) for text in texts]


_MARKS = {
    JobState.COMPLETED: ("✓", "green"),
    JobState.FAILED: ("✗", "red"),
    JobState.ABORTED: ("–", "yellow"),
    JobState.IGNORED: ("=", "blue"),
}


def print_faults(faults: Sequence[Fault], console: Console) -> None:
    """Print faults and warnings before a build starts.

    Args:
        faults: of the plan.
        console: where they are printed.
    """
    for is_warning, label in ((False, ("fault", "red")), (True, ("warning", "yellow"))):
        for text in fault_texts([fault for fault in faults if fault.is_warning == is_warning]):
            console.print(styled(label, f" {text}"), soft_wrap=True)


def print_plan(plan: Plan, as_json: bool, terminal: Terminal) -> None:
    """Print the jobs of a build that is not run, and why each would run.

    Args:
        plan: of the build.
        as_json: print JSON on stdout.
        terminal: where it is printed otherwise.
    """
    if as_json:
        print(json.dumps(plan.as_json(), indent=2))
        return
    for job in () if terminal.is_verbose else plan.jobs:  # --verbose has printed the reason of each job
        print_text(f"{', '.join(job.writes)}: {plan.why(job)}", terminal.chatter)
    others = len(plan.fresh) + len(plan.imported)
    terminal.console.print(f"{len(plan.jobs)} jobs to run, {others} datasets' jobs left out as fresh or imported.")


def line_of(name: str, result: JobResult) -> Text:
    """Return the line that is printed when a job has ended.

    Args:
        name: of the datasets that the job writes.
        result: of the job.
    """
    rows = f"{sum(result.rows.values()):,} rows" if result.rows else result.reason or "unchanged"
    first_line = rows.splitlines()[0][:100]
    return styled(_MARKS[result.state], f" {name}  {first_line}  {result.seconds:.1f} s")


def print_report(report: BuildReport, folder: Path, terminal: Terminal) -> None:
    """Print a table of the datasets with rows and seconds, what failed and why, and the folder of the tables.

    Args:
        report: of the build.
        folder: of the branch.
        terminal: where it is printed.
    """
    terminal.chatter.print(_table(report))
    print_outcome(report, terminal)
    print_text(f"Tables: {folder}", terminal.chatter)


def print_outcome(report: BuildReport, terminal: Terminal) -> None:
    """Print warnings, notes and failures of a build, and how many of its jobs completed.

    Args:
        report: of the build.
        terminal: where it is printed.
    """
    for warning in report.warnings:
        terminal.chatter.print(styled(("warning", "yellow"), f" {warning}"), soft_wrap=True)
    stopped = [job for job in report.jobs if _is_stopped_by_fault(job, report.faults)]
    if stopped:
        names = ", ".join(job.transform.reference for job in stopped)
        text = f" by the faults above, {len(stopped)} of {len(report.jobs)} transforms: {names}"
        terminal.chatter.print(styled(("aborted", "yellow"), text), soft_wrap=True)
    for job in report.jobs:
        for remark in _remarks(job, is_listed=job in stopped):
            terminal.chatter.print(remark, soft_wrap=True)
        for difference in job.differences:
            terminal.console.print(styled(("differs", "red"), f" {difference}"), soft_wrap=True)
        if job.state is JobState.FAILED:
            text = f" {job.transform.reference}\n{job.where or job.transform.location}\n{job.reason}"
            terminal.console.print(styled("\n", ("failed", "red"), text), soft_wrap=True)
    done = sum(job.state is JobState.COMPLETED for job in report.jobs)
    left_out = sum(job.state is JobState.IGNORED for job in report.jobs)
    others = f"; {left_out} left out as fresh or imported" if left_out else ""
    to_do = len(report.jobs) - left_out
    terminal.chatter.print()
    terminal.console.print(f"{done} of {to_do} jobs completed in {report.seconds:.1f} s{others}.")
    verified = [job for job in report.jobs if job.is_verified is not None]
    if verified:
        text = f"{len(verified) - len(report.differing)} of {len(verified)} compared jobs are equal on Sail and Spark."
        terminal.console.print(text)


def print_error(error: TransformsError, console: Console) -> None:
    """Print an error that the user can fix, without our traceback.

    Args:
        error: raised by a command.
        console: where it is printed.
    """
    text, typed = str(error), invocation.get()
    if isinstance(error, GraphError) and error.faults:
        text = f"{len(error.faults)} faults:\n{number_texts(fault_texts(error.faults))}"
    elif isinstance(error, MissingInputError) and error.dataset:
        text += (
            f"\nPull it from your Foundry account: {typed.command('pull', error.dataset)}"
            f"\nImport it; FOLDER has its files ({IMPORT_FORMATS}): {typed.import_command(error.dataset)}"
        )
    console.print(styled(("error", "red"), f" {type(error).__name__}: {typed.shortened(text)}"), soft_wrap=True)


def print_text(text: str, console: Console) -> None:
    """Print a text as it is, without markup and without line breaks of our own.

    Args:
        text: to print.
        console: where it is printed.
    """
    console.print(styled(text), soft_wrap=True)


def _table(report: BuildReport) -> Table:
    table = Table(title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("dataset")
    table.add_column("state")
    table.add_column("rows", justify="right")
    table.add_column("checks", justify="right")
    table.add_column("seconds", justify="right")
    has_engines = any(job.engine == "sail" or job.why_engine for job in report.jobs)
    if has_engines:
        table.add_column("engine")
    for job in report.jobs:
        for dataset in job.transform.writes:
            rows = f"{job.rows[dataset]:,}" if dataset in job.rows else "·"
            seconds = f"{job.seconds:.1f}" if job.seconds else "·"
            state = styled(_MARKS[job.state], f" {job.state.value}")
            engine = [job.engine or "·"] if has_engines else []
            table.add_row(styled(dataset), state, rows, _checks(job), seconds, *engine)
    return table


def _is_stopped_by_fault(job: JobResult, faults: Sequence[Fault]) -> bool:
    reasons = {fault.reason_for(job.transform) for fault in faults} if job.state is JobState.ABORTED else ()
    return job.reason in reasons


def _remarks(job: JobResult, is_listed: bool) -> list[Text]:
    """Return notes, checks that only warn, and why a job was aborted, for which the table has no room."""
    remarks = [styled((f"note {job.transform.__name__}: {note}", "dim")) for note in job.notes]
    if job.why_engine:
        remarks.append(styled((f"note {job.transform.__name__}: computed on Spark: {job.why_engine}", "dim")))
    for result in job.checks:
        if result.problem and not result.stops_the_job:
            remarks.append(styled(("warning", "yellow"), f" {result}"))
    if job.state is JobState.ABORTED and not is_listed:
        remarks.append(styled(("aborted", "yellow"), f" {job.transform.reference}: {job.reason}"))
    return remarks


def _checks(job: JobResult) -> str:
    held = sum(result.problem is None for result in job.checks)
    return f"{held}/{len(job.checks)}" if job.checks else "·"
