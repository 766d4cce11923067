"""`import`: loads files as datasets, those of a CRM export as the datasets of the demo, others as one dataset."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pyspark.sql import types as T

from transforms_api.api import Project
from transforms_api.cli.crm_import import (
    MAPPINGS,
    Statements,
    day_of,
    exports_in,
    look_as_json,
    look_at,
    print_check,
    print_look,
    write_mapping,
)
from transforms_api.cli.options import BranchOption, JsonOption, ProfileOption, RepoOption, WarehouseOption
from transforms_api.cli.output import program, say, users_output
from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError
from transforms_api.importing import Imported, import_source, read_export, run_import
from transforms_api.project import Settings, read_toml
from transforms_api.text import counted
from transforms_api.warehouse import Warehouse

MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        metavar="FILE",
        help="TOML file that says what an export's columns mean; or the name of one that comes with this package.",
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="PATH", help="Path or RID of the dataset that the files become."),
]
Append = Annotated[
    bool, typer.Option("--append", help="With --dataset: add to it; incremental transforms see 'added'.")
]
Files = Annotated[bool, typer.Option("--files", help="With --dataset: keep the files as they are, for filesystem().")]
Rows = Annotated[bool, typer.Option("--rows", help="With --files: the dataset has the rows of the files, too.")]

Crm = Annotated[bool, typer.Option("--crm", help="FOLDER is the export of a CRM: look at it and propose a mapping.")]
Today = Annotated[
    str | None,
    typer.Option("--today", metavar="DATE", help="Day of the CRM export, as in 2024-11-15. Default: the day it is."),
]
Yes = Annotated[bool, typer.Option("--yes", help="With --crm: import with the proposed mapping.")]
Check = Annotated[
    bool, typer.Option("--check", help="Of a CRM export: count used and rejected rows, write no dataset.")
]
DateFormat = Annotated[
    str | None,
    typer.Option("--date-format", metavar="FORMAT", help="With --crm: of dates with two readings, as D/M/YYYY."),
]
Currency = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="With --crm: currency of the amounts, as EUR."),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rate", metavar="CODE=NUMBER",
        help="With --crm: how much of the amounts' currency 1 of a further one is, as EUR=1.08. Can be repeated.",
    ),
]  # fmt: skip
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="With --crm: encoding of its text files, as cp1252."),
]


def import_files(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", exists=True, help="Folder, or file, to load.")],
    mapping: MappingFile = None,
    dataset: Dataset = None,
    append: Append = False,
    files: Files = False,
    rows: Rows = False,
    crm: Crm = False,
    today: Today = None,
    yes: Yes = False,
    check: Check = False,
    date_format: DateFormat = None,
    currency: Currency = None,
    rate: Rates = None,
    encoding: Encoding = None,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load files from outside; builds then leave their datasets alone.

    With --dataset, FOLDER is a Delta or Iceberg table, or holds Parquet, CSV or JSON files, and becomes one dataset: of
    rows; with --files, of the files as they are; with --files --rows, of both. With --mapping, it is a CRM export that
    takes the place of the demo scenario. With --crm, it is such an export of which nothing is known: the command
    proposes its mapping, and with --yes imports it.

    Examples: `import data/orders --dataset /Project/raw/orders --repo ../my-repository`,
    `import ~/Downloads/crm_sales_opportunities --mapping maven_crm`, `import ~/Downloads/deals.csv --crm`
    """
    if (mapping is not None) + (dataset is not None) + crm != 1:
        raise typer.BadParameter("say what the files become: give one of --dataset, --crm and --mapping.")
    day, rates = _day(today), _rates(rate or [])
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile)
    settings, tables = project.settings, project.warehouse
    if dataset is not None:
        name = _resolve(dataset, settings)
        _print_dataset(name, import_source(source, name, tables, append, files, rows), tables, as_json)
    elif mapping is not None:
        if append or files or rows:
            raise typer.BadParameter("a mapping takes neither --append nor --files.")
        file = _mapping_at(mapping)
        _import_mapped(source, file, day, project, check, as_json)
    else:
        if append or files or rows:
            raise typer.BadParameter("--crm takes neither --append nor --files.")
        for export in exports_in(source):
            stated = Statements(day_of(export, day or date.today()), date_format, currency, encoding, rates)
            _import_proposed(export, stated, project, yes, check, as_json)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"--today {text} is no date: write it as 2024-11-15.") from error


def _rates(texts: list[str]) -> dict[str, float]:
    """Return code of a currency → rate, of texts such as 'EUR=1.08'.

    Raises:
        typer.BadParameter: a text is none of this form.
    """
    rates = {}
    for text in texts:
        read = re.fullmatch(r"\s*([A-Za-z]{3})\s*=\s*(\d+(?:\.\d+)?)\s*", text)
        if read is None or not float(read[2]):
            raise typer.BadParameter(f"--rate {text}: write the currency and its rate, as EUR=1.08.")
        rates[read[1].upper()] = float(read[2])
    return rates


def _import_mapped(source: Path, file: Path, day: date | None, project: Project, check: bool, as_json: bool) -> None:
    tables, text, content = project.warehouse, file.read_text(encoding="utf-8"), read_toml(file)
    if check:
        with users_output():
            frames = read_export(source, content, day, text, file.name)
        print_check(frames, as_json)
        return
    project.make_warehouse()
    with users_output():
        imported = run_import(source, content, tables, day, text, file.name)
    _print_export(imported, tables, as_json)


def _import_proposed(export: Path, stated: Statements, project: Project, yes: bool, check: bool, as_json: bool) -> None:
    look = look_at(export, stated)
    file = write_mapping(look, Path())
    imports = (yes or check) and not look.proposal.to_state
    if as_json and not imports:
        typer.echo(json.dumps(look_as_json(look, file), indent=2, ensure_ascii=False))
    elif not as_json:
        print_look(look, file)
    if imports:
        _import_mapped(export, file, stated.today, project, check, as_json)
    elif look.proposal.to_state:
        raise typer.Exit(1)
    elif not as_json:
        say(f"Next: {program()} import {export} --mapping {file}  (or --crm --yes)")


def _mapping_at(named: Path) -> Path:
    """Return the file of a mapping: the one that is named, or the one of that name that comes with this package.

    A path in any other folder than `conf/import` is the user's own file, which no mapping of the package replaces.

    Raises:
        typer.BadParameter: there is no such file or name.
    """
    if named.is_file():
        return named
    own = {file.stem: file for folder in reversed(MAPPINGS) for file in folder.glob("*.toml")}
    if named.stem in own and named.parent in (Path(), Path("conf/import")):
        say(f"Mapping: {own[named.stem]}", err=True)
        return own[named.stem]
    listed = ", ".join(f"{name} ({file})" for name, file in sorted(own.items()))
    raise typer.BadParameter(f"there is no mapping {named}. With this package come: {listed}.")


def _resolve(dataset: str, settings: Settings) -> str:
    """Return the path of a dataset; the repository's shrinkwrap file may have a path for a RID."""
    try:
        name = check_dataset_path(dataset)
    except DatasetPathError as error:
        raise typer.BadParameter(
            f"'{dataset}' is no dataset: give an absolute path, as in /Project/raw/orders, or a RID."
        ) from error
    return settings.called_here(name)


def _print_dataset(dataset: str, imported: Imported, tables: Warehouse, as_json: bool) -> None:
    schema = json.loads(imported.schema) if imported.schema else {"fields": []}
    columns = {field.name: field.dataType.simpleString() for field in T.StructType.fromJson(schema)}
    counts = {} if imported.schema is None else {"rows": imported.count}
    if imported.files:
        counts["files"] = imported.files
    if as_json:
        where = {"warehouse": str(tables.root), "branch": tables.branch, "table": str(imported.table)}
        typer.echo(json.dumps({"dataset": dataset, **counts, "columns": columns, **where}, indent=2))
        return
    parts = " and ".join(counted(count, kind.removesuffix("s")) for kind, count in counts.items())
    say(f"{parts} imported into {dataset}")
    for name, kind in columns.items():
        say(f"  {name}  {kind}")
    say(f"Table: {imported.table}")


def _print_export(rows: dict[str, Any], tables: Warehouse, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"warehouse": str(tables.root), "branch": tables.branch, "rows": rows}, indent=2))
        return
    for dataset, count in rows.items():
        say(f"{count:>9,}  {dataset}")
    say(
        f"Rows that could not be used are counted as import_rejects, each with its reason.\n"
        f"Tables: {tables.branch_folder}. Next: {program()} build"
    )
