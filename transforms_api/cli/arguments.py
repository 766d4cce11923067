"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

RepoOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--repo", exists=True, file_okay=False, help="A Foundry repository to work on, as it stands; default: ours."
    ),
]
WarehouseOption = Annotated[
    Optional[str],  # noqa: UP045  Typer reads the annotation at run time
    typer.Option(
        "--warehouse",
        help="Folder of the tables, or URL (s3a://bucket/path); default: warehouse/ beside run_local.py, or in --repo.",
    ),
]
ProfileOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--profile", help="How Spark runs: [profiles.NAME] of conf/run.toml; default: the settings'."),
]
BranchOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--branch", help="Branch to read and write; default: the settings'."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
