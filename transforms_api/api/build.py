"""One build of a project: the request, the plan made of it, and the run; and builds that follow the saved files.

Listeners receive the events of a run.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api import builds
from transforms_api.declare import Engine
from transforms_api.engines import SessionFactory, is_local
from transforms_api.errors import EnvironmentProblem, TransformsError
from transforms_api.project import is_own

if TYPE_CHECKING:
    import watchfiles

    from transforms_api.api.project import Project
    from transforms_api.builds import BuildListener, BuildOptions, BuildReport, Plan


@dataclass(frozen=True)
class BuildRequest:
    """What to build, and how.

    Attributes:
        targets: datasets, transforms or globs, which are built with all that they need; empty: everything.
        parameters: name → value, for every transform that declares a parameter of this name.
        force: whether jobs run whose datasets are fresh.
        strict: whether any fault of the project raises. False: a fault stops only the transforms that it affects, but
            still raises if TARGETS need them. None: False for a repository, True for the demo.
        timeout: seconds that a job may take; None: no limit.
        fail_fast: whether the first failed job stops the build.
        engine: what computes Spark transforms, 'spark', 'sail' or 'auto'; None: that of the settings.
        snapshots: datasets or incremental transforms that run as a snapshot: they read everything, and replace their
            datasets.
        verify: whether Spark computes each job of Sail, too. If they differ, the rows of Spark are published.
    """

    targets: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    strict: bool | None = None
    timeout: float | None = None
    fail_fast: bool = False
    engine: str | None = None
    verify: bool = False
    snapshots: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildSession:
    """One build of a project: planned when the session is made, run by `run`.

    Attributes:
        project: the project to build.
        request: what to build, and how.
        plan: the jobs with their reasons, what is skipped, and the environment of the build.
    """

    project: Project
    request: BuildRequest
    plan: Plan

    @classmethod
    def of(cls, project: Project, request: BuildRequest) -> BuildSession:
        """Plan a build; nothing is written and no Spark starts.

        Args:
            project: the project to build.
            request: what to build, and how.

        Raises:
            UnknownTargetError: a target or a snapshot is no dataset, transform or pattern of the project.
            GraphError: the project has faults that stop the build.
            DeclarationError: no transform has a parameter of this name, or its value is not allowed; or a snapshot is
                not incremental.
        """
        strict = not project.is_tolerant if request.strict is None else request.strict
        plan = builds.make_plan(
            project.graph,
            project.environment(request.parameters, request.engine, request.verify),
            request.targets,
            strict=strict,
            only_stale=not request.force,
            snapshots=request.snapshots,
        )
        return cls(project, request, plan)

    @property
    def options(self) -> BuildOptions:
        """Jobs side by side and retries as conf/run.toml says, timeout and fail_fast as requested."""
        file = self.project.settings.file
        return builds.BuildOptions(file.jobs_side_by_side, self.request.timeout, file.retries, self.request.fail_fast)

    def run(self, listeners: Iterable[BuildListener] = ()) -> BuildReport:
        """Run the plan and return a result for each job. The log of the build and OpenLineage are written, too.

        Args:
            listeners: receive the events of the build.

        Raises:
            StoreError: the warehouse, or the log of the build, cannot be written; nothing has been changed.
            EnvironmentProblem: conf/run.toml wants lineage, and openlineage-python is not installed; or a library of
                Sail is not.
            NotSupportedLocallyError: Sail is to compute, and the warehouse is on an object store.
        """
        project, environment, warnings = self.project, self.plan.environment, list[str]()
        project.make_warehouse()
        warnings += builds.prepare_engine(self.plan.jobs, environment)
        target, folder = project.settings.file.lineage, project.settings.folder
        with (
            builds.lineage_listeners(target, folder, environment, warnings.append) as lineage,
            builds.build_log(project.logs, environment.build, environment.redact, warnings.append) as log,
        ):
            report = builds.run_build(self.plan, self.options, [log, *lineage, *listeners])
        return replace(report, warnings=[*report.warnings, *warnings])


# Builds that follow the saved files

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
    import watchfiles  # only --watch needs it

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
