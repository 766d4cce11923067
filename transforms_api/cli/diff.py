"""`diff`: what the change in the work tree does to the data, compared with a git revision, a branch or a version."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from transforms_api.cli.build import Params, Targets, parse_parameters
from transforms_api.cli.options import (
    PRINTED,
    BranchOption,
    JsonOption,
    ProfileOption,
    RepoOption,
    WarehouseOption,
    complete_branches,
    open_project,
)
from transforms_api.cli.output import say, users_output
from transforms_api.comparing import Kind, ProjectDiff, as_html, as_markdown
from transforms_api.errors import EnvironmentProblem

_ANY = "any"
_KINDS = [_ANY, *(kind.value for kind in Kind)]

Base = Annotated[
    str,
    typer.Option(
        "--base",
        metavar="REVISION|BRANCH|DATASET@VERSION",
        autocompletion=complete_branches,
        help="A git revision, a branch of the warehouse, or a version; git:NAME and branch:NAME choose one of the two.",
    ),
]
FailOn = Annotated[
    list[str] | None,
    typer.Option("--fail-on", metavar="|".join(_KINDS), help="Exit with 1 on changes of this kind; may be repeated."),
]
Keep = Annotated[
    str | None,
    typer.Option(
        "--keep", metavar="NAME", help="Keep what is built, on the branches NAME/base and NAME/change of the warehouse."
    ),
]
MarkdownFile = Annotated[
    Path | None,
    typer.Option("--markdown", dir_okay=False, rich_help_panel=PRINTED, help="File for the Markdown; default: stdout."),
]
HtmlFile = Annotated[
    Path | None,
    typer.Option("--html", dir_okay=False, rich_help_panel=PRINTED, help="File for a report as one HTML page."),
]


def diff(
    targets: Targets = None,
    base: Base = "main",
    param: Params = None,
    fail_on: FailOn = None,
    keep: Keep = None,
    markdown: MarkdownFile = None,
    html: HtmlFile = None,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the change on disk does to the data: build it and its base aside, and compare their datasets.

    Builds what the change makes stale and what depends on it, on branches of the warehouse that are removed afterwards.
    Nothing else is written. Exit code 0: compared; 1: a change that --fail-on names, or the change cannot be built; 2:
    wrong use.

    Examples: `diff --base main`, `diff dashboard_kpis --base HEAD~1 --html diff.html`, `diff --base branch:master`,
    `diff --base main --markdown diff.md --fail-on schema --fail-on checks`, `diff --base deals@3`
    """
    kinds = _parse_kinds(fail_on or [])
    with open_project(repo, warehouse, branch, profile) as project:
        values = parse_parameters(param or [], project.transforms)
        with users_output():
            difference = project.diff(
                base,
                *targets or (),
                parameters=values,
                keep=keep,
                on_event=lambda event: print(f"change: {event}", file=sys.stderr),
            )
    if html is not None:
        _write(html, as_html(difference))
    if markdown is not None:
        _write(markdown, as_markdown(difference))
    if as_json:
        typer.echo(json.dumps(difference.as_json(), indent=2))
    elif markdown is None:
        typer.echo(as_markdown(difference))
    else:
        say(difference.summary)
    for name in difference.branches:
        say(f"Branch '{name}' stays.", err=True)
    _exit_by(difference, kinds)


def _parse_kinds(texts: list[str]) -> set[Kind]:
    names = [name.strip() for text in texts for name in text.replace("|", ",").split(",")]
    for name in names:
        if name not in _KINDS:
            raise typer.BadParameter(f"--fail-on has no kind '{name}', but {', '.join(_KINDS)}.")
    return set(Kind) if _ANY in names else {Kind(name) for name in names}


def _exit_by(difference: ProjectDiff, kinds: set[Kind]) -> None:
    if difference.has_failed:
        say("The change cannot be built: see the datasets that failed.", err=True)
        raise typer.Exit(1)
    if seen := sorted(difference.kinds & kinds):
        say(f"--fail-on: the change has changes of {', '.join(seen)}.", err=True)
        raise typer.Exit(1)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(f"The report cannot be written: {error}. Name another file.") from error
