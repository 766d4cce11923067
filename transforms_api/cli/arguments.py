"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from transforms_api.cli.completion import complete_branches, complete_profiles

WHERE = "Where"
"""Panel of --help for the options that say what a command works on."""
PRINTED = "What is printed"
"""Panel of --help for the options that say what a command prints."""

RepoOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--repo",
        exists=True,
        file_okay=False,
        path_type=Path,  # Typer before 0.29 converts only what the command itself gets
        rich_help_panel=WHERE,
        help="A Foundry repository to work on, as it stands; default: the one you are in, or a project with a "
        "conf/run.toml, else the RevOps demo.",
    ),
]
WarehouseOption = Annotated[
    Optional[str],  # noqa: UP045  Typer reads the annotation at run time
    typer.Option(
        "--warehouse",
        rich_help_panel=WHERE,
        help="Folder of the tables, or URL (s3a://bucket/path); default: warehouse/ in the project's folder; for the "
        "demo of an installed package, in the current one.",
    ),
]
ProfileOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--profile",
        autocompletion=complete_profiles,
        rich_help_panel=WHERE,
        help="How Spark runs: [profiles.NAME] of conf/run.toml; default: the settings'.",
    ),
]
BranchOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--branch",
        autocompletion=complete_branches,
        rich_help_panel=WHERE,
        help="Branch to read and write; default: the settings'.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", rich_help_panel=PRINTED, help="Print JSON on stdout and nothing else.")
]
