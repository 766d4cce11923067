"""CSV files and workbooks of Excel as tables of text.

What the options do not state is detected: encoding, separator, header row, sheet. Rows, not lines, are numbered, from
1 behind the header; blank lines have no number. A row with more cells than the header is set apart with its raw text,
since its cells cannot be assigned to columns. Titles above the header, footers and totals below the rows are no rows.

Files up to `LARGE` bytes are parsed here at once; larger ones are scanned by Polars, so that memory stays small.
"""

from __future__ import annotations

import atexit
import csv
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from transforms_api.errors import ImportSourceError
from transforms_api.extras import extra
from transforms_api.importing.detection import (
    HEAD_ROWS,
    NotRow,
    Row,
    TableOptions,
    column_names,
    find_encoding,
    head_rows,
    head_text,
    header_of,
    parse_rows,
    separator_of,
    split_end,
)

if TYPE_CHECKING:
    import polars as pl

LARGE = 32_000_000
"""Bytes above which a file is scanned by Polars."""
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""Endings of files that python-calamine reads."""
TEXT_FILES = (".csv", ".txt", ".tsv", ".tab")
"""Endings of files with text."""
_DETECTED = TableOptions()
_SURPLUS = 8


class RaggedRow(NamedTuple):
    """A row with more cells than the header: its number and its raw text."""

    row: int
    raw: str


@dataclass(frozen=True)
class TextTable:
    """A table as text.

    Attributes:
        path: the file.
        options: how it was read, nothing left to detect.
        columns: names of the columns, each once.
        frame: the rows: a text column for each of `columns`, null where a cell is empty, and `_row`, the row's number.
        ragged: rows with more cells than the header; `frame` has them not.
        not_rows: lines that are no rows.
        notes: sentences about what was detected, for the user.
        sheets: names of the workbook's sheets.
    """

    path: Path
    options: TableOptions
    columns: tuple[str, ...]
    frame: pl.LazyFrame
    ragged: tuple[RaggedRow, ...] = ()
    not_rows: tuple[NotRow, ...] = ()
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    _text: Path | None = field(default=None, repr=False)
    _last_row: int | None = field(default=None, repr=False)

    def raw(self, rows: Iterable[int]) -> dict[int, str]:
        """Return number → raw text of rows: the line or lines of a CSV file, the cells of a sheet joined by tabs.

        Args:
            rows: their numbers.
        """
        wanted = set(rows)
        if not wanted:
            return {}
        raw_rows = {}
        for row in _numbered(self):
            if row.number in wanted:
                raw_rows[row.number] = row.raw
                if len(raw_rows) == len(wanted):
                    break
        return raw_rows


def read_table(path: Path, options: TableOptions = _DETECTED) -> TextTable:
    """Return a CSV or Excel file as a table of text.

    Args:
        path: the file.
        options: how it is read.

    Raises:
        ImportSourceError: the file is no table, or what it is cannot be detected; the text says what to set.
    """
    try:
        if path.suffix.lower() in WORKBOOKS:
            return _read_workbook(path, options)
        return _read_text(path, options)
    except (OSError, csv.Error) as error:
        raise ImportSourceError(f"{path} cannot be read: {error}") from error


def sheets_of(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's visible sheets; none for a text file.

    Args:
        path: the file.
    """
    return _sheet_names(_workbook(path)) if path.suffix.lower() in WORKBOOKS else ()


def _read_text(path: Path, options: TableOptions) -> TextTable:
    if path.stat().st_size == 0:
        raise ImportSourceError(f"{path} is empty.")
    encoding = find_encoding(path, options.encoding)
    options = replace(options, encoding=encoding.name, quote=options.quote or '"')
    head = head_text(path, encoding.name)
    said = re.match(r"sep=(.)\r?(\n|$)", head, re.IGNORECASE)
    options = replace(options, separator=options.separator or (said[1] if said else separator_of(head)))
    first = list(head_rows(head, options))
    skipped = [NotRow(1, "separator", first[0].raw)] if said else []
    header = header_of(path, first[1:] if said else first, options.header_row)
    options = replace(options, header_row=header.line)
    titles = [NotRow(row.line, "title" if row.filled else "blank", row.raw) for row in first if row.line < header.line]
    columns = column_names(header.cells)
    table = TextTable(path, options, columns, extra("polars").LazyFrame(), (), (), encoding.notes)
    above = tuple(skipped + titles[len(skipped) :])
    if path.stat().st_size > LARGE:
        return _scan_large(table, above)
    return _from_rows(table, list(_text_rows(path, options)), above)


def _text_rows(path: Path, options: TableOptions) -> Iterator[Row]:
    with open(path, encoding=options.encoding, newline="") as opened:
        for row in parse_rows(opened, options):
            if row.line > (options.header_row or 1):
                yield row


def _from_rows(table: TextTable, rows: list[Row], above: Sequence[NotRow]) -> TextTable:
    polars = extra("polars")
    width = len(table.columns)
    below, rows = split_end(rows, width)
    number, kept, ragged, blank = 0, [], [], []
    for row in rows:
        if not row.filled:
            blank.append(NotRow(row.line, "blank", row.raw))
            continue
        number += 1
        if any(cell.strip() for cell in row.cells[width:]):
            ragged.append(RaggedRow(number, row.raw))
        else:
            cells = [cell or None for cell in row.cells[:width]]
            kept.append([number, *cells, *[None] * (width - len(cells))])
    schema = {"_row": polars.Int64, **dict.fromkeys(table.columns, polars.String)}
    frame = polars.DataFrame(kept, schema=schema, orient="row").lazy()
    ignored = (*above, *blank, *below)
    return replace(table, frame=frame, ragged=tuple(ragged), not_rows=ignored, _last_row=number)


def _scan_large(table: TextTable, above: Sequence[NotRow]) -> TextTable:
    """Return a table whose rows Polars reads lazily; one pass finds the ragged rows."""
    polars = extra("polars")
    text, skip = _utf8_text(table)
    surplus = [f"_surplus_{number}" for number in range(_SURPLUS)]
    rows = polars.scan_csv(
        text, has_header=False, skip_lines=skip, separator=table.options.separator, quote_char=table.options.quote,
        schema=dict.fromkeys([*table.columns, *surplus], polars.String), missing_columns="insert",
        extra_columns="ignore", glob=False,
    )  # fmt: skip
    cells = [
        polars.when(polars.col(name) != "").then(polars.col(name)).alias(name) for name in (*table.columns, *surplus)
    ]
    numbered = rows.select(cells).filter(~polars.all_horizontal(polars.all().is_null())).with_row_index("_row", 1)
    is_ragged = polars.any_horizontal(polars.col(surplus).is_not_null())
    below = _end_of(text, table)
    whole = replace(table, _text=text, not_rows=(*above, *below))
    numbers = numbered.filter(is_ragged).select("_row").collect(engine="streaming")["_row"].to_list()
    kept = numbered.filter(~is_ragged)
    if any(row.kind != "blank" for row in below):
        last = numbered.select(polars.len()).collect(engine="streaming").item()
        last -= sum(row.kind != "blank" for row in below)
        kept, whole = kept.filter(polars.col("_row") <= last), replace(whole, _last_row=last)
        numbers = [number for number in numbers if number <= last]
    ragged = tuple(RaggedRow(number, raw) for number, raw in sorted(whole.raw(numbers).items()))
    frame = kept.select(polars.col("_row").cast(polars.Int64), *table.columns)
    return replace(whole, frame=frame, ragged=ragged)


def _utf8_text(table: TextTable) -> tuple[Path, int]:
    """Return the file as UTF-8 without its header, or itself and how many lines to skip."""
    skip = table.options.header_row or 1
    if table.options.encoding in ("utf-8", "utf-8-sig", "ascii") and _header_is_one_line(table):
        return table.path, skip
    folder = Path(tempfile.mkdtemp(prefix="transforms_import_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = folder / "rows.csv"
    encoding = table.options.encoding
    with (
        open(table.path, encoding=encoding, newline="") as opened,
        open(copy, "w", encoding="utf-8", newline="") as out,
    ):
        rows = parse_rows(opened, table.options)
        for row in rows:
            if row.line == skip:
                break
        while block := opened.read(1 << 22):
            out.write(block)
    return copy, 0


def _header_is_one_line(table: TextTable) -> bool:
    with open(table.path, encoding=table.options.encoding, newline="") as opened:
        rows = parse_rows(opened, table.options)
        return next(row for row in rows if row.line == table.options.header_row).raw.count("\n") == 0


def _end_of(text: Path, table: TextTable) -> list[NotRow]:
    size = text.stat().st_size
    with open(text, "rb") as opened:
        opened.seek(max(size - (1 << 16), 0))
        tail = opened.read().decode("utf-8", errors="ignore")
    lines = tail.split("\n")[1:] if size > (1 << 16) else tail.split("\n")
    rows = list(parse_rows([f"{line}\n" for line in lines if line], table.options))
    below, _ = split_end(rows[-200:], len(table.columns))
    return [NotRow(0, row.kind, row.text) for row in below]


def _numbered(table: TextTable) -> Iterator[Row]:
    """Yield the numbered rows of a table, in a second pass."""
    source = _sheet_rows(table) if table.sheets else _text_rows(table.path, table.options)
    number = 0
    for row in source:
        if row.filled:
            number += 1
            row.number = number
            yield row


def _workbook(path: Path) -> Any:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise ImportSourceError(
            f"{path}: Excel files need python-calamine: pip install 'transforms-anywhere[single-node]'. Or save as CSV."
        ) from error
    try:
        return CalamineWorkbook.from_path(str(path))
    except Exception as error:  # its errors have no common class
        raise ImportSourceError(f"{path} cannot be read as a workbook: {error}. Save it as .xlsx or CSV.") from error


def _sheet_names(workbook: Any) -> tuple[str, ...]:
    shown = tuple(sheet.name for sheet in workbook.sheets_metadata if str(sheet.visible).endswith("Visible"))
    return shown or tuple(workbook.sheet_names)


def _read_workbook(path: Path, options: TableOptions) -> TextTable:
    workbook = _workbook(path)
    names = _sheet_names(workbook)
    name = options.sheet or _largest_sheet(workbook, names)
    if name not in workbook.sheet_names:
        raise ImportSourceError(f"{path} has no sheet {name!r}: choose one of {', '.join(workbook.sheet_names)}.")
    rows = _rows_of_sheet(workbook, name)
    if not any(row.filled for row in rows):
        raise ImportSourceError(f"{path}, sheet {name}: it has no rows. Sheets: {', '.join(names)}.")
    header = header_of(path, rows[:HEAD_ROWS], options.header_row)
    above = [NotRow(row.line, "title" if row.filled else "blank", row.raw) for row in rows if row.line < header.line]
    notes = (f"sheets: {', '.join(names)}; read: {name}",) if len(names) > 1 and options.sheet is None else ()
    resolved = replace(options, sheet=name, header_row=header.line)
    columns = column_names(header.cells)
    table = TextTable(path, resolved, columns, extra("polars").LazyFrame(), (), (), notes, names)
    return _from_rows(table, [row for row in rows if row.line > header.line], above)


def _largest_sheet(workbook: Any, names: Sequence[str]) -> str:
    return max(
        names, key=lambda name: workbook.get_sheet_by_name(name).total_height * workbook.get_sheet_by_name(name).width
    )


def _rows_of_sheet(workbook: Any, name: str) -> list[Row]:
    cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    texts = [[_text_of(cell) for cell in row] for row in cells]
    return [Row(line, row, "\t".join(row).rstrip("\t")) for line, row in enumerate(texts, start=1)]


def _sheet_rows(table: TextTable) -> list[Row]:
    rows = _rows_of_sheet(_workbook(table.path), str(table.options.sheet))
    return [row for row in rows if row.line > (table.options.header_row or 1)]


def _text_of(cell: Any) -> str:
    """Return a cell of a sheet as text: whole numbers without '.0', dates in ISO, without a time at midnight."""
    match cell:
        case bool():
            return str(cell).lower()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)
