"""The commands about the graph and the lineage of datasets: `graph`, `docs`, `lineage`, `impact`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from transforms_api.api import CheckUse, ColumnStep, Impact, Project, TransformUse
from transforms_api.catalog import (
    collect_entries,
    mermaid_picture,
    render_pages,
    svg_picture,
    text_picture,
    write_dictionary,
)
from transforms_api.cli.options import (
    PRINTED,
    BranchOption,
    JsonOption,
    RepoOption,
    WarehouseOption,
    complete_targets,
    open_project,
)
from transforms_api.cli.output import LiteralConsole, say
from transforms_api.cli.screen import invocation
from transforms_api.errors import EnvironmentProblem, TransformsError
from transforms_api.text import counted
from transforms_api.warehouse import ColumnName


class Notation(StrEnum):
    """What a graph can be drawn in."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    targets: Annotated[
        list[str] | None,
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
        Path | None,
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
    project = open_project(repo, warehouse, branch)
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
    project = open_project(repo, warehouse, branch)
    settings, states = project.settings, project.states()
    lineage, pages = project.column_graph(), project.pages_by_column()
    entries = collect_entries(
        project.graph, states, project.contracts, project.warehouse, settings.folder, lineage, pages
    )
    write_dictionary(render_pages(entries, settings.file.package or settings.folder.resolve().name), folder)
    say(f"{len(entries)} datasets in {folder / 'index.html'}")


_LISTED = 6
"""Lines, or columns, that one line of the output lists."""

ColumnArgument = Annotated[
    str, typer.Argument(metavar="DATASET.COLUMN", help="A dataset, or the last part of its path, and a column of it.")
]


def lineage(
    column: ColumnArgument,
    downstream: Annotated[
        bool, typer.Option("--downstream/--upstream", help="What depends on the column, or what it comes from.")
    ] = False,
    direct: Annotated[
        bool, typer.Option("--direct", help="Only columns whose values are copied, computed or aggregated.")
    ] = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which columns a column comes from, as its last build recorded it. Starts no Spark.

    Examples: `lineage deal_health_scores.health_score --direct`, `lineage deals.amount --downstream --json`
    """
    project = open_project(repo, warehouse, branch)
    root = project.lineage(column, downstream=downstream, only_direct=direct)
    stale = _stale(project, root)
    if as_json:
        typer.echo(json.dumps({**_as_json(root), "stale": stale}, indent=2))
        return
    for line in _lines(root):
        say(line)
    if not root.steps and root.unknown is None:
        none = "Nothing depends on it." if downstream else "It comes from no column of an input."
        more = " Without --direct, what decides rows or values is shown, too." if direct else ""
        say(f"{none}{more}")
    _say_stale(stale)


def impact(
    column: ColumnArgument,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what breaks if a column is dropped: columns, transforms, checks, contracts and pages. Starts no Spark.

    Examples: `impact deal_health_scores.health_score`, `impact deals.amount --json`
    """
    project = open_project(repo, warehouse, branch)
    result = project.impact(column)
    if as_json:
        typer.echo(json.dumps(_impact_as_json(result), indent=2))
        return
    say(f"{result.column}{f', written by {result.writer}' if result.writer else ''}")
    for title, lines in _sections(result):
        say(f"\n{title}")
        for line in lines:
            say(f"  {line}")
    _say_stale(result.stale)
    for note in result.notes:
        say(f"\n{note}")


def _sections(result: Impact) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the title and the lines of each part of an impact; without lines, the title says that there is none."""
    direct, indirect = result.reach.direct, result.reach.indirect
    if direct:
        yield f"{counted(len(direct), 'column')} computed from it", _by_dataset(direct)
    if indirect:
        title = f"{counted(len(indirect), 'column')} that it affects indirectly: it decides which rows, or which value"
        yield title, _by_dataset(indirect)
    if not direct and not indirect:
        yield "No column depends on it.", ()
    used = [use for use in result.transforms if use.reads_it]
    if used:
        yield f"{counted(len(used), 'transform')} that {'reads' if len(used) == 1 else 'read'} it", _used(used)
    further = [use for use in result.transforms if not use.reads_it]
    if further:
        lines = [f"{use.location}  {', '.join(map(_short, use.datasets))}" for use in further]
        yield f"{counted(len(further), 'transform')} further downstream", lines
    own = [check for check in result.checks if check.column == result.column]
    if own:
        yield "Checks and contracts that name it", [_named(check) for check in own]
    if others := [check for check in result.checks if check.column != result.column]:
        yield "Checks and contracts of what depends on it", list(_by_contract(others))
    if result.pages:
        parts = counted(len(result.pages), "part")
        yield f"{parts} of pages that read it, or a column that depends on it", _pages(result)
    if result.reach.unknown:
        yield "Unknown: these may depend on it, too", list(result.reach.unknown.values())


def _by_dataset(columns: Sequence[ColumnName]) -> list[str]:
    datasets = dict.fromkeys(name.dataset for name in columns)
    return [
        f"{dataset}: {', '.join(name.column for name in columns if name.dataset == dataset)}" for dataset in datasets
    ]


def _used(transforms: Sequence[TransformUse]) -> list[str]:
    lines = []
    for use in transforms:
        numbers = [line.rpartition(":")[2] for line in use.lines]
        more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
        noun = "line" if len(numbers) == 1 else "lines"
        named = f" (named in {noun} {', '.join(numbers[:_LISTED])}{more})" if numbers else ""
        lines.append(f"{use.location}  {', '.join(map(_short, use.datasets))}{named}")
    return lines


def _named(check: CheckUse) -> str:
    warns = "" if check.stops else " (warns)"
    return f"{check.kind} {check.name}{warns}{f', demanded by {check.demanded_by}' if check.demanded_by else ''}"


def _by_contract(uses: Sequence[CheckUse]) -> Iterator[str]:
    """Yield a line for each dataset: its contract, and the number of its checks; --json lists the checks."""
    for dataset in dict.fromkeys(use.column.dataset for use in uses):
        own = [use for use in uses if use.column.dataset == dataset]
        contracts = dict.fromkeys(use.name for use in own if use.kind == "contract")
        checks = {use.name for use in own if use.kind == "check"}
        parts = [f"contract {name}" for name in contracts]
        yield f"{_short(dataset)}: {', '.join([*parts, *([counted(len(checks), 'check')] if checks else [])])}"


def _pages(result: Impact) -> list[str]:
    lines = []
    for page in result.pages:
        names = [f"{_short(column.dataset)}.{column.column}" for column in page.columns]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        location = f"  {page.location}" if page.location else ""
        lines.append(f"{page.page}, {page.part}: {', '.join(names[:_LISTED])}{more}{location}")
    return lines


def _stale(project: Project, root: ColumnStep) -> dict[str, str]:
    """Return dataset → why its lineage may be outdated, for the datasets of a tree; empty if the code is unreadable."""
    waiting, datasets = [root], set[str]()
    while waiting:
        step = waiting.pop()
        datasets.add(step.column.dataset)
        waiting.extend(step.steps)
    try:
        return project.stale_lineage(*datasets)
    except TransformsError:
        return {}


def _say_stale(stale: Mapping[str, str]) -> None:
    if stale:
        say("\nRecorded before a change of the code, and perhaps outdated. Build these datasets to see it as it is now")
    for dataset, reason in stale.items():
        say(f"  {dataset}: {reason}")


def _short(dataset: str) -> str:
    return dataset.rpartition("/")[2] or dataset


def _lines(step: ColumnStep, depth: int = 0) -> Iterator[str]:
    kinds = ", ".join(kind.value.lower().replace("_", " ") for kind in step.influences)
    repeated = "  (see above)" if step.is_repeated else ""
    yield f"{'  ' * depth}{step.column}{f'  {kinds}' if kinds else ''}{repeated}"
    if step.unknown is not None and not step.is_repeated:
        yield f"{'  ' * (depth + 1)}unknown: {step.unknown}"
    for below in step.steps:
        yield from _lines(below, depth + 1)


def _as_json(step: ColumnStep) -> dict[str, Any]:
    return {
        "dataset": step.column.dataset,
        "column": step.column.column,
        "influences": [kind.value for kind in step.influences],
        "unknown": step.unknown,
        "repeated": step.is_repeated,
        "steps": [_as_json(below) for below in step.steps],
    }


def _impact_as_json(result: Impact) -> dict[str, Any]:
    def columns(names: Sequence[ColumnName]) -> list[dict[str, str]]:
        return [{"dataset": name.dataset, "column": name.column} for name in names]

    return {
        "dataset": result.column.dataset,
        "column": result.column.column,
        "writer": result.writer,
        "direct": columns(result.reach.direct),
        "indirect": columns(result.reach.indirect),
        "datasets": list(result.reach.datasets),
        "transforms": [asdict(use) for use in result.transforms],
        "checks": [{**asdict(check), "column": columns([check.column])[0]} for check in result.checks],
        "pages": [{**asdict(page), "columns": columns(page.columns)} for page in result.pages],
        "unknown": dict(result.reach.unknown),
        "stale": dict(result.stale),
        "notes": list(result.notes),
    }
