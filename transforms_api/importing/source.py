"""Files from outside become one dataset, in one transaction: for inputs that no transform writes. No Spark."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from transforms_api.errors import ImportSourceError
from transforms_api.importing.formats import reading
from transforms_api.importing.made_from import made_from
from transforms_api.importing.rows import demand_names, read_source
from transforms_api.runtime.arrow_tables import arrow_schema, schema_json, stage_batches
from transforms_api.store.columns import merged_type, types_of, with_columns
from transforms_api.store.commits import TransactionType
from transforms_api.store.delta_log import TableVersion
from transforms_api.store.journal import Staged, open_job
from transforms_api.store.places import take_in
from transforms_api.store.transaction import Transaction
from transforms_api.store.warehouse import Warehouse


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
    """Make a dataset of a folder or file.

    Args:
        source: a Delta table, or Parquet, CSV or JSON files; with `as_files` any files.
        adds: add to what is there, as an APPEND: incremental transforms then read what came as 'added'. A column that
            is there already keeps its type. Otherwise the dataset is replaced.
        as_files: let the dataset hold the files as they are and no rows, for transforms that read `filesystem()`.
        with_rows: with `as_files`: let it have the rows of the files, too, as a dataset of CSV files with a schema has
            on Foundry.

    Raises:
        ImportSourceError: there is nothing to read, it cannot be read, or does not fit what it is to be added to.
        StoreError: the warehouse cannot be written.
    """
    table = warehouse.table(dataset)
    with open_job(warehouse.root, [table], f"an import of {source}") as job:
        transaction = job.transactions[table]
        has_rows = with_rows or not as_files
        transaction.base = _base(dataset, warehouse, has_rows, as_files) if adds else None
        files = _stage_files(source, transaction) if as_files else 0
        schema = _stage_rows(source, transaction) if has_rows else None
        partition_columns = transaction.base.partition_columns if transaction.base else ()
        kind = TransactionType.APPEND if adds else TransactionType.SNAPSHOT
        staged = Staged(transaction, schema, partition_columns, made_from(source, warehouse), kind)
        [count] = job.publish([staged])
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
    demand_names(source, schema.names)
    return stage_batches(rows.read(schema), schema, transaction, base.partition_columns if base else ())


def _with_new_fields(stored: str, schema: pa.Schema) -> str:
    """Return a stored schema with the fields that structs of new rows have, and with its own types otherwise."""
    found, known = types_of(schema_json(schema)), json.loads(stored)["fields"]
    merged = [
        {**one, "type": merged_type(one["type"], found.get(one["name"], one["type"])) or one["type"]} for one in known
    ]
    return with_columns(stored, merged)


def _stage_files(source: Path, transaction: Transaction) -> int:
    """Take in the files and return how many they are."""
    folder, found = (source.parent, [source]) if source.is_file() else (source, source.rglob("*"))
    files = {file.relative_to(folder).as_posix(): file for file in found if file.is_file()}
    if not files:
        raise ImportSourceError(f"{source} has no files.")
    there = {entry.path for entry in transaction.base.file_entries} if transaction.base else set()
    if both := sorted(there & files.keys()):
        raise ImportSourceError(f"The dataset has a file called {both[0]} already: an APPEND replaces none.")
    for name, file in files.items():
        with reading(file):
            take_in(file, transaction.files_folder / name)
    return len(files)
