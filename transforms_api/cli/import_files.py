"""`import`: a CRM export becomes the scenario datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from transforms_api.build.importing import run_import
from transforms_api.cli.arguments import BranchOption, JsonOption, WarehouseOption
from transforms_api.cli.build import log_of
from transforms_api.cli.settings import read_settings, read_toml
from transforms_api.runtime.session import start_session


def import_files(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder of the export's CSV files.")],
    mapping: Annotated[
        Path, typer.Option("--mapping", exists=True, dir_okay=False, help="TOML file that says what its columns mean.")
    ],
    warehouse: WarehouseOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load a CRM export into the scenario datasets; builds then run on it instead of on the demo.

    Example: `import ../shared/data/crm_sales_opportunities --mapping conf/import/maven_crm.toml`
    """
    settings = read_settings()
    place = settings.warehouse_at(warehouse, branch)
    rows = run_import(folder, read_toml(mapping), start_session(settings.spark, log_of(place)), place)
    if as_json:
        typer.echo(json.dumps({"warehouse": str(place.root), "branch": place.branch, "rows": rows}, indent=2))
        return
    console = Console()
    for dataset, count in rows.items():
        console.print(f"{count:>9,}  {dataset}", highlight=False, markup=False)
    console.print(
        f"Rows that could not be used are counted as import_rejects, each with its reason.\n"
        f"Tables: {place.root / place.branch}. Next: python run_local.py build",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
