"""Texts of pictures: names as they are, but for what would not be seen or would be obeyed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.cells import cell_len

from transforms_api.build.states import DatasetState, State
from transforms_api.visible_text import visible


def plain(text: str) -> str:
    """Return a text on one line, with escapes such as `\\x1b` in place of characters that are not seen."""
    return visible(text, on_one_line=True)


def shortened(text: str, width: int) -> str:
    """Return a text that takes at most `width` cells of a terminal, its middle left out where it takes more."""
    if cell_len(text) <= width:
        return text
    end = len(text)
    while cell_len(text[end - 1 :]) < width / 2:
        end -= 1
    begin = 0
    while cell_len(text[: begin + 1]) + 1 + cell_len(text[end:]) <= width:
        begin += 1
    return f"{text[:begin]}…{text[end:]}"


def short_names(datasets: Iterable[str]) -> dict[str, str]:
    """Return the last part of each dataset's path; the whole path where another one ends so."""
    ends = {dataset: dataset.rpartition("/")[2] for dataset in datasets}
    times = Counter(ends.values())
    return {dataset: plain(end if end and times[end] == 1 else dataset) for dataset, end in ends.items()}


def size_of(state: DatasetState) -> str:
    """Return 'fresh, 1,204 rows'; the word alone where the rows are not known."""
    rows = "" if state.rows is None else f", {state.rows:,} {'row' if state.rows == 1 else 'rows'}"
    return f"{state.state.value}{rows}"


def counts_of(states: Iterable[DatasetState]) -> str:
    """Return '3 datasets: 2 fresh, 1 failed'."""
    counts = Counter(state.state for state in states)
    total = sum(counts.values())
    told = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    return f"{total} {'dataset' if total == 1 else 'datasets'}{f': {told}' if told else ''}"
