"""`why`: why a dataset is fresh or stale."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from transforms_api.build.plan import make_plan, without_fresh
from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.completion import complete_targets
from transforms_api.cli.console import say
from transforms_api.cli.project import open_project


def why(
    dataset: Annotated[str, typer.Argument(autocompletion=complete_targets, help="Dataset, transform or glob.")],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in one line why a dataset is fresh or stale. Starts no Spark.

    Examples: `why dashboard_kpis`, `why '/RevOps/Analytics/rep_*' --json`
    """
    project = open_project(repo, warehouse, branch)
    plan = make_plan(project.graph, project.warehouse, [dataset], {}, strict=False)
    plan = without_fresh(plan, project.environment({}))
    reasons = {"imported": plan.imported, "fresh": plan.fresh}
    found = {
        path: f"stale: {plan.why(transform)}"
        if transform in plan.jobs
        else next(state for state, transforms in reasons.items() if transform in transforms)
        for transform in project.graph.select([dataset])
        for path in transform.writes
    }
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for path, reason in found.items():
        say(f"{path} is {reason}")
