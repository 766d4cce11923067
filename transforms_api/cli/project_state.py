"""How the dashboards look at a project's build while they are shown."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from revops_dashboards.build_state import BuildState, Look, Seen
from revops_dashboards.pages import SHOWN
from transforms_api.declare.project_files import own_files
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
    folders: tuple[Path, ...] = ()
    logs: Path | None = None

    def look() -> BuildState:
        nonlocal project, seen, folders, logs
        from transforms_api.build.states import dataset_states
        from transforms_api.cli.project import logs_of, open_again, open_project
        from transforms_api.contracts.contract import collect_contracts, contracts_by_dataset

        try:
            project = open_again(project) if project else open_project(repo, warehouse.root, warehouse.branch)
            logs = logs_of(warehouse)
            folders = project.roots
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

    return look, versions, lambda: _times(folders, logs)


def _times(folders: Iterable[Path], logs: Path | None) -> frozenset[tuple[str, float]]:
    """Return when each module of the project, and each log of a build, was last changed."""
    modules = (file for folder in folders for file in own_files(folder) if file.suffix == ".py")
    found = chain(modules, logs.glob("*.jsonl") if logs else ())
    return frozenset((str(file), file.stat().st_mtime) for file in found)
