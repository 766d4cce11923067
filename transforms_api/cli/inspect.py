"""The commands that read: `list` the transforms, `why` a dataset is stale, `show` its rows, `write` them elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transforms_api.api import Project
from transforms_api.cli.options import (
    BranchOption,
    ColumnsOption,
    JsonOption,
    RepoOption,
    VersionArgument,
    WarehouseOption,
    WhereOption,
    column_names,
    complete_targets,
    dataset_in,
    of_branch,
    open_project,
)
from transforms_api.cli.output import LiteralConsole, print_rows, say
from transforms_api.cli.screen import fault_texts, invocation
from transforms_api.declare import Transform
from transforms_api.porting import IfExists, without_password, write_csv
from transforms_api.project import group_faults, number_texts
from transforms_api.text import counted

if TYPE_CHECKING:
    from transforms_api.builds import Plan  # imports Spark, which `show` does not need


def list_transforms(
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the transforms in build order, with file, inputs and outputs, and all faults. Starts no Spark.

    Examples: `list`, `list --repo ../my-repository --json`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    plan = project.plan(force=True, strict=False)
    if not project.transforms:
        say(invocation.get().shortened(project.explain_empty()), err=as_json)
    if as_json:
        typer.echo(json.dumps(_as_json(plan, project.transforms), indent=2))
    else:
        _print(plan, project.transforms)


def _print(plan: Plan, transforms: Sequence[Transform[Any, Any]]) -> None:
    shortened = invocation.get().shortened
    groups = group_faults(plan.faults)
    stopped = dict(plan.stopped)
    for number, transform in enumerate(transforms, 1):
        say(f"{number:>3}  {transform.reference}\n     {shortened(transform.location)}")
        for verb, datasets in (("reads", transform.reads), ("writes", transform.writes)):
            for dataset in datasets:
                say(f"       {verb:<6} {dataset}")
        if transform.foundry_only:
            say(f"       needs  {' and '.join(dict.fromkeys(transform.foundry_only))}, which only Foundry has")
        if transform in stopped:
            position = next(position for position, group in enumerate(groups, 1) if stopped[transform] in group)
            say(f"       stopped by fault {position}")
    if plan.faults:
        texts = number_texts(fault_texts(plan.faults))
        say(f"\nFaults, which stop {len(stopped)} of {len(transforms)} transforms:\n{texts}")


def _as_json(plan: Plan, transforms: Sequence[Transform[Any, Any]]) -> dict[str, Any]:
    stopped = dict(plan.stopped)
    entries = [
        {
            "transform": transform.reference,
            "file": transform.location,
            "inputs": transform.reads,
            "outputs": transform.writes,
            "foundry_only": list(dict.fromkeys(transform.foundry_only)),
            "stopped": stopped[transform].reason_for(transform) if transform in stopped else None,
        }
        for transform in transforms
    ]
    return {"transforms": entries, "faults": [fault.as_json() for fault in plan.faults]}


def why(
    dataset: Annotated[str, typer.Argument(autocompletion=complete_targets, help="Dataset, transform or glob.")],
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="For `build --snapshot` of this dataset, which has to be incremental.")
    ] = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say in one line why a dataset is fresh or stale. Starts no Spark.

    Examples: `why dashboard_kpis`, `why '/RevOps/Analytics/rep_*' --json`, `why deal_snapshots --snapshot`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    plan = project.plan(dataset, strict=False, snapshots=[dataset] if snapshot else [])
    reasons = {"imported": plan.imported, "fresh": plan.fresh}
    reason_of_dataset = {
        path: f"stale: {plan.why(transform)}"
        if transform in plan.jobs
        else next(state for state, transforms in reasons.items() if transform in transforms)
        + _pulled_from(project, path)
        for transform in project.graph.select([dataset])
        for path in transform.writes
    }
    if as_json:
        typer.echo(json.dumps(reason_of_dataset, indent=2))
        return
    for path, reason in reason_of_dataset.items():
        say(f"{path} is {reason}")


def _pulled_from(project: Project, dataset: str) -> str:
    """Return the account's transaction that the last version of a dataset is; empty if it was not pulled."""
    change = project.warehouse.last_change(dataset)
    return f": pulled from {change.pulled.origin}" if change and change.pulled else ""


class RowFormat(StrEnum):
    """How `show` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(
    dataset: VersionArgument,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")] = 20,
    where: WhereOption = None,
    columns: ColumnsOption = None,
    row_format: Annotated[
        RowFormat, typer.Option("--format", help="csv, and json (one object per line): on stdout, the rows alone.")
    ] = RowFormat.TABLE,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the columns and first rows of a dataset, as it is or as it was at a version. Starts no Spark.

    A branch that does not have the dataset itself shows that of the default branch, as builds on it read it.

    Examples: `show dashboard_kpis`, `show /RevOps/Analytics/dashboard_kpis@3 --rows 5`,
    `show scenario/opportunities --where "amount >= 1e6" --columns opportunity_name,amount --format csv`
    """
    project = open_project(repo, warehouse, branch)
    shown = dataset_in(project, dataset)
    version, names = shown.version, column_names(columns)
    if row_format is RowFormat.CSV:
        write_csv(shown.batches(names, where, rows), sys.stdout.buffer)
        return
    batches = shown.batches(names, where, rows)
    sample = batches.read_all().slice(0, rows).to_pylist()
    if row_format is RowFormat.JSON:
        for row in sample:
            typer.echo(json.dumps(row, default=str, ensure_ascii=False))
        return
    if as_json:
        facts = {"dataset": shown.path, "branch": version.branch, "version": version.version, "rows": version.rows}
        typer.echo(json.dumps({**facts, "schema": json.loads(version.schema), "sample": sample}, indent=2, default=str))
        return
    say(f"{shown.path}  version {version.version}{of_branch(version.branch, project)}, {version.rows:,} rows")
    print_rows(batches.schema.names, sample, LiteralConsole())


def write(
    dataset: VersionArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="TARGET", help="A .csv, .xlsx or .parquet file, iceberg:FOLDER, or postgresql://…"
        ),
    ],
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="NAME", help="Table of Iceberg (namespace.table) or of Postgres."),
    ] = None,
    if_exists: Annotated[
        IfExists, typer.Option("--if-exists", help="What happens to a file or table that exists.")
    ] = IfExists.FAIL,
    where: WhereOption = None,
    columns: ColumnsOption = None,
    rows: Annotated[
        int | None,
        typer.Option("--rows", min=1, help="How many rows at most; default: all."),
    ] = None,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the rows of a dataset to a file, an Iceberg table or a table of Postgres. Starts no Spark.

    A file is complete or not there; a table is written in one transaction.

    Examples: `write dashboard_kpis --to kpis.csv`, `write dashboard_kpis@3 --to kpis.xlsx --where "gap >= 0"`,
    `write dashboard_kpis --to iceberg:lake --table analytics.kpis --if-exists replace`,
    `write dashboard_kpis --to postgresql://me@localhost/reports --table kpis`
    """
    project = open_project(repo, warehouse, branch)
    written = dataset_in(project, dataset)
    count = written.write(to, table, if_exists, column_names(columns), where, rows)
    target = f"table {table} of {without_password(to)}" if table else to
    if as_json:
        typer.echo(
            json.dumps({"dataset": written.path, "version": written.version.version, "rows": count, "to": target})
        )
        return
    say(f"{counted(count, 'row')} of {written.path} written to {target}")
