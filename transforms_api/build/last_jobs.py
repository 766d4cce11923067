"""How the last job of each transform ended, as the logs of builds tell it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
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
    """

    ended: AwareDatetime
    failure: str | None


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


_EVENT: TypeAdapter[_Began | _Ended] = TypeAdapter(Annotated[_Began | _Ended, Field(discriminator="event")])


def last_jobs(folder: Path, branch: str, transforms: Collection[str]) -> dict[str, LastJob]:
    """Return, by the transform's reference, how the last job on `branch` ended that completed or failed.

    A build that found a transform's datasets fresh counts as a job that completed. What a log says that is no event of
    ours is passed over: a killed build leaves half a line.

    Args:
        folder: where the logs are; it need not exist.
        transforms: the references to look for.
    """
    wanted, found = set(transforms), dict[str, LastJob]()
    for file, modified in logs_in(folder).items():
        if all(name in found and found[name].ended.timestamp() > modified for name in wanted):
            break
        for transform, job in _jobs_in(file, branch):
            if transform in wanted and (transform not in found or job.ended >= found[transform].ended):
                found[transform] = job
    return found


def _jobs_in(file: Path, branch: str) -> Iterator[tuple[str, LastJob]]:
    is_ours = False
    for event in _events_in(file):
        if isinstance(event, _Began):
            is_ours = event.branch == branch
            if is_ours:
                yield from ((transform, LastJob(event.timestamp, None)) for transform in event.fresh)
        elif is_ours and event.state in (JobState.COMPLETED.value, JobState.IGNORED.value):
            yield event.transform, LastJob(event.timestamp, None)
        elif is_ours and event.state == JobState.FAILED.value:
            told = "\n".join(filter(None, [event.reason, event.where]))
            yield event.transform, LastJob(event.timestamp, told or "its log does not say why")


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
