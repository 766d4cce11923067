"""Branches as users name them: one that is not there may be a typo."""

from __future__ import annotations

from pathlib import Path

from transforms_api.cli.console import say
from transforms_api.errors import StoreError
from transforms_api.graph.missing import nearest
from transforms_api.store.branches import list_branches
from transforms_api.store.locations import is_on_store
from transforms_api.store.warehouse import Warehouse


def demand_branch(root: Path, name: str) -> None:
    """Make sure that a warehouse has a branch.

    Raises:
        StoreError: it has none of this name; the text has those that are most like it, and all that there are.
    """
    known = [branch.name for branch in list_branches(root)]
    if name not in known:
        every = ", ".join(known) or "none yet"
        raise StoreError(f"There is no branch '{name}' in {root}.{nearest(name, known)} Its branches: {every}.")


def warn_of_unknown_branch(warehouse: Warehouse) -> None:
    """Say on stderr that a branch is new, where the warehouse has others that are called nearly so.

    It is no error: a branch begins with its first build, and until then reads what the default branch has. A warehouse
    on an object store is not asked, since that takes long.
    """
    if not warehouse.fallback_branches or is_on_store(warehouse.root):
        return
    known = [branch.name for branch in list_branches(warehouse.root)]
    alike = nearest(warehouse.branch, known) if warehouse.branch not in known else ""
    if alike:
        say(f"Branch '{warehouse.branch}' has no datasets of its own yet.{alike}", err=True)
