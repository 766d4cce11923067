"""Committed tables and staged files as Spark DataFrames."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.engines.spark.jvm import compiled_object
from transforms_api.errors import WriteError
from transforms_api.warehouse import Slice, Transaction, storage_of

_CHAR = "__CHAR_VARCHAR_TYPE_STRING"
"""Spark's note that a column of strings was char(n): a reader would pad its values with spaces."""
_TIMES_IN_FILES = {
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
}
"""How times and dates stand in the files of datasets: as microseconds and days in the Gregorian calendar, also before
1582. Spark's defaults are INT96, which other readers cut at the year 2262, and an error for times before 1900."""
PROLEPTIC_CALENDAR = {
    **_TIMES_IN_FILES,
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.avro.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.avro.datetimeRebaseModeInWrite": "CORRECTED",
}
"""Settings of a session by which Spark reads and writes times and dates as all other readers of Parquet do."""
_UTC = {"timeZone": "UTC"}
"""Option of Spark's reader and writer: the zone of times in the names of partitions, whatever zone a session has."""
_READ_OPTIONS = {"datetimeRebaseMode": "CORRECTED", "int96RebaseMode": "CORRECTED", **_UTC}
"""A profile of a transform may set other modes for files of its own; those of datasets are read one way."""


FEW_ROWS = "spark.transforms.fewRows"
"""Our own setting: up to so many rows, a write is planned by `_FOR_FEW_ROWS`. Without it or with "0", none is."""
_FOR_FEW_ROWS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}
"""Settings by which Spark evaluates expressions without generating Java code for them, plans a query once, and shuffles
into one partition. For few rows, compiling and planning take longer than computing. They change no result."""
_ROWS = "datasetRows"
"""Option of Spark's reader that only `RowEstimate.java` reads: the rows of the dataset's version."""


def read_slice(spark: SparkSession, part: Slice) -> DataFrame:
    """Return the rows of a slice of a dataset.

    If a table's rows are those of its Parquet files, the files are read directly: Delta's reader would replay in Spark
    jobs the log that delta-rs has read already.

    Args:
        spark: the session.
        part: the version and its files to read.
    """
    version = part.version
    schema = T.StructType.fromJson(json.loads(version.schema))
    if version.is_plain:
        folder = storage_of(version.table).spark_uri(version.table)
        return read_files(spark, schema, [f"{folder}/{path}" for path in part.paths], version.rows)
    if part.is_full and (version.has_rewritten_rows or not _has_times_in_folders(schema, version.partition_columns)):
        return (
            spark.read.format("delta")
            .option("versionAsOf", version.version)
            .load(storage_of(version.table).spark_uri(version.table))
        )
    return _read_partitioned(spark, schema, part)


def read_files(spark: SparkSession, schema: T.StructType, files: Sequence[str], most_rows: int) -> DataFrame:
    """Return the rows of some Parquet files; an empty frame without files.

    Args:
        spark: the session.
        schema: columns of the frame.
        files: URIs of the files.
        most_rows: the files have so many rows or fewer.
    """
    if not files:
        return empty_frame(spark, schema)
    return spark.read.schema(schema).options(**_READ_OPTIONS, **{_ROWS: most_rows}).parquet(*files)


def read_staged(spark: SparkSession, schema: T.StructType, transaction: Transaction) -> DataFrame:
    """Return the rows that a transaction has staged; an empty frame if there are none.

    Args:
        spark: the session.
        schema: columns of the frame.
        transaction: the open transaction.
    """
    if not transaction.folder.is_dir():
        return empty_frame(spark, schema)
    return (
        spark.read.schema(schema)
        .options(**_READ_OPTIONS)
        .parquet(storage_of(transaction.table).spark_uri(transaction.folder))
    )


def write_files(
    frame: DataFrame, folder: Path, mode: str, partitions: Sequence[str], options: Mapping[str, str]
) -> None:
    """Write rows as Parquet files of a dataset.

    Sets the session's options for times in files again, since a transform or its profile may have changed them.

    Args:
        frame: the rows.
        folder: target folder.
        mode: Spark's save mode, such as 'append'.
        partitions: columns whose values become names of folders.
        options: the user's options of Spark's writer.
    """
    for name, value in _TIMES_IN_FILES.items():
        frame.sparkSession.conf.set(name, value)
    with planned_by_size(frame):
        frame.write.mode(mode).partitionBy(*partitions).options(**{**options, **_UTC}).parquet(
            storage_of(folder).spark_uri(folder)
        )


@contextlib.contextmanager
def planned_by_size(frame: DataFrame) -> Iterator[None]:
    """Plan queries of the frame's session for few rows in this context, if the frame is computed from few rows.

    A session in which the job has changed one of these settings, or its profile has, keeps them.

    Args:
        frame: the rows that are written.

    Raises:
        WriteError: the setting FEW_ROWS is no number.
    """
    conf = frame.sparkSession.conf
    of_build = cast(Any, frame.sparkSession.sparkContext)._conf
    before: dict[str, str | None] = {name: conf.get(name, None) for name in _FOR_FEW_ROWS}
    if any(value != of_build.get(name) for name, value in before.items()) or not _has_few_rows(frame):
        yield
        return
    for name, few in _FOR_FEW_ROWS.items():
        conf.set(name, few)
    try:
        yield
    finally:
        for name, value in before.items():
            conf.unset(name) if value is None else conf.set(name, value)


def _has_few_rows(frame: DataFrame) -> bool:
    most = frame.sparkSession.conf.get(FEW_ROWS, "0") or "0"
    if not most.isdecimal():
        raise WriteError(f"'{FEW_ROWS}' is '{most}' in the profile of conf/run.toml. Write a number of rows; 0: never.")
    return int(most) > 0 and estimated_rows(frame) <= int(most)


def estimated_rows(frame: DataFrame) -> float:
    """Return how many rows Spark reads for a frame, and makes by ranges and arrays; infinity if that is not known.

    Args:
        frame: rows of any source; those of datasets and of lists have a known number of rows.
    """
    plan = cast(Any, frame)._jdf.queryExecution().analyzed()
    return float(compiled_object(frame.sparkSession.sparkContext, "RowEstimate").of(plan))


def empty_frame(spark: SparkSession, schema: T.StructType) -> DataFrame:
    """Return a frame without rows.

    Args:
        spark: the session.
        schema: columns of the frame.
    """
    return spark.createDataFrame([], schema)


def collect_arrow(frame: DataFrame) -> pa.Table:
    """Return the rows of a frame as Arrow.

    Args:
        frame: the rows.
    """
    from pyspark.sql.pandas.types import to_arrow_schema  # imports pandas: slow

    batches = cast(Any, frame)._collect_as_arrow()  # PySpark 3.5 has no public method for it
    return pa.Table.from_batches(batches, None if batches else to_arrow_schema(frame.schema))


def as_stored(schema: T.StructType) -> T.StructType:
    """Return a schema as datasets store it: every column nullable at every depth, as on Foundry; char becomes string.

    Args:
        schema: schema of a frame.
    """
    fields = [(field, {**field.metadata}) for field in schema.fields]
    for _, metadata in fields:
        metadata.pop(_CHAR, None)
    return T.StructType([T.StructField(f.name, _nullable(f.dataType), True, metadata) for f, metadata in fields])


def _read_partitioned(spark: SparkSession, schema: T.StructType, part: Slice) -> DataFrame:
    """Partition columns stand in the names of folders, below the folder of the transaction that wrote them."""
    table = storage_of(part.version.table).spark_uri(part.version.table)
    by_transaction: dict[str, list[str]] = defaultdict(list)
    for path in part.paths:
        by_transaction[path.split("/")[0]].append(f"{table}/{path}")
    frames = [
        spark.read.schema(schema).options(basePath=f"{table}/{folder}", **_READ_OPTIONS).parquet(*files)
        for folder, files in by_transaction.items()
    ]
    rows = reduce(DataFrame.unionByName, frames) if frames else empty_frame(spark, schema)
    return rows.select(*[f"`{name.replace('`', '``')}`" for name in schema.names])


def _has_times_in_folders(schema: T.StructType, partition_columns: Sequence[str]) -> bool:
    """Delta's reader takes the zone of the session for times in the names of folders, and is wrong if it is not UTC."""
    return any(isinstance(schema[name].dataType, T.TimestampType) for name in partition_columns)


def _nullable(data_type: T.DataType) -> T.DataType:
    if isinstance(data_type, T.StructType):
        return as_stored(data_type)
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(_nullable(data_type.elementType), True)
    if isinstance(data_type, T.MapType):
        return T.MapType(_nullable(data_type.keyType), _nullable(data_type.valueType), True)
    if isinstance(data_type, (T.CharType, T.VarcharType)):
        return T.StringType()
    return data_type
