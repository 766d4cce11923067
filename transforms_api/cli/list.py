"""`list`: the transforms in build order, and what is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import typer

from transforms_api.build.plan import make_plan
from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.console import say
from transforms_api.cli.project import open_project
from transforms_api.declare.transform import Transform
from transforms_api.graph.faults import Fault


def list_transforms(
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the transforms in build order, with file, inputs and outputs, and all faults. Starts no Spark.

    Examples: `list`, `list --repo ../my-repository --json`
    """
    project = open_project(repo, warehouse, branch)
    graph = project.graph
    plan = make_plan(graph, project.warehouse, [], {}, strict=False)
    stopped = {id(transform): fault for transform, fault in plan.stopped}
    entries = [_entry(transform, stopped.get(id(transform))) for transform in graph.order]
    if as_json:
        faults = [fault.as_json() for fault in plan.faults]
        typer.echo(json.dumps({"transforms": entries, "faults": faults}, indent=2))
        return
    numbers = {id(fault): number for number, fault in enumerate(plan.faults, 1)}
    for number, (transform, entry) in enumerate(zip(graph.order, entries, strict=True), 1):
        say(f"{number:>3}  {entry['transform']}\n     {entry['file']}")
        for verb, datasets in (("reads", entry["inputs"]), ("writes", entry["outputs"])):
            for dataset in datasets:
                say(f"       {verb:<6} {dataset}")
        if id(transform) in stopped:
            say(f"       stopped by fault {numbers[id(stopped[id(transform)])]}")
    if plan.faults:
        say(f"\nFaults, which stop {len(stopped)} of {len(entries)} transforms:")
    for number, fault in enumerate(plan.faults, 1):
        say(f"{number:>3}. {fault.kind}: {fault.text}")


def _entry(transform: Transform[Any, Any], fault: Fault | None) -> dict[str, Any]:
    return {
        "transform": transform.reference,
        "file": transform.location,
        "inputs": transform.reads,
        "outputs": transform.writes,
        "stopped": fault and fault.reason_for(transform),
    }
