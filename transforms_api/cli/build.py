"""`build`: build everything, or some datasets and what they need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console

from transforms_api.build.plan import make_plan
from transforms_api.build.scheduler import run_build
from transforms_api.cli.arguments import BranchOption, JsonOption, WarehouseOption
from transforms_api.cli.screen import print_report, progress_of
from transforms_api.cli.settings import Settings, read_settings
from transforms_api.graph.build_graph import BuildGraph, build_graph
from transforms_api.graph.discovery import discover
from transforms_api.runtime.session import start_session
from transforms_api.store.warehouse import Warehouse

Targets = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Argument(metavar="[TARGET]...", help="Datasets, transforms or globs; with what they need. Default: all."),
]
Scale = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--scale", min=1, help="Number of opportunities in the demo scenario; default: 500."),
]


def build(
    targets: Targets = None,
    scale: Scale = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build everything, or TARGETs and what they need.

    Exit code 0: built; 1: a job failed; 2: wrong use.

    Examples: `build`, `build dashboard_kpis`, `build '/RevOps/Analytics/rep_*'`, `build --scale 50000`
    """
    settings = read_settings()
    place = settings.warehouse_at(warehouse, branch)
    graph = graph_of(settings)
    parameters: dict[str, Any] = {} if scale is None else {"scale": scale}
    plan = make_plan(graph, place, targets or [], parameters)
    console = Console(stderr=as_json)
    spark = start_session(settings.spark, log_of(place))
    with progress_of(len(plan.jobs), console) as watch:
        report = run_build(plan, graph, spark, place, settings.jobs_side_by_side, watch)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report, place.root / place.branch, console)
    if not report.succeeded:
        raise typer.Exit(1)


def graph_of(settings: Settings) -> BuildGraph:
    """Return the graph of the pipeline that the settings name."""
    return build_graph(discover(settings.package).transforms)


def log_of(warehouse: Warehouse) -> Path:
    """Return the file for what Spark prints."""
    return warehouse.root / "_logs" / "spark.log"
