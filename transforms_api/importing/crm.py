"""Imports of CRM exports: reads the files and calls the loader that the mapping names.

What the columns of a CRM mean is knowledge of the pipeline (`transforms/revops/crm`), not of the engine.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms_api.builds import require_checks_passed
from transforms_api.declare import Output
from transforms_api.errors import ImportMappingError
from transforms_api.expectations import evaluate_checks
from transforms_api.runtime import OutputState, TransformOutput
from transforms_api.warehouse import Provenance, Warehouse, open_multi_table_transaction

Loader = Callable[[Callable[[str], DataFrame], Mapping[str, Any]], Mapping[Output, DataFrame]]


def run_import(folder: Path, mapping: Mapping[str, Any], spark: SparkSession, warehouse: Warehouse) -> dict[str, int]:
    """Load the files of a CRM export as its mapping describes.

    Args:
        folder: the files.
        mapping: the mapping file's content.
        spark: factory of the session.
        warehouse: receives the datasets.

    Returns:
        Dataset path → number of published rows.

    Raises:
        ImportMappingError: the mapping names no loader, or does not fit the files.
        ChecksFailedError: a dataset breaks its contract; nothing is published.
    """
    loader = _loader(mapping)

    def read(file: str) -> DataFrame:
        return _read_csv(spark, folder / file)

    try:
        frames = loader(read, mapping)
    except ValueError as error:
        raise ImportMappingError(str(error)) from error
    tables = {spec: warehouse.table(str(spec.alias)) for spec in frames}
    provenance = Provenance.of_import(folder, warehouse.branch)
    with open_multi_table_transaction(warehouse.root, list(tables.values()), f"an import of {folder}") as job:
        states = [OutputState(str(spec.alias), warehouse.branch, job.transactions[tables[spec]]) for spec in frames]
        checks = []
        for state, (spec, frame) in zip(states, frames.items(), strict=True):
            output = TransformOutput(state, lambda: spark)
            output.write_dataframe(frame)
            checks += evaluate_checks(output.path, output.dataframe(), spec.checks)
        require_checks_passed(checks)
        counts = job.publish([state.stage_commit(provenance) for state in states])
    return {state.dataset: count for state, count in zip(states, counts, strict=True)}


def _loader(mapping: Mapping[str, Any]) -> Loader:
    module, _, function = str(mapping.get("loader", "")).partition(":")
    try:
        found: Loader = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImportMappingError(
            "The mapping has to name the function that reads such an export, as in "
            f"loader = \"transforms.revops.crm.load:load\"; '{mapping.get('loader')}' is none: {error}"
        ) from error
    return found


def _read_csv(spark: SparkSession, file: Path) -> DataFrame:
    if not file.is_file():
        raise ImportMappingError(f"The mapping names {file.name}, which is not in {file.parent}.")
    options = {"header": "true", "multiLine": "true", "escape": '"', "mode": "PERMISSIVE"}
    rows = spark.read.options(**options).csv(str(file))
    return rows.select("*", (F.monotonically_increasing_id() + 1).alias("_row_number"))
