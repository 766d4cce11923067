"""`vacuum`: files that no version needs any more are removed."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Optional

import typer
from rich.filesize import decimal

from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.completion import complete_datasets
from transforms_api.cli.console import say
from transforms_api.cli.dataset_names import dataset_path
from transforms_api.cli.settings import read_settings
from transforms_api.store.branches import list_branches
from transforms_api.store.vacuum import vacuum as remove_unused_files

Datasets = Annotated[
    Optional[list[str]],  # noqa: UP045
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
    place = read_settings(repo).warehouse_at(warehouse, branch)
    warn_of_unknown_branch(place)
    own = [path for found in list_branches(place.root) if found.name == place.branch for path in found.tables]
    paths = [dataset_path(name, repo, place) for name in datasets] if datasets else own
    unused_since = datetime.now(UTC) - timedelta(days=retain_days)
    done = remove_unused_files(place, dict.fromkeys(paths), unused_since, dry_run)
    if as_json:
        found = [dataclasses.asdict(one) for one in done]
        typer.echo(json.dumps({"branch": place.branch, "dry_run": dry_run, "datasets": found}, indent=2))
        return
    for one in done:
        if one.files:
            say(f"{len(one.files):>6} files  {decimal(one.bytes):>10}  {one.dataset}")
    verb = "would be removed and freed" if dry_run else "removed and freed"
    files, freed = sum(len(one.files) for one in done), decimal(sum(one.bytes for one in done))
    say(f"{files} files and {freed} of {len(done)} datasets on branch '{place.branch}' {verb}.")
