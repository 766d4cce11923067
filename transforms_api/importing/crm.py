"""Imports of CRM exports, without Spark: the loader that the mapping names is called with the files.

What the columns of a CRM mean is knowledge of the pipeline (`transforms/revops/crm`), not of the engine. For a mapping
that has to be proposed, `profile_table` says what the values of columns are: dates in which formats, numbers in which
notation, few words or many. A date such as 3/4/2024 has two readings. The values of the column decide, then other
columns of the same file that are written alike; else the format is ambiguous and has to be stated.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api.builds import require_checks_passed
from transforms_api.declare import Output, bind_output
from transforms_api.errors import ImportMappingError
from transforms_api.expectations import evaluate_checks
from transforms_api.extras import extra
from transforms_api.importing.detection import TableOptions
from transforms_api.importing.text_tables import TextTable, read_table
from transforms_api.runtime import LightweightOutput, OutputState
from transforms_api.warehouse import Provenance, Warehouse, full_view, open_multi_table_transaction, read_slice

if TYPE_CHECKING:
    import polars as pl

Loader = Callable[..., Mapping[Output, "pl.LazyFrame"]]


class ExportFolder:
    """The files of an export, those of a folder or a single file; and what the last import wrote.

    Args:
        source: the folder or file.
        warehouse: has the last import; None: there is none.

    Attributes:
        is_single: whether the export is one file, which then is the file of deals whatever the mapping calls it.
    """

    def __init__(self, source: Path, warehouse: Warehouse | None = None) -> None:
        self.is_single, self._warehouse = source.is_file(), warehouse
        self._files = {source.name: source} if self.is_single else _files_of(source)

    def find(self, pattern: str) -> list[str]:
        """Return the names of the files that fit a pattern, without regard to case; an exact name fits alone.

        Args:
            pattern: file name or pattern; of a single file any.
        """
        if self.is_single:
            return list(self._files)
        if pattern in self._files:
            return [pattern]
        return [name for name in self._files if fnmatch(name.lower(), pattern.lower())]

    def read(self, name: str, source: Any) -> TextTable:
        """Return a file as text.

        Args:
            name: its name.
            source: the section of the mapping, with the options of the file.
        """
        options = TableOptions(source.encoding, source.separator, source.quote, source.header_row, source.sheet)
        return read_table(self._files[name], options)

    def last_import(self, dataset: str) -> pl.LazyFrame | None:
        """Return the rows of a dataset as the last import wrote them; None if its last version is no import's.

        Args:
            dataset: path of the dataset.
        """
        version = None if self._warehouse is None else self._warehouse.latest(dataset)
        if version is None or version.commit.provenance is None or version.commit.provenance.kind != "import":
            return None
        rows: pl.LazyFrame = extra("polars").scan_pyarrow_dataset(read_slice(full_view(version)))
        return rows


def run_import(
    source: Path,
    mapping: Mapping[str, Any],
    warehouse: Warehouse,
    today: date | None = None,
    text: str = "",
    name: str = "the mapping",
) -> dict[str, int]:
    """Load the files of a CRM export as its mapping describes.

    Args:
        source: the folder of the files, or one file.
        mapping: the mapping file's content.
        warehouse: receives the datasets.
        today: day of the export, in place of the mapping's.
        text: the mapping file's text, to name lines in messages.
        name: the mapping file's name, for messages.

    Returns:
        Dataset path → number of published rows.

    Raises:
        ImportMappingError: the mapping names no loader, or does not fit the files, or no row can be used.
        ChecksFailedError: a dataset breaks its contract; nothing is published.
    """
    frames = read_export(source, mapping, today, text, name, warehouse)
    datasets = {spec: bind_output("mapping", spec).dataset for spec in frames}
    tables = {spec: warehouse.table(dataset) for spec, dataset in datasets.items()}
    provenance = Provenance.of_import(source, warehouse.branch)
    with open_multi_table_transaction(warehouse.root, list(tables.values()), f"an import of {source}") as job:
        states = [OutputState(datasets[spec], warehouse.branch, job.transactions[tables[spec]]) for spec in frames]
        checks = []
        for state, (spec, frame) in zip(states, frames.items(), strict=True):
            checks += evaluate_checks(state.dataset, _write(state, frame), spec.checks)
        require_checks_passed(checks)
        counts = job.publish([state.stage_commit(provenance) for state in states])
    return {state.dataset: count for state, count in zip(states, counts, strict=True)}


def read_export(
    source: Path,
    mapping: Mapping[str, Any],
    today: date | None = None,
    text: str = "",
    name: str = "the mapping",
    warehouse: Warehouse | None = None,
) -> Mapping[Output, pl.LazyFrame]:
    """Return the datasets of an export and write nothing; the arguments are those of `run_import`.

    Args:
        source: the folder of the files, or one file.
        mapping: the mapping file's content.
        today: day of the export, in place of the mapping's.
        text: the mapping file's text.
        name: the mapping file's name.
        warehouse: has the last import, whose deals become earlier deals; None: there is none.

    Raises:
        ImportMappingError: as `run_import`.
    """
    loader = _loader(mapping)
    try:
        return loader(ExportFolder(source, warehouse), mapping, today, text, name)
    except ValueError as error:
        raise ImportMappingError(str(error)) from error


def _write(state: OutputState, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Write the rows to Parquet in a stream, so that millions of them need little memory; return what was written."""
    output = LightweightOutput(state)
    folder = Path(output.path_for_write_table)
    frame.sink_parquet(folder / "rows.parquet")
    written: pl.LazyFrame = extra("polars").scan_parquet(folder / "rows.parquet")
    output.write_table(str(folder))
    return written


def _files_of(folder: Path) -> dict[str, Path]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith((".", "~")))
    return {file.relative_to(folder).as_posix(): file for file in files}


def _loader(mapping: Mapping[str, Any]) -> Loader:
    module, _, function = str(mapping.get("loader", "")).partition(":")
    try:
        loader: Loader = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImportMappingError(
            "The mapping has to name the function that reads such an export, as in "
            f"loader = \"transforms.revops.crm.load:load\"; '{mapping.get('loader')}' is none: {error}"
        ) from error
    return loader


_TIME = r"(?:[T\s,]+\d{1,2}:\d{2}.*)?"
_SHAPES = {
    "YYYY-MM-DD": r"\d{4}-\d{1,2}-\d{1,2}",
    "YYYY/M/D": r"\d{4}/\d{1,2}/\d{1,2}",
    "/": r"(\d{1,2})/(\d{1,2})/(\d{4})",
    "/YY": r"(\d{1,2})/(\d{1,2})/(\d{2})",
    "D.M.YYYY": r"\d{1,2}\.\d{1,2}\.\d{4}",
    "D.M.YY": r"\d{1,2}\.\d{1,2}\.\d{2}",
    "-": r"(\d{1,2})-(\d{1,2})-(\d{4})",
    "-YY": r"(\d{1,2})-(\d{1,2})-(\d{2})",
    "D MMM YYYY": r"\d{1,2}\.?[\s-][^\W\d_]{3,}\.?,?[\s-]\d{4}",
    "MMM D YYYY": r"[^\W\d_]{3,}\.?\s\d{1,2},?\s\d{4}",
    "YYYYMMDD": r"(?:19|20)\d{2}[01]\d[0-3]\d",
    "epoch_ms": r"1[0-9]{12}",
    "serial": r"[2-6]\d{4}(?:\.\d+)?",
}
_NUMERIC = ("epoch_ms", "serial")
_PATTERNS = {name: re.compile(shape + ("" if name in _NUMERIC else _TIME)) for name, shape in _SHAPES.items()}
_MOST_VALUES = 50_000
_MOST_ROWS = 500_000
"""Rows from the start of a table that are looked at, so that ten million rows take seconds."""


@dataclass(frozen=True)
class ColumnProfile:
    """What the values of a column are.

    Attributes:
        name: the column.
        rows: number of rows.
        filled: rows with a value.
        distinct: number of different values.
        values: value → rows that have it, the most frequent 500.
        date_formats: formats that the values have, most frequent first; empty if most are no dates.
        ambiguous: two formats of which the values fit both, as D/M/YYYY and M/D/YYYY; else empty.
        numbers: share of the values that are numbers, 0 to 1.
        decimal: decimal sign; None if no value shows it.
        dubious_thousands: an example such as 3.000 that is 3 or 3,000, if no other value decides.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    values: Mapping[str, int]
    date_formats: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    numbers: float = 0.0
    decimal: str | None = None
    dubious_thousands: str | None = None

    @property
    def is_key(self) -> bool:
        """Return whether nearly all rows have a value of their own."""
        return self.filled > 0.8 * self.rows and self.distinct > 0.9 * self.filled


def profile_table(table: TextTable) -> dict[str, ColumnProfile]:
    """Return column → profile, of the first `_MOST_ROWS` rows.

    Args:
        table: the table.
    """
    rows = table.frame.head(_MOST_ROWS).collect(engine="streaming")
    profiles = {name: _profile(rows, name) for name in table.columns}
    return {name: _without_ambiguity(column, profiles) for name, column in profiles.items()}


def _profile(rows: pl.DataFrame, name: str) -> ColumnProfile:
    polars = extra("polars")
    text = polars.col(name).str.replace_all("\u00a0", " ").str.strip_chars()
    counts = (
        rows.lazy()
        .select(text.alias("value"))
        .filter(polars.col("value").str.len_chars() > 0)
        .group_by("value")
        .agg(polars.len().alias("count"))
        .sort("count", "value", descending=[True, False])
        .collect(engine="streaming")
    )
    values = dict(counts.head(_MOST_VALUES).iter_rows())
    formats, ambiguous = _date_formats(list(values))
    numbers, decimal, dubious = _number_format(list(values))
    first = dict(list(values.items())[:500])
    filled = int(counts["count"].sum() or 0)
    return ColumnProfile(
        name,
        rows.height,
        filled,
        counts.height,
        first,
        formats,
        ambiguous,
        numbers,
        decimal,
        None if decimal else dubious,
    )


def _date_formats(values: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    shapes: Counter[str] = Counter()
    parts: dict[str, list[tuple[int, int]]] = {}
    for value in values:
        for name, pattern in _PATTERNS.items():
            if match := pattern.fullmatch(value):
                shapes[name] += 1
                if match.re.groups:
                    parts.setdefault(name, []).append((int(match[1]), int(match[2])))
                break
    if not values or sum(shapes.values()) < 0.6 * len(values):
        return (), ()
    formats: list[str] = []
    ambiguous: tuple[str, ...] = ()
    for name, _ in shapes.most_common():
        if name not in parts:
            formats.append(name)
            continue
        sign, years = name[0], "YY" if name.endswith("YY") else "YYYY"
        readings = (f"D{sign}M{sign}{years}", f"M{sign}D{sign}{years}")
        day_first = sum(first > 12 for first, _ in parts[name])
        month_first = sum(second > 12 for _, second in parts[name])
        if not _decides(day_first, month_first):
            ambiguous = readings
        else:
            formats.append(readings[0] if day_first > month_first else readings[1])
    return tuple(formats), ambiguous


def _decides(day_first: int, month_first: int) -> bool:
    """Return whether values exclude one reading; one in ten may contradict, such as a date that does not exist."""
    return max(day_first, month_first) > 0 and min(day_first, month_first) <= max(day_first, month_first) / 10


def _without_ambiguity(column: ColumnProfile, columns: Mapping[str, ColumnProfile]) -> ColumnProfile:
    """Return the profile without its ambiguity if all other columns that are written alike agree."""
    if not column.ambiguous:
        return column
    agreed = {form for other in columns.values() for form in other.date_formats if form in column.ambiguous}
    if len(agreed) != 1 or _mixes(column):
        return column
    return replace(column, date_formats=(*agreed, *column.date_formats), ambiguous=())


def _mixes(column: ColumnProfile) -> bool:
    """Return whether values of a column exclude each of its two formats."""
    numbers = [re.findall(r"\d+", value)[:2] for value in column.values]
    pairs = [(int(pair[0]), int(pair[1])) for pair in numbers if len(pair) == 2 and max(map(len, pair)) <= 2]
    return any(first > 12 for first, _ in pairs) and any(second > 12 for _, second in pairs)


_DIGITS = re.compile(r"\d[\d.,'\s\u00a0\u202f]*")


def _number_format(values: list[str]) -> tuple[float, str | None, str | None]:
    """Return the share of numbers, the decimal sign that values show, and an example with two readings."""
    signs: Counter[str] = Counter()
    count, dubious = 0, None
    for value in values:
        bare = re.sub(r"^[-+(\s]*([A-Z]{3}\s?|[^\w\s.,(-]{1,3}|R\$|US\$|kr\.?|zł)?\s*-?", "", value)
        bare = re.sub(r"\s*([A-Z]{3}|[€$£¥₽%]|руб\.?|kr\.?|zł)?\)?$", "", bare)
        if not _DIGITS.fullmatch(bare):
            continue
        count += 1
        marks = re.findall(r"[.,]", bare)
        after = len(re.split(r"[.,]", bare)[-1])
        if len(set(marks)) == 2:
            signs[marks[-1]] += 1
        elif len(marks) == 1 and after != 3:
            signs[marks[0]] += 1
        elif marks:
            if len(marks) > 1 or marks[0] == ",":
                signs["." if marks[0] == "," else ","] += len(marks) > 1
            dubious = dubious or (bare if len(marks) == 1 and marks[0] == "." else None)
    decimal = signs.most_common(1)[0][0] if signs and signs.most_common(1)[0][1] else None
    return (count / len(values) if values else 0.0), decimal, dubious
