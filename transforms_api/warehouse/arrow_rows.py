"""Rows of tables as Arrow, and Arrow tables staged as Parquet. Starts no Spark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema

from transforms_api.errors import StoreError, WriteError
from transforms_api.warehouse.paths import open_delta, storage_of
from transforms_api.warehouse.publish import staged_files
from transforms_api.warehouse.stored_types import storable
from transforms_api.warehouse.table import Slice
from transforms_api.warehouse.transaction import Transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow.dataset as ds


def arrow_schema(schema: str) -> pa.Schema:
    """Return a Delta (or Spark) schema as Arrow's.

    Args:
        schema: the schema as JSON.
    """
    return pa.schema(Schema.from_json(schema).to_arrow())


def read_slice(part: Slice) -> ds.Dataset:
    """Return the rows of a slice as a lazy Arrow dataset; columns that older files lack are null.

    Args:
        part: rows of a version.
    """
    ds, version = _datasets(), part.version
    if version.is_plain:
        system, prefix = storage_of(version.table).arrow_file_system(version.table)
        files = [prefix + path for path in part.paths]
        return ds.dataset(files, schema=arrow_schema(version.schema), format=parquet_format(), filesystem=system)
    everything = arrow_dataset(open_delta(version.table, version.version))
    if part.is_full:
        return everything
    kept = [fragment for fragment in everything.get_fragments() if fragment.path in set(part.paths)]
    return ds.FileSystemDataset(kept, everything.schema, parquet_format(), everything.filesystem)


def arrow_dataset(delta: DeltaTable) -> ds.Dataset:
    """Return the rows of a version as a lazy Arrow dataset.

    Args:
        delta: the result of `open_delta`.
    """
    return delta.to_pyarrow_dataset(parquet_read_options=parquet_format().read_options)


def read_batches(
    delta: DeltaTable, columns: Sequence[str] | None = None, where: str | None = None, limit: int | None = None
) -> pa.RecordBatchReader:
    """Return rows of a version as a stream of Arrow batches.

    Args:
        delta: the result of `open_delta`.
        columns: their names, in the order of the result; None: all.
        where: condition in DuckDB's SQL; None: all rows.
        limit: how many rows at most; None: all.

    Raises:
        StoreError: a column does not exist, or the condition cannot be evaluated.
    """
    rows = arrow_dataset(delta)
    if columns is None and where is None and limit is None:
        return rows.scanner().to_reader()
    return select_batches(rows, columns, where, limit)


def select_batches(
    rows: ds.Dataset | pa.RecordBatchReader,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    limit: int | None = None,
) -> pa.RecordBatchReader:
    """Return some of the rows of an Arrow dataset, or of batches that are read once.

    Args:
        rows: the rows.
        columns: see `read_batches`.
        where: see `read_batches`.
        limit: see `read_batches`.

    Raises:
        StoreError: a column does not exist, or the condition cannot be evaluated.
    """
    import duckdb  # slow, and builds need it for `diff` only

    database = duckdb.connect(config={"preserve_insertion_order": "true", "enable_external_access": "false"})
    quoted = ", ".join('"{}"'.format(name.replace('"', '""')) for name in columns or rows.schema.names)
    try:
        database.execute("SET TimeZone = 'UTC'")
        database.register("dataset", rows)
        selected = database.sql(f"SELECT {quoted} FROM dataset")  # refuses unknown columns, before the condition does
        if where is not None:
            selected = database.sql(f"SELECT {quoted} FROM dataset WHERE ({where}\n)")
        if limit is not None:
            selected = selected.limit(limit)
        return _keeping(selected.to_arrow_reader(), database)
    except duckdb.Error as error:
        raise StoreError(f"The rows cannot be selected: {str(error).strip()}") from error


def _keeping(batches: pa.RecordBatchReader, database: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
    """Return a reader of batches that closes the database after the last one."""

    def read() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        finally:
            database.close()

    return pa.RecordBatchReader.from_batches(batches.schema, read())


def parquet_format() -> ds.ParquetFileFormat:
    """Return the Arrow format that reads the Parquet files of datasets.

    Spark's default for times is INT96, which datasets of version 0.1.0 contain. Arrow would read INT96 in nanoseconds,
    which end in the year 2262.
    """
    ds = _datasets()
    return ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us"))


def read_staged(schema: str, transaction: Transaction, partition_columns: tuple[str, ...] = ()) -> pa.Table:
    """Return the rows that a transaction has staged.

    Args:
        schema: schema of the rows as Delta's JSON.
        transaction: the open transaction.
        partition_columns: columns by which the rows are partitioned.
    """
    system, folder = _arrow_folder(transaction)
    files = [f"{folder}/{file.path}" for file in staged_files(transaction.folder)]
    ds = _datasets()
    partitioning = ds.partitioning(flavor="hive") if partition_columns else None
    return ds.dataset(files, arrow_schema(schema), parquet_format(), system, partitioning).to_table()


def stage(
    table: pa.Table, transaction: Transaction, partition_columns: tuple[str, ...] = (), is_iceberg: bool = False
) -> str:
    """Stage rows in a transaction and return their schema as Delta's JSON.

    Args:
        table: the rows; added to those already staged.
        transaction: the open transaction.
        partition_columns: columns by which to partition the rows.
        is_iceberg: store the types of an Iceberg table.

    Raises:
        LightweightTypeError: a column has a type that datasets do not have.
    """
    stored = storable(table, is_iceberg)
    storage_of(transaction.table).make_folder(transaction.folder)
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
    """Stage batches of rows in a new transaction, one at a time; return the schema as Delta's JSON.

    Args:
        batches: rows with the types that datasets have.
        schema: schema of the batches.
        transaction: the open transaction.
        partition_columns: columns by which to partition the rows.
    """
    if partition_columns:
        for batch in batches:
            stage(pa.Table.from_batches([batch]), transaction, partition_columns)
    else:
        storage_of(transaction.table).make_folder(transaction.folder)
        system, folder = _arrow_folder(transaction)
        with pq.ParquetWriter(f"{folder}/part-00000.parquet", schema, filesystem=system) as writer:
            for batch in batches:
                writer.write_batch(batch)
    return schema_json(schema)


def _arrow_folder(transaction: Transaction) -> tuple[Any, str]:
    """Return Arrow's file system for a transaction's folder, and the folder's path in that file system."""
    system, prefix = storage_of(transaction.table).arrow_file_system(transaction.table)
    return system, f"{prefix}{transaction.folder.name}"


def has_int96(file: Path) -> bool:
    """Return whether a Parquet file stores times as INT96, which are UTC whatever the schema states.

    Args:
        file: the Parquet file.
    """
    columns = pq.read_metadata(file).schema
    return any(columns.column(number).physical_type == "INT96" for number in range(len(columns)))


def replace_nanoseconds(files: Iterable[Path]) -> None:
    """Rewrite Parquet files with times in nanoseconds or INT96 to microseconds.

    Datasets have microseconds, and Spark reads nothing else. Polars and DuckDB read INT96 in nanoseconds, which end in
    the year 2262. Other hard links to a file keep its content.

    Args:
        files: Parquet files; those without such times are left alone.
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
    """Return a type with microseconds instead of nanoseconds, and `zone` for times without a zone."""
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

    Args:
        schema: the schema.

    Raises:
        WriteError: delta-rs refuses the schema.
    """
    try:
        return str(Schema.from_arrow(schema.remove_metadata()).to_json())
    except Exception as error:  # whatever Arrow and delta-rs raise, with the stack of each
        first_line = str(error).split("\n")[0]
        raise WriteError(f"Rows with the columns {', '.join(schema.names)} are no dataset: {first_line}") from error


def naive_in_utc(table: pa.Table) -> pa.Table:
    """Return rows with times without a zone, in UTC, as Spark's `toPandas` returns them.

    Args:
        table: the rows.
    """
    fields = [
        pa.field(field.name, pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _datasets() -> Any:
    """Return `pyarrow.dataset`, which imports pandas: half a second that only readers of rows should wait for."""
    import pyarrow.dataset

    return pyarrow.dataset
