"""The checks of a job, on complete datasets: inputs as they are, outputs as they would be after the commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import types as T

from transforms_api.builds.incremental import ReadPlan
from transforms_api.declare import Engine, Input, Transform
from transforms_api.engines import (
    SessionFactory,
    empty_frame,
    summarize,
)
from transforms_api.engines import (
    read_slice as read_spark_slice,
)
from transforms_api.engines import (
    read_staged as read_staged_spark,
)
from transforms_api.errors import ChecksFailedError
from transforms_api.expectations import CheckResult, evaluate_checks
from transforms_api.extras import extra
from transforms_api.runtime import OutputState
from transforms_api.warehouse import (
    TableVersion,
    full_view,
)
from transforms_api.warehouse import (
    read_slice as read_arrow_slice,
)
from transforms_api.warehouse import (
    read_staged as read_staged_arrow,
)


def check_inputs(transform: Transform[Any, Any], run: ReadPlan, spark: SessionFactory) -> list[CheckResult]:
    """Evaluate the checks on the inputs and return their results. A check always sees the complete dataset.

    Args:
        transform: the transform of the job.
        run: the versions that the job reads.
        spark: the job's session.

    Raises:
        ChecksFailedError: a check that must hold does not.
        StoreError: rows cannot be read.
    """
    others = _OtherInputs(transform, run, spark)
    results: list[CheckResult] = []
    with summarize(_read_by(run)):
        for bound in transform.bound_inputs:
            if bound.checks:
                rows = _committed(transform, run.views[bound.dataset].version, spark)
                results += evaluate_checks(bound.dataset, rows, bound.checks, others)
    return require_checks_passed(results)


def check_outputs(
    transform: Transform[Any, Any], run: ReadPlan, states: Mapping[str, OutputState], spark: SessionFactory
) -> list[CheckResult]:
    """Evaluate the checks on the outputs as they will be after the commit, and return their results.

    Args:
        transform: the transform of the job.
        run: the versions that the job reads.
        states: dataset → state of an output that will be published.
        spark: the job's session.

    Raises:
        ChecksFailedError: a check that must hold does not.
        StoreError: rows cannot be read.
    """
    others = _OtherInputs(transform, run, spark)
    results: list[CheckResult] = []
    kept = [state.kept for state in states.values() if state.kept]
    with summarize([*_read_by(run), *kept]):
        for bound in transform.bound_outputs:
            if bound.checks and bound.dataset in states:
                rows = _after_commit(transform, states[bound.dataset], spark)
                results += evaluate_checks(bound.dataset, rows, bound.checks, others)
    return require_checks_passed(results)


def require_checks_passed(results: list[CheckResult]) -> list[CheckResult]:
    """Return the results unless one of them stops the job.

    Args:
        results: results of checks.

    Raises:
        ChecksFailedError: the text has all checks that must hold and do not, with sample rows.
    """
    if broken := [result for result in results if result.stops_the_job]:
        lines = "\n".join(f"  {result}" for result in broken)
        raise ChecksFailedError(f"Checks do not hold, so nothing has been published:\n{lines}", results)
    return results


def _read_by(run: ReadPlan) -> list[TableVersion]:
    return [view.version for view in run.views.values()]


class _OtherInputs(Mapping[str, Any]):
    """Parameter → rows of an input, for `E.dataset_ref`; an input is read when a check uses it."""

    def __init__(self, transform: Transform[Any, Any], run: ReadPlan, spark: SessionFactory) -> None:
        inputs = transform.bound_inputs
        self._datasets = {
            one.parameter: one.dataset for one in inputs if isinstance(transform.inputs[one.parameter], Input)
        }
        self._transform, self._run, self._spark = transform, run, spark

    def __getitem__(self, name: str) -> Any:
        version = self._run.views[self._datasets[name]].version
        return _committed(self._transform, version, self._spark)

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)


def _committed(transform: Transform[Any, Any], version: TableVersion, spark: SessionFactory) -> Any:
    if transform.engine is Engine.SINGLE_NODE:
        polars = extra("polars")
        if version.holds_files_only:
            return polars.LazyFrame()
        return polars.scan_pyarrow_dataset(read_arrow_slice(full_view(version)))
    if version.holds_files_only:
        return empty_frame(spark(), T.StructType([]))
    return read_spark_slice(spark(), full_view(version))


def _after_commit(transform: Transform[Any, Any], state: OutputState, spark: SessionFactory) -> Any:
    if transform.engine is Engine.SINGLE_NODE:
        return _after_commit_single_node(state)
    session = spark()
    kept = state.kept_beside_written()
    schema = state.schema and (kept.schema if kept else state.schema)
    columns = T.StructType.fromJson(json.loads(schema)) if schema else T.StructType([])
    staged = read_staged_spark(session, columns, state.transaction)
    if kept is None:
        return staged
    before = read_spark_slice(session, full_view(kept))
    return before.unionByName(staged) if schema else before


def _after_commit_single_node(state: OutputState) -> Any:
    polars = extra("polars")
    kept = state.kept_beside_written()
    parts = [] if kept is None else [read_arrow_slice(full_view(kept)).to_table()]
    if state.schema is not None:
        schema = kept.schema if kept else state.schema
        parts.append(read_staged_arrow(schema, state.transaction, state.partition_columns))
    return polars.from_arrow(pa.concat_tables(parts, promote_options="permissive")) if parts else polars.DataFrame()
