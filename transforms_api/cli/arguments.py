"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

WarehouseOption = Annotated[
    Optional[Path],  # noqa: UP045  Typer reads the annotation at run time
    typer.Option("--warehouse", help="Folder of the tables; default: warehouse/ beside run_local.py."),
]
BranchOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--branch", help="Branch to read and write; default: master."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
