"""Pictures of the build graph: lines for a terminal, a Mermaid flowchart, which GitHub draws in Markdown, and SVG.

A state has the same colour and mark in all of them. The colours are the dark theme of the dashboards; the style sheets
of pages have the same. Names are shown as they are, except characters that are invisible or that a terminal obeys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from rich.cells import cell_len
from rich.text import Text

from transforms_api.builds import DatasetState, State
from transforms_api.catalog.layout import Point, Sizes, layered_layout, layers_of
from transforms_api.text import counted, visible

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
    return state.state.value if state.rows is None else f"{state.state.value}, {counted(state.rows, 'row')}"


def counts_of(states: Iterable[DatasetState]) -> str:
    """Return a text such as '3 datasets: 2 fresh, 1 failed'.

    Args:
        states: states of datasets.
    """
    counts = Counter(state.state for state in states)
    total = counts.total()
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


_SIZES = Sizes(width=240, height=64, gap_right=72, gap_below=18)
_LINE = "#737373"
_MARGIN, _HEADER, _LEGEND_STEP = 24, 84, 128
_FONT = "-apple-system, 'Segoe UI', Roboto, Inter, 'Liberation Sans', Arial, sans-serif"
_CELLS = 29
"""Characters of a name that a card has room for."""


def svg_picture(states: Mapping[str, DatasetState], link: Callable[[str], str] | None = None) -> str:
    """Return the graph as SVG, in pixels; 1280 are wide enough for four layers.

    Args:
        states: dataset → its state, each after those that it is made from.
        link: returns the URL that the card of a dataset leads to; None: cards lead nowhere.
    """
    layout = layered_layout({dataset: state.sources for dataset, state in states.items()}, _SIZES)
    width = max(layout.width, _LEGEND_STEP * len(State)) + 2 * _MARGIN
    has_circle = any(_leads_back(points) for points in layout.routes.values())
    height = layout.height + _HEADER + 2 * _MARGIN + (_SIZES.height if has_circle else 0)
    root = _root(width, height, counts_of(states.values()), "img" if link is None else "group")
    _header(root, states.values())
    drawing = SubElement(root, "g", transform=f"translate({_MARGIN} {_HEADER + _MARGIN})")
    lines = SubElement(drawing, "g", {"fill": "none", "stroke": _LINE, "stroke-width": "1.25", "class": "edges"})
    for points in layout.routes.values():
        line = SubElement(lines, "path", {"d": _path_back(points) if _leads_back(points) else _path(points)})
        line.attrib |= {"stroke": COLOURS[State.FAILED], "stroke-dasharray": "4 4"} if _leads_back(points) else {}
        line.set("marker-end", "url(#graph-arrow)")
    for dataset, (x, y) in layout.corners.items():
        target = {} if link is None else {"href": link(dataset)}
        card = SubElement(drawing, "a" if target else "g", target, transform=f"translate({x:.1f} {y:.1f})")
        _card(card, states[dataset])
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _root(width: float, height: float, counts: str, role: str) -> Element:
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "font-family": _FONT,
            "style": f"background:{BACKGROUND}",
            "role": role,
            "aria-labelledby": "graph-title graph-description",
        },
    )
    SubElement(root, "title", id="graph-title").text = "Build graph"
    SubElement(
        root, "desc", id="graph-description"
    ).text = f"{counts}. Each card is a dataset; lines lead from left to right, from what a dataset is made from to it."
    SubElement(root, "rect", width="100%", height="100%", fill=BACKGROUND)
    marker = SubElement(SubElement(root, "defs"), "marker", id="graph-arrow", viewBox="0 0 8 8", refX="7", refY="4")
    marker.attrib |= {"markerWidth": "7", "markerHeight": "7", "orient": "auto"}
    SubElement(marker, "path", d="M0 0.5 L8 4 L0 7.5 z", fill=_LINE)
    return root


def _header(root: Element, states: Iterable[DatasetState]) -> None:
    """Write what the picture is and, as the legend, how many datasets are in each state."""
    counts = Counter(state.state for state in states)
    _text(root, _MARGIN, _MARGIN + 18, "Build graph", TEXT, 20, weight="600")
    for number, state in enumerate(State):
        x, is_there = _MARGIN + number * _LEGEND_STEP, counts[state] > 0
        legend = SubElement(root, "g", opacity="1" if is_there else "0.55")
        box = {"x": f"{x}", "y": "58", "width": f"{_LEGEND_STEP - 8}", "height": "28", "rx": "14"}
        SubElement(legend, "rect", {**box, "fill": CARD, "stroke": BORDER})
        _text(legend, x + 14, 76, f"{MARKS[state]} {state.value}", COLOURS[state], 12, weight="600")
        _text(legend, x + _LEGEND_STEP - 22, 76, str(counts[state]), TEXT, 12).set("text-anchor", "end")


def _leads_back(points: Sequence[Point]) -> bool:
    """Return whether an edge closes a circle."""
    return points[-1][0] < points[0][0]


def _path(points: Sequence[Point]) -> str:
    """Return the line through the points: level where it passes a layer, else a curve that begins and ends level."""
    (x, y), *_ = points
    steps = [f"M{x:.1f} {y:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = (to_x - x) / 2
        is_level = abs(to_y - y) < 0.05
        curve = f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        steps.append(f"H{to_x:.1f}" if is_level else curve)
    return " ".join(steps)


def _path_back(points: Sequence[Point]) -> str:
    """Return the line of an edge that closes a circle: a bow below the cards."""
    (x, y), (to_x, to_y) = points[0], points[-1]
    bow = 1.5 * _SIZES.height
    return f"M{x:.1f} {y:.1f} C{x + bow:.1f} {y + bow:.1f} {to_x - bow:.1f} {to_y + bow:.1f} {to_x:.1f} {to_y:.1f}"


def _card(card: Element, state: DatasetState) -> None:
    folder, _, name = plain(state.dataset).rpartition("/")
    colour = COLOURS[state.state]
    facts = [plain(state.dataset), size_of(state), *map(plain, (state.reason or "").splitlines())]
    SubElement(card, "title").text = "\n".join(facts)
    box = {"width": f"{_SIZES.width:g}", "height": f"{_SIZES.height:g}", "rx": "8"}
    SubElement(card, "rect", {**box, "fill": CARD, "stroke": BORDER, "class": "card"})
    SubElement(card, "rect", x="0", y="12", width="3", height=f"{_SIZES.height - 24:g}", rx="1.5", fill=colour)
    inner = SubElement(card, "svg", width=f"{_SIZES.width - 8:g}", height=f"{_SIZES.height:g}")
    _text(inner, 16, 22, shortened(name, _CELLS), TEXT, 13, weight="600")
    _text(inner, 16, 38, shortened(folder or "/", _CELLS + 5), FAINT_TEXT, 11)
    _text(inner, 16, 54, f"{MARKS[state.state]} {size_of(state)}", colour, 11)


def _text(parent: Element, x: float, y: float, text: str, colour: str, size: int, weight: str = "400") -> Element:
    element = SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", "fill": colour, "font-size": str(size)})
    if weight != "400":
        element.set("font-weight", weight)
    element.text = text
    return element
