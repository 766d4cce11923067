"""The log of a build: one file of JSON lines, in which each job is found by its transform's name."""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import structlog

from transforms_api.build.environment import BuildEnvironment
from transforms_api.build.plan import Plan
from transforms_api.build.report import BuildReport, JobResult, JobState
from transforms_api.build.staleness import LastChange
from transforms_api.declare.transform import Transform
from transforms_api.errors import StoreError
from transforms_api.store.containment import append_to


class BuildLog:
    """What happens in a build, each event a line with `event`, `timestamp` (UTC) and what belongs to it.

    Args:
        redact: takes secrets out of a text.
    """

    def __init__(self, logger: Any, redact: Callable[[str], str]) -> None:
        self._logger, self._redact = logger, redact
        self._last_change: LastChange | None = None

    def plan(self, plan: Plan, environment: BuildEnvironment) -> None:
        """Log what the build is about to do."""
        branch, parameters = environment.warehouse.branch, dict(environment.parameters)
        self._last_change = environment.warehouse.last_change
        self._logger.info("build began", branch=branch, parameters=parameters, **plan.as_json())

    def job(self, transform: Transform[Any, Any], result: JobResult | None) -> None:
        """Log that a job has begun (None) or what became of it, with the whole traceback of an error."""
        if result is None:
            self._logger.info("job began", transform=transform.reference, outputs=transform.writes)
            return
        trace = result.error and self._redact("".join(traceback.format_exception(result.error)))
        if result.state is JobState.FAILED:
            transactions = self._transactions(transform)
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

    def message(self, text: str) -> None:
        """Log something that concerns the build as a whole."""
        self._logger.info("message", text=text)

    def end(self, report: BuildReport) -> None:
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
