"""Files from outside become one dataset, in one transaction: for inputs that no transform writes. No Spark.

The rows of a folder or file from outside: a Delta or Iceberg table, or Parquet, CSV or JSON files.

A few rows at a time are read, but for JSON files that are one document; CSV and JSON are read twice, the first time to
find the columns' types.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from transforms_api.errors import ImportSourceError
from transforms_api.extras import needs_extra
from transforms_api.importing.formats import data_files, format_of, reading
from transforms_api.importing.types import cast, narrowest, possible_types
from transforms_api.warehouse import (
    Provenance,
    TableVersion,
    Transaction,
    TransactionType,
    Warehouse,
    arrow_schema,
    merged_type,
    open_multi_table_transaction,
    partition_values,
    same_columns,
    schema_json,
    stage_batches,
    storable_schema,
    storage_of,
    types_of,
    with_columns,
)


@dataclass(frozen=True)
class SourceRows:
    """The rows of a source.

    Attributes:
        schema: its columns, with the types that datasets have.
        read: yields the rows, once, with the columns and types of its argument; a column that the source lacks is null.
    """

    schema: pa.Schema
    read: Callable[[pa.Schema], Iterator[pa.RecordBatch]]


def read_source(source: Path) -> SourceRows:
    """Return the rows of a file or folder.

    A folder with a Delta log is read at its last version, and the folder of an Iceberg table at its current snapshot.
    Of any other folder all files are read; a folder in it named `name=value` yields a column.

    Args:
        source: the file or folder.

    Raises:
        ImportSourceError: there are no files, they have several formats, or one cannot be read.
        EnvironmentProblem: the source is an Iceberg table, and pyiceberg is not installed.
    """
    if (source / "_delta_log").is_dir():
        return _delta_rows(source)
    metadata = sorted((source / "metadata").glob("*.metadata.json"))
    return _iceberg_rows(source, metadata) if metadata else _file_rows(source)


def require_names(where: object, names: Iterable[str]) -> None:
    """Raise unless the names of columns are valid in a dataset.

    Spaces and similar characters are kept, as Foundry keeps them in columns of a CSV file; only Spark's own Delta
    writer, which is not used here, refuses them.

    Args:
        where: the source, for the message.
        names: names of the columns.

    Raises:
        ImportSourceError: a name is empty, or Spark cannot distinguish two names.
    """
    complete = list(names)
    if "" in complete:
        raise ImportSourceError(f"{where} has a column without a name: give it one.")
    if pair := same_columns(complete):
        raise ImportSourceError(
            f"{where} has the columns {' and '.join(map(repr, pair))}, which Spark does not tell apart: rename one."
        )


def _delta_rows(table: Path) -> SourceRows:
    """Return the rows of a table, read by delta-rs's query engine.

    The engine supports deletion vectors and renamed columns; delta-rs's Arrow datasets do not.
    """
    with reading(table):
        stream = QueryBuilder().register("source", DeltaTable(str(table))).execute("select * from source")
        reader = pa.RecordBatchReader.from_stream(stream)
        schema = storable_schema(reader.schema)

    def read(wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
        with reading(table):
            for batch in reader:
                yield cast_batch(batch, {}, wanted, table)

    return SourceRows(schema, read)


def _iceberg_rows(source: Path, metadata: Sequence[Path]) -> SourceRows:
    """Return the rows of the current snapshot of an Iceberg table, without those that its delete files remove.

    A folder may have the metadata of several tables, such as of one that was dropped and created again. The last one
    that was changed counts.
    """
    with needs_extra("iceberg"):
        from pyiceberg.table import StaticTable
    with reading(source):
        changed = {str(file): int(json.loads(file.read_bytes())["last-updated-ms"]) for file in metadata}
        table = StaticTable.from_metadata(max(changed, key=lambda file: (changed[file], file)))
        reader = table.scan().to_arrow_batch_reader()
        schema = storable_schema(reader.schema)

    def read(wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
        with reading(source):
            for batch in reader:
                yield cast_batch(batch, {}, wanted, source)

    return SourceRows(schema, read)


def _file_rows(source: Path) -> SourceRows:
    files = data_files(source)
    form = format_of(source, files)
    folders = {file: dict(partition_values(file.relative_to(source).parent)) for file in files}
    merged = pa.schema([])
    for file in files:
        with reading(file):
            schema = form.schema(file)
            require_names(file, schema.names)
            merged = form.merge(merged, schema)

    def read(wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            with reading(file):
                for batch in form.batches(file, merged):
                    yield cast_batch(batch, folders[file], wanted, file)

    kinds = {field.name: field.type for field in merged} | _types_in_paths(folders.values())
    if not kinds:
        raise ImportSourceError(f"{source} has no columns: none of its objects has a key.")
    with reading(source):
        return SourceRows(storable_schema(pa.schema(list(kinds.items()))), read)


def _types_in_paths(folders: Iterable[Mapping[str, str | None]]) -> dict[str, pa.DataType]:
    """The types that the same texts would have in a CSV file."""
    texts = defaultdict(set)
    for folder in folders:
        for name, value in folder.items():
            texts[name].add(value)
    return {name: narrowest(possible_types(pa.array(values, pa.string()))) for name, values in texts.items()}


_REMEDY = "Make its values fit; where they are added to a dataset, replace that one to change the type"


def cast_batch(
    batch: pa.RecordBatch, texts: Mapping[str, str | None], schema: pa.Schema, source: object, remedy: str = _REMEDY
) -> pa.RecordBatch:
    """Return a batch with the columns and types of a schema; a column that the batch lacks is null.

    Args:
        batch: rows of a file.
        texts: column → its value in all rows, from the names of the file's folders.
        schema: the columns of the result.
        source: the file, for messages.
        remedy: what to do about a value that does not fit, for messages.

    Raises:
        ImportSourceError: a value does not fit its type.
    """
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns |= {name: pa.repeat(pa.scalar(text, pa.string()), batch.num_rows) for name, text in texts.items()}
    nulls = pa.nulls(batch.num_rows)
    stored = [_as_stored(columns.get(field.name, nulls), field, source, remedy) for field in schema]
    return pa.RecordBatch.from_arrays(stored, schema=schema)


def _as_stored(values: pa.Array, field: pa.Field, source: object, remedy: str) -> pa.Array:
    try:
        return cast(values, field.type)
    except pa.ArrowException as error:
        raise ImportSourceError(
            f"{source}: column '{field.name}' cannot become {field.type}: {error}. {remedy}."
        ) from error


@dataclass(frozen=True)
class Imported:
    """What an import published.

    Attributes:
        table: folder of the dataset's table.
        count: how many rows came, or files where the dataset holds files only.
        schema: the dataset's columns as Spark's JSON; None where it holds files only.
        files: how many files came that the dataset keeps as they are.
    """

    table: Path
    count: int
    schema: str | None
    files: int = 0


def import_source(
    source: Path,
    dataset: str,
    warehouse: Warehouse,
    adds: bool = False,
    as_files: bool = False,
    with_rows: bool = False,
) -> Imported:
    """Import a file or folder as a dataset.

    Args:
        source: a Delta or Iceberg table, or Parquet, CSV or JSON files; with `as_files`, any files.
        dataset: path of the dataset.
        warehouse: receives the dataset.
        adds: append to the existing rows as an APPEND transaction: incremental transforms then read the new rows as
            'added', and existing columns keep their types. Otherwise the dataset is replaced.
        as_files: store the files as they are, without rows, for transforms that read `filesystem()`.
        with_rows: with `as_files`, store the rows of the files as well, as Foundry does for CSV files with a schema.

    Raises:
        ImportSourceError: there is nothing to read, it cannot be read, or does not fit the existing dataset.
        StoreError: the warehouse cannot be written.
    """
    table = warehouse.table(dataset)
    with open_multi_table_transaction(warehouse.root, [table], f"an import of {source}") as job:
        transaction = job.transactions[table]
        has_rows = with_rows or not as_files
        transaction.base = _base(dataset, warehouse, has_rows, as_files) if adds else None
        files = _stage_files(source, transaction) if as_files else 0
        schema = _stage_rows(source, transaction) if has_rows else None
        partition_columns = transaction.base.partition_columns if transaction.base else ()
        kind = TransactionType.APPEND if adds else TransactionType.SNAPSHOT
        provenance = Provenance.of_import(source, warehouse.branch)
        [count] = job.publish([transaction.stage_commit(schema, partition_columns, provenance, kind)])
    return Imported(table, count if has_rows else files, schema, files)


def _base(dataset: str, warehouse: Warehouse, has_rows: bool, has_files: bool) -> TableVersion | None:
    """Return the version to add to; it has rows, files or both, as what is added."""
    base = warehouse.latest(dataset)
    if base is None:
        return None
    held = _named(not base.holds_files_only, base.files_folder is not None)
    if (added := _named(has_rows, has_files)) != held:
        raise ImportSourceError(f"{dataset} holds {held}: {added} cannot be added, but can replace them.")
    return base


def _named(has_rows: bool, has_files: bool) -> str:
    return " and ".join(["rows"] * has_rows + ["files"] * has_files)


def _stage_rows(source: Path, transaction: Transaction) -> str:
    rows, base = read_source(source), transaction.base
    known = arrow_schema(_with_new_fields(base.schema, rows.schema)) if base else pa.schema([])
    schema = pa.schema([*known, *(field for field in rows.schema if field.name not in known.names)])
    require_names(source, schema.names)
    return stage_batches(rows.read(schema), schema, transaction, base.partition_columns if base else ())


def _with_new_fields(stored: str, schema: pa.Schema) -> str:
    """Return a stored schema with the fields that structs of new rows have, and with its own types otherwise."""
    new_types, known = types_of(schema_json(schema)), json.loads(stored)["fields"]
    merged = [
        {**field, "type": merged_type(field["type"], new_types.get(field["name"], field["type"])) or field["type"]}
        for field in known
    ]
    return with_columns(stored, merged)


def _stage_files(source: Path, transaction: Transaction) -> int:
    """Copy the files into the transaction and return their number."""
    folder, paths = (source.parent, [source]) if source.is_file() else (source, source.rglob("*"))
    files = {file.relative_to(folder).as_posix(): file for file in paths if file.is_file()}
    if not files:
        raise ImportSourceError(f"{source} has no files.")
    there = {entry.path for entry in transaction.base.file_entries} if transaction.base else set()
    if both := sorted(there & files.keys()):
        raise ImportSourceError(f"The dataset has a file called {both[0]} already: an APPEND replaces none.")
    for name, file in files.items():
        with reading(file):
            storage_of(transaction.table).copy_in(file, transaction.files_folder / name)
    return len(files)
