"""`show`: what stands in a dataset."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.console import LiteralConsole, say
from transforms_api.cli.dataset_names import VersionArgument, dataset_and_version, place_of
from transforms_api.cli.rows import print_rows
from transforms_api.cli.settings import read_settings
from transforms_api.store.history import find_version
from transforms_api.store.locations import arrow_dataset, open_delta


def show(
    dataset: VersionArgument,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")] = 20,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the columns and first rows of a dataset, as it is or as it was at a version. Starts no Spark.

    A branch that does not have the dataset itself shows that of the default branch, as builds on it read it.

    Examples: `show dashboard_kpis`, `show /RevOps/Analytics/dashboard_kpis@3 --rows 5`
    """
    place = read_settings(repo).warehouse_at(warehouse, branch)
    warn_of_unknown_branch(place)
    path, number = dataset_and_version(dataset, repo, place)
    version = find_version(place, path, number)
    sample = arrow_dataset(open_delta(version.table, version.version)).head(rows).to_pylist()
    if as_json:
        found = {"dataset": path, "branch": version.branch, "version": version.version, "rows": version.rows}
        typer.echo(json.dumps({**found, "schema": json.loads(version.schema), "sample": sample}, indent=2, default=str))
        return
    columns = list(sample[0]) if sample else [field["name"] for field in json.loads(version.schema)["fields"]]
    say(f"{path}  version {version.version}{place_of(version.branch, place)}, {version.rows:,} rows")
    print_rows(columns, sample, LiteralConsole())
