"""A project as one object: its settings, transforms, datasets and builds, for notebooks, schedulers and commands."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from transforms_api import builds, runtime, warehouse
from transforms_api.api.code import ProjectCode
from transforms_api.api.dataset import Dataset, resolve_name
from transforms_api.api.project_engines import ProjectEngines, logs_of, make_warehouse
from transforms_api.errors import StoreError, TransformsError
from transforms_api.project import (
    Settings,
    did_you_mean,
    read_settings,
    read_sources,
)
from transforms_api.text import html_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from transforms_api.api.build import BuildRequest, BuildSession
    from transforms_api.api.impact import ColumnStep, Impact
    from transforms_api.builds import (
        BuildEnvironment,
        BuildEvent,
        BuildListener,
        BuildReport,
        DatasetState,
        LastBuild,
        Plan,
    )
    from transforms_api.catalog import ColumnGraph
    from transforms_api.comparing import ProjectDiff
    from transforms_api.warehouse import Branch, ColumnName, Vacuumed, Warehouse


class Project(ProjectCode):
    """A pipeline or Foundry repository, with its warehouse and the settings of a run. `Project.open` makes one.

    Modules of the project are imported when `graph`, or anything that needs it, is first used. Spark starts when a job
    or `Dataset.spark` first needs it. As a context manager the project closes at the end.

    Args:
        settings: see `read_settings`.
        tables: the warehouse, with the branch to read and write.

    Attributes:
        settings: of conf/run.toml and of the repository's own files.
        warehouse: the warehouse, with the branch to read and write.
    """

    def __init__(self, settings: Settings, tables: Warehouse) -> None:
        super().__init__(settings)
        self.warehouse = tables
        self._engines = ProjectEngines(settings, tables)

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        branch: str | None = None,
        warehouse: str | Path | None = None,
        profile: str | None = None,
        engine: str | None = None,
    ) -> Project:
        """Open a project. Nothing is imported, written or started.

        Args:
            folder: the project or Foundry repository; None: the one that the current folder belongs to, else the RevOps
                demo.
            branch: the branch to read and write; None: that of the settings.
            warehouse: folder of the tables, or URL such as s3a://bucket/path; None: that of the settings.
            profile: how Spark runs, [profiles.NAME] of conf/run.toml; None: that of the settings.
            engine: what computes Spark transforms, 'spark', 'sail' or 'auto'; None: that of the settings.

        Raises:
            EnvironmentProblem: a file of settings cannot be read or has a wrong value.
            DiscoveryError: there is no Python in the folder.
        """
        settings = read_settings(None if folder is None else Path(folder), profile, engine)
        return cls(settings, settings.warehouse_at(warehouse, branch))

    def on_branch(self, name: str | None) -> Project:
        """Return the same project on a different branch of the same warehouse.

        Args:
            name: of the branch; None: that of the settings.
        """
        return type(self)(self.settings, self.settings.warehouse_at(self.warehouse.root, name))

    def without_lineage(self, tables: Warehouse) -> Project:
        """Return the same project, with the modules as they are imported, on a different branch and without lineage.

        Args:
            tables: the warehouse, with the branch to read and write.
        """
        file = self.settings.file.model_copy(update={"lineage": ""})
        twin = type(self)(replace(self.settings, file=file), tables)
        twin.__dict__.update(discovery=self.discovery, graph=self.graph, fingerprints=self.fingerprints)
        return twin

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the engines that this project has started. The project can be used again, and would start them again."""
        self._engines.stop()

    def reload(self) -> None:
        """Import the modules of the project as they are on disk now. Spark goes on; Sail restarts with the next job.

        Raises:
            DiscoveryError: a module cannot be imported; the project keeps the transforms that it had.
        """
        super().reload()
        self._engines.stop_sail()

    # Builds

    def plan(
        self,
        *targets: str,
        parameters: Mapping[str, Any] | None = None,
        force: bool = False,
        strict: bool | None = None,
        snapshots: Sequence[str] = (),
    ) -> Plan:
        """Return what a build would do: `jobs` with `why(job)`, and what is `fresh`, `imported` or `stopped`.

        Args:
            targets: see `build`.
            parameters: see `build`.
            force: see `build`.
            strict: see `build`.
            snapshots: see `build`.

        Raises:
            UnknownTargetError: a target or a snapshot is no dataset, transform or pattern of the project.
            GraphError: the project has faults that stop the build.
            DeclarationError: no transform has a parameter of this name, or its value is not allowed; or a snapshot is
                not incremental.
        """
        return self.new_build(_request(targets, parameters, force, strict, snapshots=snapshots)).plan

    def build(
        self,
        *targets: str,
        parameters: Mapping[str, Any] | None = None,
        force: bool = False,
        strict: bool | None = None,
        timeout: float | None = None,
        fail_fast: bool = False,
        engine: str | None = None,
        snapshots: Sequence[str] = (),
        verify: bool = False,
        listeners: Iterable[BuildListener] = (),
        on_event: Callable[[BuildEvent], object] | None = None,
    ) -> BuildReport:
        """Build the targets and what they need, as far as it is stale, and return a result for each job.

        A failed job raises nothing: read `report.succeeded`, or call `report.raise_for_failures()`.

        Args:
            targets: paths of datasets or the last parts of them, names of transforms, or globs; none: everything.
            parameters: name → value, for every transform that declares a parameter of this name.
            force: run jobs whose datasets are fresh, too.
            strict: raise at any fault of the project. False: a fault stops only the transforms that it affects. None:
                False for a repository, True for the demo.
            timeout: seconds that a job may take; None: no limit.
            fail_fast: stop the build at the first failed job.
            engine: what computes Spark transforms, 'spark', 'sail' or 'auto'; None: that of the settings.
            snapshots: datasets or incremental transforms to run on all rows, as if they ran for the first time.
            verify: let Spark compute each job of Sail, too, and compare both; see `JobResult.differences`. If they
                differ, the rows of Spark are published.
            listeners: receive the events of the build, see `BuildListener`.
            on_event: called with each event, such as `print`; see `BuildEvent`.

        Raises:
            UnknownTargetError: a target or a snapshot is no dataset, transform or pattern of the project.
            GraphError: the project has faults that stop the build.
            DeclarationError: no transform has a parameter of this name, or its value is not allowed; or a snapshot is
                not incremental.
            StoreError: the warehouse cannot be written; nothing has been changed.
        """
        recovered = self.recover()
        request = _request(targets, parameters, force, strict, timeout, fail_fast, engine, verify, snapshots)
        session = self.new_build(request)
        report = session.run([*listeners, *_as_listeners(on_event)])
        return replace(report, warnings=[*recovered, *report.warnings])

    def watch(
        self,
        *targets: str,
        parameters: Mapping[str, Any] | None = None,
        listeners: Iterable[BuildListener] = (),
        on_event: Callable[[BuildEvent], object] | None = None,
        on_error: Callable[[TransformsError], object] | None = None,
    ) -> Iterator[BuildReport]:
        """Yield the report of a build now, and of one more each time a module of the project is saved.

        Args:
            targets: see `build`.
            parameters: see `build`.
            listeners: see `build`.
            on_event: see `build`.
            on_error: receives the error of a project that cannot be planned after a save; None: print it on stderr.

        Raises:
            TransformsError: as `build`, before the first build.
            EnvironmentProblem: Spark runs on a cluster, whose executors keep modules as they were first imported.
        """
        from transforms_api.api.build import watch_sessions

        every = [*listeners, *_as_listeners(on_event)]
        first = self.new_build(_request(targets, parameters))
        for session in watch_sessions(first, on_error or (lambda error: print(error, file=sys.stderr))):
            yield session.run(every)

    def diff(
        self,
        base: str,
        *targets: str,
        parameters: Mapping[str, Any] | None = None,
        keep: str | None = None,
        on_event: Callable[[BuildEvent], object] | None = None,
    ) -> ProjectDiff:
        """Compare the datasets that the project, as it is on disk, would build with those of a base.

        Both sides are built on branches of their own, as far as the branch of the project has no fresh versions.

        Args:
            base: a git revision, a branch of the warehouse, or DATASET@VERSION. `git:` or `branch:` before it decides
                between a revision and a branch of the same name.
            targets: datasets, transforms or globs to compare; none: all that the change touches.
            parameters: name → value, for every transform that declares a parameter of this name.
            keep: first part of the names of the two branches, which then stay; None: remove them.
            on_event: called with each event of the build of the change, such as `print`.

        Raises:
            EnvironmentProblem: the base is neither a revision, nor a branch, nor a version; or it cannot be built.
            StoreError: a version cannot be read, or the branches to keep exist already.
            UnknownTargetError: a target is no dataset, transform or pattern of the project.
        """
        from transforms_api.api.diff import DiffRequest, diff_project

        return diff_project(self, DiffRequest(base, targets, parameters or {}, keep, on_event))

    def _repr_html_(self) -> str:
        """Return the datasets with their states as a table, for a notebook. Modules are imported; Spark stays off."""
        title = f"{self.settings.folder}, branch {self.warehouse.branch} of {self.warehouse.root}"
        try:
            states = self.states().values()
        except TransformsError as error:
            return html_table(f"{title}: {error}", (), ())
        rows = [
            (state.dataset, state.state.value, state.rows, state.version, state.built, state.reason) for state in states
        ]
        return html_table(title, ("dataset", "state", "rows", "version", "built", "why"), rows)

    def new_build(self, request: BuildRequest) -> BuildSession:
        """Plan a build, which `run` of the result starts.

        Args:
            request: what to build, and how.

        Raises:
            TransformsError: see `plan`.
        """
        from transforms_api.api.build import BuildSession

        return BuildSession.of(self, request)

    def last_build(self) -> LastBuild:
        """Return the transforms that the last build on the branch did not complete, and its parameters.

        Raises:
            StoreError: no build on the branch has a log, or the last one completed all its jobs.
        """
        return builds.last_build(self.logs, self.warehouse.branch)

    def recover(self) -> list[str]:
        """Complete or remove what killed jobs left in the warehouse, and return a sentence for each.

        Raises:
            StoreError: the warehouse cannot be read or written.
        """
        return list(warehouse.recover(self.warehouse.root))

    def states(self, *targets: str) -> dict[str, DatasetState]:
        """Return dataset → its state (fresh, stale, failed, missing or imported), in build order. Starts no Spark.

        Args:
            targets: datasets, transforms or globs; only they and what they need are returned. None: all.

        Raises:
            UnknownTargetError: a target is no dataset or transform.
            StoreError: the warehouse cannot be read.
        """
        return builds.dataset_states(self.graph, self.environment(), self.logs, targets)

    def environment(
        self, parameters: Mapping[str, Any] | None = None, engine: str | None = None, verify: bool = False
    ) -> BuildEnvironment:
        """Return the settings of one build, as every job receives them, with a new identifier.

        Args:
            parameters: name → value, for every transform that declares a parameter of this name.
            engine: 'spark', 'sail' or 'auto'; None: that of the settings.
            verify: whether Spark computes each job of Sail, too, and both are compared.

        Raises:
            EnvironmentProblem: conf/sources.toml has a wrong value, or there is no such engine.
        """
        name = engine or self.settings.file.engine
        sail, note = self._engines.sail_for(name, self.roots)
        self.fingerprints.keeps_syntax = sail is not None  # the scan reads it
        return builds.BuildEnvironment(
            self.spark,
            self.warehouse,
            uuid.uuid4().hex,
            parameters or {},
            self.settings.file.profiles,
            read_sources(self.settings.folder),
            self.fingerprints,
            language_model=runtime.endpoint_of(os.environ),
            other_engine=sail,
            prefers_sail=sail is not None and name == "auto",
            why_no_sail=None if sail is None else builds.why_settings_need_spark(self.settings.spark),
            verifies=verify and sail is not None,
            engine_note=note,
        )

    @property
    def logs(self) -> Path:
        """The folder of the logs of builds and of Spark: in the warehouse, or for an object store in the user's folder.

        Raises:
            StoreError: the folder is a link.
        """
        return logs_of(self.warehouse)

    def make_warehouse(self) -> None:
        """Make the folder of the warehouse if it does not exist.

        Raises:
            StoreError: it cannot be written.
        """
        make_warehouse(self.warehouse)

    def spark(self) -> SparkSession:
        """Return the Spark session of the project's profile, and start it if none runs.

        Raises:
            EnvironmentProblem: there is no fitting Java, or Spark does not start.
        """
        return self._engines.spark(self.roots)

    def import_modules_in_each_job(self) -> None:
        """Let Python workers of a Spark that starts later import modules in each job, so that `reload` affects them."""
        self._engines.import_modules_in_each_job()

    # Datasets and branches

    def dataset(self, name: str, at: int | None = None) -> Dataset:
        """Return a dataset: its rows, versions and history. Nothing is read yet.

        Args:
            name: its path, the last part of it if no other dataset ends so, or its RID or alias in a shrinkwrap file.
            at: number of the version to read; None: the last one.

        Raises:
            StoreError: several datasets of the warehouse end so.
            UnknownTargetError: neither the warehouse nor the project has such a dataset; the text has the nearest.
        """
        return Dataset(self, resolve_name(name, self), at)

    def lineage(self, column: str, *, downstream: bool = False, only_direct: bool = False) -> ColumnStep:
        """Return the columns that a column comes from, or those that depend on it, as a tree. Starts no Spark.

        Args:
            column: DATASET.COLUMN; the dataset may be the last part of its path.
            downstream: return those that depend on it.
            only_direct: leave out steps that only decide which rows there are, or which value is taken.

        Raises:
            UnknownTargetError: there is no such dataset; the text has the nearest.
            StoreError: the dataset has no such column, or was never built.
        """
        from transforms_api.api.impact import LineageReader

        reader = LineageReader(self)
        return reader.tree(reader.column(column), downstream, only_direct)

    def impact(self, column: str) -> Impact:
        """Return what depends on a column: columns, transforms, checks, contracts and pages. Starts no Spark.

        Args:
            column: DATASET.COLUMN; the dataset may be the last part of its path.

        Raises:
            UnknownTargetError: there is no such dataset; the text has the nearest.
            StoreError: the dataset has no such column, or was never built.
        """
        from transforms_api.api.impact import ImpactReader, LineageReader

        reader = LineageReader(self)
        return ImpactReader(self, reader.graph).impact(reader.column(column))

    def column_graph(self) -> ColumnGraph:
        """Return the recorded lineage of the columns of all datasets of the branch. Starts no Spark."""
        from transforms_api.catalog import ColumnGraph

        return ColumnGraph.of_warehouse(self.warehouse)

    def pages_by_column(self) -> dict[ColumnName, tuple[str, ...]]:
        """Return column → the parts of an application's pages that read it, such as 'Deals: Filters'.

        Raises:
            DiscoveryError: `pages` in conf/run.toml names no function, or the function fails.
        """
        from transforms_api.api.impact import ImpactReader

        pages: dict[ColumnName, tuple[str, ...]] = {}
        for part in ImpactReader(self, self.column_graph()).pages:
            for column in sorted(part.columns):
                pages[column] = (*pages.get(column, ()), f"{part.page}: {part.part}")
        return pages

    def stale_lineage(self, *datasets: str) -> dict[str, str]:
        """Return dataset → why its recorded lineage may not be that of the code as it is now. Starts no Spark.

        Args:
            datasets: paths of datasets.

        Raises:
            DiscoveryError: a module of the project cannot be imported.
        """
        from transforms_api.api.impact import ImpactReader, LineageReader

        return ImpactReader(self, LineageReader(self).graph).stale(datasets)

    def branches(self) -> list[Branch]:
        """Return the branches of the warehouse, each with its datasets."""
        return warehouse.list_branches(self.warehouse.root)

    def branch(self, name: str) -> Branch:
        """Return a branch of the warehouse.

        Args:
            name: of the branch.

        Raises:
            StoreError: there is none of this name; the text has the nearest, and all that there are.
        """
        known = [branch.name for branch in self.branches()]
        if name not in known:
            every, alike = ", ".join(known) or "none yet", did_you_mean(name, known)
            raise StoreError(f"There is no branch '{name}' in {self.warehouse.root}.{alike} Its branches: {every}.")
        return warehouse.branch_named(self.warehouse.root, name)

    def delete_branch(self, name: str) -> Branch:
        """Delete a branch with all its datasets, and return it as it was.

        Args:
            name: of the branch.

        Raises:
            StoreError: there is none, it is the default branch, or a different branch needs it.
        """
        return warehouse.delete_branch(self.warehouse.root, name, self.settings.file.branch)

    def similar_branches(self) -> str:
        """Return 'Did you mean …?' if the warehouse lacks the project's branch and has one of a similar name, else ''.

        A new branch is no error: its first build creates it. A warehouse on an object store is not searched.
        """
        if not self.warehouse.fallback_branches or self.warehouse.storage.is_remote:
            return ""
        known = [branch.name for branch in self.branches()]
        return "" if self.warehouse.branch in known else did_you_mean(self.warehouse.branch, known)

    def vacuum(self, *names: str, retain: timedelta = timedelta(days=7), dry_run: bool = False) -> list[Vacuumed]:
        """Remove the files of versions that were replaced long ago, and what killed jobs left; return what was removed.

        Args:
            names: of datasets, see `dataset`; none: all datasets of the branch.
            retain: how long a version stays after it was replaced.
            dry_run: remove nothing, and return what would be removed.

        Raises:
            StoreError: a dataset is not on the branch, or the warehouse cannot be written.
        """
        own = [path for branch in self.branches() if branch.name == self.warehouse.branch for path in branch.tables]
        paths = [self.dataset(name).path for name in names] if names else own
        unused_since = datetime.now(UTC) - retain
        return warehouse.remove_unused_files(self.warehouse, dict.fromkeys(paths), unused_since, dry_run)


def _request(
    targets: tuple[str, ...],
    parameters: Mapping[str, Any] | None,
    force: bool = False,
    strict: bool | None = None,
    timeout: float | None = None,
    fail_fast: bool = False,
    engine: str | None = None,
    verify: bool = False,
    snapshots: Sequence[str] = (),
) -> BuildRequest:
    from transforms_api.api.build import BuildRequest

    values = parameters or {}
    return BuildRequest(targets, values, force, strict, timeout, fail_fast, engine, verify, tuple(snapshots))


def _as_listeners(on_event: Callable[[BuildEvent], object] | None) -> list[BuildListener]:
    return [] if on_event is None else [builds.EventCallback(on_event)]
