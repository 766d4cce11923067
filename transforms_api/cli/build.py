"""`build`: build everything, or some datasets and what they need."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Optional

import typer

from transforms_api.build.log import last_build
from transforms_api.build.workers import Conduct
from transforms_api.cli.arguments import (
    PRINTED,
    BranchOption,
    JsonOption,
    ProfileOption,
    RepoOption,
    WarehouseOption,
)
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.completion import complete_targets
from transforms_api.cli.console import Voice, console_on
from transforms_api.cli.one_build import Order, plan_build, run_plan
from transforms_api.cli.project import logs_of, open_project
from transforms_api.cli.screen import print_plan, print_report, print_text
from transforms_api.errors import DeclarationError
from transforms_api.graph.build_graph import BuildGraph
from transforms_api.graph.missing import nearest
from transforms_api.runtime.cluster import is_local
from transforms_api.store.journal import recover

_JOBS = "How jobs run"

Targets = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(
        metavar="[TARGET]...",
        autocompletion=complete_targets,
        help="Datasets, transforms or globs; with what they need. Default: all.",
    ),
]
Scale = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--scale", min=1, help="Number of opportunities in the demo scenario; default: 500."),
]
Params = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--param", metavar="NAME=VALUE", help="Value for a parameter of transforms; may be given repeatedly."),
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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be built, and why, and build nothing.")]
Retry = Annotated[bool, typer.Option("--retry", help="Build what the last build did not complete, as it was told to.")]
FailFast = Annotated[
    bool, typer.Option("--fail-fast", rich_help_panel=_JOBS, help="Stop the whole build at the first failure.")
]
Timeout = Annotated[
    Optional[float],  # noqa: UP045
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
    dry_run: DryRun = False,
    retry: Retry = False,
    fail_fast: FailFast = False,
    timeout: Timeout = None,
    watch: Watch = False,
    repo: RepoOption = None,
    strict: Strict = False,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: JsonOption = False,
) -> None:
    """Build everything that is stale, or TARGETs and what they need.

    Exit code 0: built; 1: a job failed or a fault stopped it; 2: wrong use, or a fault in what TARGETs need; 130:
    interrupted.

    Examples: `build`, `build dashboard_kpis`, `build '/RevOps/Analytics/rep_*' --dry-run`,
    `build --repo ../my-repository --branch feature/x`, `build --watch`, `build --force --scale 50000`,
    `build --retry -v`
    """
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose do not go together.")
    project = open_project(repo, warehouse, branch, profile)
    warn_of_unknown_branch(project.warehouse)
    voice = Voice(console_on(sys.stderr if as_json else sys.stdout), quiet, verbose)
    parameters = {**({} if scale is None else {"scale": scale}), **_values(param or [], project.graph)}
    if retry:
        last = last_build(logs_of(project.warehouse), project.warehouse.branch)
        targets, parameters = list(last.left), {**last.parameters, **parameters}
    if not dry_run:
        for recovered in recover(project.warehouse.root):
            print_text(recovered, voice.talk)
    order = Order(targets or [], parameters, strict or not project.is_tolerant)
    environment = project.environment(parameters)
    plan = plan_build(order, project, environment, voice, only_stale=not force)
    if dry_run:
        print_plan(plan, as_json, voice)
        return
    file = project.settings.file
    conduct = Conduct(file.jobs_side_by_side, timeout, file.retries, fail_fast)
    if watch:
        if not is_local(project.settings.spark):
            raise typer.BadParameter("--watch needs a local master: a cluster's executors keep modules as they were.")
        from transforms_api.cli.watch import build_when_saved

        build_when_saved(plan, order, project, conduct, voice)
        return
    report = run_plan(plan, project, environment, conduct, voice)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report, project.warehouse.branch_folder, voice)
    if not report.succeeded:
        raise typer.Exit(130 if report.was_interrupted else 1)


def _values(given: Sequence[str], graph: BuildGraph) -> dict[str, Any]:
    """Return parameters by name, of texts NAME=VALUE.

    Raises:
        DeclarationError: no transform declares one of them; the text has the nearest.
    """
    declared = {name: spec for transform in graph.order for name, spec in transform.parameters.items()}
    values: dict[str, Any] = {}
    for name, is_value, text in (one.partition("=") for one in given):
        if not is_value:
            raise typer.BadParameter(f"'{name}' has no value: write --param {name}=VALUE.")
        if name not in declared:
            raise DeclarationError(f"No transform has a parameter '{name}'.{nearest(name, declared)}")
        try:
            values[name] = declared[name].parse_text(text)
        except DeclarationError as error:
            raise typer.BadParameter(f"'{name}': {error}") from error
    return values
