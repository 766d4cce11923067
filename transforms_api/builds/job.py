"""One job: a transform run as a transaction over all its outputs.

Its outputs are staged, the checks on them evaluated, and only then published; whatever fails before leaves every
dataset as it was.

What a transform warns of by Python's logging becomes notes of its job, where its user looks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transforms_api.builds.arguments import bind_arguments, compute
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.incremental import ReadPlan, input_versions, plan_reads
from transforms_api.builds.output_checks import check_inputs, check_outputs
from transforms_api.builds.staleness import Skip, SkipCheck, logic_of
from transforms_api.declare import Engine, Transform
from transforms_api.engines import CancelToken, error_text, job_session, settings_of
from transforms_api.errors import NotSupportedLocallyError, WriteError
from transforms_api.expectations import CheckResult
from transforms_api.runtime import OutputState, accepting_writes
from transforms_api.warehouse import (
    CheckOutcome,
    MultiTableTransaction,
    Provenance,
    TableVersion,
    Warehouse,
    open_multi_table_transaction,
    wait_for_publishing,
)


@contextmanager
def captured_warnings(transform: Transform[Any, Any]) -> Iterator[list[str]]:
    """Collect, in the list that is yielded, what the transform's own modules warn of in this thread.

    Its own are those below the top package of its function's module: `logging.getLogger(__name__)` is one of them. What
    they warn of in other threads is shown as it is without this.
    """
    warned: list[str] = []
    logger = logging.getLogger(transform.compute_function.__module__.partition(".")[0])
    handler = _Collector(warned)
    logger.addHandler(handler)
    try:
        yield warned
    finally:
        logger.removeHandler(handler)


class _Collector(logging.Handler):
    def __init__(self, warned: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._warned, self._thread = warned, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._warned.append(record.getMessage())
        elif logging.lastResort and not logging.root.handlers and not getattr(record, "is_shown", False):
            record.is_shown = True  # several jobs may collect at a time
            logging.lastResort.handle(record)


_NO_VERSION = "has no version yet"


@dataclass(frozen=True)
class JobOutcome:
    """What a job changed.

    Attributes:
        rows: rows (or files, where a dataset holds files only) committed, by dataset.
        checks: how the checks came out.
        notes: what its user might wonder about: what it warned of by logging, why it did not run incrementally.
        skipped: why the job did not have to run; it has then changed nothing.
    """

    rows: dict[str, int]
    checks: list[CheckResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: Skip | None = None


def run_job(
    transform: Transform[Any, Any],
    environment: BuildEnvironment,
    stop: CancelToken | None = None,
    skip_check: SkipCheck | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> JobOutcome:
    """Run a transform and publish its outputs together.

    The versions of the inputs are the last ones at the time at which the outputs are locked.

    Args:
        stop: the order to stop that the build may give.
        skip_check: called once the outputs are locked; None: the job runs in any case.
        on_wait: called with a sentence when the job begins to wait for a lock that a different process holds.

    Raises:
        JobStoppedError: the order was given; nothing is published.
        NotSupportedLocallyError: it needs what only Foundry has.
        NotIncrementalError: it has to run incrementally and cannot.
        ComputeError: its function raised; nothing is published.
        WriteError: what it wrote or returned cannot become a dataset; nothing is published.
        ChecksFailedError: checks that must hold do not; nothing is published.
        StoreError: an input cannot be read or a commit fails.
    """
    refuse_foundry_only(transform)
    warehouse = environment.warehouse
    tables = [warehouse.table(dataset) for dataset in transform.writes]
    purpose = f"{transform.reference}, build {environment.build}"
    waits: list[str] = []

    def wait(message: str) -> None:
        waits.append(message)
        if on_wait:
            on_wait(message)

    with open_multi_table_transaction(warehouse.root, tables, purpose, on_wait=wait) as job:
        if skip := skip_check and skip_check(transform, bool(waits)):
            return JobOutcome({}, notes=[skip.note], skipped=skip)
        before = {dataset: warehouse.latest(dataset) for dataset in transform.writes}
        run = plan_reads(transform, _input_versions(transform, warehouse), before)
        states = {
            dataset: _open(transform, dataset, version, run, job, warehouse) for dataset, version in before.items()
        }
        return _run_in(transform, run, states, job, environment, stop or CancelToken())


def _run_in(
    transform: Transform[Any, Any],
    run: ReadPlan,
    states: Mapping[str, OutputState],
    job: MultiTableTransaction,
    environment: BuildEnvironment,
    stop: CancelToken,
) -> JobOutcome:
    with job_session(environment.spark, settings_of(transform.profiles, environment.profiles), stop) as spark:
        checks = check_inputs(transform, run, spark)
        with captured_warnings(transform) as warned, accepting_writes(states.values()):
            completed = compute(transform, bind_arguments(transform, run, states, spark, environment), spark)
        kept = {dataset: state for dataset, state in states.items() if completed and not state.is_aborted}
        for state in kept.values():
            _demand_whole_writes(state)
            _keep_columns(state)
        checks += check_outputs(transform, run, kept, spark)
    provenance = _provenance(transform, run, checks, environment)
    stop.check()
    warned.extend(_remarks(transform, kept.values()))
    staged = [state.stage_commit(provenance) for state in kept.values()]
    rows = dict(zip(kept, job.publish(staged), strict=True))
    notes = [environment.redact(text) for text in [*warned, *spark.notes]]
    return JobOutcome(
        rows, checks, [*notes, *_notes(run, [states[dataset] for dataset in sorted(states.keys() - kept.keys())])]
    )


def refuse_foundry_only(transform: Transform[Any, Any]) -> None:
    """Make sure that a transform needs nothing that only Foundry has.

    Raises:
        NotSupportedLocallyError: it does.
    """
    if transform.foundry_only:
        features = " and ".join(dict.fromkeys(transform.foundry_only))
        instead = (
            "Import its outputs instead: `import FOLDER --dataset PATH`."
            if transform.writes
            else "It writes no dataset: to build without it, name the datasets to build."
        )
        raise NotSupportedLocallyError(
            f"{transform.location}: transform '{transform.__name__}' needs {features}, "
            f"which only Foundry has. {instead}"
        )


def _input_versions(transform: Transform[Any, Any], warehouse: Warehouse) -> dict[str, TableVersion]:
    """Return the last version of each input, never of a job that has published some of its outputs and not yet all."""
    found = input_versions(transform, warehouse)
    while tables := _of_several_jobs(found.values()):
        wait_for_publishing(warehouse.root, tables)
        before, found = found, input_versions(transform, warehouse)
        if found == before:
            break
    return found


def _of_several_jobs(versions: Iterable[TableVersion]) -> list[Path]:
    """Return the tables that one transform has written in different builds: it may be publishing them just now."""
    written: dict[str, dict[str, list[Path]]] = {}
    for version in versions:
        commit = version.commit
        if commit.transform is not None:
            written.setdefault(commit.transform, {}).setdefault(str(commit.build), []).append(version.table)
    several = [builds for builds in written.values() if len(builds) > 1]
    return [table for builds in several for tables in builds.values() for table in tables]


def _open(
    transform: Transform[Any, Any],
    dataset: str,
    before: TableVersion | None,
    run: ReadPlan,
    job: MultiTableTransaction,
    warehouse: Warehouse,
) -> OutputState:
    transaction = job.transactions[warehouse.table(dataset)]
    transaction.base = before
    return OutputState(
        dataset,
        warehouse.branch,
        transaction,
        before,
        is_incremental=run.is_incremental,
        strict_append=transform.incremental is not None and transform.incremental.strict_append,
    )


def _demand_whole_writes(state: OutputState) -> None:
    """Raise a WriteError if a write failed, the transform caught the error, and no later write replaced the rows."""
    if state.failed_write is not None:
        raise WriteError(
            f"{state.dataset}: a write failed and the transform caught the error, so that rows may be missing. Let the "
            "error end the job, replace the rows by a later write, or call abort() to keep the last version. The "
            f"error: {error_text(state.failed_write).strip().splitlines()[0]}"
        ) from state.failed_write


def _keep_columns(state: OutputState) -> None:
    """Let an output that was never written lose its rows, as on Foundry, but not its columns."""
    before = state.previous
    if not state.has_written and not state.adds and before is not None and not before.holds_files_only:
        state.schema, state.partition_columns = before.schema, before.partition_columns


def _remarks(transform: Transform[Any, Any], states: Iterable[OutputState]) -> list[str]:
    """Return remarks on what the transform did not write and on what its declaration has no effect on."""
    remarks = [
        f"{state.dataset}: the transform has not written it; it is an empty dataset without columns"
        for state in states
        if not state.has_written and not state.adds
    ]
    if transform.engine is Engine.SINGLE_NODE and transform.profiles:
        remarks.append("configure(profile=…) has no effect on a single-node transform: profiles are Spark's")
    return remarks


def _provenance(
    transform: Transform[Any, Any], run: ReadPlan, checks: list[CheckResult], environment: BuildEnvironment
) -> Provenance:
    settings = transform.incremental
    return Provenance.of_build(
        build=environment.build,
        transform=transform.reference,
        branch=environment.warehouse.branch,
        inputs=run.read,
        logic=logic_of(transform, environment).as_json(),
        checks=[CheckOutcome(name=result.name, on_error=result.on_error, problem=result.problem) for result in checks],
        incremental=(settings.semantic_version, settings.v2_semantics) if settings else None,
    )


def _notes(run: ReadPlan, aborted: Sequence[OutputState]) -> list[str]:
    notes = [
        f"{state.dataset}: aborted by the transform, it {'keeps its last version' if state.previous else _NO_VERSION}"
        for state in aborted
    ]
    if run.is_incremental:
        return [*notes, "ran incrementally"]
    return [*notes, f"not running incrementally: {run.reason}"] if run.reason else notes
