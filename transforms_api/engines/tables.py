"""Tables as DataFrames of the engine that a session belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.engines.engine import is_of_connect
from transforms_api.warehouse import Slice, Transaction, naive_in_utc


class _Tables(Protocol):
    """How one engine reads and writes tables; a module implements it."""

    def read_slice(self, spark: SparkSession, part: Slice, /) -> DataFrame: ...

    def read_staged(self, spark: SparkSession, schema: T.StructType, transaction: Transaction, /) -> DataFrame: ...

    def write_files(
        self, frame: DataFrame, folder: Path, mode: str, partitions: Sequence[str], options: Mapping[str, str], /
    ) -> None: ...

    def collect_arrow(self, frame: DataFrame, /) -> pa.Table: ...


def _tables_of(session: SparkSession) -> _Tables:
    """Return the implementation for a session; imports only that of its engine."""
    if is_of_connect(session):
        from transforms_api.engines.sail import tables as of_sail

        return of_sail
    from transforms_api.engines.spark import tables as of_spark

    return of_spark


def read_slice(spark: SparkSession, part: Slice) -> DataFrame:
    """Return the rows of a slice of a dataset.

    Args:
        spark: the session.
        part: the version and its files to read.
    """
    return _tables_of(spark).read_slice(spark, part)


def read_staged(spark: SparkSession, schema: T.StructType, transaction: Transaction) -> DataFrame:
    """Return the rows that a transaction has staged; an empty frame if there are none.

    Args:
        spark: the session.
        schema: columns of the frame.
        transaction: the open transaction.
    """
    return _tables_of(spark).read_staged(spark, schema, transaction)


def write_files(
    frame: DataFrame, folder: Path, mode: str, partitions: Sequence[str], options: Mapping[str, str]
) -> None:
    """Write rows as Parquet files of a dataset.

    Args:
        frame: the rows.
        folder: target folder.
        mode: 'append' or 'overwrite'.
        partitions: columns whose values become names of folders.
        options: the user's options of Spark's writer.
    """
    _tables_of(frame.sparkSession).write_files(frame, folder, mode, partitions, options)


def collect_arrow(frame: DataFrame) -> pa.Table:
    """Return the rows of a frame as Arrow, in the types of its engine's client.

    Args:
        frame: the rows.
    """
    return _tables_of(frame.sparkSession).collect_arrow(frame)


def as_pandas(frame: DataFrame) -> Any:
    """Return the result of `toPandas`; times out of the range of nanoseconds are in microseconds.

    Args:
        frame: the rows.
    """
    try:
        return frame.toPandas()
    except ValueError:  # pandas' OutOfBoundsDatetime and Arrow's ArrowInvalid are such
        if "timestamp" not in frame.schema.simpleString():
            raise
        return naive_in_utc(collect_arrow(frame)).to_pandas(maps_as_pydicts="lossy")
