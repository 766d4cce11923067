"""Rows from anywhere become a dataset that a job can read, as an import or a build would have written it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from pyspark.sql import DataFrame

from transforms_api.runtime.arrow_tables import stage
from transforms_api.runtime.driver import Session
from transforms_api.runtime.output_state import OutputState
from transforms_api.runtime.outputs import TransformOutput
from transforms_api.store.commits import TransactionType
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.files import link_files
from transforms_api.store.places import files_below, make_folder
from transforms_api.store.transaction import Transaction
from transforms_api.store.warehouse import Warehouse

Given: TypeAlias = DataFrame | pa.Table | Path | TableVersion
"""What a dataset can be made of: rows of Spark or Arrow; a folder, whose files a dataset without rows will have; and a
version of a table, which stays where it is."""


def hand_over(
    dataset: str,
    rows: Given,
    warehouse: Warehouse,
    spark: Session,
    before: TableVersion | None = None,
    made_from: Mapping[str, Any] | None = None,
) -> TableVersion:
    """Write rows as a dataset of `warehouse` and return the version that they are; a version is returned as it is.

    Args:
        before: the version that they are added to; None where they are all there is.
        made_from: what the version's commit says that it was made from.

    Raises:
        WriteError: rows with such columns are no dataset, or do not fit those that they are added to.
        LightweightTypeError: an Arrow table has a column of a type that datasets do not have.
        StoreError: they cannot be written.
    """
    if isinstance(rows, TableVersion):
        return rows
    transaction = Transaction(warehouse.table(dataset), before)
    schema = None
    if isinstance(rows, DataFrame):
        state = OutputState(dataset, warehouse.branch, transaction, before, is_incremental=before is not None)
        TransformOutput(state, spark).write_dataframe(rows)
        schema = state.schema
    elif isinstance(rows, pa.Table):
        schema = stage(rows, transaction)
    else:
        make_folder(transaction.files_folder)
        link_files(rows, transaction.files_folder, [file.path for file in files_below(rows)])
    kind = TransactionType.APPEND if before else TransactionType.SNAPSHOT
    transaction.publish(schema, (), {"branch": warehouse.branch, **(made_from or {})}, kind)
    written = warehouse.latest(dataset)
    assert written is not None
    return written
