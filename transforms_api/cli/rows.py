"""Rows on the screen: side by side where they fit, else turned round, so that wide tables can be read as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from transforms_api.cli.console import styled
from transforms_api.visible_text import visible

_FRAME = 3
"""Characters between two columns."""
_NARROWEST = 18
"""Characters that a row needs at least where rows are columns."""

_LONGEST = 1000
"""Characters of a value that are shown."""


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print rows under their columns' names; a wide table with a line per column, and as many rows beside as fit."""
    cells = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, values)) for values in zip(columns, *cells, strict=True)]
    if sum(widths) + _FRAME * len(columns) < console.width:
        _print(columns, cells, console)
        return
    names = max(map(len, columns)) + _FRAME
    at_once = max(1, (console.width - names) // (_NARROWEST + _FRAME))
    for begin in range(0, max(1, len(cells)), at_once):
        block = cells[begin : begin + at_once]
        headings = ["column", *(f"row {begin + number}" for number in range(1, len(block) + 1))]
        _print(headings, [[column, *values] for column, *values in zip(columns, *block, strict=True)], console)


def _print(headings: Sequence[str], lines: Sequence[Sequence[str]], console: Console) -> None:
    table = Table()
    for number, heading in enumerate(headings):
        table.add_column(styled(heading), overflow="fold", no_wrap=heading == "column" and number == 0)
    for line in lines:
        table.add_row(*map(styled, line))
    console.print(table)


def _text(value: Any) -> str:
    text = "" if value is None else visible(str(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
