"""What commands work on: the pipeline or repository, its warehouse, and what a build of it is handed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transforms_api.build.environment import BuildEnvironment
from transforms_api.cli.settings import Settings, read_settings, read_sources
from transforms_api.errors import EnvironmentProblem
from transforms_api.graph.build_graph import BuildGraph, build_graph
from transforms_api.graph.discovery import Found, discover, discover_repository
from transforms_api.graph.logic_version import LogicVersions
from transforms_api.runtime.session import lazy_session
from transforms_api.store.warehouse import Warehouse


@dataclass(frozen=True)
class Project:
    """A pipeline with the settings of a run."""

    settings: Settings
    warehouse: Warehouse
    graph: BuildGraph
    logic: LogicVersions

    @property
    def is_tolerant(self) -> bool:
        """Whether a fault stops only what depends on it: in a repository of others, not in our own pipeline."""
        return self.settings.repository is not None

    def environment(self, parameters: Mapping[str, Any]) -> BuildEnvironment:
        """Return what a new build is handed."""
        return BuildEnvironment(
            lazy_session(self.settings.spark, logs_of(self.warehouse) / "spark.log"),
            self.warehouse,
            uuid.uuid4().hex,
            parameters,
            self.settings.file.profiles,
            read_sources(self.settings.folder),
            self.logic,
        )


def open_project(repo: Path | None, warehouse: Path | None, branch: str | None) -> Project:
    """Return what the arguments that all commands share mean; the project's modules are imported.

    Raises:
        EnvironmentProblem: the settings are not as they must be.
        DiscoveryError: there is no Python in the repository.
    """
    settings = read_settings(repo)
    found = _found(settings)
    graph = build_graph(found.transforms, found.faults)
    return Project(settings, settings.warehouse_at(warehouse, branch), graph, LogicVersions(found.roots))


def _found(settings: Settings) -> Found:
    repository, package = settings.repository, settings.file.package
    if repository is not None:
        return discover_repository(repository, package)
    if package is not None:
        return discover(package)
    raise EnvironmentProblem(f"{settings.folder}/conf/run.toml has to name a package: there is no --repo.")


def logs_of(warehouse: Warehouse) -> Path:
    """Return the folder of the logs of builds, and of Spark's own."""
    return warehouse.root / "_logs"
