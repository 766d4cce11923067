"""`import`: loads files as datasets, those of a CRM export as the datasets of the demo, others as one dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from pyspark.sql import types as T

from transforms_api.api import Project
from transforms_api.cli.completion import BranchOption, JsonOption, ProfileOption, RepoOption, WarehouseOption
from transforms_api.cli.output import program, say, users_output
from transforms_api.declare import check_dataset_path
from transforms_api.errors import DatasetPathError
from transforms_api.importing import Imported, import_source, run_import
from transforms_api.project import PROJECT, Settings, read_toml
from transforms_api.warehouse import Warehouse

_MAPPINGS = (PROJECT / "conf" / "import", Path(__file__).with_name("mappings"))
"""Folders of the mappings that come with this package: in a checkout, and in a wheel."""

MappingFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--mapping",
        metavar="FILE",
        help="TOML file that says what an export's columns mean; or the name of one that comes with this package.",
    ),
]
Dataset = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--dataset", metavar="PATH", help="Path or RID of the dataset that the files become."),
]
Append = Annotated[
    bool, typer.Option("--append", help="With --dataset: add to it; incremental transforms see 'added'.")
]
Files = Annotated[bool, typer.Option("--files", help="With --dataset: keep the files as they are, for filesystem().")]
Rows = Annotated[bool, typer.Option("--rows", help="With --files: the dataset has the rows of the files, too.")]


def import_files(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", exists=True, help="Folder, or file, to load.")],
    mapping: MappingFile = None,
    dataset: Dataset = None,
    append: Append = False,
    files: Files = False,
    rows: Rows = False,
    repo: RepoOption = None,
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load files from outside; builds then leave their datasets alone.

    With --dataset, FOLDER is a Delta table, or holds Parquet, CSV or JSON files, and becomes one dataset: of rows; with
    --files, of the files as they are; with --files --rows, of both. With --mapping, it is a CRM export that takes the
    place of the demo scenario.

    Examples: `import data/orders --dataset /Project/raw/orders --repo ../my-repository`,
    `import ~/Downloads/crm_sales_opportunities --mapping maven_crm`
    """
    if (mapping is None) == (dataset is None):
        raise typer.BadParameter("say what the files become: give one of --dataset and --mapping.")
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile)
    settings, tables = project.settings, project.warehouse
    if dataset is not None:
        name = _resolve(dataset, settings)
        _print_dataset(name, import_source(source, name, tables, append, files, rows), tables, as_json)
    elif mapping is not None:
        if append or files or rows:
            raise typer.BadParameter("a mapping takes neither --append nor --files.")
        file = _mapping_at(mapping)
        content = read_toml(file)
        project.make_warehouse()
        with users_output():
            imported = run_import(source, content, tables, None, file.read_text(encoding="utf-8"), file.name)
        _print_export(imported, tables, as_json)


def _mapping_at(named: Path) -> Path:
    """Return the file of a mapping: the one that is named, or the one of that name that comes with this package.

    A path in any other folder than `conf/import` is the user's own file, which no mapping of the package replaces.

    Raises:
        typer.BadParameter: there is no such file or name.
    """
    if named.is_file():
        return named
    own = {file.stem: file for folder in reversed(_MAPPINGS) for file in folder.glob("*.toml")}
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
    counts = {"files": imported.files} if imported.files else {}
    if imported.schema is not None:
        counts = {"rows": imported.count, **counts}
    if as_json:
        where = {"warehouse": str(tables.root), "branch": tables.branch, "table": str(imported.table)}
        typer.echo(json.dumps({"dataset": dataset, **counts, "columns": columns, **where}, indent=2))
        return
    counted = " and ".join(f"{count:,} {kind if count != 1 else kind[:-1]}" for kind, count in counts.items())
    say(f"{counted} imported into {dataset}")
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
