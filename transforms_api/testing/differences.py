"""How the rows of a table differ from those that are expected, for people to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from transforms_api.testing.tables import Table

_MOST_LINES = 20
_MOST_NAMED = 3

Row = tuple[str, ...]


def difference(actual: Table, expected: Table) -> list[str]:
    """Return a line for each column or else row that differs, the first twenty; none where only the order does.

    Of a row that is expected with other values in some columns, these are named; the order of rows does not count.
    """
    if actual.columns != expected.columns:
        return _columns(actual, expected)
    missing = list((Counter(expected.rows) - Counter(actual.rows)).elements())
    surplus = list((Counter(actual.rows) - Counter(expected.rows)).elements())
    lines = []
    for row in missing:
        other = max(surplus, key=lambda one: _agreeing(one, row), default=None)
        if other is not None and _agreeing(other, row) * 2 >= len(row):
            surplus.remove(other)
            lines.append(_changed(actual.names, other, row))
        else:
            lines.append(f"missing: {_named(actual.names, row)}")
    lines += [f"not expected: {_named(actual.names, row)}" for row in surplus]
    further = len(lines) - _MOST_LINES
    return lines if further <= 0 else [*lines[:_MOST_LINES], f"… and {further} more rows"]


def _columns(actual: Table, expected: Table) -> list[str]:
    lines = [f"column missing: {one}" for one in expected.columns if one not in actual.columns]
    lines += [f"column not expected: {one}" for one in actual.columns if one not in expected.columns]
    return lines or [f"columns are {', '.join(actual.names)}, expected in the order {', '.join(expected.names)}"]


def _agreeing(one: Row, other: Row) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def _changed(names: list[str], actual: Row, expected: Row) -> str:
    cells = list(zip(names, actual, expected, strict=True))
    same = [(name, text) for name, text, wanted in cells if text == wanted][:_MOST_NAMED]
    changes = [f"{name} is {text}, expected {wanted}" for name, text, wanted in cells if text != wanted]
    return f"where {_joined(same)}: {'; '.join(changes)}"


def _named(names: list[str], row: Row) -> str:
    return _joined(zip(names, row, strict=True))


def _joined(cells: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}={text}" for name, text in cells)
