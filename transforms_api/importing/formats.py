"""The files of a source, their format by file name extension, and the readers of each format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from transforms_api.errors import ImportSourceError, LightweightTypeError
from transforms_api.importing import csv_files, json_files
from transforms_api.importing.types import merge, merge_or_text, merge_texts
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


_CSV = Format(csv_files.read_schema, csv_files.read_batches, merge_texts)
_JSON = Format(json_files.read_schema, json_files.read_batches, merge_or_text)
_FORMATS = {
    ".parquet": Format(_parquet_schema, _parquet_batches, merge),
    ".csv": _CSV,
    ".json": _JSON,
    ".jsonl": _JSON,
    ".ndjson": _JSON,
}
