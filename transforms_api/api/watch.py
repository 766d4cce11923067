"""Work that follows the files of a project: now, and each time a module or a SQL file is saved."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

from transforms_api.api.build import BuildSession
from transforms_api.declare import Engine
from transforms_api.engines import SessionFactory, is_local
from transforms_api.errors import EnvironmentProblem, TransformsError
from transforms_api.project import is_own

if TYPE_CHECKING:
    from transforms_api.api.project import Project

_POLL = 100
"""Milliseconds between two checks for Ctrl-C."""


def watch_project(
    project: Project, on_error: Callable[[TransformsError], object], warm_up: bool = True
) -> Iterator[None]:
    """Yield now, and each time a module of the project has been saved and the project has been reloaded.

    A module that is saved while the caller works counts. The Spark session stays.

    Args:
        project: the project to watch.
        on_error: receives the error of a project that cannot be reloaded; the next save tries again.
        warm_up: load Spark's Java classes meanwhile, for a caller that will need Spark.

    Raises:
        EnvironmentProblem: Spark runs on a cluster, whose executors keep modules as they were first imported.
        KeyboardInterrupt: Ctrl-C ends the iteration.
    """
    if not is_local(project.settings.spark):
        raise EnvironmentProblem("--watch needs a local master: a cluster's executors keep modules as they were.")
    project.import_modules_in_each_job()
    if warm_up:
        threading.Thread(target=_warm_up, args=(project.spark,), daemon=True).start()
    changes = _changes_in([*project.roots, *project.discovery.sql.roots])
    yield
    for _ in filter(None, changes):
        try:
            project.reload()
        except TransformsError as error:
            on_error(error)
            continue
        yield


def watch_sessions(session: BuildSession, on_error: Callable[[TransformsError], object]) -> Iterator[BuildSession]:
    """Yield a build, and a new one of the same request each time a module of the project is saved; the caller runs it.

    A module that is saved while a build runs counts. Snapshots are those of the first build alone.

    Args:
        session: the first build, which has not been run.
        on_error: receives the error of a project that cannot be planned; the next save tries again.

    Raises:
        EnvironmentProblem: Spark runs on a cluster, whose executors keep modules as they were first imported.
        KeyboardInterrupt: Ctrl-C ends the iteration.
    """
    project, request = session.project, session.request
    is_on_spark = session.plan.environment.engine.name == "spark"
    warm_up = is_on_spark and any(transform.engine is Engine.SPARK for transform in project.transforms)
    saves = watch_project(project, on_error, warm_up)
    next(saves)
    yield session
    for _ in saves:
        try:
            session = BuildSession.of(project, replace(request, snapshots=()))
        except TransformsError as error:
            on_error(error)
            continue
        yield session


def _changes_in(folders: Sequence[Path]) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """Return the changes of modules from now on, those during a build included; empty sets in between."""
    roots = [folder.resolve() for folder in folders]
    changes = watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: _is_code(path, roots),
        rust_timeout=_POLL,
        yield_on_timeout=True,
    )
    next(changes)
    return changes


def _is_code(path: str, roots: Sequence[Path]) -> bool:
    is_sql = path.lower().endswith(".sql") and any(Path(path).is_relative_to(root) for root in roots)
    return is_sql or (path.endswith(".py") and is_own(Path(path), roots))


def _warm_up(spark: SessionFactory) -> None:
    """Load the Java classes that every job of Spark needs. Errors are ignored: the first job reports them."""
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory() as folder:
        rows = spark().range(2).selectExpr("id", "cast(id as string) as name")
        rows.write.parquet(f"{folder}/rows")
        spark().read.parquet(f"{folder}/rows").groupBy("name").count().collect()
