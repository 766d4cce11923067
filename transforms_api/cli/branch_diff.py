"""`branch diff`: how a dataset on one branch differs from that on another."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from transforms_api.checks.expressions import PrimaryKey
from transforms_api.cli.arguments import JsonOption, RepoOption, WarehouseOption
from transforms_api.cli.branch_names import warn_of_unknown_branch
from transforms_api.cli.completion import complete_branches
from transforms_api.cli.console import say
from transforms_api.cli.dataset_names import DatasetArgument, dataset_path, place_of
from transforms_api.cli.project import open_project
from transforms_api.graph.build_graph import BuildGraph
from transforms_api.store.difference import Difference, compare
from transforms_api.store.history import find_version


def diff(
    dataset: DatasetArgument,
    before: Annotated[
        str, typer.Argument(metavar="A", autocompletion=complete_branches, help="The branch to compare with.")
    ],
    after: Annotated[
        str,
        typer.Argument(metavar="B", autocompletion=complete_branches, help="The branch whose differences are shown."),
    ],
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a dataset on branch B differs from that on branch A: rows and columns.

    Rows are matched by the primary key that the dataset's checks expect; without one, whole rows are compared. Starts
    no Spark.

    Examples: `branch diff dashboard_kpis master feature/x`, `branch diff dashboard_kpis master feature/x --json`
    """
    project = open_project(repo, warehouse, None)
    places = [project.settings.warehouse_at(warehouse, name) for name in (before, after)]
    for place in places:
        warn_of_unknown_branch(place)
    path = dataset_path(dataset, repo, places[1])
    old, new = (find_version(place, path) for place in places)
    found = compare(old, new, primary_key_of(path, project.graph))
    if as_json:
        versions = [{"branch": version.branch, "version": version.version} for version in (old, new)]
        told = {"dataset": path, "before": versions[0], "after": versions[1], **dataclasses.asdict(found)}
        typer.echo(json.dumps(told, indent=2, default=str))
        return
    for place, version in zip(places, (old, new), strict=True):
        say(f"{place.branch}: version {version.version}{place_of(version.branch, place)}, {version.rows:,} rows")
    for line in difference_lines(found):
        say(line)


def primary_key_of(dataset: str, graph: BuildGraph) -> tuple[str, ...]:
    """Return the columns that a check of the dataset expects to be its primary key; none where no check does."""
    writer = graph.writers.get(dataset)
    specs = [spec for spec in writer.written_specs if spec.alias == dataset] if writer else []
    expectations = [check.expectation for spec in specs for check in spec.checks]
    keys = [one.columns for one in expectations if isinstance(one, PrimaryKey)]
    return keys[0] if keys else ()


def difference_lines(found: Difference) -> list[str]:
    """Return what is different, as lines for people."""
    lines = [f"  column added    {name} ({kind})" for name, kind in found.columns_added.items()]
    lines += [f"  column removed  {name} ({kind})" for name, kind in found.columns_removed.items()]
    lines += [f"  column retyped  {name} ({old}, now {new})" for name, (old, new) in found.columns_retyped.items()]
    matched = f"rows matched by {', '.join(found.key)}" if found.key else "whole rows compared"
    lines.append(f"{matched}{f', since {found.note}' if found.note else ''}")
    lines.append("  " + ", ".join(f"{count:,} {change}" for change, count in found.rows.items()))
    if found.values:
        lines.append("  changed values: " + ", ".join(f"{name} {count:,}" for name, count in found.values.items()))
    return lines + [f"  {_example_line(example, found.key)}" for example in found.examples]


def _example_line(example: Mapping[str, Any], key: Sequence[str]) -> str:
    """Return a row that was added (+) or removed (-), or the key and the values of one that was changed (~)."""
    old, new = example["before"], example["after"]
    if example["change"] != "changed":
        return f"{'+' if old is None else '-'} {_cells(new or old)}"
    values = [f"{name}: {old[name]} → {new[name]}" for name in new if old[name] != new[name]]
    return f"~ {_cells({name: new[name] for name in key})}  {', '.join(values)}"


def _cells(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())
