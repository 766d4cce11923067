"""`build`: build everything, or some datasets and what they need. With `--watch`, again after each save."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from transforms_api.api import BuildRequest, BuildSession, Project
from transforms_api.builds import BuildReport
from transforms_api.cli.options import (
    PRINTED,
    BranchOption,
    EngineOption,
    JsonOption,
    ProfileOption,
    RepoOption,
    WarehouseOption,
    complete_targets,
    warn_of_unknown_branch,
)
from transforms_api.cli.output import Terminal, console_on
from transforms_api.cli.progress import print_details, show_progress
from transforms_api.cli.screen import (
    invocation,
    print_error,
    print_faults,
    print_outcome,
    print_plan,
    print_report,
    print_text,
)
from transforms_api.declare import Transform
from transforms_api.errors import DeclarationError, TransformsError
from transforms_api.project import did_you_mean

_JOBS = "How jobs run"

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        autocompletion=complete_targets,
        help="Datasets, transforms or globs; with what they need. Default: all.",
    ),
]
Scale = Annotated[
    int | None,
    typer.Option("--scale", min=1, help="Number of opportunities in the demo scenario; default: 500."),
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="Value for a parameter of transforms; may be repeated."),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        rich_help_panel=_JOBS,
        help="Build nothing if anything is wrong. Without --repo a build is always strict.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Build what is fresh, too.")]
Snapshot = Annotated[
    list[str] | None,
    typer.Option(
        "--snapshot",
        metavar="DATASET",
        autocompletion=complete_targets,
        help="Run the incremental transform of this dataset on all rows, and replace the dataset; may be repeated.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be built, and why, and build nothing.")]
Retry = Annotated[
    bool, typer.Option("--retry", help="Build what the last build did not complete, with its parameters.")
]
FailFast = Annotated[
    bool, typer.Option("--fail-fast", rich_help_panel=_JOBS, help="Stop the whole build at the first failure.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", min=0, metavar="SECONDS", rich_help_panel=_JOBS, help="Let a job fail that takes longer."
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        rich_help_panel=_JOBS,
        help="Go on: whenever a module is saved, build what it made stale, in a warm session.",
    ),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        rich_help_panel=_JOBS,
        help="With --engine sail or auto: let Spark compute each job of Sail, too, and compare the rows.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", rich_help_panel=PRINTED, help="Print errors and the last line alone.")
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        rich_help_panel=PRINTED,
        help="Print what each job reads and writes, why it runs, versions, and where the logs are.",
    ),
]


def build(
    targets: Targets = None,
    scale: Scale = None,
    param: Params = None,
    force: Force = False,
    snapshot: Snapshot = None,
    dry_run: DryRun = False,
    retry: Retry = False,
    fail_fast: FailFast = False,
    timeout: Timeout = None,
    watch: Watch = False,
    verify: Verify = False,
    repo: RepoOption = None,
    strict: Strict = False,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    engine: EngineOption = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: JsonOption = False,
) -> None:
    """Build everything that is stale, or TARGETs and what they need.

    Exit code 0: built; 1: a job failed, a fault stopped it, or --verify found a difference; 2: wrong use, or a fault in
    what TARGETs need; 130: interrupted.

    Examples: `build`, `build dashboard_kpis`, `build '/RevOps/Analytics/rep_*' --dry-run`,
    `build --repo ../my-repository --branch feature/x`, `build --watch`, `build --force --scale 50000`,
    `build --retry -v`, `build --snapshot deal_snapshots`, `build --engine sail --verify`
    """
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose do not go together.")
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile, engine=engine)
    values = {**({} if scale is None else {"scale": scale}), **parse_parameters(param or [], project.transforms)}
    warn_of_unknown_branch(project)
    terminal = Terminal(console_on(sys.stderr if as_json else sys.stdout), quiet, verbose)
    if retry:
        last = project.last_build()
        targets, values = list(last.left), {**last.parameters, **values}
    if not dry_run:
        for recovered in project.recover():
            print_text(recovered, terminal.chatter)
    if verify and project.settings.file.engine == "spark":
        raise typer.BadParameter("--verify compares Sail with Spark: use it with --engine sail or --engine auto.")
    wanted, snapshots = tuple(targets or ()), tuple(snapshot or ())
    request = BuildRequest(
        wanted, values, force, strict or None, timeout, fail_fast, verify=verify, snapshots=snapshots
    )
    session = project.new_build(request)
    _print_session(session, terminal)
    if dry_run:
        print_plan(session.plan, as_json, terminal)
        return
    if watch:
        _watch(session, terminal)
        return
    report = _run(session, terminal)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report, project.warehouse.branch_folder, terminal)
    if not report.succeeded or report.differing:
        raise typer.Exit(130 if report.was_interrupted else 1)


def _print_session(session: BuildSession, terminal: Terminal) -> None:
    """Print the faults of a planned build, and with --verbose all about its jobs."""
    print_faults(session.plan.faults, terminal.console)
    if not session.project.transforms:
        print_text(invocation.get().shortened(session.project.explain_empty()), terminal.console)
    if terminal.is_verbose:
        print_details(session, terminal.console)


def _run(session: BuildSession, terminal: Terminal) -> BuildReport:
    with show_progress(session, terminal.chatter) as progress:
        return session.run([progress])


def _watch(first: BuildSession, terminal: Terminal) -> None:
    """Run a build now, and one of what has become stale whenever a module is saved; until Ctrl-C."""
    from transforms_api.api import watch_sessions  # imports watchfiles, which a single build does not need

    def on_error(error: TransformsError) -> None:
        print_error(error, terminal.console)

    with contextlib.suppress(KeyboardInterrupt):
        for session in watch_sessions(first, on_error):
            if session is not first:
                _print_session(session, terminal)
            try:
                report = _run(session, terminal) if session.plan.jobs else None
            except TransformsError as error:
                if session is first:
                    raise
                on_error(error)
                continue
            if report is not None:
                print_outcome(report, terminal)
                if report.was_interrupted:
                    return
            terminal.chatter.print("watching for changes; Ctrl-C ends it", style="dim")


def parse_parameters(texts: Sequence[str], transforms: Sequence[Transform[Any, Any]]) -> dict[str, Any]:
    """Return parameter → value, of texts NAME=VALUE.

    Args:
        texts: as typed after --param.
        transforms: those that declare parameters.

    Raises:
        DeclarationError: no transform declares one of them; the text has the nearest.
    """
    declared = {name: spec for transform in transforms for name, spec in transform.parameters.items()}
    values: dict[str, Any] = {}
    for name, is_value, text in (text.partition("=") for text in texts):
        if not is_value:
            raise typer.BadParameter(f"'{name}' has no value: write --param {name}=VALUE.")
        if name not in declared:
            raise DeclarationError(f"No transform has a parameter '{name}'.{did_you_mean(name, declared)}")
        try:
            values[name] = declared[name].parse_text(text)
        except DeclarationError as error:
            raise typer.BadParameter(f"'{name}': {error}") from error
    return values
