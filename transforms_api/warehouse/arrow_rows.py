"""Committed tables as Arrow, and Arrow tables as rows to commit. No Spark."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import Schema

from transforms_api.errors import WriteError
from transforms_api.warehouse.publish import staged_files
from transforms_api.warehouse.storage import make_folder
from transforms_api.warehouse.stored_types import storable
from transforms_api.warehouse.table import Slice
from transforms_api.warehouse.transaction import Transaction
from transforms_api.warehouse.uris import arrow_dataset, for_arrow, open_delta, parquet_format

if TYPE_CHECKING:
    import pyarrow.dataset as ds


def arrow_schema(schema: str) -> pa.Schema:
    """Return a Delta (or Spark) schema, JSON, as Arrow's."""
    return pa.schema(Schema.from_json(schema).to_arrow())


def read_slice(part: Slice) -> ds.Dataset:
    """Return the rows of a slice as a lazy Arrow dataset; columns that older files lack are null in their rows."""
    ds, version = _datasets(), part.version
    if version.is_plain:
        system, prefix = for_arrow(version.table)
        files = [prefix + path for path in part.paths]
        return ds.dataset(files, schema=arrow_schema(version.schema), format=parquet_format(), filesystem=system)
    everything = arrow_dataset(open_delta(version.table, version.version))
    if part.is_whole:
        return everything
    kept = [fragment for fragment in everything.get_fragments() if fragment.path in set(part.paths)]
    return ds.FileSystemDataset(kept, everything.schema, parquet_format(), everything.filesystem)


def read_staged(schema: str, transaction: Transaction, partition_columns: tuple[str, ...] = ()) -> pa.Table:
    """Return the rows that a transaction has staged; none where it has staged none."""
    system, folder = _arrow_folder(transaction)
    files = [f"{folder}/{file.path}" for file in staged_files(transaction.folder)]
    ds = _datasets()
    partitioning = ds.partitioning(flavor="hive") if partition_columns else None
    return ds.dataset(files, arrow_schema(schema), parquet_format(), system, partitioning).to_table()


def stage(table: pa.Table, transaction: Transaction, partition_columns: tuple[str, ...] = ()) -> str:
    """Write rows into a transaction and return their schema as Delta's JSON.

    Raises:
        LightweightTypeError: a column has a type that datasets do not have.
    """
    stored = storable(table)
    make_folder(transaction.folder)
    system, folder = _arrow_folder(transaction)
    number = len(staged_files(transaction.folder))
    if partition_columns:
        ds = _datasets()
        ds.write_dataset(
            stored, folder, format="parquet", filesystem=system, existing_data_behavior="overwrite_or_ignore",
            partitioning=ds.partitioning(pa.schema([stored.schema.field(n) for n in partition_columns]), flavor="hive"),
            basename_template=f"part-{number}-{{i}}.parquet",
        )  # fmt: skip
    else:
        pq.write_table(stored, f"{folder}/part-{number:05}.parquet", filesystem=system)
    return schema_json(stored.schema)


def stage_batches(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, transaction: Transaction, partition_columns: tuple[str, ...]
) -> str:
    """Write rows that have the types of datasets into a new transaction, a few at a time; return the schema as JSON."""
    if partition_columns:
        for batch in batches:
            stage(pa.Table.from_batches([batch]), transaction, partition_columns)
    else:
        make_folder(transaction.folder)
        system, folder = _arrow_folder(transaction)
        with pq.ParquetWriter(f"{folder}/part-00000.parquet", schema, filesystem=system) as writer:
            for batch in batches:
                writer.write_batch(batch)
    return schema_json(schema)


def _arrow_folder(transaction: Transaction) -> tuple[Any, str]:
    """Return the file system by which Arrow reaches a transaction's folder, and how the folder is called there."""
    system, prefix = for_arrow(transaction.table)
    return system, f"{prefix}{transaction.folder.name}"


def has_int96(file: Path) -> bool:
    """Tell whether a Parquet file has times as INT96, which are times in UTC whatever its schema says."""
    columns = pq.read_metadata(file).schema
    return any(columns.column(number).physical_type == "INT96" for number in range(len(columns)))


def replace_nanoseconds(files: Iterable[Path]) -> None:
    """Replace those Parquet files that have times in nanoseconds or as INT96 by files in microseconds.

    Datasets have microseconds and Spark reads no others. Polars and DuckDB read INT96 in nanoseconds and cut it at the
    year 2262. Other links to a file keep its rows.
    """
    for file in files:
        schema = pq.read_schema(file)
        if "timestamp[ns" in str(schema.remove_metadata()):
            zone = "UTC" if has_int96(file) else None
            fields = [field.with_type(_in_microseconds(field.type, zone)) for field in schema]
            rows = pq.ParquetFile(file, coerce_int96_timestamp_unit="us").read()
            file.unlink()
            pq.write_table(rows.cast(pa.schema(fields), safe=False), file)


def _in_microseconds(kind: pa.DataType, zone: str | None) -> pa.DataType:
    """Return a type with microseconds for nanoseconds, and with a zone for times that have none."""
    types = pa.types
    if types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz or zone)
    if types.is_struct(kind):
        return pa.struct([field.with_type(_in_microseconds(field.type, zone)) for field in kind])
    if types.is_list(kind):
        return pa.list_(_in_microseconds(kind.value_type, zone))
    if types.is_map(kind):
        return pa.map_(_in_microseconds(kind.key_type, zone), _in_microseconds(kind.item_type, zone))
    return kind


def schema_json(schema: pa.Schema) -> str:
    """Return an Arrow schema as Delta's (and Spark's) JSON, every column nullable.

    Raises:
        WriteError: delta-rs refuses the schema.
    """
    try:
        return str(Schema.from_arrow(schema.remove_metadata()).to_json())
    except Exception as error:  # whatever Arrow and delta-rs raise, with the stack of each
        first_line = str(error).split("\n")[0]
        raise WriteError(f"Rows with the columns {', '.join(schema.names)} are no dataset: {first_line}") from error


def naive_in_utc(table: pa.Table) -> pa.Table:
    """Return `table` with times without a zone, in UTC, as Spark's `toPandas` has them."""
    fields = [
        pa.field(field.name, pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _datasets() -> Any:
    """Arrow's datasets import pandas: half a second that only those who read or write rows should wait for."""
    import pyarrow.dataset

    return pyarrow.dataset
