"""What the values of a column are: dates in which formats, numbers in which notation, few words or many.

A date such as 3/4/2024 has two readings. The values of the column decide, then other columns of the same file that are
written alike; else the format is ambiguous and has to be stated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from transforms_api.importing.text_tables import TextTable

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
    text = pl.col(name).str.replace_all("\u00a0", " ").str.strip_chars()
    counts = (
        rows.lazy()
        .select(text.alias("value"))
        .filter(pl.col("value").str.len_chars() > 0)
        .group_by("value")
        .agg(pl.len().alias("count"))
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
