"""The graph as one SVG file, which needs nothing else: cards from left to right, a line for each edge, a legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from transforms_api.builds import DatasetState, State
from transforms_api.catalog.layout import Point, Sizes, layered_layout
from transforms_api.catalog.text import (
    BACKGROUND,
    BORDER,
    CARD,
    COLOURS,
    FAINT_TEXT,
    MARKS,
    TEXT,
    counts_of,
    plain,
    shortened,
    size_of,
)

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
    for dataset, (x, y) in layout.places.items():
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
    """Tell whether an edge closes a circle."""
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
