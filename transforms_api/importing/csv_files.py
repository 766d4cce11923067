"""CSV files as Arrow: a header, commas, UTF-8; empty cells are null, quoted empty ones are empty texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from transforms_api.importing.types import Possible, possible_types, text_field

_BLOCK = csv.ReadOptions(block_size=1 << 22)
_OTHER_SEPARATORS = re.compile(r"[;|\t]")
_CELLS = csv.ParseOptions(newlines_in_values=True)


def read_schema(file: Path) -> pa.Schema:
    """Return the columns, each with the narrowest type that all its texts stand for; null where it has none."""
    with _texts(file) as reader:
        names = reader.schema.names
        if len(names) == 1 and (other := _OTHER_SEPARATORS.search(names[0])):
            raise ValueError(f"its columns are separated by {other[0]!r}, and have to be by commas")
        kinds: list[Possible] = [None] * len(names)
        for batch in reader:
            kinds = list(map(possible_types, batch.columns, kinds))
    return pa.schema(list(map(text_field, names, kinds)))


def read_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows, every column as text."""
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
