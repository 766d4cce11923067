"""Committed tables and staged files as Spark DataFrames."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.store.locations import for_spark
from transforms_api.store.slices import Slice
from transforms_api.store.transaction import Transaction

_CHAR = "__CHAR_VARCHAR_TYPE_STRING"
"""Spark's note that a column of strings was char(n): a reader would pad its values with spaces."""


def read_slice(spark: SparkSession, part: Slice) -> DataFrame:
    """Return the rows of a slice.

    A table whose rows are those of its Parquet files is read straight from these: Delta's own reader would replay in
    Spark jobs the log that delta-rs has read already.
    """
    version = part.version
    schema = T.StructType.fromJson(json.loads(version.schema))
    if version.is_plain:
        return read_files(spark, schema, [f"{for_spark(version.table)}/{path}" for path in part.paths])
    if part.is_whole:
        return spark.read.format("delta").option("versionAsOf", version.version).load(for_spark(version.table))
    return _read_partitioned(spark, schema, part)


def read_files(spark: SparkSession, schema: T.StructType, files: Sequence[str]) -> DataFrame:
    """Return the rows of these Parquet files; none where there are no files."""
    if not files:
        return empty_frame(spark, schema)
    return spark.read.schema(schema).parquet(*files)


def read_staged(spark: SparkSession, schema: T.StructType, transaction: Transaction) -> DataFrame:
    """Return the rows that a transaction has staged; none where it has staged none."""
    if not transaction.folder.is_dir():
        return empty_frame(spark, schema)
    return spark.read.schema(schema).parquet(for_spark(transaction.folder))


def empty_frame(spark: SparkSession, schema: T.StructType) -> DataFrame:
    """Return no rows with these columns."""
    return spark.createDataFrame([], schema)


def as_stored(schema: T.StructType) -> T.StructType:
    """Return `schema` as datasets keep it: every column, at every depth, nullable, as on Foundry; char is string."""
    fields = [(field, {**field.metadata}) for field in schema.fields]
    for _, metadata in fields:
        metadata.pop(_CHAR, None)
    return T.StructType([T.StructField(f.name, _nullable(f.dataType), True, metadata) for f, metadata in fields])


def _read_partitioned(spark: SparkSession, schema: T.StructType, part: Slice) -> DataFrame:
    """Partition columns stand in the names of folders, below the folder of the transaction that wrote them."""
    table = for_spark(part.version.table)
    by_transaction: dict[str, list[str]] = defaultdict(list)
    for path in part.paths:
        by_transaction[path.split("/")[0]].append(f"{table}/{path}")
    frames = [
        spark.read.schema(schema).option("basePath", f"{table}/{folder}").parquet(*files)
        for folder, files in by_transaction.items()
    ]
    return reduce(DataFrame.unionByName, frames) if frames else empty_frame(spark, schema)


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
