"""The report of a build: one result per job, as objects and as JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from transforms_api.declare import Transform
from transforms_api.errors import BuildFailedError
from transforms_api.expectations import CheckResult
from transforms_api.project import NEVER_INCREMENTAL, Fault, SqlTransform


class JobState(Enum):
    """How a job ended; Foundry's terms."""

    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    """Not run or not completed: a job that it depends on failed, a fault stops it, or the build was stopped."""
    IGNORED = "ignored"
    """Not run: its datasets are fresh or imported, when planned or when they were locked."""


@dataclass(frozen=True)
class JobResult:
    """The result of one job.

    Attributes:
        transform: the transform of the job.
        state: how the job ended.
        rows: dataset → committed rows, without datasets that the job left unchanged.
        seconds: duration of the job.
        checks: results of the checks.
        reason: why the job did not complete, in one line or more, without secrets.
        where: lines of the user's code that a failure comes from, the innermost first.
        error: the exception of a failed job, with the user's own traceback as its cause.
        notes: remarks for the user, such as why the run was not incremental.
        engine: 'spark' or 'sail'; None for a single-node transform, and for a job that did not run.
        why_engine: why Spark computed the job in a build that prefers Sail; None otherwise.
        is_verified: whether Spark and Sail have computed the same rows; None: they were not compared.
        differences: how the rows of Sail, which were not published, differ from those of Spark.
    """

    transform: Transform[Any, Any]
    state: JobState
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    checks: list[CheckResult] = field(default_factory=list)
    reason: str | None = None
    where: str | None = None
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)
    engine: str | None = None
    why_engine: str | None = None
    is_verified: bool | None = None
    differences: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "transform": self.transform.reference,
            "file": self.transform.location,
            "outputs": self.transform.writes,
            "state": self.state.value,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "where": self.where,
            "engine": self.engine,
            "why_engine": self.why_engine,
            "is_verified": self.is_verified,
            "differences": self.differences,
            "notes": [*self.notes, *([NEVER_INCREMENTAL] if isinstance(self.transform, SqlTransform) else [])],
            "checks": {
                "held": sum(result.problem is None for result in self.checks),
                "broken": [dataclasses.asdict(result) for result in self.checks if result.problem],
            },
        }


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    Attributes:
        build: identifier of the build.
        warehouse: root of the warehouse.
        branch: the branch that was built.
        seconds: duration of the build.
        jobs: results, in the order in which the jobs ended.
        faults: faults of the project that concern the build.
        warnings: remarks on the build that stopped nothing.
        was_interrupted: whether the user stopped the build.
    """

    build: str
    warehouse: str
    branch: str
    seconds: float
    jobs: list[JobResult]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    was_interrupted: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether there are no faults and all jobs completed or were ignored."""
        is_sound = all(fault.is_warning for fault in self.faults)
        return is_sound and all(job.state in (JobState.COMPLETED, JobState.IGNORED) for job in self.jobs)

    @property
    def differing(self) -> list[JobResult]:
        """The jobs for which Sail computed other rows than Spark, in a build that verifies."""
        return [job for job in self.jobs if job.is_verified is False]

    def raise_for_failures(self) -> None:
        """Do nothing if the build succeeded, for the last line of a task in a scheduler.

        Raises:
            BuildFailedError: a job failed or was aborted, or the build was interrupted. Its text has the reasons, its
                cause is the error of the first failed job.
        """
        if self.succeeded and not self.was_interrupted:
            return
        states = (JobState.FAILED, JobState.ABORTED)
        unfinished = [job for job in self.jobs if job.state in states]
        reasons = "".join(
            f"\n  {job.transform.reference} {job.state.value}: {job.reason}" + (f"\n{job.where}" if job.where else "")
            for job in unfinished
        )
        text = f"Build {self.build}: {len(unfinished)} of {len(self.jobs)} jobs did not complete.{reasons}"
        raise BuildFailedError(text, self) from next((job.error for job in unfinished if job.error), None)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "build": self.build,
            "succeeded": self.succeeded,
            "warehouse": self.warehouse,
            "branch": self.branch,
            "seconds": round(self.seconds, 3),
            "jobs": [job.as_json() for job in self.jobs],
            "faults": [fault.as_json() for fault in self.faults],
            "warnings": self.warnings,
        }
