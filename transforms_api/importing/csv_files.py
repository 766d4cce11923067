"""CSV files as Arrow: a header, commas, UTF-8; empty cells are null, quoted empty ones are empty texts."""

from __future__ import annotations

import csv as python_csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from transforms_api.importing.types import Possible, possible_types, text_field

_BLOCK = csv.ReadOptions(block_size=1 << 22)
_CELLS = csv.ParseOptions(newlines_in_values=True)


def read_schema(file: Path) -> pa.Schema:
    """Return the columns, each with the narrowest type that fits all its texts; null for a column without values.

    Args:
        file: the CSV file.
    """
    separator = _other_separator(file)
    try:
        return _schema(file)
    except pa.ArrowInvalid:
        if separator is None:
            raise
    raise ValueError(f"its columns are separated by {separator!r}, and have to be by commas")


def _schema(file: Path) -> pa.Schema:
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


def read_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows, with every column as text.

    Args:
        file: the CSV file.
        schema: result of `read_schema`.
    """
    with _texts(file) as reader:
        yield from reader


def _texts(file: Path) -> csv.CSVStreamingReader:
    with csv.open_csv(file, read_options=_BLOCK, parse_options=_CELLS) as reader:
        names = reader.schema.names
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    return csv.open_csv(file, read_options=_BLOCK, parse_options=_CELLS, convert_options=as_text)
