"""How the dashboards look at a project's build while they are shown."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from revops_dashboards.build_state import BuildState, Look, Seen
from revops_dashboards.pages import SHOWN
from transforms_api.errors import TransformsError
from transforms_api.store.warehouse import Warehouse

if TYPE_CHECKING:  # it imports Spark, and the first page need not wait for that
    from transforms_api.cli.project import Project


def look_at(repo: Path | None, warehouse: Warehouse) -> tuple[Look, Seen, Seen]:
    """Return how to look at the build of a project, and how to tell quickly that its tables, its files have changed.

    What keeps the project from being read becomes the state's problem, beside what was seen before.
    """
    project: Project | None = None
    seen = BuildState()
    files: list[tuple[Path, str]] = []

    def look() -> BuildState:
        nonlocal project, seen, files
        from transforms_api.build.states import dataset_states
        from transforms_api.cli.project import logs_of, open_again, open_project
        from transforms_api.contracts.contract import collect_contracts, contracts_by_dataset

        try:
            project = open_again(project) if project else open_project(repo, warehouse.root, warehouse.branch)
            logs = logs_of(warehouse)
            files = [(logs, "*.jsonl"), *((folder, "**/*.py") for folder in project.roots)]
            states = dataset_states(project.graph, project.environment({}), logs)
            contracts = collect_contracts(project.settings.file.contracts)
            seen = BuildState(states, contracts_by_dataset(contracts, project.graph.order))
        except TransformsError as error:
            seen = BuildState(seen.states, seen.contracts, str(error))
        except Exception as error:  # whatever it is, pages go on and say it
            traceback.print_exc()
            seen = BuildState(
                seen.states, seen.contracts, f"The project cannot be read: {type(error).__name__}: {error}"
            )
        return seen

    def versions() -> Hashable:
        changes = {dataset: warehouse.last_change(dataset) for dataset in list(seen.states) or SHOWN}
        return frozenset((dataset, change and change.transaction) for dataset, change in changes.items())

    return look, versions, lambda: _times(files)


def _times(files: Iterable[tuple[Path, str]]) -> frozenset[tuple[str, float]]:
    """Return when each of the files was last changed that a folder has by a pattern."""
    found = (file for folder, pattern in files for file in folder.glob(pattern))
    return frozenset((str(file), file.stat().st_mtime) for file in found)
