"""The rows of an account's dataset: its schema as Arrow's, and its Parquet, Avro and CSV files with the schema's types.

The schema decides the types, not the files: a CSV file has none, and the times of old Parquet files differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from transforms_api.errors import ImportSourceError, PullError
from transforms_api.importing.formats import reading
from transforms_api.importing.foundry_account import LatestRows
from transforms_api.importing.sources import cast_batch
from transforms_api.text import sql_name
from transforms_api.warehouse import partition_values, storable_schema

_PLAIN = {
    "BINARY": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "BYTE": pa.int8(),
    "DATE": pa.date32(),
    "DOUBLE": pa.float64(),
    "FLOAT": pa.float32(),
    "INTEGER": pa.int32(),
    "LONG": pa.int64(),
    "SHORT": pa.int16(),
    "STRING": pa.string(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}
"""Type of a column in the account → Arrow's."""
_SEPARATORS = (",", ";", "\t", "|")
_NAMED = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
"""How a schema's options may write a separator → the separator."""
_REMEDY = "Correct the values, or the type in the dataset's schema, in the account"


@dataclass(frozen=True)
class TextOptions:
    """How the text files of a dataset are parsed.

    Attributes:
        separator: between the cells of a line.
        quote: around cells; empty: none.
        escape: before a quote in a cell; empty: quotes are doubled.
        skipped: lines before the first row, the header among them.
        encoding: of the files.
        null: text of a cell that is null, beside an empty one.
        drops_lines: whether lines with too few or too many cells are left out, and no error.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = ""
    skipped: int = 1
    encoding: str = "utf-8"
    null: str = ""
    drops_lines: bool = False


@dataclass(frozen=True)
class AccountSchema:
    """The schema of an account's dataset.

    Attributes:
        columns: names and types as datasets have them here.
        text: how text files are parsed; None if the account does not say.
    """

    columns: pa.Schema
    text: TextOptions | None = None

    def selected(self, dataset: str, names: Sequence[str] | None) -> AccountSchema:
        """Return the schema with some of the columns, in the order of the names.

        Args:
            dataset: its name, for messages.
            names: of the columns; None: all.

        Raises:
            PullError: there is no such column.
        """
        if names is None:
            return self
        if unknown := [name for name in names if name not in self.columns.names]:
            raise PullError(
                f"{dataset} cannot be pulled: it has no column '{unknown[0]}'. Its columns are "
                f"{', '.join(self.columns.names)}."
            )
        return AccountSchema(pa.schema([self.columns.field(name) for name in names]), self.text)


@dataclass(frozen=True)
class LocalFile:
    """A downloaded file.

    Attributes:
        path: its path in the dataset.
        file: its content on this machine, under any name.
    """

    path: str
    file: Path

    @property
    def is_hidden(self) -> bool:
        """Whether the file has no rows: its name, or that of a folder, begins with `_` or `.`, or it is empty."""
        parts = PurePosixPath(self.path).parts
        return any(part.startswith((".", "_")) and "=" not in part for part in parts) or not self.file.stat().st_size

    @property
    def format(self) -> str:
        """'parquet', 'avro' or 'text', by the first bytes of the content."""
        with self.file.open("rb") as stream:
            return {b"PAR1": "parquet", b"Obj\x01": "avro"}.get(stream.read(4), "text")


# Schemas


def read_schema(dataset: str, answer: Mapping[str, Any]) -> AccountSchema:
    """Return the schema of a dataset.

    Args:
        dataset: its name, for messages.
        answer: the account's JSON.

    Raises:
        PullError: a column has an unknown type.
    """
    fields = answer.get("fieldSchemaList")
    if not isinstance(fields, list):
        raise PullError(f"{dataset} cannot be pulled: the account's schema of it has no list of columns.")
    columns = pa.schema([_field(dataset, column, str(column.get("name", ""))) for column in fields])
    return AccountSchema(storable_schema(columns), _text_options(answer))


def _field(dataset: str, described: Mapping[str, Any], path: str) -> pa.Field:
    return pa.field(str(described.get("name") or path), _type(dataset, described, path))


def _type(dataset: str, described: Mapping[str, Any], path: str) -> pa.DataType:
    kind = str(described.get("type", "")).upper()
    if kind in _PLAIN:
        return _PLAIN[kind]
    try:
        if kind == "DECIMAL":
            return pa.decimal128(int(described.get("precision") or 38), int(described.get("scale") or 0))
        if kind == "ARRAY":
            return pa.list_(_type(dataset, described["arraySubtype"], f"{path}[]"))
        if kind == "MAP":
            key, value = described["mapKeyType"], described["mapValueType"]
            return pa.map_(_type(dataset, key, f"{path}.key"), _type(dataset, value, f"{path}.value"))
        if kind == "STRUCT":
            return pa.struct([_field(dataset, part, f"{path}.{part.get('name')}") for part in described["subSchemas"]])
    except (KeyError, TypeError, ValueError) as error:
        raise PullError(
            f"{dataset} cannot be pulled: the account does not completely describe the {kind} of column '{path}'. "
            "Correct its schema in the account."
        ) from error
    raise PullError(
        f"{dataset} cannot be pulled: column '{path}' has the type {kind or '(none)'}, which is not known here. "
        "Correct its schema in the account."
    )


def _text_options(answer: Mapping[str, Any]) -> TextOptions | None:
    """Return the options of text files: those of Foundry's text parser, or those of Spark's CSV reader."""
    metadata = answer.get("customMetadata")
    if not isinstance(metadata, Mapping):
        return None
    if isinstance(parser := metadata.get("textParserParams"), Mapping):
        return TextOptions(
            separator=_separator(parser.get("fieldDelimiter")),
            quote=_text(parser.get("quoteCharacter"), '"'),
            escape=_text(parser.get("escapeCharacter"), ""),
            skipped=int(parser.get("skipLines") or 0),
            encoding=_text(parser.get("charsetName"), "utf-8"),
            null=_text((parser.get("nullValues") or [""])[0], ""),
            drops_lines=str(parser.get("jaggedRowBehavior", "")).startswith("DROP"),
        )
    if isinstance(options := metadata.get("options"), Mapping) and metadata.get("format") == "csv":
        return TextOptions(
            separator=_separator(options.get("sep", options.get("delimiter"))),
            quote=_text(options.get("quote"), '"'),
            escape=_text(options.get("escape"), ""),
            skipped=int(str(options.get("header", "false")).lower() == "true"),
            encoding=_text(options.get("encoding", options.get("charset")), "utf-8"),
            null=_text(options.get("nullValue"), ""),
            drops_lines=str(options.get("mode", "")).upper() == "DROPMALFORMED",
        )
    return None


def _text(value: Any, default: str) -> str:
    return value if isinstance(value, str) else default


def _separator(value: Any) -> str:
    text = _text(value, ",")
    return _NAMED.get(text.lower(), text) or ","


# Files


def file_batches(dataset: str, files: Iterable[LocalFile], schema: AccountSchema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of downloaded files, with the columns and types of the schema.

    A folder named `name=value` gives its files a column.

    Args:
        dataset: its name, for messages.
        files: those with rows.
        schema: of the dataset.

    Raises:
        ImportSourceError: a file cannot be read, or a value does not fit its type.
    """
    for file in files:
        subject = f"{dataset}: file '{file.path}'"
        texts = dict(partition_values(PurePosixPath(file.path).parent))
        with reading(subject):
            for batch in _READERS[file.format](file.file, schema, texts.keys()):
                yield cast_batch(_named_as(batch, schema.columns), texts, schema.columns, subject, _REMEDY)


def table_batches(dataset: str, file: Path, schema: AccountSchema) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file that has a stream of Arrow, with the columns and types of the schema.

    Args:
        dataset: its name, for messages.
        file: of `FoundryAccount.table`; an empty one has no rows.
        schema: of the dataset.

    Raises:
        ImportSourceError: the stream is not complete, or a value does not fit its type.
    """
    if file.stat().st_size:
        with reading(dataset), pa.OSFile(str(file)) as stream, pa.ipc.open_stream(stream) as batches:
            for batch in batches:
                yield cast_batch(_named_as(batch, schema.columns), {}, schema.columns, dataset, _REMEDY)


def _named_as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch whose columns have the names of the schema, as Spark ignores case in the names of files."""
    known = {name.casefold(): name for name in schema.names}
    names = [name if name in schema.names else known.get(name.casefold(), name) for name in batch.schema.names]
    return batch.rename_columns(names)


def _parquet_batches(file: Path, schema: AccountSchema, in_path: Iterable[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file, coerce_int96_timestamp_unit="us") as opened:
        yield from opened.iter_batches()


def _avro_batches(file: Path, schema: AccountSchema, in_path: Iterable[str]) -> Iterator[pa.RecordBatch]:
    import polars

    yield from polars.read_avro(file).to_arrow().to_batches()


def _text_batches(file: Path, schema: AccountSchema, in_path: Iterable[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a CSV file. Nested columns cannot be in it; times without a zone are in UTC."""
    in_folders = set(in_path)
    columns = pa.schema([field for field in schema.columns if field.name not in in_folders])
    options = schema.text or _guessed_options(file, columns.names)
    kinds = {field.name: pa.string() if pa.types.is_timestamp(field.type) else field.type for field in columns}
    if nested := [name for name, kind in kinds.items() if pa.types.is_nested(kind)]:
        raise ImportSourceError(f"column '{nested[0]}' has parts, which text files do not have")
    with (
        _plain(file) as stream,
        csv.open_csv(
            stream,
            read_options=csv.ReadOptions(
                column_names=columns.names, skip_rows=options.skipped, encoding=options.encoding, block_size=1 << 22
            ),
            parse_options=csv.ParseOptions(
                delimiter=options.separator,
                quote_char=options.quote or False,
                escape_char=options.escape if options.escape and options.escape != options.quote else False,
                newlines_in_values=bool(options.quote),
                invalid_row_handler=(lambda _: "skip") if options.drops_lines else None,
            ),
            convert_options=csv.ConvertOptions(
                column_types=kinds,
                null_values=list(dict.fromkeys(["", options.null])),
                true_values=["true", "True", "TRUE", "1"],
                false_values=["false", "False", "FALSE", "0"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        ) as batches,
    ):
        yield from batches


def _guessed_options(file: Path, names: Sequence[str]) -> TextOptions:
    """Return options by which the first line has as many cells as there are columns; it may be a header."""
    with _plain(file) as stream:
        first = stream.read(1 << 16).decode("utf-8-sig", errors="replace").partition("\n")[0].rstrip("\r")
    counts = {separator: len(first.split(separator)) for separator in _SEPARATORS}
    separator = next((mark for mark, count in counts.items() if count == len(names)), ",")
    cells = [cell.strip().strip('"').casefold() for cell in first.split(separator)]
    return TextOptions(separator, skipped=int(cells == [name.casefold() for name in names]))


def _plain(file: Path) -> pa.NativeFile:
    """Return the content of a file, decompressed if it is compressed by gzip."""
    with file.open("rb") as stream:
        is_compressed = stream.read(2) == b"\x1f\x8b"
    return pa.input_stream(str(file), compression="gzip" if is_compressed else None)


_READERS: Mapping[str, Callable[[Path, AccountSchema, Iterable[str]], Iterator[pa.RecordBatch]]] = {
    "parquet": _parquet_batches,
    "avro": _avro_batches,
    "text": _text_batches,
}


def latest_rows(
    dataset: str, rows: Iterator[pa.RecordBatch], schema: AccountSchema, latest: LatestRows
) -> Iterator[pa.RecordBatch]:
    """Yield of several rows with the same key the one that counts. Nulls count as the smallest values.

    Args:
        dataset: name of the view, for messages.
        rows: of the datasets below the view.
        schema: of the rows.
        latest: which row counts.

    Raises:
        PullError: the view lacks a column that `latest` names.
    """
    import duckdb

    named = [*latest.key, *latest.order, *filter(None, [latest.deleted])]
    schema.selected(dataset, named)
    key, order = (
        ", ".join(f"{sql_name(name)}{end}" for name in names)
        for names, end in ((latest.key, ""), (latest.order, " DESC NULLS LAST"))
    )
    kept = f"WHERE {sql_name(latest.deleted)} IS NOT TRUE" if latest.deleted else ""
    with duckdb.connect(config={"enable_external_access": "false"}) as database:
        database.register("rows", pa.Table.from_batches(rows, schema.columns))
        latest_rows = database.sql(
            "SELECT * FROM (SELECT * FROM rows QUALIFY row_number() OVER "
            f"(PARTITION BY {key} ORDER BY {order}) = 1) {kept}"
        )
        for batch in latest_rows.to_arrow_reader():
            yield cast_batch(batch, {}, schema.columns, dataset)


def are_parquet(files: Iterable[LocalFile]) -> bool:
    """Return whether all files are Parquet.

    Args:
        files: those with rows.
    """
    return all(file.format == "parquet" for file in files)


def peek(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return the same batches after the first one has been read, so that an unreadable file raises here.

    Args:
        batches: read once.
    """
    first = list(itertools.islice(batches, 1))
    return itertools.chain(first, batches)
