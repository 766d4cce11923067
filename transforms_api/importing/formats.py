"""Files of a source as Arrow: the files, their format by file name extension, and how each format is read.

Parquet keeps its types. CSV has a header, commas and UTF-8; empty cells are null, quoted empty ones are empty texts.
JSON has an object per line, or one document, which is an object or an array of objects.
"""

from __future__ import annotations

import csv as python_csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError
from pyarrow import csv

from transforms_api.errors import ImportSourceError, LightweightTypeError
from transforms_api.importing.types import (
    Possible,
    merge,
    merge_or_text,
    merge_texts,
    possible_types,
    text_field,
)
from transforms_api.warehouse import type_refused


class Format(NamedTuple):
    """How files of one format are read.

    Attributes:
        schema: returns the columns of a file.
        batches: yields the rows of a file, with the columns of all files.
        merge: returns the columns of two schemas.
    """

    schema: Callable[[Path], pa.Schema]
    batches: Callable[[Path, pa.Schema], Iterator[pa.RecordBatch]]
    merge: Callable[[pa.Schema, pa.Schema], pa.Schema]


def data_files(source: Path) -> list[Path]:
    """Return the file, or all files of a folder at any depth, sorted.

    Names that begin with `.` or `_` are skipped, as Spark does.

    Args:
        source: a file or folder.

    Raises:
        ImportSourceError: there are no files, or the folder contains Delta tables.
    """
    if source.is_file():
        return [source]
    table = next(source.rglob("_delta_log"), None)
    if table is not None:
        raise ImportSourceError(f"{source} has a Delta table in it: import {table.parent}, and each other one, alone.")
    files = sorted(file for file in source.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(source)))
    if not files:
        raise ImportSourceError(f"{source} has no data: no file whose name does not begin with '.' or '_'.")
    return files


def format_of(source: Path, files: Sequence[Path]) -> Format:
    """Return the format of the files of a source.

    Args:
        source: the file or folder.
        files: its files.

    Raises:
        ImportSourceError: the files have several formats, or one without rows.
    """
    examples = {_FORMATS.get(_ending(file)): file for file in files}
    [form, *others] = examples
    if others or form is None:
        names = " and ".join(str(file.relative_to(source.parent)) for file in examples.values())
        raise ImportSourceError(
            f"{source} cannot be read as one table: {names}. All its files have to be Parquet, CSV or JSON "
            f"({', '.join(_FORMATS)}; text also as .gz). Import a part of it, or the files as they are: --files."
        )
    return form


@contextmanager
def reading(file: object) -> Iterator[None]:
    """Add the file name to a library's error about unreadable data.

    Args:
        file: the file that the block reads.

    Raises:
        ImportSourceError: the file cannot be read.
    """
    try:
        yield
    except (pa.ArrowException, DeltaError, OSError, ValueError, NotImplementedError, LightweightTypeError) as error:
        raise ImportSourceError(f"{file} cannot be read: {error}") from error


def _parquet_schema(file: Path) -> pa.Schema:
    with _parquet(file) as opened:
        for number in range(len(opened.schema)):
            column = opened.schema.column(number)
            if column.converted_type == "INTERVAL":  # Arrow has bytes for it
                raise type_refused(
                    column.path, "an interval of Parquet", "make it a number, such as its seconds, or text"
                )
        return opened.schema_arrow


def _parquet_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _parquet(file) as opened:
        yield from opened.iter_batches()


def _parquet(file: Path) -> pq.ParquetFile:
    """Spark's times are often 96 bits wide, which hold years that nanoseconds cannot."""
    return pq.ParquetFile(file, coerce_int96_timestamp_unit="us")


def _ending(file: Path) -> str:
    *_, before, last = ("", "", *file.suffixes)
    return (before if last.lower() == ".gz" else last).lower()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


_CSV_BLOCK = csv.ReadOptions(block_size=1 << 22)
_CELLS = csv.ParseOptions(newlines_in_values=True)


def _csv_schema(file: Path) -> pa.Schema:
    """Return the columns, each with the narrowest type that fits all its texts; null for a column without values."""
    separator = _other_separator(file)
    try:
        return _inferred_schema(file)
    except pa.ArrowInvalid:
        if separator is None:
            raise
    raise ValueError(f"its columns are separated by {separator!r}, and have to be by commas")


def _inferred_schema(file: Path) -> pa.Schema:
    with _texts(file) as reader:
        names = reader.schema.names
        kinds: list[Possible] = [None] * len(names)
        for batch in reader:
            kinds = list(map(possible_types, batch.columns, kinds))
    return pa.schema(list(map(text_field, names, kinds)))


def _other_separator(file: Path) -> str | None:
    """Return what separates the columns of the header instead of commas; None if commas do.

    Raises:
        ValueError: the header has no commas, and something else separates its columns.
    """
    with pa.input_stream(str(file), compression="detect") as stream:
        header = stream.read(1 << 16).decode("utf-8-sig", errors="replace").splitlines()[:1]
    counts = {mark: len(next(python_csv.reader(header, delimiter=mark), [])) for mark in ";|\t,"}
    most = max(counts, key=lambda mark: counts[mark])
    if counts[","] == 1 and counts[most] > 1:
        raise ValueError(f"its columns are separated by {most!r}, and have to be by commas")
    return None if most == "," or counts[most] == 1 else most


def _csv_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows, with every column as text."""
    with _texts(file) as reader:
        yield from reader


def _texts(file: Path) -> csv.CSVStreamingReader:
    with csv.open_csv(file, read_options=_CSV_BLOCK, parse_options=_CELLS) as reader:
        names = reader.schema.names
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    return csv.open_csv(file, read_options=_CSV_BLOCK, parse_options=_CELLS, convert_options=as_text)


_JSON_ROWS = 1 << 14
_JsonObject: TypeAlias = Mapping[str, object]


def _json_schema(file: Path) -> pa.Schema:
    """Return the keys of all objects as columns; values without a common type become text, as in Spark."""
    schema = reduce(merge_or_text, map(_schema_of_objects, _object_chunks(file)), pa.schema([]))
    return pa.schema([(field.name, pa.string() if "struct<>" in str(field.type) else field.type) for field in schema])


def _json_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows; in a column of text, values of other types become their JSON text."""
    for rows in _object_chunks(file):
        columns = [_column([row.get(field.name) for row in rows], field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _schema_of_objects(rows: list[_JsonObject]) -> pa.Schema:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.schema([(name, _type_of([row.get(name) for row in rows])) for name in names])


def _type_of(values: list[object]) -> pa.DataType:
    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError):
        return pa.string()


def _column(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        values = [
            value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for value in values
        ]
    return pa.array(values, kind)


def _object_chunks(file: Path) -> Iterator[list[_JsonObject]]:
    objects = _objects(file)
    while rows := list(islice(objects, _JSON_ROWS)):
        yield rows


def _objects(file: Path) -> Iterator[_JsonObject]:
    for document in _documents(file):
        if not isinstance(document, dict):
            raise ValueError(f"rows have to be objects, not {json.dumps(document)[:40]}")
        yield document


def _documents(file: Path) -> Iterator[object]:
    """Yield the documents of a file: one per line if its first line is an object, else those of its only document."""
    with _opened(file) as lines:
        first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    with _opened(file) as lines:
        if _is_object(first):
            yield from (_parsed(number, line) for number, line in enumerate(lines, 1) if line.strip())
        else:
            document = json.load(lines, parse_float=_float_or_text)
            yield from document if isinstance(document, list) else [document]


def _opened(file: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(pa.input_stream(str(file), compression="detect")), encoding="utf-8-sig")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _parsed(number: int, line: str) -> object:
    try:
        return json.loads(line, parse_float=_float_or_text)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _float_or_text(text: str) -> float | str:
    """Return a number, or its text if a float does not have all its digits."""
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else text


_CSV = Format(_csv_schema, _csv_batches, merge_texts)
_JSON = Format(_json_schema, _json_batches, merge_or_text)
_FORMATS = {
    ".parquet": Format(_parquet_schema, _parquet_batches, merge),
    ".csv": _CSV,
    ".json": _JSON,
    ".jsonl": _JSON,
    ".ndjson": _JSON,
}
