"""One job: a transform run as a transaction over all its outputs.

Its outputs are staged, the checks on them evaluated, and only then published; whatever fails before leaves every
dataset as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.checks.evaluate import CheckResult, evaluate
from transforms_api.declare.binding import CONTEXT, wants_context
from transforms_api.declare.specs import ParamValueInput
from transforms_api.declare.transform import Style, Transform
from transforms_api.errors import ChecksFailedError, ComputeError, TransformsError, WriteError
from transforms_api.runtime.context import JobAborted, TransformContext
from transforms_api.runtime.io import TransformInput, TransformOutput
from transforms_api.store.delta_log import TableVersion, is_table, latest_version
from transforms_api.store.transaction import Transaction
from transforms_api.store.warehouse import Warehouse


@dataclass(frozen=True)
class Published:
    """What a job changed: rows committed by dataset, and how the checks came out."""

    rows: dict[str, int]
    checks: list[CheckResult]


def run_job(
    transform: Transform, spark: SparkSession, warehouse: Warehouse, build: str, parameters: Mapping[str, Any]
) -> Published:
    """Run a transform and publish its outputs together.

    Raises:
        ComputeError: its function raised; nothing is published.
        WriteError: what it wrote or returned cannot become a dataset; nothing is published.
        ChecksFailedError: checks that must hold do not; nothing is published.
        StoreError: an input cannot be read or a commit fails.
    """
    versions = {name: _version(warehouse, spec.alias) for name, spec in transform.inputs.items()}
    inputs = {
        name: TransformInput(str(spec.alias), warehouse.branch, spark, versions[name])
        for name, spec in transform.inputs.items()
    }
    transactions = {name: Transaction(warehouse.table(str(spec.alias))) for name, spec in transform.outputs.items()}
    outputs = {
        name: TransformOutput(str(spec.alias), warehouse.branch, spark, transactions[name])
        for name, spec in transform.outputs.items()
    }
    made_from = {
        "kind": "build",
        "build": build,
        "transform": transform.reference,
        "branch": warehouse.branch,
        "inputs": {inputs[name].path: table.version for name, table in versions.items()},
    }
    try:
        results = _check_inputs(transform, inputs)
        if not _compute(transform, spark, inputs, outputs, parameters):
            return Published({}, results)
        staged = {name: output for name, output in outputs.items() if not output.is_aborted}
        for name, output in staged.items():
            _replace_unwritten_by_no_rows(output, transactions[name], spark)
        results += _check_outputs(transform, staged)
        rows = {
            output.path: transactions[name].publish(_schema_json(output), output.partition_columns, made_from)
            for name, output in staged.items()
        }
    except BaseException:
        for transaction in transactions.values():
            transaction.abort()
        raise
    for name in transactions.keys() - staged.keys():
        transactions[name].abort()
    return Published(rows, results)


def _version(warehouse: Warehouse, dataset: str | None) -> TableVersion:
    return latest_version(warehouse.table(str(dataset)))


def _compute(
    transform: Transform,
    spark: SparkSession,
    inputs: Mapping[str, TransformInput],
    outputs: Mapping[str, TransformOutput],
    parameters: Mapping[str, Any],
) -> bool:
    """Run the compute function and tell whether its outputs are to be published."""
    values = {name: spec.parse(parameters.get(name, spec.default)) for name, spec in transform.parameters.items()}
    arguments: dict[str, Any] = {name: ParamValueInput(value) for name, value in values.items()}
    if wants_context(transform.compute_function):
        arguments[CONTEXT] = TransformContext(spark, values)
    try:
        if transform.style is Style.READ_AND_WRITE:
            transform(**arguments, **inputs, **outputs)
        else:
            [output] = outputs.values()
            frames = {name: source.dataframe() for name, source in inputs.items()}
            output.write_dataframe(_returned_dataframe(transform, transform(**arguments, **frames)))
    except JobAborted:
        for output in outputs.values():
            output.abort()
    except TransformsError:
        raise
    except (Exception, SystemExit) as error:
        raise ComputeError(f"{type(error).__name__}: {error}") from error
    return not all(output.is_aborted for output in outputs.values())


def _returned_dataframe(transform: Transform, result: Any) -> DataFrame:
    if not isinstance(result, DataFrame):
        raise WriteError(
            f"{transform.location}: transform '{transform.__name__}' has to return a Spark DataFrame, "
            f"not a {type(result).__name__}."
        )
    return result


def _replace_unwritten_by_no_rows(output: TransformOutput, transaction: Transaction, spark: SparkSession) -> None:
    """Give an output that the function never wrote no rows, as Foundry does; its schema is that of its last version."""
    if output.schema is None:
        if not is_table(transaction.table):
            raise WriteError(f"{output.path} was never written, and has no earlier version that tells its columns.")
        schema = T.StructType.fromJson(json.loads(latest_version(transaction.table).schema))
        output.write_dataframe(spark.createDataFrame([], schema))


def _check_inputs(transform: Transform, inputs: Mapping[str, TransformInput]) -> list[CheckResult]:
    results = [
        result
        for name, spec in transform.inputs.items()
        if spec.checks
        for result in evaluate(inputs[name].path, inputs[name].dataframe(), spec.checks)
    ]
    return demand(results)


def _check_outputs(transform: Transform, staged: Mapping[str, TransformOutput]) -> list[CheckResult]:
    results = [
        result
        for name, output in staged.items()
        if transform.outputs[name].checks
        for result in evaluate(output.path, output.dataframe(), transform.outputs[name].checks)
    ]
    return demand(results)


def demand(results: list[CheckResult]) -> list[CheckResult]:
    """Return `results` unless one of them stops the job.

    Raises:
        ChecksFailedError: the text has every check that must hold and does not.
    """
    if broken := [result for result in results if result.stops_the_job]:
        lines = [f"  {result.dataset}: {result.name}: {result.problem}" for result in broken]
        raise ChecksFailedError("Checks do not hold; every output keeps its last version.\n" + "\n".join(lines))
    return results


def _schema_json(output: TransformOutput) -> str:
    assert output.schema is not None
    return output.schema.json()
