"""One build of a project: the request, the plan made of it, and the run, whose events listeners receive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from transforms_api import builds

if TYPE_CHECKING:
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
