"""One job: a transform run as a transaction over all its outputs.

The outputs are staged, their checks evaluated, and only then published; a failure before that leaves every dataset
unchanged. Warnings that the transform logs become notes of the job.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transforms_api.builds.arguments import bind_arguments, compute
from transforms_api.builds.engine_choice import VERIFIED, proof_of
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.incremental import ReadPlan, input_versions, plan_reads
from transforms_api.builds.output_checks import check_inputs, check_outputs
from transforms_api.builds.plan import Skip, SkipCheck, logic_of
from transforms_api.builds.verification import compare_outputs
from transforms_api.declare import Engine, TableOutput, Transform
from transforms_api.engines import (
    CancelToken,
    SparkEngine,
    error_text,
    probes_digest,
    settings_of,
)
from transforms_api.errors import EngineDifferenceError, NotSupportedLocallyError, WriteError
from transforms_api.expectations import CheckResult
from transforms_api.runtime import OutputState, accepting_writes
from transforms_api.warehouse import (
    EDITION,
    ICEBERG_FORMAT,
    CheckOutcome,
    MultiTableTransaction,
    Provenance,
    TableVersion,
    Transaction,
    Warehouse,
    open_multi_table_transaction,
    require_iceberg,
    storage_of,
    wait_for_publishing,
)


@contextmanager
def capture_warnings(transform: Transform[Any, Any]) -> Iterator[list[str]]:
    """Collect, in the yielded list, warnings that the transform's own modules log in this thread.

    Own modules are those below the top-level package of its function. Warnings in other threads are shown as usual.

    Args:
        transform: the transform of the job.
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
    """The result of a job that did not fail.

    Attributes:
        rows: dataset → number of committed rows, or of files if a dataset contains only files.
        checks: results of the checks.
        notes: remarks for the user, such as logged warnings or why the run was not incremental.
        skipped: why the job did not have to run and changed nothing; None if it ran.
        is_verified: whether Spark has computed the same rows as Sail.
    """

    rows: dict[str, int]
    checks: list[CheckResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: Skip | None = None
    is_verified: bool = False


def run_job(
    transform: Transform[Any, Any],
    environment: BuildEnvironment,
    stop: CancelToken | None = None,
    skip_check: SkipCheck | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> JobOutcome:
    """Run a transform and publish its outputs together.

    The job reads the last versions of its inputs at the time at which its outputs are locked.

    Args:
        transform: the transform to run.
        environment: the warehouse and the settings of the build.
        stop: token with which the build stops the job; None: nothing stops it.
        skip_check: called when the outputs are locked; None: the job runs in any case.
        on_wait: called with a sentence when the job begins to wait for a lock that a different process holds.

    Raises:
        JobStoppedError: the build stopped the job; nothing is published.
        NotSupportedLocallyError: the transform needs a feature that exists on Foundry only, or writes an Iceberg table
            to a warehouse on an object store.
        EnvironmentProblem: the transform writes an Iceberg table and pyiceberg is not installed.
        NotIncrementalError: the transform must run incrementally and cannot.
        ComputeError: the compute function raised an error; nothing is published.
        WriteError: written or returned rows cannot become a dataset; nothing is published.
        ChecksFailedError: a check that must hold does not; nothing is published.
        EngineDifferenceError: the job is to be verified, and Spark computes other rows; nothing is published.
        StoreError: an input cannot be read or a commit fails.
    """
    refuse_foundry_only(transform)
    warehouse = environment.warehouse
    if any(output.table_format == ICEBERG_FORMAT for output in transform.bound_outputs):
        require_iceberg(warehouse.root)
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
        run = plan_reads(
            transform,
            _input_versions(transform, warehouse),
            before,
            is_snapshot=not environment.snapshots.isdisjoint(transform.writes),
        )
        code = _digest_for_lineage(transform, run, environment)
        states = {
            dataset: _open(transform, dataset, version, run, job, warehouse, code)
            for dataset, version in before.items()
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
    with environment.engine.open_job(settings_of(transform.profiles, environment.profiles), stop) as spark:
        checks = check_inputs(transform, run, spark)
        with capture_warnings(transform) as warned, accepting_writes(states.values()):
            completed = compute(transform, bind_arguments(transform, run, states, spark, environment), spark)
        kept = {dataset: state for dataset, state in states.items() if completed and not state.is_aborted}
        for state in kept.values():
            _require_complete_writes(state)
            _keep_columns(state)
        checks += check_outputs(transform, run, kept, spark)
    provenance = _provenance(transform, run, checks, environment)
    if is_verified := environment.verifies and provenance.engine == "sail":
        _require_equal_on_spark(transform, run, states, kept, environment, stop)
        provenance = provenance.with_fields(engine_proof=VERIFIED)
    stop.check()
    warned.extend(_remarks(transform, kept.values()))
    staged = [state.stage_commit(provenance) for state in kept.values()]
    rows = dict(zip(kept, job.publish(staged), strict=True))
    notes = [environment.redact(text) for text in [*warned, *spark.notes]]
    aborted = [states[dataset] for dataset in sorted(states.keys() - kept.keys())]
    return JobOutcome(rows, checks, [*notes, *_notes(run, aborted)], is_verified=is_verified)


def _require_equal_on_spark(
    transform: Transform[Any, Any],
    run: ReadPlan,
    states: Mapping[str, OutputState],
    kept: Mapping[str, OutputState],
    environment: BuildEnvironment,
    stop: CancelToken,
) -> None:
    """Compute the job on Spark, from the same versions, into a temporary folder, and compare what both have staged."""
    engine = SparkEngine(environment.spark)
    with tempfile.TemporaryDirectory(prefix="transforms-verify-") as folder:
        twins = {
            dataset: state.anew(Transaction(Path(folder, str(number)), state.previous))
            for number, (dataset, state) in enumerate(states.items())
        }
        with (
            engine.open_job(settings_of(transform.profiles, environment.profiles), stop) as spark,
            capture_warnings(transform),
            accepting_writes(twins.values()),
        ):
            arguments = bind_arguments(transform, run, twins, spark, environment.on(engine))
            completed = compute(transform, arguments, spark)
        written = {dataset: twin for dataset, twin in twins.items() if completed and not twin.is_aborted}
        for twin in written.values():
            _keep_columns(twin)
        if differences := compare_outputs(written, kept):
            raise EngineDifferenceError(differences)


def refuse_foundry_only(transform: Transform[Any, Any]) -> None:
    """Raise if a transform needs a feature that exists on Foundry only.

    Args:
        transform: the transform to run.

    Raises:
        NotSupportedLocallyError: the text has the features and what to do.
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
    """Return dataset → last version of each input, after waiting for jobs that have published only some outputs."""
    versions = input_versions(transform, warehouse)
    while tables := _of_several_jobs(versions.values()):
        wait_for_publishing(warehouse.root, tables)
        before, versions = versions, input_versions(transform, warehouse)
        if versions == before:
            break
    return versions


def _of_several_jobs(versions: Iterable[TableVersion]) -> list[Path]:
    """Return the tables of a transform whose outputs come from different builds: it may be publishing them now."""
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
    code: str,
) -> OutputState:
    transaction = job.transactions[warehouse.table(dataset)]
    read = {storage_of(view.version.table).spark_uri(view.version.table): name for name, view in run.views.items()}
    if before is not None:
        read[storage_of(before.table).spark_uri(before.table)] = dataset
    transaction.base = before
    formats = {output.dataset: output.table_format for output in transform.bound_outputs}
    return OutputState(
        dataset,
        warehouse.branch,
        transaction,
        before,
        is_incremental=run.is_incremental,
        strict_append=transform.incremental is not None and transform.incremental.strict_append,
        is_iceberg=formats[dataset] == ICEBERG_FORMAT,
        read=read,
        code=code,
    )


def _digest_for_lineage(transform: Transform[Any, Any], run: ReadPlan, environment: BuildEnvironment) -> str:
    """Return a digest of what determines the lineage of columns: code, settings, and the inputs' schemas.

    Versions of libraries do not count, so that an engine without plans keeps the lineage that Spark recorded.
    """
    logic = logic_of(transform, environment)
    schemas = {dataset: view.version.schema for dataset, view in run.views.items()}
    parts = [EDITION, transform.reference, dict(logic.modules), dict(logic.settings), schemas, run.is_incremental]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _require_complete_writes(state: OutputState) -> None:
    """Raise if a write failed, the transform caught the error, and no later write replaced the rows."""
    if state.failed_write is not None:
        raise WriteError(
            f"{state.dataset}: a write failed and the transform caught the error, so that rows may be missing. Let the "
            "error end the job, replace the rows by a later write, or call abort() to keep the last version. The "
            f"error: {error_text(state.failed_write).strip().splitlines()[0]}"
        ) from state.failed_write


def _keep_columns(state: OutputState) -> None:
    """Keep the columns of an output that was not written; as on Foundry, it loses its rows."""
    before = state.previous
    if not state.has_written and not state.adds and before is not None and not before.holds_files_only:
        state.schema, state.partition_columns = before.schema, before.partition_columns


def _remarks(transform: Transform[Any, Any], states: Iterable[OutputState]) -> list[str]:
    """Return remarks on outputs that were not written and on declarations without effect."""
    remarks = [
        f"{state.dataset}: the transform has not written it; it is an empty dataset without columns"
        for state in states
        if not state.has_written and not state.adds
    ]
    located = [spec for spec in transform.written_specs if isinstance(spec, TableOutput) and spec.location]
    remarks += [f"{spec.alias} is stored in the warehouse; {spec.location} is not written" for spec in located]
    if transform.engine is Engine.SINGLE_NODE and transform.profiles:
        remarks.append("configure(profile=…) has no effect on a single-node transform: profiles are Spark's")
    return remarks


def _provenance(
    transform: Transform[Any, Any], run: ReadPlan, checks: list[CheckResult], environment: BuildEnvironment
) -> Provenance:
    settings = transform.incremental
    made = Provenance.of_build(
        build=environment.build,
        transform=transform.reference,
        branch=environment.warehouse.branch,
        inputs=run.read,
        logic=logic_of(transform, environment).as_json(),
        checks=[CheckOutcome(name=result.name, on_error=result.on_error, problem=result.problem) for result in checks],
        incremental=(settings.semantic_version, settings.v2_semantics) if settings else None,
    )
    if transform.engine is Engine.SINGLE_NODE:
        return made
    engine = environment.engine
    made = made.with_fields(engine=engine.name, engine_version=engine.version)
    if engine.name == "sail":
        proof = proof_of(transform, environment)
        return made.with_fields(engine_proof=proof, engine_probes=probes_digest() if proof else None)
    return made.with_fields(sail_differences=environment.sail_differences) if environment.sail_differences else made


def _notes(run: ReadPlan, aborted: Sequence[OutputState]) -> list[str]:
    notes = [
        f"{state.dataset}: aborted by the transform, it {'keeps its last version' if state.previous else _NO_VERSION}"
        for state in aborted
    ]
    if run.is_incremental:
        return [*notes, "ran incrementally"]
    return [*notes, f"not running incrementally: {run.reason}"] if run.reason else notes
