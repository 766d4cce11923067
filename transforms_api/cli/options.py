"""Options and arguments that several commands share, and the project and dataset that they name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from transforms_api.api import Dataset, Project
from transforms_api.cli.completion import complete_branches, complete_datasets, complete_profiles
from transforms_api.cli.output import say

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
        path_type=Path,
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
EngineOption = Annotated[
    Optional[Literal["spark", "sail", "auto"]],  # noqa: UP045
    typer.Option(
        "--engine",
        rich_help_panel=WHERE,
        help="What computes Spark transforms: spark; sail, without Java; auto, sail where it computes as spark does. "
        "Default: the settings'.",
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
DatasetArgument = Annotated[
    str, typer.Argument(autocompletion=complete_datasets, help="Path of a dataset, or the last part of one.")
]
VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET[@VERSION]",
        autocompletion=complete_datasets,
        help="Path of a dataset, or the last part of one; and a version.",
    ),
]
WhereOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--where", metavar="CONDITION", help="Only rows for which this holds, in DuckDB's SQL."),
]
ColumnsOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--columns", metavar="NAME,…", help="Only these columns, in this order."),
]


def open_project(repo: Path | None, warehouse: str | None, branch: str | None, profile: str | None = None) -> Project:
    """Return the project that the options name, after a warning on stderr if its branch is new.

    Args:
        repo: value of `RepoOption`.
        warehouse: value of `WarehouseOption`.
        branch: value of `BranchOption`.
        profile: value of `ProfileOption`.
    """
    project = Project.open(repo, branch=branch, warehouse=warehouse, profile=profile)
    warn_of_unknown_branch(project)
    return project


def warn_of_unknown_branch(project: Project) -> None:
    """Print on stderr that the branch is new, if the warehouse has a branch of a similar name.

    Args:
        project: the project on the branch.
    """
    if alike := project.similar_branches():
        say(f"Branch '{project.warehouse.branch}' has no datasets of its own yet.{alike}", err=True)


def dataset_in(project: Project, text: str) -> Dataset:
    """Return the dataset that `DATASET` or `DATASET@VERSION` names.

    Args:
        project: the project whose warehouse and transforms are searched.
        text: as the user typed it.

    Raises:
        StoreError: several datasets of the warehouse end so.
        UnknownTargetError: neither the warehouse nor the project has such a dataset; the text has the nearest.
    """
    match = re.fullmatch(r"(.+)@(\d{1,18})", text)
    return project.dataset(match[1], int(match[2])) if match else project.dataset(text)


def of_branch(branch: str, project: Project) -> str:
    """Return ' of branch …' for a version that a different branch than the project's has, else ''.

    Args:
        branch: the branch that has the version.
        project: the project on its branch.
    """
    return "" if branch == project.warehouse.branch else f" of branch {branch}"


def column_names(text: str | None) -> list[str] | None:
    """Return the names that `ColumnsOption` lists; None without the option.

    Args:
        text: value of the option.
    """
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
