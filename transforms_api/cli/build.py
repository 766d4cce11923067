"""`build`: build everything, or some datasets and what they need.

One build of a project: what it will do, and doing it, told on the screen, in the log and as lineage.

`build --watch`: what a saved module made stale is built at once, in a session that stays warm.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
import watchfiles

from transforms_api.builds import (
    BuildOptions,
    BuildReport,
    JobResult,
    Plan,
    build_log,
    last_build,
    make_plan,
    run_build,
    watch_lineage,
)
from transforms_api.cli.completion import (
    PRINTED,
    BranchOption,
    JsonOption,
    ProfileOption,
    RepoOption,
    WarehouseOption,
    complete_targets,
)
from transforms_api.cli.options import warn_of_unknown_branch
from transforms_api.cli.output import Terminal, console_on
from transforms_api.cli.progress import print_details, progress_of
from transforms_api.cli.project import Project, logs_of, open_project, prepare, reopen_project, why_empty
from transforms_api.cli.screen import print_error, print_faults, print_outcome, print_plan, print_report, print_text
from transforms_api.declare import Engine, Transform
from transforms_api.engines import SessionFactory, is_local, lazy_session
from transforms_api.errors import DeclarationError, TransformsError
from transforms_api.project import BuildGraph, did_you_mean, is_own
from transforms_api.warehouse import recover


@dataclass(frozen=True)
class BuildRequest:
    """The arguments of a build: see `make_plan`; `parameters` are values by name."""

    targets: Sequence[str]
    parameters: Mapping[str, Any]
    is_strict: bool


def plan_build(request: BuildRequest, project: Project, voice: Terminal, only_stale: bool = True) -> Plan:
    """Return the plan of a build, and print its faults; a verbose build prints the details of its jobs.

    Raises:
        TransformsError: see `make_plan`.
    """
    environment = project.environment(request.parameters)
    plan = make_plan(project.graph, environment, request.targets, strict=request.is_strict, only_stale=only_stale)
    print_faults(plan.faults, voice.console)
    if not project.graph.order:
        print_text(why_empty(project), voice.console)
    if voice.is_verbose:
        print_details(plan, project, voice.console)
    return plan


def run_plan(plan: Plan, project: Project, options: BuildOptions, voice: Terminal) -> BuildReport:
    """Run a plan and return its report."""
    warnings: list[str] = []
    environment = plan.environment
    logs = logs_of(project.warehouse)
    prepare(project.warehouse)
    with (
        watch_lineage(project.settings.file.lineage, project.settings.folder, environment, warnings.append) as tell,
        build_log(logs, environment.build, environment.redact, warnings.append) as log,
        progress_of(
            plan.jobs, len(plan.stopped), logs, options.side_by_side, voice.talk, project.graph.writers
        ) as show,
    ):

        def watch(transform: Transform[Any, Any], result: JobResult | None) -> None:
            log.job(transform, result)
            tell(transform, result)
            show(transform, result)

        def on_wait(message: str) -> None:
            log.message(message)
            print_text(message, voice.talk)

        log.plan(plan)
        report = run_build(plan, options, watch, on_wait)
        log.end(report)
    return replace(report, warnings=[*report.warnings, *warnings])


_FRESH_WORKERS = {"spark.python.worker.reuse": "false"}
"""A worker of Spark's that is used again would know the modules as they were when it first imported them."""

_LOOK_UP = 100
"""Milliseconds after which it looks for Ctrl-C."""


def with_fresh_workers(project: Project) -> Project:
    """Return the project with a session in which Python workers import modules anew for each job."""
    settings, tables = {**project.settings.spark, **_FRESH_WORKERS}, project.warehouse
    spark = lazy_session(settings, logs_of(tables) / "spark.log", tables.root, project.roots)
    return replace(project, spark=spark)


def build_when_saved(
    plan: Plan, request: BuildRequest, project: Project, options: BuildOptions, voice: Terminal
) -> None:
    """Run a plan, and then build what is stale whenever a module of the project is saved, until Ctrl-C."""
    if any(transform.engine is Engine.SPARK for transform in project.graph.order):
        threading.Thread(target=_warm_up, args=(project.spark,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        changes = _changes_in([*project.roots, *project.sql_roots])
        _run(plan, project, options, voice)
        for _ in filter(None, changes):
            try:
                project = reopen_project(project)
                _run(plan_build(request, project, voice), project, options, voice)
            except TransformsError as error:
                print_error(error, voice.console)


def _changes_in(folders: Sequence[Path]) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """Return what is saved from now on, also while a build is under way; empty sets in between."""
    roots = [folder.resolve() for folder in folders]
    changes = watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: _is_code(path, roots),
        rust_timeout=_LOOK_UP,
        yield_on_timeout=True,
    )
    next(changes)
    return changes


def _is_code(path: str, roots: Sequence[Path]) -> bool:
    is_sql = path.lower().endswith(".sql") and any(Path(path).is_relative_to(root) for root in roots)
    return is_sql or (path.endswith(".py") and is_own(Path(path), roots))


def _run(plan: Plan, project: Project, options: BuildOptions, voice: Terminal) -> None:
    if plan.jobs:
        report = run_plan(plan, project, options, voice)
        print_outcome(report, voice)
        if report.was_interrupted:
            raise KeyboardInterrupt
    voice.talk.print("watching for changes; Ctrl-C ends it", style="dim")


def _warm_up(spark: SessionFactory) -> None:
    """Let Java load before the first save what every job needs of Spark; what is wrong here, that job will tell."""
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory() as folder:
        rows = spark().range(2).selectExpr("id", "cast(id as string) as name")
        rows.write.parquet(f"{folder}/rows")
        spark().read.parquet(f"{folder}/rows").groupBy("name").count().collect()


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
    voice = Terminal(console_on(sys.stderr if as_json else sys.stdout), quiet, verbose)
    parameters = {**({} if scale is None else {"scale": scale}), **_values(param or [], project.graph)}
    if retry:
        last = last_build(logs_of(project.warehouse), project.warehouse.branch)
        targets, parameters = list(last.left), {**last.parameters, **parameters}
    if not dry_run:
        for recovered in recover(project.warehouse.root):
            print_text(recovered, voice.talk)
    if watch and not dry_run:
        if not is_local(project.settings.spark):
            raise typer.BadParameter("--watch needs a local master: a cluster's executors keep modules as they were.")
        project = with_fresh_workers(project)
    request = BuildRequest(targets or [], parameters, strict or not project.is_tolerant)
    plan = plan_build(request, project, voice, only_stale=not force)
    if dry_run:
        print_plan(plan, as_json, voice)
        return
    file = project.settings.file
    options = BuildOptions(file.jobs_side_by_side, timeout, file.retries, fail_fast)
    if watch:
        build_when_saved(plan, request, project, options, voice)
        return
    report = run_plan(plan, project, options, voice)
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
            raise DeclarationError(f"No transform has a parameter '{name}'.{did_you_mean(name, declared)}")
        try:
            values[name] = declared[name].parse_text(text)
        except DeclarationError as error:
            raise typer.BadParameter(f"'{name}': {error}") from error
    return values
