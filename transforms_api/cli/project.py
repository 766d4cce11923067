"""What commands work on: the pipeline or repository, its warehouse, and what a build of it is handed."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs
from pyspark.sql import SparkSession

from transforms_api.builds import BuildEnvironment
from transforms_api.cli.output import users_output
from transforms_api.cli.screen import invocation
from transforms_api.engines import SessionFactory, lazy_session
from transforms_api.errors import EnvironmentProblem, StoreError
from transforms_api.porting import declared_transforms, read_module
from transforms_api.project import (
    BuildGraph,
    CodeFingerprints,
    DiscoveryResult,
    Settings,
    build_graph,
    discover,
    discover_repository,
    forget_modules,
    module_files,
    read_settings,
    read_sources,
    slow_imports_reported,
)
from transforms_api.runtime import endpoint_of
from transforms_api.warehouse import LOGS, Warehouse, is_on_store, make_root, own_folder


@dataclass(frozen=True)
class Project:
    """A pipeline with the settings of a run.

    Attributes:
        roots: the folders of its modules.
        sql_roots: the folders of its SQL files.
        spark: its session, started when it is first asked for.
    """

    settings: Settings
    warehouse: Warehouse
    graph: BuildGraph
    roots: tuple[Path, ...]
    logic: CodeFingerprints
    spark: SessionFactory
    sql_roots: tuple[Path, ...] = ()

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
    graph = build_graph(found.transforms, found.faults, settings.aliases)
    tables = settings.warehouse_at(warehouse, branch)
    start = lazy_session(settings.spark, logs_of(tables) / "spark.log", tables.root, found.roots)

    def spark() -> SparkSession:
        prepare(tables)  # Spark's log is in it
        return start()

    logic = CodeFingerprints(found.roots)
    return Project(settings, tables, graph, found.roots, logic, spark, found.sql.roots)


def prepare(warehouse: Warehouse) -> None:
    """Let the folder of a warehouse exist.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        make_root(warehouse.root)
    except OSError as error:
        raise StoreError(f"The warehouse cannot be written: {error}. Nothing has been changed.") from error


def reopen_project(project: Project) -> Project:
    """Return the project as its files are now, with the session that it has."""
    forget_modules(project.roots)
    found = discovered(project.settings)
    graph = build_graph(found.transforms, found.faults, project.settings.aliases)
    logic = CodeFingerprints(found.roots)
    return replace(project, graph=graph, roots=found.roots, logic=logic, sql_roots=found.sql.roots)


def discovered(settings: Settings) -> DiscoveryResult:
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


def why_empty(project: Project) -> str:
    """Return where the transforms of an empty project were looked for, what decided it, and which are left out."""
    shortened = invocation.get().shortened
    roots = ", ".join(map(str, (*project.roots, *project.sql_roots)))
    lines = [f"No transforms were found in {shortened(roots) or 'this folder'}."]
    lines += [f"  {shortened(line)}" for line in _deciders(project.settings)]
    faulty = {fault.location.rpartition(":")[0] for fault in project.graph.faults if fault.location}
    left_out = [line for root in project.roots for line in _declared_below(root, faulty)]
    if left_out:
        lines.append("These modules have transforms that nothing discovers (`lint` says more, F502):")
        lines += [f"  {shortened(line)}" for line in left_out]
    elif faulty:
        lines.append("  Modules that could not be imported may have some: see the faults.")
    else:
        lines.append("  No module there has a function below a decorator of transforms.api.")
    return "\n".join(lines)


def _deciders(settings: Settings) -> Iterator[str]:
    """Yield what decides for each root of a project which of its transforms are found."""
    if settings.file.package is not None:
        yield f"The package '{settings.file.package}', which {settings.folder / 'conf' / 'run.toml'} names, decides."
        return
    for one in settings.repository.projects if settings.repository else ():
        pipelines = [file for file in sorted(one.root.glob("*/pipeline.py")) if b"Pipeline" in file.read_bytes()]
        if one.entry_point:
            yield f"The entry point '{one.entry_point}' of {one.root} decides."
        elif pipelines:
            yield f"The Pipeline in {' and '.join(map(str, pipelines))} decides."
        else:
            yield f"All modules below {one.root} decide: there is neither an entry point nor a pipeline.py."


def _declared_below(root: Path, faulty: Collection[str]) -> Iterator[str]:
    """Yield each module with functions that are decorated as transforms, with their names; none with a fault."""
    for file in module_files(root):
        if str(file) in faulty:
            continue
        try:
            functions = sorted(declared_transforms(read_module(file)), key=lambda function: function.lineno)
        except (SyntaxError, ValueError):
            continue  # it is reported as a fault
        if functions:
            yield f"{file}: {', '.join(function.name for function in functions)}"
