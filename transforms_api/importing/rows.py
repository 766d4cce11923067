"""The rows of a folder or file from outside: a Delta table, or Parquet, CSV or JSON files. No Spark.

A few rows at a time are read, but for JSON files that are one document; CSV and JSON are read twice, the first time to
find the columns' types.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from transforms_api.errors import ImportSourceError
from transforms_api.importing.formats import data_files, format_of, reading
from transforms_api.importing.types import cast, narrowest, possible_types
from transforms_api.runtime.stored_types import storable_schema
from transforms_api.store.columns import alike
from transforms_api.store.partition_values import partition_values


@dataclass(frozen=True)
class SourceRows:
    """The rows of a source.

    Attributes:
        schema: its columns, with the types that datasets have.
        read: yields the rows, once, with the columns and types that it is asked for; a column that the source lacks is
            null.
    """

    schema: pa.Schema
    read: Callable[[pa.Schema], Iterator[pa.RecordBatch]]


def read_source(source: Path) -> SourceRows:
    """Return the rows of a folder or file.

    A folder with a Delta log is read at its last version. Of any other folder all files are read, and a folder in it
    called `name=value` gives a column.

    Raises:
        ImportSourceError: there are no files, or of several formats, or one cannot be read.
    """
    return _delta_rows(source) if (source / "_delta_log").is_dir() else _file_rows(source)


def demand_names(where: object, names: Iterable[str]) -> None:
    """Make sure that the columns of a dataset can be called so.

    Spaces and the like are kept, as Foundry keeps them in the columns of a CSV file: only Spark's own writer of Delta
    refuses them, which does not write here.

    Raises:
        ImportSourceError: a column has no name, or Spark could not tell two apart.
    """
    found = list(names)
    if "" in found:
        raise ImportSourceError(f"{where} has a column without a name: give it one.")
    if pair := alike(found):
        raise ImportSourceError(
            f"{where} has the columns {' and '.join(map(repr, pair))}, which Spark does not tell apart: rename one."
        )


def _delta_rows(table: Path) -> SourceRows:
    """By delta-rs's query engine: it knows deletion vectors and renamed columns, which its Arrow datasets do not."""
    with reading(table):
        found = QueryBuilder().register("source", DeltaTable(str(table))).execute("select * from source")
        reader = pa.RecordBatchReader.from_stream(found)
        schema = storable_schema(reader.schema)

    def read(asked: pa.Schema) -> Iterator[pa.RecordBatch]:
        with reading(table):
            for batch in reader:
                yield _as_asked(batch, {}, asked, table)

    return SourceRows(schema, read)


def _file_rows(source: Path) -> SourceRows:
    files = data_files(source)
    form = format_of(source, files)
    folders = {file: dict(partition_values(file.relative_to(source).parent)) for file in files}
    found = pa.schema([])
    for file in files:
        with reading(file):
            schema = form.schema(file)
            demand_names(file, schema.names)
            found = form.merge(found, schema)

    def read(asked: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in files:
            with reading(file):
                for batch in form.batches(file, found):
                    yield _as_asked(batch, folders[file], asked, file)

    kinds = {field.name: field.type for field in found} | _types_in_paths(folders.values())
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


def _as_asked(
    batch: pa.RecordBatch, texts: Mapping[str, str | None], schema: pa.Schema, source: Path
) -> pa.RecordBatch:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns |= {name: pa.repeat(pa.scalar(text, pa.string()), batch.num_rows) for name, text in texts.items()}
    nulls = pa.nulls(batch.num_rows)
    stored = [_as_stored(columns.get(field.name, nulls), field, source) for field in schema]
    return pa.RecordBatch.from_arrays(stored, schema=schema)


def _as_stored(values: pa.Array, field: pa.Field, source: Path) -> pa.Array:
    try:
        return cast(values, field.type)
    except pa.ArrowException as error:
        raise ImportSourceError(
            f"{source}: column '{field.name}' cannot become {field.type}: {error}. Make its values fit; where they are "
            "added to a dataset, replace that one to change the type."
        ) from error
