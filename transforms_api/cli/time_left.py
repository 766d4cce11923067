"""How long a build will still take, by how long its jobs took the last time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from pathlib import Path

from transforms_api.build.log import events_in, logs_in
from transforms_api.build.report import JobState

_LOGS = 10
"""Logs that are read at most: who built last week in parts still gets an estimate, and nobody waits for one."""


def last_durations(folder: Path, transforms: Collection[str]) -> dict[str, float]:
    """Return the seconds of the last completed job of each transform, by its reference, as the newest logs tell.

    Args:
        folder: where the logs of builds are; it need not exist.
        transforms: the references to look for.
    """
    wanted, found = set(transforms), dict[str, float]()
    for log in islice(logs_in(folder), _LOGS):
        if wanted <= found.keys():
            break
        found = {**_durations_in(log), **found}
    return {transform: seconds for transform, seconds in found.items() if transform in wanted}


def seconds_left(
    waiting: Iterable[float | None], running: Iterable[tuple[float | None, float]], side_by_side: int
) -> float | None:
    """Return the seconds until the last job ends, or None where nobody knows how long one of them takes.

    It is the work that is left, shared among as many jobs as run side by side; never less than the longest of them.

    Args:
        waiting: what the jobs that have not begun took the last time, in seconds.
        running: the same of the running ones, with the seconds for which each has been running.
    """
    whole = [*((expected, 0.0) for expected in waiting), *running]
    left = [max(expected - elapsed, 0.0) for expected, elapsed in whole if expected is not None]
    if not left or len(left) < len(whole):
        return None
    return max(sum(left) / side_by_side, *left)


def in_words(seconds: float) -> str:
    """Return a duration as it is said of an estimate: 'about 40 s left', 'about 3 min left'."""
    if seconds < 60:
        return f"about {max(round(seconds), 1)} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min left"


def _durations_in(log: Path) -> dict[str, float]:
    return {
        event["transform"]: event["seconds"]
        for event in events_in(log)
        if event.get("event") == "job ended" and event.get("state") == JobState.COMPLETED.value
    }
