"""`branch`: which branches there are, how they differ, and the end of one."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table

from transforms_api.cli.arguments import JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_diff import diff
from transforms_api.cli.branch_names import demand_branch
from transforms_api.cli.completion import complete_branches
from transforms_api.cli.console import LiteralConsole, say, styled
from transforms_api.cli.settings import read_settings
from transforms_api.errors import EnvironmentProblem
from transforms_api.store.branches import branch_named, delete_branch, list_branches
from transforms_api.visible_text import visible

branch = typer.Typer(name="branch", no_args_is_help=True, help="List, compare and delete the branches of datasets.")
branch.command("diff")(diff)


@branch.command("list")
def list_(repo: RepoOption = None, warehouse: WarehouseOption = None, as_json: JsonOption = False) -> None:
    """List the branches: their datasets, their last commit, and the bytes on disk that no other branch shares.

    Examples: `branch list`, `branch list --json`
    """
    root = read_settings(repo).warehouse_at(warehouse, None).root
    branches = list_branches(root)
    if as_json:
        found = [
            {
                "branch": one.name,
                "datasets": sorted(one.tables),
                "last_commit": one.last_commit.isoformat(),
                "own_bytes": one.own_bytes,
            }
            for one in branches
        ]
        typer.echo(json.dumps({"warehouse": str(root), "branches": found}, indent=2))
        return
    printed = Table(box=None, pad_edge=False, header_style="bold")
    printed.add_column("branch", overflow="fold")
    printed.add_column("datasets", justify="right")
    printed.add_column("last commit (UTC)", no_wrap=True)
    printed.add_column("own files", justify="right", no_wrap=True)
    for one in branches:
        time = f"{one.last_commit:%Y-%m-%d %H:%M:%S}"
        printed.add_row(styled(one.name), str(len(one.tables)), time, decimal(one.own_bytes))
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
    settings = read_settings(repo)
    root = settings.warehouse_at(warehouse, None).root
    demand_branch(root, name)
    found = branch_named(root, name)
    if not yes and not _confirmed(f"Delete branch '{name}' with {len(found.tables)} datasets in {found.folder}?"):
        say(f"Branch '{name}' stays.", err=True)
        return
    deleted = delete_branch(root, name, settings.file.branch)
    if as_json:
        typer.echo(json.dumps({"deleted": name, "datasets": sorted(deleted.tables)}, indent=2))
    else:
        say(f"Branch '{name}' and its {len(deleted.tables)} datasets have been deleted.")


def _confirmed(question: str) -> bool:
    try:
        return typer.confirm(visible(question), err=True)
    except typer.Abort:
        raise EnvironmentProblem(
            f"{question} Nobody is there to answer: say --yes. Nothing has been deleted."
        ) from None
