"""`list`: the transforms in build order, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

from transforms_api.build.plan import Plan, make_plan
from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.console import say
from transforms_api.cli.faults import fault_texts, invocation
from transforms_api.cli.project import open_project, why_empty
from transforms_api.declare.transform import Transform
from transforms_api.graph.faults import Fault, grouped, numbered


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
    stopped = dict(plan.stopped)
    entries = [_entry(transform, stopped.get(transform)) for transform in graph.order]
    if not entries:
        say(why_empty(project), err=as_json)
    if as_json:
        faults = [fault.as_json() for fault in plan.faults]
        typer.echo(json.dumps({"transforms": entries, "faults": faults}, indent=2))
        return
    _print(plan, graph.order, entries)


def _print(plan: Plan, order: Sequence[Transform[Any, Any]], entries: Sequence[dict[str, Any]]) -> None:
    shortened = invocation.get().shortened
    groups = grouped(plan.faults)
    stopped = dict(plan.stopped)
    for number, (transform, entry) in enumerate(zip(order, entries, strict=True), 1):
        say(f"{number:>3}  {entry['transform']}\n     {shortened(entry['file'])}")
        for verb, datasets in (("reads", entry["inputs"]), ("writes", entry["outputs"])):
            for dataset in datasets:
                say(f"       {verb:<6} {dataset}")
        if transform.foundry_only:
            say(f"       needs  {' and '.join(entry['foundry_only'])}, which only Foundry has")
        if transform in stopped:
            position = next(position for position, group in enumerate(groups, 1) if stopped[transform] in group)
            say(f"       stopped by fault {position}")
    if plan.faults:
        say(f"\nFaults, which stop {len(stopped)} of {len(entries)} transforms:\n{numbered(fault_texts(plan.faults))}")


def _entry(transform: Transform[Any, Any], fault: Fault | None) -> dict[str, Any]:
    return {
        "transform": transform.reference,
        "file": transform.location,
        "inputs": transform.reads,
        "outputs": transform.writes,
        "foundry_only": list(dict.fromkeys(transform.foundry_only)),
        "stopped": fault and fault.reason_for(transform),
    }
