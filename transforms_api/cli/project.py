"""What commands work on: the pipeline or repository, its warehouse, and what a build of it is handed."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

from transforms_api.build.environment import BuildEnvironment
from transforms_api.cli.console import users_output
from transforms_api.cli.settings import Settings, read_settings, read_sources
from transforms_api.errors import EnvironmentProblem
from transforms_api.graph.build_graph import BuildGraph, build_graph
from transforms_api.graph.discovery import Found, discover, discover_repository
from transforms_api.graph.logic_version import LogicVersions
from transforms_api.graph.user_code import forget_modules, slow_imports_reported
from transforms_api.runtime.driver import Session
from transforms_api.runtime.endpoint import endpoint_of
from transforms_api.runtime.session import lazy_session
from transforms_api.store.containment import own_folder
from transforms_api.store.locations import is_on_store
from transforms_api.store.names import LOGS
from transforms_api.store.warehouse import Warehouse


@dataclass(frozen=True)
class Project:
    """A pipeline with the settings of a run.

    Attributes:
        roots: the folders of its modules.
        spark: its session, started when it is first asked for.
    """

    settings: Settings
    warehouse: Warehouse
    graph: BuildGraph
    roots: tuple[Path, ...]
    logic: LogicVersions
    spark: Session

    @property
    def is_tolerant(self) -> bool:
        """Whether a fault stops only what depends on it: in a repository of others, not in our own pipeline."""
        return self.settings.repository is not None

    def environment(self, parameters: Mapping[str, Any]) -> BuildEnvironment:
        """Return what a new build is handed."""
        return BuildEnvironment(
            self.spark,
            self.warehouse,
            uuid.uuid4().hex,
            parameters,
            self.settings.file.profiles,
            read_sources(self.settings.folder),
            self.logic,
            language_model=endpoint_of(os.environ),
        )


def open_project(
    repo: Path | None, warehouse: str | Path | None, branch: str | None, profile: str | None = None
) -> Project:
    """Return what the arguments that all commands share mean; the project's modules are imported.

    Raises:
        EnvironmentProblem: the settings are not as they must be.
        DiscoveryError: there is no Python in the repository.
    """
    settings = read_settings(repo, profile)
    found = discovered(settings)
    graph = build_graph(found.transforms, found.faults)
    tables = settings.warehouse_at(warehouse, branch)
    spark = lazy_session(settings.spark, logs_of(tables) / "spark.log", tables.root, found.roots)
    return Project(settings, tables, graph, found.roots, LogicVersions(found.roots), spark)


def open_again(project: Project) -> Project:
    """Return the project as its files are now, with the session that it has."""
    forget_modules(project.roots)
    found = discovered(project.settings)
    graph = build_graph(found.transforms, found.faults)
    return replace(project, graph=graph, roots=found.roots, logic=LogicVersions(found.roots))


def discovered(settings: Settings) -> Found:
    """Return the transforms that the settings' package or repository has; its modules are imported.

    Raises:
        EnvironmentProblem: the settings name neither.
        DiscoveryError: there is no Python in the repository.
    """
    repository, package = settings.repository, settings.file.package
    if repository is None and package is None:
        raise EnvironmentProblem(f"{settings.folder}/conf/run.toml has to name a package: there is no --repo.")
    with users_output(), slow_imports_reported(lambda text: print(text, file=sys.stderr)):
        if repository is not None:
            return discover_repository(repository, package)
        return discover(str(package))


def logs_of(warehouse: Warehouse) -> Path:
    """Return the folder of the logs of builds, and of Spark's own.

    It is on this machine: in the warehouse, or, where that is on an object store, in the user's folder for logs.

    Raises:
        StoreError: it is a link.
    """
    if is_on_store(warehouse.root):
        return platformdirs.user_log_path("transforms-api") / str(warehouse.root).replace("://", "/")
    return own_folder(warehouse.root, LOGS)
