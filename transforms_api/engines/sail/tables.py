"""Committed tables and staged files as DataFrames of Sail.

Sail reads and writes Parquet itself. What its readers do not know (deletion vectors, column mapping, values in names of
folders) is read, and partitions are written, by Arrow, as for single-node transforms.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.warehouse import Slice, Transaction, staged_files, storable, storage_of
from transforms_api.warehouse import read_slice as read_arrow_slice


def read_slice(spark: SparkSession, part: Slice) -> DataFrame:
    """Return the rows of a slice of a dataset.

    Args:
        spark: the session.
        part: the version and its files to read.
    """
    version = part.version
    schema = T.StructType.fromJson(json.loads(version.schema))
    if version.is_plain:
        return _read(spark, schema, [str(version.table / path) for path in part.paths])
    return _read_by_arrow(spark, schema, part) if part.paths else _read(spark, schema, [])


def read_staged(spark: SparkSession, schema: T.StructType, transaction: Transaction) -> DataFrame:
    """Return the rows that a transaction has staged; an empty frame if there are none.

    Args:
        spark: the session.
        schema: columns of the frame.
        transaction: the open transaction.
    """
    folder = transaction.folder
    files = [file.path for file in staged_files(folder)] if folder.is_dir() else []
    if not any("=" in path for path in files):
        return _read(spark, schema, [str(folder / path) for path in files])
    import pyarrow.dataset as ds  # imports pandas: slow

    rows = ds.dataset([str(folder / path) for path in files], partitioning=ds.partitioning(flavor="hive"))
    columns = [pa.field(field.name, _arrow_type(field.dataType)) for field in schema.fields]
    return _read(spark, schema, [_copy(spark, rows.to_table(schema.names).cast(pa.schema(columns)))])


def write_files(
    frame: DataFrame, folder: Path, mode: str, partitions: Sequence[str], options: Mapping[str, str]
) -> None:
    """Write rows as Parquet files of a dataset.

    Args:
        frame: the rows.
        folder: target folder, on this machine.
        mode: 'append' or 'overwrite'.
        partitions: columns whose values become names of folders.
        options: the user's options of Spark's writer; have no effect.
    """
    if not partitions:
        # a file that states metadata of its columns differs for Sail from a frame that reads it without
        frame.write.mode(mode).option("skip_arrow_metadata", "true").parquet(str(folder))
        return
    import pyarrow.dataset as ds

    if mode == "overwrite":
        shutil.rmtree(folder, ignore_errors=True)
    rows = storable(collect_arrow(frame))
    number = len(staged_files(folder)) if folder.is_dir() else 0
    storage_of(folder).make_folder(folder)
    kinds = pa.schema([rows.schema.field(name) for name in partitions])
    ds.write_dataset(
        rows, folder, format="parquet", existing_data_behavior="overwrite_or_ignore",
        partitioning=ds.partitioning(kinds, flavor="hive"), basename_template=f"part-{number}-{{i}}.parquet",
    )  # fmt: skip


def collect_arrow(frame: DataFrame) -> pa.Table:
    """Return the rows of a frame as Arrow.

    Args:
        frame: the rows.
    """
    connect = cast(Any, frame)
    client = connect._session.client
    observations = (connect._plan.observations,) if hasattr(connect._plan, "observations") else ()  # of PySpark 4
    rows: pa.Table = client.to_table(connect._plan.to_proto(client), *observations)[0]
    return rows


def _read(spark: SparkSession, schema: T.StructType, files: Sequence[str]) -> DataFrame:
    """Return the rows of files, without the columns' comments and other metadata.

    Sail refuses metadata that is not text, and lambda functions over structs of columns of which some have metadata.
    """
    columns = _without_metadata(schema)
    if any(isinstance(field.dataType, _NESTED) for field in columns.fields):
        files = [_copy(spark, _as_plain(file, columns)) if _has_large_parts(file) else file for file in files]
    return spark.read.schema(columns).parquet(*files) if files else spark.createDataFrame([], columns)


_NESTED = (T.ArrayType, T.StructType, T.MapType)


def _has_large_parts(file: str) -> bool:
    """Return whether Sail refuses a file since columns have parts of Arrow's large types, as Polars writes them."""
    import pyarrow.parquet as pq

    return Path(file).is_file() and any(
        "large_" in str(kind) for kind in pq.read_schema(file).types if pa.types.is_nested(kind)
    )


def _as_plain(file: str, schema: T.StructType) -> Any:
    """Return the rows of a file in Arrow types without 64-bit offsets."""
    import pyarrow.parquet as pq

    columns = [pa.field(field.name, _arrow_type(field.dataType)) for field in schema.fields]
    rows = pq.read_table(file)
    present = [column for column in columns if column.name in rows.schema.names]
    return rows.select([column.name for column in present]).cast(pa.schema(present))


def _without_metadata(kind: T.DataType) -> Any:
    """Return a type whose fields, on any level, have no metadata."""
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, _without_metadata(f.dataType), f.nullable) for f in kind.fields])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_without_metadata(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        return T.MapType(_without_metadata(kind.keyType), _without_metadata(kind.valueType), kind.valueContainsNull)
    return kind


def _read_by_arrow(spark: SparkSession, schema: T.StructType, part: Slice) -> DataFrame:
    rows = read_arrow_slice(part)
    return _read(spark, schema, [_copy(spark, rows)])


def _copy(spark: SparkSession, rows: Any) -> str:
    """Write rows, an Arrow table or dataset, to a temporary folder of the session, and return the folder."""
    import pyarrow.dataset as ds

    folder = tempfile.mkdtemp(prefix="transforms-sail-")
    weakref.finalize(spark, shutil.rmtree, folder, ignore_errors=True)
    ds.write_dataset(rows, folder, format="parquet")
    return folder


def _arrow_type(kind: T.DataType) -> pa.DataType:
    from pyspark.sql.pandas.types import to_arrow_type

    return to_arrow_type(kind)
