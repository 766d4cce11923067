"""What a probe is, and the rows that probes compute on.

A probe computes a small table. scripts/check-engines runs every probe on Spark and on Sail and compares the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession


class Table(NamedTuple):
    """Names and types of columns, and the rows."""

    types: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Rows:
    """The input tables of a probe.

    Attributes:
        spark: the session of the engine.
        t: the rows of `VALUES`, one per `id`.
        u: the rows of `OTHERS`, for joins and set operations.
    """

    spark: SparkSession
    t: DataFrame
    u: DataFrame


@dataclass(frozen=True)
class Probe:
    """A small computation that both engines run.

    Attributes:
        name: what is probed, as the scanner names it: `functions.upper`, `DataFrame.join`, `sql.CASE`.
        case: the part of it that is probed, in a few words; empty for its ordinary use.
        compute: rows → the table to compare, or a Python value.
        when: a regular expression for the text of a call's arguments. The result counts only for calls that it
            matches. None: for every call.
        ordered: compare the order of rows, too.
        edge: an ordinary program meets the case only with unusual data. A difference is reported in docs/engines.md and
            does not keep a transform from Sail; the text says which data.
        columns: functions that return the columns, if the probe only selects them from `t` beside `id`: the columns of
            many probes are then computed together.
    """

    name: str
    case: str
    compute: Callable[[Rows], Any]
    when: str | None = None
    ordered: bool = False
    edge: str | None = None
    columns: tuple[Callable[[], Column], ...] = ()

    @property
    def key(self) -> str:
        """Return the name and case, unique among all probes."""
        return f"{self.name} [{self.case}]" if self.case else self.name


def column(name: str, *columns: Callable[[], Column], case: str = "", when: str | None = None, edge: str | None = None):
    """Return a probe of columns that are computed for each row of `t`.

    Args:
        name: a name of `pyspark.sql.functions` or, with a dot, a full name.
        columns: functions without arguments that return a column.
        case: see `Probe`.
        when: see `Probe`.
        edge: see `Probe`.
    """
    full = name if "." in name else f"functions.{name}"
    return Probe(full, case, lambda rows: rows.t.select("id", *_named(columns)), when, False, edge, columns)


def aggregate(name: str, *columns: Callable[[], Column], case: str = "", when: str | None = None, edge=None):
    """Return a probe of aggregates: over all rows of `t`, over each group and over no row.

    Args:
        name: see `column`.
        columns: see `column`.
        case: see `Probe`.
        when: see `Probe`.
        edge: see `Probe`.
    """
    full = name if "." in name else f"functions.{name}"

    def compute(rows: Rows) -> DataFrame:
        grouped = rows.t.groupBy("g").agg(*_named(columns))
        total = rows.t.agg(*_named(columns)).selectExpr("'all' AS g", "*")
        none = rows.t.where("id < 0").agg(*_named(columns)).selectExpr("'none' AS g", "*")
        return grouped.unionAll(total).unionAll(none)

    return Probe(full, case, compute, when, False, edge)


def frame(
    name: str, compute: Callable[[Rows], Any], case: str = "", ordered: bool = False, when=None, edge=None
) -> Probe:
    """Return a probe of a method; see `Probe`."""
    return Probe(name, case, compute, when, ordered, edge)


def sql(name: str, statement: str, case: str = "", ordered: bool = False, edge=None) -> Probe:
    """Return a probe of a construct of SQL, in a statement on the views `t` and `u`."""

    def compute(rows: Rows) -> DataFrame:
        rows.t.createOrReplaceTempView("t")
        rows.u.createOrReplaceTempView("u")
        return rows.spark.sql(statement)

    return Probe(f"sql.{name}", case, compute, None, ordered, edge)


def _named(columns: Iterable[Callable[[], Column]]) -> list[Column]:
    return [made().alias(f"c{number}") for number, made in enumerate(columns)]


# ---------------------------------------------------------------------------------------------------------------------
# Rows


def _at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


_N = None
_COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "id": (pa.int32(), list(range(12))),
    "g": (pa.string(), ["a", "a", "a", "b", "b", "b", "b", _N, _N, "c", "c", "d"]),
    "s": (
        pa.string(),
        [
            "Hello World",
            "",
            " padded ",
            "äöü ß",
            "日本語",
            "a,b,,c",
            _N,
            "a.b+c",
            "UPPER lower",
            "x" * 40,
            "12.50",
            "tab\there",
        ],
    ),
    "w": (pa.string(), ["l", "", "pad", "ö", "本", ",", "b", "b", _N, "xx", "2", "\t"]),
    "i": (pa.int32(), [1, 2, 2, -3, 0, _N, 7, 100, -100, 2147483, 13, 5]),
    "k": (pa.int32(), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]),
    "l": (pa.int64(), [10, -20, 30, _N, 0, 9007199254740993, 5, 5, -7, 1, 2, 3]),
    "x": (pa.float64(), [0.5, 1.5, 2.5, -0.5, -2.5, _N, 0.15, 2.675, 1234567.891, -0.0, 0.1, 1e-7]),
    "y": (pa.float64(), [2.0, 0.0, -1.0, 3.5, _N, 0.25, 0.2, 10.0, 0.3, 5.0, 0.7, 1.0]),
    "z": (
        pa.float64(),
        [
            float("nan"),
            float("inf"),
            float("-inf"),
            -0.0,
            0.0,
            1.0,
            _N,
            1e300,
            1e-300,
            float("nan"),
            123456789.125,
            1e16,
        ],
    ),
    "p": (
        pa.decimal128(18, 2),
        [
            Decimal(n) if n is not None else None
            for n in (
                "1.50",
                "2.50",
                "-0.50",
                "-2.50",
                "0.00",
                _N,
                "1234567.89",
                "0.01",
                "99.99",
                "100.00",
                "-7.25",
                "3.33",
            )
        ],
    ),
    "q": (
        pa.decimal128(10, 4),
        [
            Decimal(n) if n is not None else None
            for n in (
                "0.0500",
                "1.0000",
                "2.5000",
                "-1.1250",
                _N,
                "3.3333",
                "0.1250",
                "7.0000",
                "-0.0001",
                "10.0000",
                "0.5000",
                "1.2345",
            )
        ],
    ),
    "day": (
        pa.date32(),
        [
            date(2024, 2, 29),
            date(2024, 3, 31),
            date(2023, 12, 31),
            date(1969, 12, 28),
            date(2000, 2, 29),
            _N,
            date(2025, 6, 1),
            date(2025, 1, 1),
            date(1900, 3, 1),
            date(2026, 11, 30),
            date(2024, 12, 30),
            date(2021, 1, 3),
        ],
    ),
    "due": (
        pa.date32(),
        [
            date(2024, 3, 1),
            date(2024, 2, 29),
            date(2024, 1, 31),
            date(1970, 1, 1),
            _N,
            date(2025, 6, 2),
            date(2025, 6, 1),
            date(2024, 12, 25),
            date(1900, 2, 28),
            date(2027, 2, 28),
            date(2024, 12, 29),
            date(2021, 1, 4),
        ],
    ),
    "at": (
        pa.timestamp("us", "UTC"),
        [
            _at(2024, 2, 29, 23, 59, 59, 999999),
            _at(2024, 3, 31, 1, 30),
            _at(1969, 12, 31, 23, 59, 59, 500000),
            _at(1970, 1, 1),
            _N,
            _at(2025, 6, 1, 12, 0, 0),
            _at(2025, 10, 26, 0, 30, 15),
            _at(1900, 1, 1, 6, 7, 8),
            _at(2026, 11, 30, 5, 20, 57),
            _at(2000, 2, 29, 12, 34, 56, 789000),
            _at(2024, 12, 31, 23, 0),
            _at(2021, 1, 3, 0, 0, 0, 1),
        ],
    ),
    "b": (pa.bool_(), [True, False, _N, True, True, False, False, _N, True, False, True, False]),
    "n": (
        pa.list_(pa.int32()),
        [[1, 2, 3], [], _N, [3, 1, 2, 2], [_N, 1], [5], [-1, 0, 1], [2, _N, 2], [7, 8], [1], [4, 3], [0]],
    ),
    "a": (
        pa.list_(pa.string()),
        [
            ["b", "a"],
            [],
            _N,
            ["x", _N, "x"],
            ["ß"],
            ["a", "b", "c"],
            [""],
            ["b"],
            ["c", "a"],
            ["z"],
            ["a", "a"],
            ["Z", "a"],
        ],
    ),
    "m": (
        pa.map_(pa.string(), pa.int32()),
        [
            [("a", 1), ("b", 2)],
            [],
            _N,
            [("x", _N)],
            [("ß", 0)],
            [("k", 5)],
            [("a", 1)],
            [("b", 1)],
            [("a", 9), ("z", 8)],
            [("q", 1)],
            [("a", -1)],
            [("", 3)],
        ],
    ),
    "r": (
        pa.struct({"a": pa.int32(), "b": pa.string()}),
        [
            {"a": 1, "b": "x"},
            {"a": _N, "b": "y"},
            _N,
            {"a": 2, "b": _N},
            {"a": 2, "b": "a"},
            {"a": -1, "b": ""},
            {"a": 7, "b": "x"},
            {"a": 1, "b": "w"},
            {"a": 3, "b": "c"},
            {"a": 0, "b": "d"},
            {"a": 5, "b": "e"},
            {"a": 6, "b": "f"},
        ],
    ),
    "rs": (
        pa.list_(pa.struct({"a": pa.int32(), "b": pa.string()})),
        [[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [], _N, [{"a": _N, "b": "z"}], [{"a": 3, "b": _N}]]
        + [[{"a": 4, "b": "v"}]] * 7,
    ),
    "ds": (
        pa.string(),
        [
            "2024-02-29",
            "2024-3-1",
            "2023-02-30",
            "",
            _N,
            "1969-12-31",
            "2024-02-29 10:00:00",
            "31.12.2024",
            "not a date",
            "2024-02",
            "20240229",
            " 2024-02-29 ",
        ],
    ),
    "ts": (
        pa.string(),
        [
            "2024-02-29 23:59:59",
            "2024-02-29T01:02:03Z",
            "2024-02-29 01:02:03.123456",
            "2024-02-29",
            "x",
            _N,
            "",
            "1969-12-31 23:59:59",
            "2024-06-01T12:00:00+02:00",
            "2024-02-30 00:00:00",
            "2024-02-29 24:00:00",
            "2024-01-01 1:2:3",
        ],
    ),
    "ns": (
        pa.string(),
        ["1", "-2.5", " 3 ", "1e3", "", _N, "abc", "0x1F", "1,000", "99999999999", "NaN", "+7"],
    ),
    "js": (
        pa.string(),
        [
            '{"a": 1, "b": "x"}',
            '{"a": null}',
            "{}",
            "not json",
            _N,
            '{"a": 2.5, "b": [1, 2]}',
            '{"b": {"c": "deep"}}',
            "[1,2]",
            "",
            '{"a": "3", "b": "ü"}',
            '{"a": 4}',
            '{"A": 5}',
        ],
    ),
    "bs": (
        pa.string(),
        ["true", "false", "T", "no", "1", "0", "y", "", _N, "yes", "FALSE", "maybe"],
    ),
    "bin": (
        pa.binary(),
        [b"abc", b"", _N, "ü".encode(), b"\x00\x01", b"hello", b"a", b"b", b"c", b"d", b"e", b"f"],
    ),
}
VALUES = pa.table([pa.array(values, kind) for kind, values in _COLUMNS.values()], list(_COLUMNS))
"""Twelve rows with nulls, NaN, -0.0, halves, ties, empty and non-ASCII texts, leap days, Sundays and early dates."""

OTHERS = pa.table(
    {
        "id": pa.array([0, 1, 1, 3, 20, None], pa.int32()),
        "g": pa.array(["a", "b", "b", None, "z", "c"], pa.string()),
        "v": pa.array([10, 20, 21, 30, 40, 50], pa.int64()),
        "name": pa.array(["zero", "one", "uno", "three", "", None], pa.string()),
    }
)
"""Rows to join with `VALUES`: duplicates and a null among the keys, and keys without a partner."""
