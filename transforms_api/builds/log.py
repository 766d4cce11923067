"""The log of a build, a file of JSON lines: writing it, and reading the last build and the last job of a transform."""

from __future__ import annotations

import contextlib
import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from transforms_api.builds.plan import LastChange, Plan
from transforms_api.builds.report import BuildListener, BuildReport, JobResult, JobState
from transforms_api.declare import Transform
from transforms_api.errors import StoreError
from transforms_api.warehouse import append_to


class BuildLog(BuildListener):
    """Writes the events of a build, each as a line with `event`, `timestamp` (UTC) and further fields.

    Args:
        file: receives the lines.
        build: identifier of the build, a field of each line.
        redact: removes secrets from a text.
    """

    def __init__(self, file: _LogFile, build: str, redact: Callable[[str], str]) -> None:
        self._file, self._build, self._redact = file, build, redact
        self._last_change: LastChange | None = None

    def on_build_started(self, plan: Plan) -> None:
        """Log the plan."""
        warehouse, parameters = plan.environment.warehouse, dict(plan.environment.parameters)
        branch = warehouse.branch
        self._last_change = warehouse.last_change
        self._write("build began", branch=branch, parameters=parameters, **plan.as_json())

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Log that a job has started.

        Args:
            transform: the transform of the job.
        """
        self._write("job began", transform=transform.reference, outputs=transform.writes)

    def on_job_ended(self, result: JobResult) -> None:
        """Log the result of a job, with the complete traceback of an error.

        Args:
            result: the result.
        """
        trace = result.error and self._redact("".join(traceback.format_exception(result.error)))
        if result.state is JobState.FAILED:
            transactions = self._transactions(result.transform)
            self._write("job ended", "error", **result.as_json(), traceback=trace, transactions=transactions)
        else:
            self._write("job ended", **result.as_json(), traceback=trace)

    def _transactions(self, transform: Transform[Any, Any]) -> dict[str, str | None] | None:
        """Return output → transaction of its last version, which a failed job keeps; None if that is unknown."""
        if self._last_change is None:
            return None
        try:
            changes = {dataset: self._last_change(dataset, None) for dataset in transform.writes}
        except (StoreError, OSError):
            return None
        return {dataset: change.transaction if change else None for dataset, change in changes.items()}

    def on_wait(self, message: str) -> None:
        """Log that a job waits for a lock.

        Args:
            message: a sentence with the process that holds the lock.
        """
        self._write("message", text=message)

    def on_build_ended(self, report: BuildReport) -> None:
        """Log the end of the build.

        Args:
            report: the report of the build.
        """
        faults = [fault.as_json() for fault in report.faults]
        self._write(
            "build ended",
            succeeded=report.succeeded,
            seconds=round(report.seconds, 3),
            faults=faults,
            warnings=report.warnings,
        )

    def _write(self, event: str, level: str = "info", **fields: Any) -> None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"build": self._build, **fields, "event": event, "level": level, "timestamp": now}
        self._file.write(f"{json.dumps(line, default=str)}\n")


@dataclass(frozen=True)
class LastBuild:
    """An earlier build, for a retry.

    Attributes:
        left: references of transforms that it did not complete.
        parameters: values of parameters, by name.
    """

    left: list[str]
    parameters: dict[str, Any]


_MAX_LOGS = 1000
"""Number of logs to keep: months of a schedule, or a few days of `build --watch`."""
_DONE = (JobState.COMPLETED.value, JobState.IGNORED.value)


def last_build(folder: Path, branch: str) -> LastBuild:
    """Return the last build on a branch, which may have failed or been interrupted or killed.

    Args:
        folder: folder of the logs of builds.
        branch: the branch that was built.

    Raises:
        StoreError: no build on the branch has a log, or the last one completed all its jobs.
    """
    for file in logs_in(folder):
        events = list(events_in(file))
        begin = next((event for event in events if isinstance(event, LoggedBuild)), None)
        if begin is not None and begin.branch == branch:
            ended = (event for event in events if isinstance(event, LoggedJob))
            completed = {event.transform for event in ended if event.state in _DONE}
            left = [job.transform for job in (*begin.jobs, *begin.stopped) if job.transform not in completed]
            if not left:
                raise StoreError(f"Nothing is left of the last build on branch '{branch}': it completed all its jobs.")
            return LastBuild(left, begin.parameters)
    raise StoreError(f"{folder} has no log of a build on branch '{branch}': there is nothing to retry.")


def logs_in(folder: Path) -> dict[Path, float]:
    """Return log → time of its last change, in seconds since 1970, the newest first.

    Args:
        folder: folder of the logs of builds; it may be missing.
    """
    modified: dict[Path, float] = {}
    for file in folder.glob("*.jsonl"):
        if file.is_symlink():
            continue
        with contextlib.suppress(FileNotFoundError):  # a different build has just removed it
            modified[file] = file.stat().st_mtime
    return dict(sorted(modified.items(), key=lambda item: item[1], reverse=True))


def remove_old_logs(folder: Path, keep: int) -> None:
    """Remove old logs.

    Args:
        folder: folder of the logs of builds.
        keep: number of logs to keep.
    """
    for file in list(logs_in(folder))[keep:]:
        with contextlib.suppress(OSError):  # a later build tries again
            file.unlink()


class PlannedJob(BaseModel):
    """A transform in the plan of a build.

    Attributes:
        transform: reference of the transform.
    """

    transform: str


class LoggedBuild(BaseModel):
    """Event at the start of a build: its plan.

    Attributes:
        event: name of the event.
        timestamp: time of the event, in UTC.
        branch: the branch that is built.
        parameters: values of parameters, by name.
        jobs: the planned jobs.
        stopped: transforms that a fault stops.
        fresh: references of transforms whose datasets are fresh.
    """

    event: Literal["build began"]
    timestamp: AwareDatetime
    branch: str
    parameters: dict[str, Any] = {}
    jobs: list[PlannedJob] = []
    stopped: list[PlannedJob] = []
    fresh: list[str] = []


class LoggedJob(BaseModel):
    """Event at the end of a job: its result.

    Attributes:
        event: name of the event.
        timestamp: time of the event, in UTC.
        transform: reference of the transform.
        state: value of a `JobState`.
        seconds: duration of the job.
        reason: why the job did not complete.
        where: lines of the user's code that a failure comes from.
        rows: dataset → committed rows.
        transactions: dataset → transaction of its last version after a failed job; None if that is unknown.
    """

    event: Literal["job ended"]
    timestamp: AwareDatetime
    transform: str
    state: str
    seconds: float = 0.0
    reason: str | None = None
    where: str | None = None
    rows: dict[str, int] = {}
    transactions: dict[str, str | None] | None = None


class LoggedMessage(BaseModel):
    """Event with a sentence about the build.

    Attributes:
        event: name of the event.
        timestamp: time of the event, in UTC.
        text: the sentence.
    """

    event: Literal["message"]
    timestamp: AwareDatetime
    text: str


Event: TypeAlias = LoggedBuild | LoggedJob | LoggedMessage
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def events_in(file: Path) -> Iterator[Event]:
    """Yield the events of a log that this program reads; nothing if the log has been removed.

    Lines that are no such event are skipped: a killed build leaves an incomplete last line.

    Args:
        file: the log of a build.
    """
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:  # a different build has just removed it
        return
    for line in lines:
        with contextlib.suppress(ValidationError):
            yield _EVENT.validate_json(line)


class _LogFile:
    """A log file. If it cannot be written, such as on a full disk, logging ends with a warning; the build goes on."""

    def __init__(self, file: Path, warn: Callable[[str], None]) -> None:
        self._file, self._warn = file, warn
        self._stream: BinaryIO | None = append_to(file)

    def write(self, text: str) -> None:
        """Write a text, or warn once that the log cannot be written.

        Args:
            text: one or more lines.
        """
        if self._stream is None:
            return
        try:
            self._stream.write(text.encode())
            self._stream.flush()
        except OSError as error:
            self._warn(f"The log of the build ends early: {self._file} cannot be written: {error}")
            self.close()

    def close(self) -> None:
        """Close the log."""
        if self._stream is not None:
            with contextlib.suppress(OSError):  # buffered text that cannot be written
                self._stream.close()
            self._stream = None


@contextlib.contextmanager
def build_log(
    folder: Path, build: str, redact: Callable[[str], str], warn: Callable[[str], None] = lambda _: None
) -> Iterator[BuildLog]:
    """Open the log of a build, `<folder>/<build>.jsonl`, and remove all but the newest 999 older logs.

    Args:
        folder: folder of the logs of builds; it is created.
        build: identifier of the build.
        redact: removes secrets from a text.
        warn: called with a sentence if the log can no longer be written.

    Raises:
        StoreError: the log cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = _LogFile(folder / f"{build}.jsonl", warn)
        remove_old_logs(folder, _MAX_LOGS)
    except OSError as error:
        raise StoreError(f"The log of the build cannot be written: {error}. Nothing has been changed.") from error
    with contextlib.closing(stream):
        yield BuildLog(stream, build, redact)


@dataclass(frozen=True)
class LastJob:
    """The end of a transform's last job.

    Attributes:
        ended: time, in UTC.
        failure: why the job failed, in one line or more; None if it completed.
        is_since_last_version: the job failed after the last version of its datasets was committed. Taken from the
            transactions in the log, so the clock does not matter.
    """

    ended: AwareDatetime
    failure: str | None
    is_since_last_version: bool = False


@dataclass(frozen=True)
class _Job:
    """A job in a log.

    Attributes:
        last: its end.
        has_committed: whether it committed rows.
        transactions: see `LoggedJob`.
    """

    last: LastJob
    has_committed: bool = False
    transactions: Mapping[str, str | None] | None = None


def last_jobs(folder: Path, branch: str, transforms: Mapping[str, Mapping[str, str | None]]) -> dict[str, LastJob]:
    """Return reference of a transform → the end of its last job that completed or failed.

    A build that finds a transform's datasets fresh counts as a completed job. The clock may have been set back between
    two builds; so the transactions in the log decide whether a job failed before or after a version was committed.

    Args:
        folder: folder of the logs of builds; it may be missing.
        branch: the branch that was built.
        transforms: reference of a transform → its datasets → transaction of their last version, None without one.
    """
    logs, jobs = logs_in(folder), {name: list[_Job]() for name in transforms}
    seen_until = dict.fromkeys(transforms, 0.0)
    was_set_back = any(modified > time.time() for modified in logs.values())
    for file, modified in logs.items():
        if not was_set_back and all(until > modified for until in seen_until.values()):
            break
        for transform, job in _jobs_in(file, branch):
            if transform in jobs and not _is_over(job, transforms[transform]):
                jobs[transform].append(job)
                seen_until[transform] = max(seen_until[transform], job.last.ended.timestamp())
    return {name: _last(several) for name, several in jobs.items() if several}


def _is_over(job: _Job, now: Mapping[str, str | None]) -> bool:
    """Return whether a job failed before the last versions were committed. `now`: dataset → last transaction."""
    return job.transactions is not None and job.transactions != {name: now.get(name) for name in job.transactions}


def _last(jobs: Sequence[_Job]) -> LastJob:
    """Return the last job of a transform. Jobs that failed since the last version come after all that committed."""
    failed = [replace(job.last, is_since_last_version=True) for job in jobs if job.transactions is not None]
    others = [job.last for job in jobs if job.transactions is None and not (failed and job.has_committed)]
    return max(reversed([*failed, *others]), key=lambda job: job.ended)


def _jobs_in(file: Path, branch: str) -> Iterator[tuple[str, _Job]]:
    is_ours = False
    for event in events_in(file):
        if isinstance(event, LoggedBuild):
            is_ours = event.branch == branch
            if is_ours:
                yield from ((transform, _Job(LastJob(event.timestamp, None))) for transform in event.fresh)
        elif not is_ours or not isinstance(event, LoggedJob):
            continue
        elif event.state in _DONE:
            yield event.transform, _Job(LastJob(event.timestamp, None), bool(event.rows))
        elif event.state == JobState.FAILED.value:
            reason = "\n".join(filter(None, [event.reason, event.where]))
            last = LastJob(event.timestamp, reason or "its log does not say why")
            yield event.transform, _Job(last, transactions=event.transactions)
