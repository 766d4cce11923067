"""`restore`: an earlier version of a dataset becomes its last one again."""

from __future__ import annotations

import json

import typer

from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.console import say
from transforms_api.cli.dataset_names import VersionArgument, dataset_and_version
from transforms_api.cli.settings import read_settings
from transforms_api.store.restore import restore as restore_version


def restore(
    dataset: VersionArgument,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier version of a dataset its last one: a new version with the same rows and files.

    A build leaves it as it is while its inputs and its transform are those that the version was made from. Only the
    branch asked for is written. Starts no Spark.

    Examples: `history dashboard_kpis`, `restore dashboard_kpis@3`
    """
    place = read_settings(repo).warehouse_at(warehouse, branch)
    warn_of_unknown_branch(place)
    path, number = dataset_and_version(dataset, repo, place)
    if number is None:
        raise typer.BadParameter(f"Say which version, as in {dataset}@3; `history {dataset}` lists them.")
    made = restore_version(place, path, number)
    if as_json:
        found = {"dataset": path, "branch": made.branch, "restored": number, "version": made.version, "rows": made.rows}
        typer.echo(json.dumps(found, indent=2))
    else:
        say(f"{path}: version {made.version} on branch '{made.branch}' is version {number}, {made.rows:,} rows.")
