"""Rows that leave the warehouse: as CSV, Excel or Parquet files, as an Iceberg table, or as a table of Postgres.

Each `RowWriter` streams Arrow batches to one kind of target. Files are written under a temporary name beside the target
and moved when they are complete; tables are written in one transaction. A failed write leaves the target as it was.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from transforms_api.errors import ExportError
from transforms_api.extras import needs_extra

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

EXCEL_ROWS = 1_048_576
"""Rows of an Excel sheet, with the header."""
EXCEL_TEXT = 32_767
"""Characters of an Excel cell."""
_EXACT_IN_EXCEL = 15
"""Digits of a number that Excel keeps."""


class IfExists(StrEnum):
    """What happens to a target that exists."""

    FAIL = "fail"
    REPLACE = "replace"
    APPEND = "append"


class RowWriter(ABC):
    """Writes rows to one target.

    Attributes:
        can_append: whether rows can be added to a target that exists.
    """

    can_append: bool = False

    @abstractmethod
    def write(self, rows: pa.RecordBatchReader, if_exists: IfExists) -> int:
        """Write the rows and return their number.

        Args:
            rows: batches, read once.
            if_exists: what happens to a target that exists.

        Raises:
            ExportError: the target exists and must not be changed, or cannot have these rows.
        """


def writer_for(target: str, table: str | None = None) -> RowWriter:
    """Return the writer of a target.

    Args:
        target: path of a .csv, .xlsx or .parquet file; `iceberg:FOLDER` of a local catalog; or a URL of Postgres.
        table: `namespace.table` of Iceberg, or a table of Postgres (with or without a schema); None for files.

    Raises:
        ExportError: nothing writes such a target, or a table is missing or superfluous.
    """
    if target.startswith(("postgres://", "postgresql://")):
        return PostgresTable(target, _needed_table(target, table))
    if target.startswith("iceberg:"):
        return IcebergTable(Path(target.removeprefix("iceberg:")), _needed_table(target, table))
    if "://" in target:
        raise ExportError(f"{without_password(target)}: only postgresql:// URLs can be written to.")
    if table is not None:
        raise ExportError(f"{target} is a file, which has no table: leave out --table {table}.")
    file = Path(target)
    kinds: dict[str, Callable[[Path], RowWriter]] = {".csv": CsvFile, ".xlsx": ExcelFile, ".parquet": ParquetFile}
    kind = kinds.get(file.suffix.lower())
    if kind is None:
        raise ExportError(
            f"'{target}': the ending says the format. Use .csv, .xlsx or .parquet, iceberg:FOLDER, or postgresql://…."
        )
    return kind(file)


def _needed_table(target: str, table: str | None) -> str:
    if not table:
        raise ExportError(f"{without_password(target)} needs the name of a table: --table analytics.kpis")
    return table


def without_password(url: str) -> str:
    """Return a URL without its password.

    Args:
        url: a URL, or any other text.
    """
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", url)


@dataclass(frozen=True)
class FileWriter(RowWriter):
    """Writes a file.

    Attributes:
        file: the target.
    """

    file: Path

    def write(self, rows: pa.RecordBatchReader, if_exists: IfExists) -> int:
        """Write the rows and return their number. See `RowWriter.write`."""
        if if_exists is IfExists.APPEND:
            raise ExportError(f"{self.file}: rows cannot be added to a file; use --if-exists replace.")
        if self.file.exists() and (if_exists is IfExists.FAIL or not self.file.is_file()):
            raise ExportError(f"{self.file} exists. Choose another name, or --if-exists replace.")
        try:
            with _complete_or_nothing(self.file) as partial:
                return self.write_file(partial, rows)
        except OSError as error:
            raise ExportError(f"{self.file} cannot be written: {error.strerror or error}") from error

    @abstractmethod
    def write_file(self, file: Path, rows: pa.RecordBatchReader) -> int:
        """Write the rows to a new file and return their number.

        Args:
            file: the file.
            rows: batches, read once.
        """


@contextmanager
def _complete_or_nothing(file: Path) -> Iterator[Path]:
    """Yield a temporary file beside a file, which it replaces unless the context raises."""
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        partial = Path(folder, file.name)
        yield partial
        os.replace(partial, file)


class CsvFile(FileWriter):
    """A CSV file in UTF-8: null is an empty cell, an empty text is `""`, nested values are JSON."""

    def write_file(self, file: Path, rows: pa.RecordBatchReader) -> int:
        """Write the rows to a new file and return their number. See `FileWriter.write_file`."""
        with file.open("wb") as stream:
            return write_csv(rows, stream)


def write_csv(rows: pa.RecordBatchReader, stream: BinaryIO) -> int:
    """Write rows as CSV and return their number.

    Args:
        rows: batches, read once.
        stream: receives the text in UTF-8.
    """
    from pyarrow import csv

    count, flat = 0, flat_schema(rows.schema)
    with csv.CSVWriter(stream, flat) as writer:
        for batch in rows:
            writer.write_batch(flatten(batch, flat))
            count += batch.num_rows
    return count


class ParquetFile(FileWriter):
    """A Parquet file with the types of the dataset."""

    def write_file(self, file: Path, rows: pa.RecordBatchReader) -> int:
        """Write the rows to a new file and return their number. See `FileWriter.write_file`."""
        import pyarrow.parquet as pq

        count = 0
        with pq.ParquetWriter(file, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
                count += batch.num_rows
        return count


class ExcelFile(FileWriter):
    """An Excel workbook of one sheet with a header.

    Excel has no time zones (times are written in UTC) and 15 digits (longer numbers are written as text).
    """

    def write_file(self, file: Path, rows: pa.RecordBatchReader) -> int:
        """Write the rows to a new file and return their number. See `FileWriter.write_file`.

        Raises:
            ExportError: there are more rows than a sheet has, or a text is longer than a cell.
        """
        with needs_extra("write"):
            import xlsxwriter

        settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        count, flat = 0, flat_schema(rows.schema)
        with xlsxwriter.Workbook(str(file), settings) as book:
            sheet, formats = book.add_worksheet("rows"), _excel_formats(book, flat)
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(flat.names):
                sheet.write_string(0, column, name)
            for batch in rows:
                columns = [values.to_pylist() for values in flatten(batch, flat).columns]
                for cells in zip(*columns, strict=True) if columns else ():
                    count += 1
                    if count >= EXCEL_ROWS:
                        raise ExportError(f"{self.file}: a sheet has {EXCEL_ROWS - 1:,} rows. Use .csv, or --rows.")
                    for column, value in enumerate(cells):
                        if value is not None:
                            self._write_cell(sheet, count, column, value, formats[column])
        return count

    def _write_cell(self, sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, str):
            if len(value) > EXCEL_TEXT:
                raise ExportError(
                    f"{self.file}: row {row} has a text of {len(value):,} characters; a cell has {EXCEL_TEXT:,}."
                )
            sheet.write_string(row, column, value)
        elif isinstance(value, (int, float)) or hasattr(value, "as_tuple"):
            if _is_exact_in_excel(value):
                sheet.write_number(row, column, float(value))
            else:
                sheet.write_string(row, column, str(value))
        else:
            moment = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            if moment.year < 1900:  # Excel's first day
                sheet.write_string(row, column, str(moment))
            else:
                sheet.write_datetime(row, column, moment, cell_format)


def _is_exact_in_excel(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return len(str(value).lstrip("-").replace(".", "").strip("0")) <= _EXACT_IN_EXCEL


def _excel_formats(book: Any, schema: pa.Schema) -> list[Any]:
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    kinds = ((pa.types.is_date, day), (pa.types.is_timestamp, moment))
    return [next((style for matches, style in kinds if matches(field.type)), None) for field in schema]


def flat_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema in which nested and binary columns are texts.

    Args:
        schema: schema of the rows.
    """
    return pa.schema([field.with_type(pa.string()) if _needs_text(field.type) else field for field in schema])


def flatten(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch whose nested values are JSON and whose binary values are hexadecimal where the schema has texts.

    Args:
        batch: the rows.
        schema: the columns of the result, such as the result of `flat_schema`.
    """
    columns = [
        pa.array([_as_text(value) for value in values.to_pylist()], pa.string())
        if _needs_text(values.type) and pa.types.is_string(field.type)
        else pc.cast(values, field.type)
        for values, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _needs_text(kind: pa.DataType) -> bool:
    is_binary: bool = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return is_binary or pa.types.is_nested(kind)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, bytes):
        return None if value is None else value.hex()
    return json.dumps(
        value, default=lambda part: part.hex() if isinstance(part, bytes) else str(part), ensure_ascii=False
    )


@dataclass(frozen=True)
class IcebergTable(RowWriter):
    """An Iceberg table in a local catalog: an SQLite file `catalog.db` in the folder that has the tables.

    Attributes:
        folder: folder of the catalog; created if it does not exist.
        table: `namespace.table`.
    """

    folder: Path
    table: str
    can_append = True

    def write(self, rows: pa.RecordBatchReader, if_exists: IfExists) -> int:
        """Write the rows in one commit and return their number. See `RowWriter.write`."""
        with needs_extra("iceberg"):
            from pyiceberg.catalog.sql import SqlCatalog

        namespace, _, name = self.table.rpartition(".")
        if not namespace or not name:
            raise ExportError(f"'{self.table}' is no Iceberg table: give namespace and table, as in analytics.kpis")
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder.resolve()
        catalog = SqlCatalog("local", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder.as_uri())
        catalog.create_namespace_if_not_exists(namespace)
        exists = catalog.table_exists(self.table)
        if exists and if_exists is IfExists.FAIL:
            raise ExportError(f"{self.folder} has a table {self.table}. Choose --if-exists replace or append.")
        try:
            if exists and if_exists is IfExists.APPEND:
                return self._append(catalog.load_table(self.table), rows)
            return self._create(catalog, rows)
        except ValueError as error:
            raise ExportError(f"{self.table} of {self.folder} cannot have these rows: {error}") from error

    def _create(self, catalog: Catalog, rows: pa.RecordBatchReader) -> int:
        """Write the rows to a new table, which takes the place of the present one when it is complete."""
        new = f"{self.table}__new"
        if catalog.table_exists(new):  # of a write that was killed
            catalog.drop_table(new)
        count = self._append(catalog.create_table(new, _with_microseconds(rows.schema)), rows)
        if catalog.table_exists(self.table):
            catalog.drop_table(self.table)
        catalog.rename_table(new, self.table)
        return count

    def _append(self, table: Table, rows: pa.RecordBatchReader) -> int:
        count, schema = 0, _with_microseconds(rows.schema)
        with table.transaction() as transaction:
            for batch in rows:
                transaction.append(pa.Table.from_batches([batch]).cast(schema))
                count += batch.num_rows
        return count


def _with_microseconds(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose times have the precision that Iceberg has."""
    return pa.schema([
        field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in schema
    ])  # fmt: skip


@dataclass(frozen=True)
class PostgresTable(RowWriter):
    """A table of Postgres, written by COPY.

    Attributes:
        url: such as postgresql://user@host:5432/database; libpq's variables (PGPASSWORD, …) and files apply.
        table: the table, with or without its schema.
    """

    url: str
    table: str
    can_append = True

    def write(self, rows: pa.RecordBatchReader, if_exists: IfExists) -> int:
        """Write the rows in one transaction and return their number. See `RowWriter.write`."""
        with needs_extra("postgres"):
            from adbc_driver_postgresql import dbapi

        schema, _, name = self.table.rpartition(".")
        mode = {IfExists.FAIL: "create", IfExists.REPLACE: "replace", IfExists.APPEND: "append"}[if_exists]
        flat = _postgres_schema(rows.schema)
        batches = pa.RecordBatchReader.from_batches(flat, (flatten(batch, flat) for batch in rows))
        try:
            with dbapi.connect(self.url) as connection, connection.cursor() as cursor:
                if schema:
                    cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema.replace(chr(34), chr(34) * 2)}"')
                count = cursor.adbc_ingest(name, batches, mode=mode, db_schema_name=schema or None)
                connection.commit()
        except dbapi.Error as error:
            text = str(error).strip().splitlines()[0]
            host = urlsplit(self.url).hostname or "Postgres"
            raise ExportError(f"{self.table} cannot be written to {host}: {text}") from error
        return int(count)


def _postgres_schema(schema: pa.Schema) -> pa.Schema:
    nested = pa.schema([field.with_type(pa.string()) if pa.types.is_nested(field.type) else field for field in schema])
    return _with_microseconds(nested)
