"""How far Spark is with what each running job asks of it."""

from __future__ import annotations

import contextlib
from typing import Any

from pyspark import SparkContext


def running_tasks() -> dict[str, tuple[int, int]]:
    """Return, by the transform's reference, how many tasks of its active stages are done, and how many there are.

    `SparkContext.statusTracker` tells the same only to who knows a job's group, which nobody but the job does; so its
    store is asked, where stages have their job's description. Never starts Spark. Empty where Spark does not run or
    cannot say.
    """
    found: dict[str, tuple[int, int]] = {}
    with contextlib.suppress(Exception):  # whatever it is, a build does not fail for its progress
        for stage in _active_stages():
            description = stage.description()
            if description.isDefined():
                done, total = found.get(description.get(), (0, 0))
                found[description.get()] = (done + stage.numCompleteTasks(), total + stage.numTasks())
    return found


def _active_stages() -> list[Any]:
    context: Any = SparkContext._active_spark_context
    java = getattr(context, "_jsc", None)
    if java is None:
        return []
    stages = java.sc().statusStore().activeStages()
    return [stages.apply(position) for position in range(stages.size())]
