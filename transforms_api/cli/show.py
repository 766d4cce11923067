"""`show`: what stands in a dataset."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from deltalake import DeltaTable
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.build import graph_of
from transforms_api.cli.settings import Settings, read_settings
from transforms_api.errors import StoreError
from transforms_api.store.delta_log import is_table, latest_version


def show(
    dataset: Annotated[str, typer.Argument(help="Path of a dataset, or the last part of one.")],
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")] = 20,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a dataset's columns and first rows. Starts no Spark."""
    settings = read_settings(repo)
    place = settings.warehouse_at(warehouse, branch)
    path = dataset if dataset.startswith("/") else _written_as(dataset, settings)
    table = place.table(path)
    if not is_table(table):
        raise StoreError(f"{path} is not in {place.root} on branch '{place.branch}': build it first.")
    version = latest_version(table)
    sample = DeltaTable(str(table)).to_pyarrow_dataset().head(rows).to_pylist()
    if as_json:
        found = {"dataset": path, "version": version.version, "rows": version.rows}
        typer.echo(json.dumps({**found, "schema": json.loads(version.schema), "sample": sample}, indent=2, default=str))
        return
    columns = list(sample[0]) if sample else [field["name"] for field in json.loads(version.schema)["fields"]]
    printed = Table(title=escape(f"{path}  version {version.version}, {version.rows:,} rows"), title_justify="left")
    for column in columns:
        printed.add_column(column, overflow="fold")
    for row in sample:
        printed.add_row(*[escape(str(row[column])) for column in columns])
    Console().print(printed)


def _written_as(name: str, settings: Settings) -> str:
    [transform, *_] = graph_of(settings).select([f"*/{name}"])
    return next(path for path in transform.writes if path.endswith(f"/{name}"))
