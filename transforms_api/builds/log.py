"""The log of a build: one file of JSON lines, in which each job is found by its transform's name.

How the last job of each transform ended, as the logs of builds tell it.
"""

from __future__ import annotations

import contextlib
import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TextIO, cast

import structlog
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from transforms_api.builds.listeners import BuildListener
from transforms_api.builds.plan import Plan
from transforms_api.builds.report import BuildReport, JobResult, JobState
from transforms_api.builds.staleness import LastChange
from transforms_api.declare import Transform
from transforms_api.errors import StoreError
from transforms_api.warehouse import append_to


class BuildLog(BuildListener):
    """Writes each event of a build as a line with `event`, `timestamp` (UTC) and the values of the event.

    Args:
        logger: a structlog logger that writes JSON lines.
        redact: removes secrets from a text.
    """

    def __init__(self, logger: Any, redact: Callable[[str], str]) -> None:
        self._logger, self._redact = logger, redact
        self._last_change: LastChange | None = None

    def on_build_started(self, plan: Plan) -> None:
        """Log the plan."""
        warehouse, parameters = plan.environment.warehouse, dict(plan.environment.parameters)
        branch = warehouse.branch
        self._last_change = warehouse.last_change
        self._logger.info("build began", branch=branch, parameters=parameters, **plan.as_json())

    def on_job_started(self, transform: Transform[Any, Any]) -> None:
        """Log that a job has started."""
        self._logger.info("job began", transform=transform.reference, outputs=transform.writes)

    def on_job_ended(self, result: JobResult) -> None:
        """Log the result of a job, with the whole traceback of an error."""
        trace = result.error and self._redact("".join(traceback.format_exception(result.error)))
        if result.state is JobState.FAILED:
            transactions = self._transactions(result.transform)
            self._logger.error("job ended", **result.as_json(), traceback=trace, transactions=transactions)
        else:
            self._logger.info("job ended", **result.as_json(), traceback=trace)

    def _transactions(self, transform: Transform[Any, Any]) -> dict[str, str | None] | None:
        """Return the transaction of each output's last version, which a failed job leaves; None if that is unknown."""
        if self._last_change is None:
            return None
        try:
            changes = {dataset: self._last_change(dataset, None) for dataset in transform.writes}
        except (StoreError, OSError):
            return None
        return {dataset: change.transaction if change else None for dataset, change in changes.items()}

    def on_wait(self, message: str) -> None:
        """Log that a job waits, and for which process."""
        self._logger.info("message", text=message)

    def on_build_ended(self, report: BuildReport) -> None:
        """Log how the build ended."""
        faults = [fault.as_json() for fault in report.faults]
        self._logger.info(
            "build ended",
            succeeded=report.succeeded,
            seconds=round(report.seconds, 3),
            faults=faults,
            warnings=report.warnings,
        )


@dataclass(frozen=True)
class LastBuild:
    """What a build did not complete, and the values of parameters that it was given.

    Attributes:
        left: references of transforms.
    """

    left: list[str]
    parameters: dict[str, Any]


_KEPT = 1000
"""Number of builds whose logs stay: months of a schedule, or a few days of `build --watch`."""
_DONE = (JobState.COMPLETED.value, JobState.IGNORED.value)


def last_build(folder: Path, branch: str) -> LastBuild:
    """Return what the last build on `branch` left, whether it failed, was interrupted or killed.

    Raises:
        StoreError: no build on the branch has a log there, or it left nothing.
    """
    for file in logs_in(folder):
        events = list(events_in(file))
        begin = next((event for event in events if event["event"] == "build began"), None)
        if begin is not None and begin["branch"] == branch:
            completed = {event["transform"] for event in events if event.get("state") in _DONE}
            planned = [job["transform"] for job in (*begin["jobs"], *begin["stopped"])]
            left = [transform for transform in planned if transform not in completed]
            if not left:
                raise StoreError(f"Nothing is left of the last build on branch '{branch}': it completed all its jobs.")
            return LastBuild(left, begin["parameters"])
    raise StoreError(f"{folder} has no log of a build on branch '{branch}': there is nothing to retry.")


def logs_in(folder: Path) -> dict[Path, float]:
    """Return the logs of builds in a folder, which need not exist, the newest first → when each was last written to."""
    modified: dict[Path, float] = {}
    for file in folder.glob("*.jsonl"):
        if file.is_symlink():
            continue
        with contextlib.suppress(FileNotFoundError):  # another build has just removed it
            modified[file] = file.stat().st_mtime
    return dict(sorted(modified.items(), key=lambda one: one[1], reverse=True))


def remove_old_logs(folder: Path, keep: int) -> None:
    """Remove all logs of builds in a folder but the newest ones.

    Args:
        keep: number of logs that stay.
    """
    for file in list(logs_in(folder))[keep:]:
        with contextlib.suppress(OSError):  # what cannot be removed now will be by a later build
            file.unlink()


def events_in(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a log, none if it has been removed; a killed build leaves half a last line."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        with contextlib.suppress(ValueError):
            yield json.loads(line)


class _LogFile:
    """A log that stops being written when it cannot be, such as on a full disk; the build goes on."""

    def __init__(self, file: Path, warn: Callable[[str], None]) -> None:
        self._file, self._warn = file, warn
        self._stream: BinaryIO | None = append_to(file)

    def write(self, text: str) -> None:
        """Write a text, or warn once that it cannot be written."""
        if self._stream is None:
            return
        try:
            self._stream.write(text.encode())
            self._stream.flush()
        except OSError as error:
            self._warn(f"The log of the build ends early: {self._file} cannot be written: {error}")
            self.close()

    def flush(self) -> None:
        """Do nothing: each text is written at once."""

    def close(self) -> None:
        """Close the log."""
        if self._stream is not None:
            with contextlib.suppress(OSError):  # what could not be written before
                self._stream.close()
            self._stream = None


@contextlib.contextmanager
def build_log(
    folder: Path, build: str, redact: Callable[[str], str], warn: Callable[[str], None] = lambda _: None
) -> Iterator[BuildLog]:
    """Open the log of a build, `<folder>/<build>.jsonl`; of older logs the newest 999 stay.

    Args:
        warn: called with a sentence if the log can no longer be written.

    Raises:
        StoreError: it cannot be written from the start.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = _LogFile(folder / f"{build}.jsonl", warn)
        remove_old_logs(folder, _KEPT)
    except OSError as error:
        raise StoreError(f"The log of the build cannot be written: {error}. Nothing has been changed.") from error
    with contextlib.closing(stream):
        logger = structlog.wrap_logger(
            structlog.WriteLogger(cast(TextIO, stream)),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(default=str),
            ],
            build=build,
        )
        yield BuildLog(logger, redact)


@dataclass(frozen=True)
class LastJob:
    """How a transform's last job ended.

    Attributes:
        ended: when, in UTC.
        failure: why it failed, in one line or more; None where it did not.
        is_since_last_version: it failed after the last version of its datasets, whatever the clock says; its log names
            that version.
    """

    ended: AwareDatetime
    failure: str | None
    is_since_last_version: bool = False


class _Began(BaseModel):
    event: Literal["build began"]
    branch: str
    timestamp: AwareDatetime
    fresh: list[str] = []


class _Ended(BaseModel):
    event: Literal["job ended"]
    transform: str
    state: str
    timestamp: AwareDatetime
    reason: str | None = None
    where: str | None = None
    rows: dict[str, int] = {}
    transactions: dict[str, str | None] | None = None


@dataclass(frozen=True)
class _Job:
    """A job of a log; `has_committed` and `transactions` as in its event."""

    last: LastJob
    has_committed: bool = False
    transactions: Mapping[str, str | None] | None = None


_EVENT: TypeAdapter[_Began | _Ended] = TypeAdapter(Annotated[_Began | _Ended, Field(discriminator="event")])


def last_jobs(folder: Path, branch: str, transforms: Mapping[str, Mapping[str, str | None]]) -> dict[str, LastJob]:
    """Return, by the transform's reference, how the last job on `branch` ended that completed or failed.

    A build that found a transform's datasets fresh counts as a job that completed. What a log says that is no event of
    ours is passed over: a killed build leaves half a line. The clock may have been set back between two builds: whether
    a job failed before or after a version was committed, the version that its log names decides.

    Args:
        folder: where the logs are; it need not exist.
        transforms: the references to look for → its datasets → the transaction of their last version, None without one.
    """
    logs, found = logs_in(folder), {name: list[_Job]() for name in transforms}
    seen_until = dict.fromkeys(transforms, 0.0)
    was_set_back = any(modified > time.time() for modified in logs.values())
    for file, modified in logs.items():
        if not was_set_back and all(until > modified for until in seen_until.values()):
            break
        for transform, job in _jobs_in(file, branch):
            if transform in found and not _is_over(job, transforms[transform]):
                found[transform].append(job)
                seen_until[transform] = max(seen_until[transform], job.last.ended.timestamp())
    return {name: _last(jobs) for name, jobs in found.items() if jobs}


def _is_over(job: _Job, now: Mapping[str, str | None]) -> bool:
    """Tell whether a job failed before the last versions were committed, given their transactions by dataset."""
    return job.transactions is not None and job.transactions != {name: now.get(name) for name in job.transactions}


def _last(jobs: Sequence[_Job]) -> LastJob:
    """Return the last one of a transform's jobs: what failed since the last version did so after all that committed."""
    failed = [replace(job.last, is_since_last_version=True) for job in jobs if job.transactions is not None]
    others = [job.last for job in jobs if job.transactions is None and not (failed and job.has_committed)]
    return max(reversed([*failed, *others]), key=lambda job: job.ended)


def _jobs_in(file: Path, branch: str) -> Iterator[tuple[str, _Job]]:
    is_ours = False
    for event in _events_in(file):
        if isinstance(event, _Began):
            is_ours = event.branch == branch
            if is_ours:
                yield from ((transform, _Job(LastJob(event.timestamp, None))) for transform in event.fresh)
        elif is_ours and event.state in (JobState.COMPLETED.value, JobState.IGNORED.value):
            yield event.transform, _Job(LastJob(event.timestamp, None), bool(event.rows))
        elif is_ours and event.state == JobState.FAILED.value:
            told = "\n".join(filter(None, [event.reason, event.where]))
            last = LastJob(event.timestamp, told or "its log does not say why")
            yield event.transform, _Job(last, transactions=event.transactions)


def _events_in(file: Path) -> Iterator[_Began | _Ended]:
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:  # another build has just removed it
        return
    for line in lines:
        try:
            yield _EVENT.validate_json(line)
        except ValidationError:
            continue
