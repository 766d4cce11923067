"""`preview`: runs one transform on its present inputs and prints its outputs; nothing is built.

With `--watch` it runs again whenever a module is saved, in a session that stays warm.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from transforms_api.api import Project
from transforms_api.builds import (
    Checks,
    SandboxResult,
    filter_inputs,
    input_versions,
    parse_condition,
    parse_function,
    parse_sample,
    prepare_engine,
    run_in_sandbox,
    where_of,
)
from transforms_api.cli.options import (
    BranchOption,
    EngineOption,
    JsonOption,
    ProfileOption,
    RepoOption,
    WarehouseOption,
    complete_targets,
    warn_of_unknown_branch,
)
from transforms_api.cli.output import console_on, print_rows, styled, users_output
from transforms_api.cli.screen import invocation, print_error, print_faults, print_text
from transforms_api.comparing import profile_rows
from transforms_api.declare import Engine, Transform
from transforms_api.engines import is_local
from transforms_api.errors import DeclarationError, JobError, TransformsError, UnknownTargetError
from transforms_api.project import raise_faults
from transforms_api.warehouse import TableVersion, Warehouse, full_view, read_slice, type_word, types_of

TransformArgument = Annotated[
    str,
    typer.Argument(
        metavar="TRANSFORM",
        autocompletion=complete_targets,
        help="A transform by its name or its module's, or by a dataset that it writes.",
    ),
]


def preview(
    target: TransformArgument,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows of each output to print.")] = 20,
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample",
            metavar="ROWS|FRACTION",
            help="Read only the first N rows (1000) or a fraction (0.1) of each input; default: all rows.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="[INPUT: ]CONDITION",
            help="Read only rows for which this SQL holds, of INPUT or of each input with such columns; repeatable.",
        ),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="[INPUT: ]MODULE:FUNCTION",
            help="Read only what a function of the project lets pass: it takes and returns a Spark DataFrame, a Polars "
            "LazyFrame or an iterator of files. MODULE may be a file; MODULE:FUNCTION(days=7) gives arguments; "
            "repeatable, run in this order and before --where.",
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: run it again whenever a module is saved, in a warm session.")
    ] = False,
    columns: Annotated[
        bool,
        typer.Option(
            "--columns/--no-columns",
            help="Count the rows and print per column the nulls, distinct values, minimum and maximum.",
        ),
    ] = True,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one transform on its inputs as they are, and print what it would write. Nothing is built or changed.

    An incremental transform runs as a whole. Inputs are sampled each on its own: rows that belong together may not all
    be in it. Exit code 0: it could be built; 1: it failed, or a check that must hold does not; 2: wrong use.

    Examples: `preview dashboard_kpis`, `preview compute_next_best_actions --rows 5`, `preview /A/orders --sample 0.01`,
    `preview orders.sql --where "amount >= 10"`, `preview totals --filter "orders: shop.filters:recent(days=7)"`,
    `preview totals --watch`
    """
    if watch and as_json:
        raise typer.BadParameter("--watch and --json do not go together: a preview of each save is no JSON document.")
    share = None if sample is None else _parse_sample(sample)
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile, engine=engine)
    if not is_local(project.settings.spark):
        raise typer.BadParameter("preview needs a local master: it writes to a folder of this machine. Set --profile.")
    warn_of_unknown_branch(project)
    wanted = _Wanted(target, rows, share, where or (), filters or (), columns, as_json)
    console = console_on(sys.stderr if as_json else sys.stdout)
    if watch:
        _watch(project, wanted, console)
    elif not _preview(project, wanted, console):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Wanted:
    """What is previewed, and how it is printed; see the options of `preview`."""

    target: str
    rows: int
    sample: int | float | None
    conditions: Sequence[str]
    filters: Sequence[str]
    with_columns: bool
    as_json: bool


def _watch(project: Project, wanted: _Wanted, console: Console) -> None:
    """Preview now and whenever a module is saved; until Ctrl-C."""
    from transforms_api.api import watch_project  # imports watchfiles, which a single preview does not need

    first = _only_one(project, wanted.target)

    def on_error(error: TransformsError) -> None:
        print_error(error, console)
        console.print("watching for changes; Ctrl-C ends it", style="dim")

    with contextlib.suppress(KeyboardInterrupt):
        for _ in watch_project(project, on_error, warm_up=first.engine is Engine.SPARK):
            try:
                _preview(project, wanted, console)
            except TransformsError as error:
                print_faults(project.faults, console)  # a module that cannot be imported hides its transforms
                print_error(error, console)
            console.print("watching for changes; Ctrl-C ends it", style="dim")


def _preview(project: Project, wanted: _Wanted, console: Console) -> bool:
    """Run the transform, print its outputs, and return whether it could be built."""
    transform = _only_one(project, wanted.target)
    versions = input_versions(transform, project.warehouse, lambda dataset: _how_to_get(dataset, project))
    environment = project.environment()
    for note in prepare_engine([transform], environment):
        print_text(f"note: {note}", console)
    with tempfile.TemporaryDirectory(prefix="transforms-preview-") as folder:
        aside = Warehouse(Path(folder), project.warehouse.branch, project.warehouse.fallback_branches)
        chosen = [
            *(parse_function(text, transform, Path.cwd()) for text in wanted.filters),
            *(parse_condition(text, transform) for text in wanted.conditions),
        ]
        scratch = Path(folder, "filtered")
        sources = filter_inputs(transform, versions, chosen, wanted.sample, environment, scratch)
        inputs = transform.map_inputs(lambda bound: sources[bound.dataset])
        try:
            with users_output():
                tried = run_in_sandbox(transform, inputs, replace(environment, warehouse=aside), checks=Checks.REPORTED)
        except JobError as error:
            print_text(environment.redact(f"failed {where_of(error, transform)}\n{error}"), console)
            return False
        if wanted.as_json:
            typer.echo(json.dumps(_as_json(tried, wanted), indent=2, default=str))
        else:
            _print(tried, wanted, console)
    return not any(result.stops_the_job for result in tried.checks)


def _parse_sample(sample: str) -> int | float:
    try:
        return parse_sample(sample)
    except DeclarationError as error:
        raise typer.BadParameter(str(error)) from error


def _only_one(project: Project, target: str) -> Transform[Any, Any]:
    """Return the transform that a target means.

    Raises:
        UnknownTargetError: it means none, or several.
        GraphError: it is declared so that it cannot be run.
    """
    selected = list(dict.fromkeys(project.graph.select([target])))
    if len(selected) > 1:
        names = ", ".join(transform.reference for transform in selected)
        raise UnknownTargetError(f"'{target}' means {len(selected)} transforms, and one is previewed: {names}.")
    [transform] = selected
    raise_faults([fault for fault in project.graph.faults if transform in fault.stops])
    return transform


def _how_to_get(dataset: str, project: Project) -> str:
    typed = invocation.get()
    if dataset in project.graph.writers:
        return f"build it, {typed.command('build', dataset)}"
    return f"no transform writes it; import it, {typed.import_command(dataset)}"


def _as_json(tried: SandboxResult, wanted: _Wanted) -> dict[str, Any]:
    outputs = []
    for dataset, version in tried.outputs.items():
        output: dict[str, Any] = {"dataset": dataset, "rows": version and version.rows}
        if version is not None:
            output |= {"schema": json.loads(version.schema), "sample": _sample(version, wanted.rows)}
            if wanted.with_columns:
                output["columns"] = [column.as_json() for column in profile_rows(version)]
        outputs.append(output)
    checks = [vars(result) for result in tried.checks]
    return {"transform": tried.transform.reference, "outputs": outputs, "checks": checks, "notes": tried.notes}


def _print(tried: SandboxResult, wanted: _Wanted, console: Console) -> None:
    for dataset, version in tried.outputs.items():
        if version is None:
            print_text(f"{dataset}: aborted by the transform", console)
            continue
        kind = "files" if version.holds_files_only else "rows"
        print_text(f"{dataset}  {version.rows:,} {kind}, not written", console)
        types = types_of(version.schema)
        print_text(", ".join(f"{name} {type_word(data_type)}" for name, data_type in types.items()), console)
        print_rows(list(types), _sample(version, wanted.rows), console)
        if wanted.with_columns and (profile := [column.as_row() for column in profile_rows(version)]):
            print_rows(list(profile[0]), profile, console)
    for note in tried.notes:
        console.print(styled(("note", "dim"), f" {note}"), soft_wrap=True)
    for result in tried.checks:
        if result.problem is not None:
            mark = ("would fail", "red") if result.stops_the_job else ("would warn", "yellow")
            console.print(styled(mark, f" {result}"), soft_wrap=True)
    held = sum(result.problem is None for result in tried.checks)
    console.print(f"{held} of {len(tried.checks)} checks hold." if tried.checks else "It has no checks.")


def _sample(version: TableVersion, rows: int) -> list[Mapping[str, Any]]:
    sample: list[Mapping[str, Any]] = read_slice(full_view(version)).head(rows).to_pylist()
    return sample
