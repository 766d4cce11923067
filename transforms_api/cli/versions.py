"""The commands about versions and branches of datasets: `history`, `restore`, `vacuum`, `branch`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.table import Table

from transforms_api.api import Project
from transforms_api.cli.options import (
    BranchOption,
    DatasetArgument,
    JsonOption,
    RepoOption,
    VersionArgument,
    WarehouseOption,
    complete_branches,
    complete_datasets,
    dataset_in,
    of_branch,
    open_project,
    warn_of_unknown_branch,
)
from transforms_api.cli.output import LiteralConsole, say, styled
from transforms_api.comparing import Difference, RowExample
from transforms_api.errors import EnvironmentProblem
from transforms_api.text import visible
from transforms_api.warehouse import Commit, HistoryEntry, Provenance, Rollback

_WIDE = 1000
"""Width of the table of versions: one line for each version, also on a narrow screen."""


def history(
    dataset: DatasetArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many versions to print.")] = 20,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the versions of a dataset, the newest first: when each was made, by what, and from what.

    Where a branch continues another one, its versions follow, with their branch. A version in brackets can no longer be
    read: its files have been removed. Starts no Spark.

    Examples: `history dashboard_kpis`, `history /RevOps/Analytics/dashboard_kpis --branch feature/x --limit 5`
    """
    project = open_project(repo, warehouse, branch)
    listed = project.dataset(dataset)
    entries = listed.history(limit)
    if as_json:
        typer.echo(json.dumps({"dataset": listed.path, "versions": [_as_json(entry) for entry in entries]}, indent=2))
        return
    printed = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("version", "committed (UTC)", "type", "made by", "from"):
        printed.add_column(column)
    for column in ("rows", "checks", "build"):
        printed.add_column(column, justify="right")
    for entry in entries:
        printed.add_row(*[styled(cell) for cell in _cells(entry, project.warehouse.branch)])
    say(listed.path)
    LiteralConsole(width=_WIDE).print(printed)


def _cells(entry: HistoryEntry, branch: str) -> list[str]:
    commit, checks = entry.commit, entry.commit.checks
    version = _at(str(commit.version), commit.branch, branch)
    return [
        version if entry.is_readable else f"({version})",
        f"{entry.time:%Y-%m-%d %H:%M:%S}",
        commit.type.value if commit.type else "·",
        _made_by(entry),
        ", ".join(_inputs(commit)) or (commit.pulled.origin if commit.pulled else "·"),
        "·" if entry.rows is None else f"{entry.rows:,}",
        f"{sum(check.problem is None for check in checks)}/{len(checks)}" if checks else "·",
        (commit.build or "·")[:8],
    ]


def _made_by(entry: HistoryEntry) -> str:
    provenance = entry.commit.provenance or Provenance()
    kind = "pull" if provenance.pulled else provenance.kind
    maker = (provenance.transform or kind or entry.operation.lower() or "·").rpartition(":")[2]
    remarks = [provenance.engine_remark, None if provenance.restored is None else f"{provenance.restored} restored"]
    return ", ".join([maker, *filter(None, remarks)])


def _inputs(commit: Commit) -> list[str]:
    return [
        _at(f"{dataset.rpartition('/')[2]}@{read.version}", read.branch, commit.branch)
        for dataset, read in commit.inputs.items()
    ]


def _at(name: str, branch: str, own: str) -> str:
    return name if branch == own else f"{name} of {branch}"


def _as_json(entry: HistoryEntry) -> dict[str, Any]:
    commit, provenance = entry.commit, entry.commit.provenance or Provenance()
    return {
        "branch": commit.branch,
        "version": commit.version,
        "time": entry.time.isoformat(),
        "type": commit.type and commit.type.value,
        "operation": entry.operation,
        "rows": entry.rows,
        "is_readable": entry.is_readable,
        "transaction": commit.transaction,
        "kind": provenance.kind,
        "transform": provenance.transform,
        "build": provenance.build,
        "engine": provenance.engine,
        "engine_version": provenance.engine_version,
        "engine_proof": provenance.engine_proof,
        "restored": provenance.restored,
        "pulled": provenance.pulled and provenance.pulled.model_dump(mode="json", exclude_unset=True),
        "inputs": {dataset: read.model_dump(exclude_unset=True) for dataset, read in provenance.inputs.items()},
        "checks": [check.model_dump(exclude_unset=True) for check in provenance.checks],
    }


Downstream = Annotated[
    bool,
    typer.Option(
        "--downstream", help="Restore also each dataset made from it, to the version that was made from this one."
    ),
]


def restore(
    dataset: VersionArgument,
    downstream: Downstream = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier version of a dataset its last one: a new version with the same rows and files.

    Builds keep the restored version until an input or the transform changes. Only the selected branch is written.
    With `--downstream` all versions are found and checked before the first dataset is restored. A dataset without a
    version of that time keeps its last one, and the next build makes it anew. Starts no Spark.

    Examples: `history dashboard_kpis`, `restore dashboard_kpis@3`, `restore crm_deals@3 --downstream`
    """
    project = open_project(repo, warehouse, branch)
    restored = dataset_in(project, dataset)
    path, number = restored.path, restored.at
    if number is None:
        raise typer.BadParameter(f"Say which version, as in {dataset}@3; `history {dataset}` lists them.")
    if downstream:
        _print_rollback(restored.restore_downstream(number), project.warehouse.branch, as_json)
        return
    version = restored.restore(number)
    if as_json:
        printed = {
            "dataset": path,
            "branch": version.branch,
            "restored": number,
            "version": version.version,
            "rows": version.rows,
        }
        typer.echo(json.dumps(printed, indent=2))
    else:
        new = f"version {version.version} on branch '{version.branch}'"
        say(f"{path}: {new} is version {number}, {version.rows:,} rows.")


def _print_rollback(steps: Sequence[Rollback], branch: str, as_json: bool) -> None:
    if as_json:
        datasets = [
            {"dataset": step.dataset, "restored": step.version and step.version.version, "version": step.latest.version}
            for step in steps
        ]
        typer.echo(json.dumps({"branch": branch, "datasets": datasets}, indent=2))
        return
    for step in steps:
        if step.version is None:
            say(f"{step.dataset}: keeps version {step.latest.version}, since none was made from the restored versions")
        else:
            say(f"{step.dataset}: version {step.latest.version} on branch '{branch}' is version {step.version.version}")


Datasets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DATASET]...", autocompletion=complete_datasets, help="Datasets of the branch; default: all."
    ),
]
Days = Annotated[
    int, typer.Option("--retain-days", min=0, max=36500, help="How long a version stays after it was replaced.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")]


def vacuum(
    datasets: Datasets = None,
    retain_days: Days = 7,
    dry_run: DryRun = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove the files of versions that were replaced long ago, and what killed jobs left behind.

    What the last version, another branch or an incremental build needs always stays. With `--retain-days 0` a build
    that is just reading an older version may fail. Starts no Spark.

    Examples: `vacuum --dry-run`, `vacuum dashboard_kpis --retain-days 30`
    """
    project = open_project(repo, warehouse, branch)
    done = project.vacuum(*datasets or (), retain=timedelta(days=retain_days), dry_run=dry_run)
    if as_json:
        records = [dataclasses.asdict(vacuumed) for vacuumed in done]
        typer.echo(json.dumps({"branch": project.warehouse.branch, "dry_run": dry_run, "datasets": records}, indent=2))
        return
    for vacuumed in done:
        if vacuumed.files:
            say(f"{len(vacuumed.files):>6} files  {decimal(vacuumed.bytes):>10}  {vacuumed.dataset}")
    verb = "would be removed and freed" if dry_run else "removed and freed"
    files, freed = sum(len(vacuumed.files) for vacuumed in done), decimal(sum(vacuumed.bytes for vacuumed in done))
    say(f"{files} files and {freed} of {len(done)} datasets on branch '{project.warehouse.branch}' {verb}.")


def diff(
    dataset: DatasetArgument,
    before: Annotated[
        str, typer.Argument(metavar="A", autocompletion=complete_branches, help="The branch to compare with.")
    ],
    after: Annotated[
        str,
        typer.Argument(metavar="B", autocompletion=complete_branches, help="The branch whose differences are shown."),
    ],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a dataset on branch B differs from that on branch A: rows and columns.

    Rows are matched by the primary key that the dataset's checks expect; without one, whole rows are compared. Starts
    no Spark.

    Examples: `branch diff dashboard_kpis master feature/x`, `branch diff dashboard_kpis master feature/x --json`
    """
    projects = [Project.open(repo, branch=name, warehouse=warehouse) for name in (before, after)]
    for project in projects:
        warn_of_unknown_branch(project)
    changed = projects[1].dataset(dataset)
    path, base = changed.path, dataclasses.replace(changed, project=projects[0])
    difference, old, new = changed.changes_since(base), base.version, changed.version
    if as_json:
        versions = [{"branch": version.branch, "version": version.version} for version in (old, new)]
        provenance = {"dataset": path, "before": versions[0], "after": versions[1], **dataclasses.asdict(difference)}
        typer.echo(json.dumps(provenance, indent=2, default=str))
        return
    for project, version in zip(projects, (old, new), strict=True):
        origin = of_branch(version.branch, project)
        say(f"{project.warehouse.branch}: version {version.version}{origin}, {version.rows:,} rows")
    for line in difference_lines(difference):
        say(line)


def difference_lines(difference: Difference) -> list[str]:
    """Return a difference as lines to print.

    Args:
        difference: the difference of two versions.
    """
    lines = [f"  column added    {name} ({kind})" for name, kind in difference.columns_added.items()]
    lines += [f"  column removed  {name} ({kind})" for name, kind in difference.columns_removed.items()]
    lines += [f"  column retyped  {name} ({old}, now {new})" for name, (old, new) in difference.columns_retyped.items()]
    matched = f"rows matched by {', '.join(difference.key)}" if difference.key else "whole rows compared"
    lines.append(f"{matched}{f', since {difference.note}' if difference.note else ''}")
    lines.append("  " + ", ".join(f"{count:,} {change}" for change, count in difference.rows.items()))
    if difference.values:
        lines.append("  changed values: " + ", ".join(f"{name} {count:,}" for name, count in difference.values.items()))
    return lines + [f"  {_example_line(example, difference.key)}" for example in difference.examples]


def _example_line(example: RowExample, key: Sequence[str]) -> str:
    """Return a row that was added (+) or removed (-), or the key and the values of one that was changed (~)."""
    old, new = example.before or {}, example.after or {}
    if example.change != "changed":
        return f"{'+' if example.before is None else '-'} {_described_row(new or old)}"
    values = [f"{name}: {old[name]} → {new[name]}" for name in new if old[name] != new[name]]
    return f"~ {_described_row({name: new[name] for name in key})}  {', '.join(values)}"


def _described_row(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())


branch = typer.Typer(name="branch", no_args_is_help=True, help="List, compare and delete the branches of datasets.")
branch.command("diff")(diff)


@branch.command("list")
def list_(repo: RepoOption = None, warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """List the branches: their datasets, their last commit, and the bytes on disk that no other branch shares.

    Examples: `branch list`, `branch list --json`
    """
    project = Project.open(repo, warehouse=warehouse)
    branches = project.branches()
    if as_json:
        listing = [
            {
                "branch": branch.name,
                "datasets": sorted(branch.tables),
                "last_commit": branch.last_commit.isoformat(),
                "own_bytes": branch.own_bytes,
            }
            for branch in branches
        ]
        typer.echo(json.dumps({"warehouse": str(project.warehouse.root), "branches": listing}, indent=2))
        return
    printed = Table(box=None, pad_edge=False, header_style="bold")
    printed.add_column("branch", overflow="fold")
    printed.add_column("datasets", justify="right")
    printed.add_column("last commit (UTC)", no_wrap=True)
    printed.add_column("own files", justify="right", no_wrap=True)
    for branch in branches:
        time = f"{branch.last_commit:%Y-%m-%d %H:%M:%S}"
        printed.add_row(styled(branch.name), str(len(branch.tables)), time, decimal(branch.own_bytes))
    LiteralConsole().print(printed)


@branch.command("delete")
def delete(
    name: Annotated[str, typer.Argument(autocompletion=complete_branches, help="The branch.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a branch with all its datasets. The default branch stays, and so does one that another branch needs.

    Examples: `branch delete feature/x`, `branch delete feature/x --yes`
    """
    project = Project.open(repo, warehouse=warehouse)
    doomed = project.branch(name)
    if not yes and not _confirm(f"Delete branch '{name}' with {len(doomed.tables)} datasets in {doomed.folder}?"):
        say(f"Branch '{name}' stays.", err=True)
        return
    deleted = project.delete_branch(name)
    if as_json:
        typer.echo(json.dumps({"deleted": name, "datasets": sorted(deleted.tables)}, indent=2))
    else:
        say(f"Branch '{name}' and its {len(deleted.tables)} datasets have been deleted.")


def _confirm(question: str) -> bool:
    try:
        return typer.confirm(visible(question), err=True)
    except typer.Abort:
        raise EnvironmentProblem(
            f"{question} There is no terminal to answer on: say --yes. Nothing has been deleted."
        ) from None
