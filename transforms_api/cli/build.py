"""`build`: build everything, or some datasets and what they need."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.plan import make_plan
from transforms_api.build.scheduler import run_build
from transforms_api.build.workers import Conduct
from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.screen import console_on, print_faults, print_report, progress_of
from transforms_api.cli.settings import Settings, read_settings, read_sources
from transforms_api.errors import EnvironmentProblem
from transforms_api.graph.build_graph import BuildGraph, build_graph
from transforms_api.graph.discovery import discover, discover_repository
from transforms_api.runtime.session import lazy_session
from transforms_api.store.warehouse import Warehouse

Targets = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="[TARGET]...", help="Datasets, transforms or globs; with what they need. Default: all."),
]
Scale = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--scale", min=1, help="Number of opportunities in the demo scenario; default: 500."),
]


Strict = Annotated[
    bool, typer.Option("--strict", help="Build nothing if anything is wrong. Without --repo a build is always strict.")
]


def build(
    targets: Targets = None,
    scale: Scale = None,
    repo: RepoOption = None,
    strict: Strict = False,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build everything, or TARGETs and what they need.

    Exit code 0: built; 1: a job failed or a fault stopped it; 2: wrong use, or a fault in what TARGETs need.

    Examples: `build`, `build dashboard_kpis`, `build '/RevOps/Analytics/rep_*'`, `build --repo ../my-repository`
    """
    settings = read_settings(repo)
    place = settings.warehouse_at(warehouse, branch)
    graph = graph_of(settings)
    parameters: dict[str, Any] = {} if scale is None else {"scale": scale}
    plan = make_plan(graph, place, targets or [], parameters, strict=strict or repo is None)
    console = console_on(sys.stderr if as_json else sys.stdout)
    print_faults(plan.faults, console)
    environment = BuildEnvironment(
        lazy_session(settings.spark, log_of(place)),
        place,
        uuid.uuid4().hex,
        parameters,
        settings.file.profiles,
        read_sources(settings.folder),
    )
    with progress_of(len(plan.jobs) + len(plan.stopped), console) as watch:
        report = run_build(plan, graph, environment, Conduct(settings.file.jobs_side_by_side), watch)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report, place.root / place.branch, console)
    if not report.succeeded:
        raise typer.Exit(1)


def graph_of(settings: Settings) -> BuildGraph:
    """Return the graph of the repository that the settings are about, or else of the pipeline that they name."""
    repository, package = settings.repository, settings.file.package
    if repository is not None:
        found = discover_repository(repository, package)
    elif package is not None:
        found = discover(package)
    else:
        raise EnvironmentProblem(f"{settings.folder}/conf/run.toml has to name a package: there is no --repo.")
    return build_graph(found.transforms, found.faults)


def log_of(warehouse: Warehouse) -> Path:
    """Return the file for what Spark prints."""
    return warehouse.root / "_logs" / "spark.log"
