"""The commands that describe a project: `graph`, a picture of its datasets, and `docs`, its data dictionary."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.text import Text

from transforms_api.api import Project
from transforms_api.catalog import (
    collect_entries,
    mermaid_picture,
    render_pages,
    svg_picture,
    text_picture,
    write_dictionary,
)
from transforms_api.cli.completion import PRINTED, BranchOption, RepoOption, WarehouseOption, complete_targets
from transforms_api.cli.options import warn_of_unknown_branch
from transforms_api.cli.output import LiteralConsole, say
from transforms_api.cli.screen import invocation
from transforms_api.errors import EnvironmentProblem


class Notation(StrEnum):
    """What a graph can be drawn in."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    targets: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[TARGET]...", autocompletion=complete_targets, help="Datasets, transforms or globs; default: all."
        ),
    ] = None,
    notation: Annotated[
        Notation,
        typer.Option(
            "--format", rich_help_panel=PRINTED, help="For a terminal; for Markdown on GitHub; a file for browsers."
        ),
    ] = Notation.TEXT,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", dir_okay=False, rich_help_panel=PRINTED, help="File to write; default: stdout."),
    ] = None,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Draw the datasets, what each is made from, and its state. Starts no Spark.

    A dataset is fresh, stale, failed (its last job), missing (never built) or imported. With targets only they and what
    they are made from are drawn.

    Examples: `graph`, `graph dashboard_kpis --format mermaid`, `graph --format svg --output graph.svg`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
    states = project.states(*targets or ())
    if not project.transforms:
        say(invocation.get().shortened(project.explain_empty()), err=True)
    picture: Text | str
    if notation is Notation.MERMAID:
        picture = mermaid_picture(states)
    elif notation is Notation.SVG:
        picture = svg_picture(states)
    else:
        picture = text_picture(states)
    if output is not None:
        _write(output, picture.plain if isinstance(picture, Text) else picture)
    elif isinstance(picture, Text):
        LiteralConsole().print(picture, soft_wrap=True, end="")
    else:
        typer.echo(picture, nl=False)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(f"The graph cannot be written: {error}. Name another file for --output.") from error


def docs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Folder of the pages.")],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
) -> None:
    """Write a data dictionary: what each dataset is, its columns, checks and state, and what it is made from.

    It is static HTML: open DIR/index.html in a browser, with or without a network. Starts no Spark.

    Example: `docs ../dictionary`
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
    settings, states = project.settings, project.states()
    lineage, pages = project.column_graph(), project.pages_by_column()
    entries = collect_entries(
        project.graph, states, project.contracts, project.warehouse, settings.folder, lineage, pages
    )
    write_dictionary(render_pages(entries, settings.file.package or settings.folder.resolve().name), folder)
    say(f"{len(entries)} datasets in {folder / 'index.html'}")
