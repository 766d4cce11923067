"""The checks of a job, on complete datasets: inputs as they are, outputs as they would be after the commit.

Checks of a Spark transform on few rows are evaluated by Polars where it certainly agrees with Spark: a Spark job takes
longer than the rows. A check that fails there is evaluated again by Spark, whose result and sample rows count.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import types as T

from transforms_api.builds.incremental import ReadPlan
from transforms_api.declare import BoundInput, BoundOutput, Engine, Input, Transform
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
from transforms_api.errors import ChecksFailedError, TransformTypeError
from transforms_api.expectations import (
    CheckResult,
    ColumnProperty,
    Expectation,
    ForeignKey,
    Matches,
    OtherCount,
    PerGroup,
    evaluate_checks,
    type_name,
)
from transforms_api.extras import extra
from transforms_api.runtime import OutputState
from transforms_api.warehouse import (
    TableVersion,
    full_view,
    staged_files,
    storage_of,
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
                version = run.views[bound.dataset].version
                few = _few_rows_of(version) if _may_use_polars(transform) else None
                results += _evaluate_by_polars(bound, few, others) or evaluate_checks(
                    bound.dataset, _committed(transform, version, spark), bound.checks, others
                )
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
                state = states[bound.dataset]
                few = _few_rows_after_commit(state) if _may_use_polars(transform) else None
                results += _evaluate_by_polars(bound, few, others) or evaluate_checks(
                    bound.dataset, _after_commit(transform, state, spark), bound.checks, others
                )
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
            bound.parameter: bound.dataset for bound in inputs if isinstance(transform.inputs[bound.parameter], Input)
        }
        self._transform, self._run, self._spark = transform, run, spark

    def __getitem__(self, name: str) -> Any:
        return _committed(self._transform, self.version(name), self._spark)

    def version(self, name: str) -> TableVersion:
        """Return the version of an input that the job reads.

        Args:
            name: the parameter of the input.
        """
        return self._run.views[self._datasets[name]].version

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
    if kept is None and state.schema is None:
        return polars.DataFrame()
    return polars.from_arrow(_arrow_after_commit(state, kept, kept.schema if kept else state.schema))


def _arrow_after_commit(state: OutputState, kept: TableVersion | None, schema: str | None) -> pa.Table:
    parts = [] if kept is None else [read_arrow_slice(full_view(kept)).to_table()]
    if state.schema is not None and schema is not None:
        parts.append(read_staged_arrow(schema, state.transaction, state.partition_columns))
    return pa.concat_tables(parts, promote_options="permissive")


_FEW_ROWS = 100_000
"""Rows up to which Polars evaluates checks sooner than a Spark job has started."""


@dataclass(frozen=True)
class _FewRows:
    """Rows of a Spark transform that are few enough for Polars.

    Attributes:
        types: column → type in Spark's schema.
        read: returns the rows as Arrow.
    """

    types: Mapping[str, str]
    read: Callable[[], pa.Table]

    def frame(self) -> Any:
        """Return the rows as a Polars DataFrame; None if Polars would treat them unlike Spark.

        Types that Polars lacks have other names there. NaN is the largest value for Spark alone.
        """
        polars = extra("polars")
        frame = polars.from_arrow(self.read())
        try:
            types = {name: type_name(kind) for name, kind in frame.schema.items()}
        except TransformTypeError:
            return None
        if types != self.types:
            return None
        has_nan = polars.any_horizontal(False, polars.selectors.float().is_nan().any())
        return None if frame.select(has_nan).item() else frame


def _may_use_polars(transform: Transform[Any, Any]) -> bool:
    return transform.engine is Engine.SPARK and importlib.util.find_spec("polars") is not None


def _few_rows_of(version: TableVersion) -> _FewRows | None:
    if version.holds_files_only or version.rows > _FEW_ROWS:
        return None
    return _FewRows(_spark_types(version.schema), lambda: read_arrow_slice(full_view(version)).to_table())


def _few_rows_after_commit(state: OutputState) -> _FewRows | None:
    if state.schema is None:
        return None
    kept = state.kept_beside_written()
    folder = state.transaction.folder
    staged = storage_of(folder).row_counts([folder / file.path for file in staged_files(folder)])
    if sum(staged) + (kept.rows if kept else 0) > _FEW_ROWS:
        return None
    schema = kept.schema if kept else state.schema
    return _FewRows(_spark_types(schema), lambda: _arrow_after_commit(state, kept, schema))


def _spark_types(schema: str) -> dict[str, str]:
    return {column.name: type_name(column.dataType) for column in T.StructType.fromJson(json.loads(schema)).fields}


def _evaluate_by_polars(
    bound: BoundInput | BoundOutput, few: _FewRows | None, inputs: _OtherInputs
) -> list[CheckResult] | None:
    """Return the results of checks that all hold on few rows; None if Spark has to evaluate them."""
    leaves = [leaf for check in bound.checks for leaf in check.expectation.leaves()]
    if few is None or any(map(_differs_by_engine, leaves)):
        return None
    named = {name: _few_rows_of(inputs.version(name)) for name in _inputs_named_by(leaves) & set(inputs)}
    others = {name: rows and rows.frame() for name, rows in named.items()}
    frame = few.frame()
    if frame is None or any(other is None for other in others.values()):
        return None
    try:
        results = evaluate_checks(bound.dataset, frame, bound.checks, others)
    except extra("polars").exceptions.PolarsError:
        return None
    return None if any(result.problem for result in results) else results


def _differs_by_engine(leaf: Expectation) -> bool:
    """Return whether an expectation is evaluated by other rules in Polars: regular expressions, approximate counts."""
    value = getattr(leaf, "value", None)
    value = value.value if isinstance(value, PerGroup) else value
    return isinstance(leaf, Matches) or (isinstance(value, ColumnProperty) and value.name == "approx_distinct_count")


def _inputs_named_by(leaves: Iterable[Expectation]) -> set[str]:
    named = (leaf.dataset if isinstance(leaf, ForeignKey) else getattr(leaf, "bound", None) for leaf in leaves)
    return {
        name.dataset if isinstance(name, OtherCount) else name for name in named if isinstance(name, (str, OtherCount))
    }
