"""`history`: the versions of a dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.console import LiteralConsole, say, styled
from transforms_api.cli.dataset_names import DatasetArgument, dataset_path
from transforms_api.cli.settings import read_settings
from transforms_api.store.history import HistoryEntry, find_version, read_history

_WIDE = 1000
"""Characters that a version may take: one line each, however narrow the screen."""


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
    place = read_settings(repo).warehouse_at(warehouse, branch)
    warn_of_unknown_branch(place)
    path = dataset_path(dataset, repo, place)
    entries = read_history(find_version(place, path), limit)
    if as_json:
        typer.echo(json.dumps({"dataset": path, "versions": [_as_json(entry) for entry in entries]}, indent=2))
        return
    printed = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("version", "committed (UTC)", "type", "made by", "from"):
        printed.add_column(column)
    for column in ("rows", "checks", "build"):
        printed.add_column(column, justify="right")
    for entry in entries:
        printed.add_row(*[styled(cell) for cell in _cells(entry, place.branch)])
    say(path)
    LiteralConsole(width=_WIDE).print(printed)


def _cells(entry: HistoryEntry, branch: str) -> list[str]:
    commit, told = entry.commit, entry.commit.provenance
    version = _at(str(commit.version), commit.branch, branch)
    checks = told.get("checks") or []
    return [
        version if entry.is_readable else f"({version})",
        f"{entry.time:%Y-%m-%d %H:%M:%S}",
        commit.type.value if commit.type else "·",
        _made_by(entry),
        ", ".join(_inputs(told, commit.branch)) or "·",
        "·" if entry.rows is None else f"{entry.rows:,}",
        f"{sum(check['problem'] is None for check in checks)}/{len(checks)}" if checks else "·",
        str(told.get("build", "·"))[:8],
    ]


def _made_by(entry: HistoryEntry) -> str:
    told = entry.commit.provenance
    maker = str(told.get("transform") or told.get("kind") or entry.operation.lower() or "·").rpartition(":")[2]
    return f"{maker}, {told['restored']} restored" if "restored" in told else maker


def _inputs(told: Mapping[str, Any], branch: str) -> list[str]:
    return [
        _at(f"{dataset.rpartition('/')[2]}@{read['version']}", read["branch"], branch)
        for dataset, read in told.get("inputs", {}).items()
    ]


def _at(name: str, branch: str, own: str) -> str:
    return name if branch == own else f"{name} of {branch}"


def _as_json(entry: HistoryEntry) -> dict[str, Any]:
    commit, told = entry.commit, entry.commit.provenance
    return {
        "branch": commit.branch,
        "version": commit.version,
        "time": entry.time.isoformat(),
        "type": commit.type and commit.type.value,
        "operation": entry.operation,
        "rows": entry.rows,
        "is_readable": entry.is_readable,
        "transaction": commit.transaction,
        **{key: told.get(key) for key in ("kind", "transform", "build", "restored")},
        "inputs": told.get("inputs", {}),
        "checks": told.get("checks", []),
    }
