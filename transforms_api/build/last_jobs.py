"""How the last job of each transform ended, as the logs of builds tell it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from transforms_api.build.log import logs_in
from transforms_api.build.report import JobState


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
