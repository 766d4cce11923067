"""`pull`: datasets of a Foundry account become datasets of the warehouse."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer

from transforms_api.api import Project
from transforms_api.cli.options import (
    BranchOption,
    ColumnsOption,
    JsonOption,
    RepoOption,
    WarehouseOption,
    column_names,
    complete_datasets,
)
from transforms_api.cli.output import LiteralConsole, program, say
from transforms_api.cli.screen import print_error
from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError, ImportSourceError, PullError, StoreError
from transforms_api.importing import (
    FoundryAccount,
    Pulled,
    PullState,
    PullTarget,
    Selection,
    missing_inputs_of,
    pull_dataset,
)
from transforms_api.text import counted
from transforms_api.warehouse import Warehouse

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DEFAULT_BRANCH = "master"
"""The default branch of most accounts."""

Datasets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATASET…",
        autocompletion=complete_datasets,
        help="Path or RID in the account; or the last part of the path of an input of the project.",
        show_default=False,
    ),
]
Missing = Annotated[
    bool,
    typer.Option("--missing", help="Pull all inputs of the project that nothing here writes and the warehouse lacks."),
]
Rows = Annotated[
    int | None,
    typer.Option("--rows", min=1, metavar="N", help="At most N rows; which ones, the account decides."),
]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="CONDITION", help="Only rows for which this holds, in DuckDB's SQL; chosen here."),
]
SchemaOnly = Annotated[
    bool, typer.Option("--schema-only", help="No rows: an empty dataset with the columns, for preview and lint.")
]
MaxAge = Annotated[
    str | None,
    typer.Option(
        "--max-age", metavar="TIME", help="Do not ask the account about what is at most this old: 30m, 12h, 1d, 2w."
    ),
]
FromBranch = Annotated[
    str | None,
    typer.Option(
        "--from-branch",
        metavar="NAME",
        help="Branch of the account. Default: that of the same name as here, else the default branch, else master.",
    ),
]


def pull(
    datasets: Datasets = None,
    missing: Missing = False,
    rows: Rows = None,
    where: Where = None,
    columns: ColumnsOption = None,
    schema_only: SchemaOnly = False,
    max_age: MaxAge = None,
    from_branch: FromBranch = None,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load datasets from a Foundry account, which FOUNDRY_TOKEN and FOUNDRY_HOSTNAME name; builds leave them alone.

    A dataset whose last transaction is here already is not loaded again. An interrupted pull goes on where it stopped,
    and a dataset changes only when all of it has come. Needs the extra `foundry`. Starts no Spark.

    Exit code 0: all datasets are here; 2: at least one could not be pulled.

    Examples: `pull --missing --repo ../my-repository`, `pull /Project/raw/orders --rows 1000 --columns id,amount`,
    `pull ri.foundry.main.dataset.c26f11c8-0000-0000-0000-000000000000 --max-age 1d`,
    `pull --missing --schema-only`, `pull /Project/raw/orders --where "amount >= 1000" --from-branch develop`
    """
    if bool(datasets) == missing:
        raise typer.BadParameter("say which datasets: give their paths or RIDs, or --missing.")
    if schema_only and (rows is not None or where is not None):
        raise typer.BadParameter("--schema-only takes no rows: leave out --rows and --where.")
    age = None if max_age is None else _age(max_age)
    names = column_names(columns)
    selection = Selection(rows, where, None if names is None else tuple(dict.fromkeys(names)), schema_only)
    project = Project.open(repo, branch=branch, warehouse=warehouse)
    tables = project.warehouse
    branches = (from_branch,) if from_branch else (tables.branch, *tables.fallback_branches, _DEFAULT_BRANCH)
    chain = tuple(dict.fromkeys(branches))
    if missing:
        targets = missing_inputs_of(project.graph, tables, chain, schema_only)
    else:
        targets = [_target(name, project, chain) for name in datasets or ()]
    account = FoundryAccount.of_environment(os.environ) if targets else None
    project.make_warehouse()
    results, errors = list[Pulled](), list[tuple[PullTarget, Exception]]()
    for target, result in _pull_all(account, targets, tables, selection, age) if account else ():
        if isinstance(result, Pulled):
            results.append(result)
            if not as_json:
                say(_line(result))
        else:
            errors.append((target, result))
    if as_json:
        _print_json(results, errors, project)
    elif not targets:
        say("No input is missing: a transform here writes each, or the warehouse has it.")
    elif not errors:
        say(f"Next: {program()} build")
    if errors:
        raise typer.Exit(2)


def _pull_all(
    account: FoundryAccount,
    targets: Sequence[PullTarget],
    tables: Warehouse,
    selection: Selection,
    age: timedelta | None,
) -> Iterator[tuple[PullTarget, Pulled | Exception]]:
    """Yield the result or the error of each dataset; an error that concerns all datasets is the last."""
    for number, target in enumerate(targets, 1):
        try:
            yield target, pull_dataset(account, target, tables, selection, age, lambda line: say(line, err=True))
        except (PullError, ImportSourceError, StoreError) as error:
            print_error(error, LiteralConsole(stderr=True))
            yield target, error
            if isinstance(error, PullError) and error.concerns_all:
                if left := len(targets) - number:
                    say(f"The other {left} datasets were not tried.", err=True)
                return


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if match is None:
        raise typer.BadParameter(f"--max-age {text} is no time: write it as 30m, 12h, 1d or 2w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _target(name: str, project: Project, branches: tuple[str, ...]) -> PullTarget:
    """Return the dataset that a path or RID means, or the last part of the path of one of the project's inputs."""
    settings = project.settings
    known = settings.repository.names if settings.repository else {}
    try:
        path = check_dataset_path(known[name].alias if name in known else name)
    except DatasetPathError as error:
        inputs = {bound.dataset: bound for transform in project.transforms for bound in transform.bound_inputs}
        datasets = sorted(dataset for dataset in inputs if dataset.rpartition("/")[2] == name)
        if len(datasets) != 1:
            meant = f" It may mean {' or '.join(datasets)}." if datasets else ""
            raise typer.BadParameter(
                f"'{name}' is no dataset: give an absolute path, as in /Project/raw/orders, or a RID.{meant}"
            ) from error
        return PullTarget(datasets[0], branches, inputs[datasets[0]].rid)
    declared = known.get(path)
    return PullTarget(declared.alias if declared else path, branches, declared.rid if declared else None)


def _line(result: Pulled) -> str:
    version = result.version
    transaction = version.transaction or ("a view" if version.views else "nothing committed yet")
    origin = f"{transaction}, branch {version.branch}"
    if result.state is PullState.UNCHANGED:
        return f"{result.dataset}: is here already ({origin})"
    if result.state is PullState.RECENT:
        return f"{result.dataset}: is recent, so no request was sent ({origin})"
    counts = [] if result.rows is None else [counted(result.rows, "row")]
    counts += [counted(result.files, "file")] if result.files else []
    return f"{result.dataset}: {' and '.join(counts)} pulled ({origin})"


def _print_json(results: Sequence[Pulled], errors: Sequence[tuple[PullTarget, Exception]], project: Project) -> None:
    printed: list[dict[str, Any]] = [
        {
            "dataset": result.dataset,
            "state": result.state.value,
            "rows": result.rows,
            "files": result.files,
            "table": str(result.table),
            "pulled": result.version.model_dump(mode="json", exclude_unset=True),
        }
        for result in results
    ]
    printed += [{"dataset": target.dataset, "state": "failed", "error": str(error)} for target, error in errors]
    where = {"warehouse": str(project.warehouse.root), "branch": project.warehouse.branch}
    typer.echo(json.dumps({"datasets": printed, **where}, indent=2, ensure_ascii=False))
