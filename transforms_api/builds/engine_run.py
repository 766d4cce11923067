"""The run of a job on the engine that was chosen for it, and on Spark if Sail has failed or computes other rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from transforms_api.builds.engine_choice import EngineUse, choose_engine
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import JobOutcome, run_job
from transforms_api.builds.plan import SkipCheck
from transforms_api.declare import Engine as TransformEngine
from transforms_api.declare import Transform
from transforms_api.engines import (
    CancelToken,
    Engine,
    SailEngine,
    SparkEngine,
    error_text,
    is_error_of_sail,
    is_lost_server,
)
from transforms_api.errors import EngineDifferenceError


def run_on_engine(
    transform: Transform[Any, Any],
    environment: BuildEnvironment,
    use: EngineUse,
    stop: CancelToken | None = None,
    skip_check: SkipCheck | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> JobOutcome:
    """Run a job on its engine, see `run_job`; if Sail fails and Spark may compute it, run it there.

    If the environment verifies, Spark computes each job of Sail, too. If the rows differ, those of Spark are published.

    A job whose Sail has ended while other jobs ran on it runs once more, alone: one of the others may have ended it.

    Args:
        transform: the transform to run.
        environment: the environment of the build.
        use: receives the engine.
        stop: token with which the build stops the job.
        skip_check: see `run_job`.
        on_wait: see `run_job`.

    Raises:
        TransformsError: see `run_job`.
    """
    choice = choose_engine(transform, environment)
    is_single_node = transform.engine is TransformEngine.SINGLE_NODE
    use.name, use.why = None if is_single_node else choice.engine.name, None if is_single_node else choice.why

    def run(engine: Engine) -> JobOutcome:
        is_scanned = environment.prefers_sail and engine is choice.engine
        inside = replace(environment.on(engine), sail_differences=tuple(use.differences), is_scanned=is_scanned)
        return run_job(transform, inside, stop, skip_check, on_wait)

    if is_single_node or not isinstance(choice.engine, SailEngine):
        return run(choice.engine)
    try:
        outcome = _run_on_sail(choice.engine, run)
        use.is_equal = True if outcome.is_verified else None
        return outcome
    except EngineDifferenceError as error:
        use.name, use.why = "spark", "Sail computes other rows"
        use.is_equal, use.differences = False, error.differences
    except BaseException as error:
        is_stopped = stop is not None and stop.reason is not None
        if is_stopped or not environment.prefers_sail or not is_error_of_sail(error):
            raise
        use.name, use.why = "spark", f"failed on Sail: {_first_line(error)}"
    return run(SparkEngine(environment.spark))


def _run_on_sail(sail: SailEngine, run: Callable[[Engine], JobOutcome]) -> JobOutcome:
    with sail.turn() as turn:
        try:
            return run(sail)
        except BaseException as error:
            if not (turn.had_company and is_lost_server(error)):
                raise
    with sail.turn(alone=True):
        outcome = run(sail)
    note = "Sail's process ended while this job and others ran on it; this job then completed alone"
    return replace(outcome, notes=[*outcome.notes, note])


def _first_line(error: BaseException) -> str:
    text = str(error) if type(error).__module__.startswith("transforms_api") else error_text(error)
    return (text.strip() or repr(error)).splitlines()[0][:300]
