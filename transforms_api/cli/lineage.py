"""The commands about columns: `lineage`, where a column comes from, and `impact`, what depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from transforms_api.api import ColumnStep, Project
from transforms_api.cli.completion import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.options import warn_of_unknown_branch
from transforms_api.cli.output import say

ColumnArgument = Annotated[
    str, typer.Argument(metavar="DATASET.COLUMN", help="A dataset, or the last part of its path, and a column of it.")
]


def lineage(
    column: ColumnArgument,
    downstream: Annotated[bool, typer.Option("--downstream", help="Show what depends on the column instead.")] = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which columns a column comes from, as its last build recorded it. Starts no Spark.

    Examples: `lineage deal_health_scores.health_score`, `lineage deals.amount --downstream --json`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
    root = project.lineage(column, downstream=downstream)
    if as_json:
        typer.echo(json.dumps(_as_json(root), indent=2))
        return
    for line in _lines(root):
        say(line)
    if not root.steps and root.unknown is None:
        say("Nothing depends on it." if downstream else "It comes from no column of an input.")


def impact(
    column: ColumnArgument,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every column and dataset that depends on a column: what may break if it is dropped. Starts no Spark.

    Examples: `impact deal_health_scores.health_score`, `impact deals.amount --json`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
    found = project.impact(column)
    if as_json:
        listed = [{"dataset": one.dataset, "column": one.column} for one in found.columns]
        root = {"dataset": found.column.dataset, "column": found.column.column}
        printed = {**root, "columns": listed, "datasets": found.datasets, "unknown": dict(found.unknown)}
        typer.echo(json.dumps(printed, indent=2))
        return
    columns, datasets = len(found.columns), len(found.datasets)
    say(f"{found.column} affects {columns} {_plural('column', columns)} of {datasets} {_plural('dataset', datasets)}")
    for dataset in found.datasets:
        say(f"  {dataset}: {', '.join(one.column for one in found.columns if one.dataset == dataset)}")
    for reason in found.unknown.values():
        say(f"  unknown: {reason}")


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _lines(step: ColumnStep, depth: int = 0) -> Iterator[str]:
    kinds = ", ".join(kind.value.lower().replace("_", " ") for kind in step.influences)
    repeated = "  (see above)" if step.is_repeated else ""
    yield f"{'  ' * depth}{step.column}{f'  {kinds}' if kinds else ''}{repeated}"
    if step.unknown is not None and not step.is_repeated:
        yield f"{'  ' * (depth + 1)}unknown: {step.unknown}"
    for below in step.steps:
        yield from _lines(below, depth + 1)


def _as_json(step: ColumnStep) -> dict[str, Any]:
    return {
        "dataset": step.column.dataset,
        "column": step.column.column,
        "influences": [kind.value for kind in step.influences],
        "unknown": step.unknown,
        "repeated": step.is_repeated,
        "steps": [_as_json(below) for below in step.steps],
    }
