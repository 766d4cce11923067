"""JSON files as Arrow: an object per line, or one document, which is an object or an array of objects."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from transforms_api.importing.types import merge_or_text

_ROWS = 1 << 14


def read_schema(file: Path) -> pa.Schema:
    """Return the keys of all objects as columns; values without a common type become text, as in Spark.

    Args:
        file: a file of JSON objects, one per line, or an array of them.
    """
    schema = reduce(merge_or_text, map(_schema_of, _chunks(file)), pa.schema([]))
    return pa.schema([(field.name, pa.string() if "struct<>" in str(field.type) else field.type) for field in schema])


def read_batches(file: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the rows; in a column of text, values of other types become their JSON text.

    Args:
        file: the JSON file.
        schema: columns of the rows.
    """
    for rows in _chunks(file):
        columns = [_column([row.get(field.name) for row in rows], field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _schema_of(rows: list[dict[str, Any]]) -> pa.Schema:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.schema([(name, _type_of([row.get(name) for row in rows])) for name in names])


def _type_of(values: list[Any]) -> pa.DataType:
    try:
        return pa.array(values).type
    except (pa.ArrowException, OverflowError):
        return pa.string()


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        values = [one if one is None or isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in values]
    return pa.array(values, kind)


def _chunks(file: Path) -> Iterator[list[dict[str, Any]]]:
    objects = _objects(file)
    while rows := list(islice(objects, _ROWS)):
        yield rows


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    for document in _documents(file):
        if not isinstance(document, dict):
            raise ValueError(f"rows have to be objects, not {json.dumps(document)[:40]}")
        yield document


def _documents(file: Path) -> Iterator[Any]:
    """A file whose first line is an object has one per line; any other is one document, read as a whole."""
    with _opened(file) as lines:
        first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    with _opened(file) as lines:
        if _is_object(first):
            yield from (_parsed(number, line) for number, line in enumerate(lines, 1) if line.strip())
        else:
            whole = json.load(lines, parse_float=_number)
            yield from whole if isinstance(whole, list) else [whole]


def _opened(file: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(pa.input_stream(str(file), compression="detect")), encoding="utf-8-sig")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _parsed(number: int, line: str) -> Any:
    try:
        return json.loads(line, parse_float=_number)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _number(text: str) -> float | str:
    """Return a number, or its text if a float does not have all its digits."""
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else text
