"""The commands about columns: `lineage`, where a column comes from, and `impact`, what depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import asdict
from typing import Annotated, Any

import typer

from transforms_api.api import CheckUse, ColumnStep, Impact, Project, TransformUse
from transforms_api.cli.completion import BranchOption, JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.options import warn_of_unknown_branch
from transforms_api.cli.output import say
from transforms_api.errors import TransformsError
from transforms_api.warehouse import ColumnName

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
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
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
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    warn_of_unknown_branch(project)
    found = project.impact(column)
    if as_json:
        typer.echo(json.dumps(_impact_as_json(found), indent=2))
        return
    say(f"{found.column}{f', written by {found.writer}' if found.writer else ''}")
    for title, lines in _sections(found):
        say(f"\n{title}")
        for line in lines:
            say(f"  {line}")
    _say_stale(found.stale)
    for note in found.notes:
        say(f"\n{note}")


def _sections(found: Impact) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the title and the lines of each part of an impact; without lines, the title says that there is none."""
    direct, indirect = found.reach.direct, found.reach.indirect
    if direct:
        yield f"{_counted('column', direct)} computed from it", _by_dataset(direct)
    if indirect:
        title = f"{_counted('column', indirect)} that it affects indirectly: it decides which rows, or which value"
        yield title, _by_dataset(indirect)
    if not direct and not indirect:
        yield "No column depends on it.", ()
    used = [one for one in found.transforms if one.reads_it]
    if used:
        yield f"{_counted('transform', used)} that {'reads' if len(used) == 1 else 'read'} it", _used(used)
    further = [one for one in found.transforms if not one.reads_it]
    if further:
        lines = [f"{one.location}  {', '.join(map(_short, one.datasets))}" for one in further]
        yield f"{_counted('transform', further)} further downstream", lines
    own = [one for one in found.checks if one.column == found.column]
    if own:
        yield "Checks and contracts that name it", [_named(one) for one in own]
    if others := [one for one in found.checks if one.column != found.column]:
        yield "Checks and contracts of what depends on it", list(_by_contract(others))
    if found.pages:
        yield f"{_counted('part', found.pages)} of pages that read it, or a column that depends on it", _pages(found)
    if found.reach.unknown:
        yield "Unknown: these may depend on it, too", list(found.reach.unknown.values())


def _by_dataset(columns: Sequence[ColumnName]) -> list[str]:
    datasets = dict.fromkeys(one.dataset for one in columns)
    return [f"{dataset}: {', '.join(one.column for one in columns if one.dataset == dataset)}" for dataset in datasets]


def _used(transforms: Sequence[TransformUse]) -> list[str]:
    lines = []
    for one in transforms:
        numbers = [line.rpartition(":")[2] for line in one.lines]
        more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
        named = f" (named in {_plural('line', len(numbers))} {', '.join(numbers[:_LISTED])}{more})" if numbers else ""
        lines.append(f"{one.location}  {', '.join(map(_short, one.datasets))}{named}")
    return lines


def _named(one: CheckUse) -> str:
    warns = "" if one.stops else " (warns)"
    return f"{one.kind} {one.name}{warns}{f', demanded by {one.demanded_by}' if one.demanded_by else ''}"


def _by_contract(uses: Sequence[CheckUse]) -> Iterator[str]:
    """Yield a line for each dataset: its contract, and the number of its checks; --json lists the checks."""
    for dataset in dict.fromkeys(one.column.dataset for one in uses):
        own = [one for one in uses if one.column.dataset == dataset]
        contracts = dict.fromkeys(one.name for one in own if one.kind == "contract")
        checks = {one.name for one in own if one.kind == "check"}
        parts = [f"contract {name}" for name in contracts]
        yield f"{_short(dataset)}: {', '.join([*parts, *([_counted('check', checks)] if checks else [])])}"


def _pages(found: Impact) -> list[str]:
    lines = []
    for one in found.pages:
        names = [f"{_short(column.dataset)}.{column.column}" for column in one.columns]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        location = f"  {one.location}" if one.location else ""
        lines.append(f"{one.page}, {one.part}: {', '.join(names[:_LISTED])}{more}{location}")
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


def _counted(noun: str, things: Sized) -> str:
    return f"{len(things)} {_plural(noun, len(things))}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


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


def _impact_as_json(found: Impact) -> dict[str, Any]:
    def columns(names: Sequence[ColumnName]) -> list[dict[str, str]]:
        return [{"dataset": one.dataset, "column": one.column} for one in names]

    return {
        "dataset": found.column.dataset,
        "column": found.column.column,
        "writer": found.writer,
        "direct": columns(found.reach.direct),
        "indirect": columns(found.reach.indirect),
        "datasets": list(found.reach.datasets),
        "transforms": [asdict(one) for one in found.transforms],
        "checks": [{**asdict(one), "column": columns([one.column])[0]} for one in found.checks],
        "pages": [{**asdict(one), "columns": columns(one.columns)} for one in found.pages],
        "unknown": dict(found.reach.unknown),
        "stale": dict(found.stale),
        "notes": list(found.notes),
    }
