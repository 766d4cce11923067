"""Branches as users name them: one that is not there may be a typo.

Datasets as users name them: `/RevOps/Analytics/dashboard_kpis`, `dashboard_kpis`, `dashboard_kpis@3`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from transforms_api.cli.completion import complete_datasets, last_parts
from transforms_api.cli.output import say
from transforms_api.cli.project import open_project
from transforms_api.errors import StoreError, TransformsError, UnknownTargetError
from transforms_api.project import did_you_mean, did_you_mean_dataset, read_settings
from transforms_api.warehouse import Warehouse, is_on_store, list_branches


def require_branch(root: Path, name: str) -> None:
    """Make sure that a warehouse has a branch.

    Raises:
        StoreError: it has none of this name; the text has those that are most like it, and all that there are.
    """
    known = [branch.name for branch in list_branches(root)]
    if name not in known:
        every = ", ".join(known) or "none yet"
        raise StoreError(f"There is no branch '{name}' in {root}.{did_you_mean(name, known)} Its branches: {every}.")


def warn_of_unknown_branch(warehouse: Warehouse) -> None:
    """Say on stderr that a branch is new, where the warehouse has others that are called nearly so.

    It is no error: a branch begins with its first build, and until then reads what the default branch has. A warehouse
    on an object store is not asked, since that takes long.
    """
    if not warehouse.fallback_branches or is_on_store(warehouse.root):
        return
    known = [branch.name for branch in list_branches(warehouse.root)]
    alike = did_you_mean(warehouse.branch, known) if warehouse.branch not in known else ""
    if alike:
        say(f"Branch '{warehouse.branch}' has no datasets of its own yet.{alike}", err=True)


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


def dataset_and_version(text: str, repo: Path | None, warehouse: Warehouse) -> tuple[str, int | None]:
    """Return the path and the version that `DATASET@VERSION` names, None for the version where it names none.

    Raises:
        StoreError: several datasets of the warehouse end so.
        UnknownTargetError: nobody knows such a dataset.
    """
    found = re.fullmatch(r"(.+)@(\d{1,18})", text)
    name, version = (found[1], int(found[2])) if found else (text, None)
    return dataset_path(name, repo, warehouse), version


def dataset_path(name: str, repo: Path | None, warehouse: Warehouse) -> str:
    """Return the path of a dataset that is named by its path, the last part of it, or its RID or alias in a shrinkwrap.

    The warehouse is asked first: to import the project's modules, to know what it would build, takes a second.

    Raises:
        StoreError: several datasets of the warehouse end so.
        UnknownTargetError: nobody knows such a dataset; the text has the nearest.
    """
    name = read_settings(repo).called_here(name)
    if name.startswith("/") and warehouse.last_change(name) is not None:
        return name
    known = _known_to(warehouse)
    found = sorted(path for path in known if path == name or path.endswith(f"/{name}"))
    if len(found) > 1:
        raise StoreError(f"'{name}' may mean {' or '.join(found)}: give the whole path.")
    return found[0] if found else _written_as(name, repo, known)


def place_of(branch: str, warehouse: Warehouse) -> str:
    """Return ' of branch …' for what was found on another branch than the warehouse's own."""
    return "" if branch == warehouse.branch else f" of branch {branch}"


def _known_to(warehouse: Warehouse) -> set[str]:
    seen = (warehouse.branch, *warehouse.fallback_branches)
    return {path for branch in list_branches(warehouse.root) if branch.name in seen for path in branch.tables}


def _written_as(name: str, repo: Path | None, known: set[str]) -> str:
    """Return the path of a dataset that no branch has yet, but a transform writes.

    Raises:
        UnknownTargetError: no transform writes it; the text has the nearest of what warehouse and project have.
    """
    try:
        written = {path for transform in open_project(repo, None, None).graph.order for path in transform.writes}
    except TransformsError:
        written = set()  # whoever looks into a warehouse need not have a project that works
    found = sorted(path for path in written if path == name or path.endswith(f"/{name}"))
    if found:
        return found[0]
    every, is_path = known | written, name.startswith("/")
    alike = did_you_mean_dataset(name, every if is_path else last_parts(every))
    if is_path and not alike:
        return name  # whoever reads it will say that it is not there
    raise UnknownTargetError(f"Neither the warehouse nor the project has a dataset that is called '{name}'.{alike}")
