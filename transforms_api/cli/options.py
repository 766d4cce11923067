"""Arguments that name a dataset, and messages about branches, for several commands."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from transforms_api.api import Dataset, Project
from transforms_api.cli.completion import complete_datasets
from transforms_api.cli.output import say

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
