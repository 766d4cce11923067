"""The graph for a terminal: the datasets by layers, each with its state and what it is made from.

The graph as a Mermaid flowchart, which GitHub draws in Markdown.

Texts of pictures: names as they are, but for what would not be seen or would be obeyed.

How states look, the same in every notation: a colour, and a mark for those who do not see it.

The dark theme of pictures and dashboards; the style sheets of pages have the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.cells import cell_len
from rich.text import Text

from transforms_api.builds import DatasetState, State
from transforms_api.catalog.layout import layers_of
from transforms_api.text import visible

BACKGROUND, CARD, BORDER = "#0a0a0a", "#1a1a1a", "#2e2e2e"
TEXT, FAINT_TEXT = "#ffffff", "#a3a3a3"
GREEN, YELLOW, ORANGE, RED = "#22c55e", "#eab308", "#f97316", "#ef4444"
BLUE, VIOLET = "#3b82f6", "#8b5cf6"


COLOURS = {
    State.FRESH: GREEN,
    State.STALE: YELLOW,
    State.FAILED: RED,
    State.MISSING: FAINT_TEXT,
    State.IMPORTED: BLUE,
}

MARKS = {
    State.FRESH: "✓",
    State.STALE: "~",
    State.FAILED: "✗",
    State.MISSING: "○",
    State.IMPORTED: "↓",
}


def plain(text: str) -> str:
    r"""Return a text on one line, with escapes such as `\x1b` for invisible characters.

    Args:
        text: any text.
    """
    return visible(text, on_one_line=True)


def shortened(text: str, width: int) -> str:
    """Return a text of at most `width` terminal cells; a longer text loses its middle.

    Args:
        text: the text.
        width: number of cells.
    """
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
    """Return dataset path → its last part; the full path if another dataset ends with the same part.

    Args:
        datasets: dataset paths.
    """
    ends = {dataset: dataset.rpartition("/")[2] for dataset in datasets}
    times = Counter(ends.values())
    return {dataset: plain(end if end and times[end] == 1 else dataset) for dataset, end in ends.items()}


def size_of(state: DatasetState) -> str:
    """Return a text such as 'fresh, 1,204 rows'; without the rows if their number is unknown.

    Args:
        state: state of a dataset.
    """
    rows = "" if state.rows is None else f", {state.rows:,} {'row' if state.rows == 1 else 'rows'}"
    return f"{state.state.value}{rows}"


def counts_of(states: Iterable[DatasetState]) -> str:
    """Return a text such as '3 datasets: 2 fresh, 1 failed'.

    Args:
        states: states of datasets.
    """
    counts = Counter(state.state for state in states)
    total = sum(counts.values())
    parts = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    return f"{total} {'dataset' if total == 1 else 'datasets'}{f': {parts}' if parts else ''}"


_INDENT = " " * 14


def text_picture(states: Mapping[str, DatasetState]) -> Text:
    """Return the graph as lines: those of a layer are made from the layers above it, the datasets are in build order.

    Args:
        states: dataset → its state, each after those that it is made from.
    """
    layers = layers_of({dataset: state.sources for dataset, state in states.items()})
    names = short_names(states)
    widest = max((cell_len(plain(dataset)) for dataset in states), default=0)
    picture = Text()
    for layer in range(max(layers.values(), default=-1) + 1):
        picture.append(f"layer {layer + 1}\n", "bold")
        for dataset, state in states.items():
            if layers[dataset] == layer:
                _append_dataset(picture, state, names, widest)
    return picture.append(f"{counts_of(states.values())}\n")


def _append_dataset(picture: Text, state: DatasetState, names: Mapping[str, str], widest: int) -> None:
    path, colour = plain(state.dataset), COLOURS[state.state]
    facts = [
        "" if state.rows is None else f"{state.rows:,} rows",
        "" if state.version is None else f"version {state.version}",
        "" if state.built is None else f"{state.built:%Y-%m-%d %H:%M} UTC",
    ]
    picture.append(f"  {MARKS[state.state]} {state.state.value:<10}", colour)
    picture.append(f"{path}{' ' * (widest - cell_len(path))}  {facts[0]:>14}  {facts[1]:<12} {facts[2]}".rstrip())
    picture.append("\n")
    if state.sources:
        sources = ", ".join(names.get(source, plain(source)) for source in state.sources)
        picture.append(f"{_INDENT}from {sources}\n", "dim")
    for line in (state.reason or "").splitlines():
        picture.append(f"{_INDENT}{plain(line)}\n", colour)


_HARMLESS = frozenset(" _,.:✓✗○↓")
"""Beside letters and digits."""


def mermaid_picture(states: Mapping[str, DatasetState]) -> str:
    """Return the flowchart, a node for each dataset with the class of its state.

    Args:
        states: dataset → its state, each after those that it is made from.
    """
    names = short_names(states)
    ids = {dataset: f"d{number}" for number, dataset in enumerate(states)}
    lines = ["flowchart LR", "    accTitle: Build graph", f"    accDescr: {counts_of(states.values())}"]
    for dataset, state in states.items():
        label = f"{_escaped(names[dataset])}<br/>{_escaped(f'{MARKS[state.state]} {size_of(state)}')}"
        lines.append(f'    {ids[dataset]}["{label}"]:::{state.state.value}')
    for dataset, state in states.items():
        lines += [f"    {ids[source]} --> {ids[dataset]}" for source in state.sources if source in ids]
    used = {state.state for state in states.values()}
    lines += [
        f"    classDef {state.value} fill:{CARD},stroke:{COLOURS[state]},stroke-width:2px,color:{TEXT}"
        for state in State
        if state in used
    ]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    """Return a text for a label: what could be syntax of Mermaid, Markdown or HTML by its number, as Mermaid has it."""
    return "".join(sign if sign.isalnum() or sign in _HARMLESS else f"#{ord(sign)};" for sign in plain(text))
