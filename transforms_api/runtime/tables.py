"""Committed tables and staged files as DataFrames."""

from __future__ import annotations

import json
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.store.delta_log import TableVersion


def read_table(spark: SparkSession, table: TableVersion) -> DataFrame:
    """Return the rows of one version of a table.

    A table whose rows are those of its Parquet files is read straight from these: Delta's own reader would replay in
    Spark jobs the log that delta-rs has read already.
    """
    if table.is_plain:
        return read_files(spark, T.StructType.fromJson(json.loads(table.schema)), table.files)
    return spark.read.format("delta").option("versionAsOf", table.version).load(str(table.table))


def read_files(spark: SparkSession, schema: T.StructType, files: tuple[str, ...]) -> DataFrame:
    """Return the rows of these Parquet files; none where there are no files."""
    if not files:
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).parquet(*files)


def read_staged(spark: SparkSession, schema: T.StructType, folder: Path) -> DataFrame:
    """Return the rows that a transaction has staged in `folder`."""
    return spark.read.schema(schema).parquet(str(folder))


def as_stored(schema: T.StructType) -> T.StructType:
    """Return `schema` as datasets keep it: every column, at every depth, nullable, as on Foundry."""
    return T.StructType([T.StructField(f.name, _nullable(f.dataType), True, f.metadata) for f in schema.fields])


def _nullable(data_type: T.DataType) -> T.DataType:
    if isinstance(data_type, T.StructType):
        return as_stored(data_type)
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(_nullable(data_type.elementType), True)
    if isinstance(data_type, T.MapType):
        return T.MapType(_nullable(data_type.keyType), _nullable(data_type.valueType), True)
    return data_type
