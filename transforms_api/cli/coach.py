"""`coach`: the coaching insights of one rep, made now from the tables as they are, and written nowhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table

from transforms_api.build.on_demand import run_about
from transforms_api.cli.arguments import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.console import console_on, styled, users_output
from transforms_api.cli.project import open_project
from transforms_api.errors import EnvironmentProblem


def coach(
    rep: Annotated[str, typer.Argument(metavar="REP_ID", help="Whom the insights are about.")],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the coaching insights of one rep, made now from the tables as they are. Nothing is written.

    A language model writes them where one is set (OPENAI_MODEL, see docs/language-model.md) and its answer is accepted,
    else the template does; the page says which.

    Examples: `coach REP-00000004`, `coach REP-00000004 --json`
    """
    project = open_project(repo, warehouse, branch)
    coaching = project.settings.file.coaching
    if coaching is None:
        raise EnvironmentProblem(
            f"{project.settings.folder}/conf/run.toml names no dataset of coaching insights: add "
            'coaching = { dataset = "/Path/of/it", key = "rep_id" }'
        )
    [transform] = project.graph.select([coaching.dataset])
    console = console_on(sys.stdout)
    with users_output():
        made = run_about(transform, coaching.key, rep, project.environment({}))
    if as_json:
        typer.echo(json.dumps({"rows": made.rows, "notes": made.notes}, indent=2, default=str))
        return
    for row in made.rows:
        for part in page(row):
            console.print(part)
    for note in made.notes:
        console.print(styled(("note", "dim"), f" {note}"), soft_wrap=True)


def page(row: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield a row as people read it: all that is short in one table, and lists of things each under a heading."""
    lists = {name: value for name, value in row.items() if isinstance(value, list)}
    short = Table.grid(padding=(0, 2))
    for name in [name for name in row if name not in lists]:
        short.add_row(styled((_heading(name), "dim")), styled(_shown(row[name])))
    yield short
    for name, things in lists.items():
        yield styled((f"\n{_heading(name)}{'' if things else ': none'}", "bold"))
        for number, thing in enumerate(things, 1):
            yield Padding(_thing(number, thing), (0, 0, 0, 2))


def _thing(number: int, thing: Any) -> RenderableType:
    (_, title), *others = thing.items() if isinstance(thing, dict) else [("", thing)]
    grid = Table.grid(padding=(0, 2))
    grid.add_row(styled(f"{number}."), styled((_shown(title), "bold")))
    for name, value in others:
        grid.add_row("", styled((f"{_heading(name)}: ", "dim"), _shown(value)))
    return grid


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    return "unknown" if value is None else f"{value:,.0f}" if isinstance(value, float) else str(value)
