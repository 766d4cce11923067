"""Compare the results of both engines, probe by probe."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .probe import Probe, Table

EQUAL, DIFFERS, MISSING = "equal", "differs", "missing"


@dataclass(frozen=True)
class Outcome:
    """The result of a probe: `equal`, `differs` with an example, or `missing` with Sail's error."""

    status: str
    detail: str = ""


def compare(probe: Probe, spark: tuple[str, Any], sail: tuple[str, Any]) -> Outcome:
    """Return the outcome of a probe.

    Args:
        probe: the probe.
        spark: Spark's result, as `engines.main` writes it.
        sail: Sail's.

    Raises:
        ValueError: neither engine can compute the probe, so that it proves nothing.
    """
    if spark[0] == "error" and sail[0] == "rows" and "Caused by" in spark[1]:
        # the JVM raised it while it computed rows: the probe itself is right
        return Outcome(DIFFERS, f"Spark refuses some rows ({_first_line(spark[1])}), Sail does not")
    if spark[0] == "error":
        raise ValueError(f"Spark cannot compute the probe {probe.key}: {spark[1][:300]}")
    if sail[0] == "error":
        return Outcome(MISSING, _first_line(sail[1]))
    if not (isinstance(spark[1], Table) and isinstance(sail[1], Table)):
        same = equal_values(spark[1], sail[1])
        return Outcome(EQUAL) if same else Outcome(DIFFERS, f"Spark {_short(spark[1])}, Sail {_short(sail[1])}")
    return _compare_tables(spark[1], sail[1], probe.ordered)


def _compare_tables(spark: Table, sail: Table, ordered: bool) -> Outcome:
    if spark.types != sail.types:
        pairs = zip(spark.types, sail.types, strict=False)
        example = next((pair for pair in pairs if pair[0] != pair[1]), (spark.types, sail.types))
        return Outcome(DIFFERS, f"type: Spark {_short(example[0])}, Sail {_short(example[1])}")
    if len(spark.rows) != len(sail.rows):
        return Outcome(DIFFERS, f"Spark {len(spark.rows)} rows, Sail {len(sail.rows)}")
    ours, theirs = (table.rows if ordered else sorted(table.rows, key=_sort_key) for table in (spark, sail))
    for spark_row, sail_row in zip(ours, theirs, strict=True):
        for (name, _), left, right in zip(spark.types, spark_row, sail_row, strict=True):
            if not equal_values(left, right):
                row = f"row {_short(spark_row[0])}, column {name}: "
                return Outcome(DIFFERS, f"{row}Spark {_short(left)}, Sail {_short(right)}")
    return Outcome(EQUAL)


def equal_values(left: Any, right: Any) -> bool:
    """Compare two values; doubles to 1e-12 relative, NaN equals NaN, NumPy's numbers equal Python's."""
    left, right = (value.item() if hasattr(value, "item") else value for value in (left, right))
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-12)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(equal_values, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal_values(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def _sort_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(map(_sortable, row))


def _sortable(value: Any) -> Any:
    """Return a key that orders values of any types; doubles that differ by rounding have the same key."""
    if isinstance(value, float):
        return (1, f"{value:.9e}".replace("-0.000000000e", "0.000000000e"))
    if isinstance(value, (datetime, date)):
        return (2, value.isoformat())
    return (3, repr(value))


def _first_line(error: str) -> str:
    """Return the first line of an error without Sail's and gRPC's wrapping and without numbers that change."""
    kind, _, text = error.partition(": ")
    if caused := re.findall(r"Caused by: (?:\w+\.)*(\w+: .*)", text):
        kind, _, text = str(caused[-1]).partition(": ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[0] if lines else kind
    wrapped = re.search(r'details = "(.*)"?', text)
    line = wrapped.group(1) if wrapped else line
    line = re.sub(r"/tmp/\S+", "FILE", re.sub(r"#\d+(@\d+)?", "#", re.sub(r"0x[0-9a-f]+|\bo\d+\.", "", line)))
    return _short(f"{kind}: {line}" if line != kind else line, 160)


def _short(value: Any, limit: int = 110) -> str:
    text = value if isinstance(value, str) and limit > 110 else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def outcomes(
    probes: tuple[Probe, ...], spark: Mapping[str, tuple[str, Any]], sail: Mapping[str, tuple[str, Any]]
) -> dict[str, Outcome]:
    """Return key → outcome of all probes.

    Args:
        probes: the probes.
        spark: key → Spark's result.
        sail: key → Sail's result.

    Raises:
        ExceptionGroup: Spark cannot compute some probes.
    """
    by_key, broken = {}, []
    for probe in probes:
        try:
            by_key[probe.key] = compare(probe, spark[probe.key], sail[probe.key])
        except ValueError as error:
            broken.append(error)
    if broken:
        raise ExceptionGroup("probes that Spark cannot compute", broken)
    return by_key
