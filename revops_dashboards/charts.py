"""Charts as SVG, drawn from templates of text: bars and lines.

On a page a chart takes its colours from the style sheet by classes, so that it follows the light, dark and print
themes, and bars are links. A report also writes each chart as PNG, which `png` draws with the colours of the light
theme.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from revops_dashboards.drawing import png_of_svg

WIDE, NARROW = 720, 340
"""Widths in pixels of the two drawings of a chart; the page shows the one that fits its own width."""

_COLOURS = {
    "blue": "#1d5fd0", "violet": "#6d3fd6", "healthy": "#146c37", "monitor": "#8f5b00", "at_risk": "#b8420a",
    "critical": "#c81e1e", "none": "#5f5f5f",
}  # fmt: skip
"""Class of a mark → its colour in a PNG; the same as in the light theme of style.css."""


@dataclass(frozen=True)
class Picture:
    """A chart that can be drawn at any width.

    Attributes:
        name: of its file in a report; no two pictures of a page share it.
        draw: width in pixels → SVG.
        description: the numbers of the chart as text, for people who cannot see it.
    """

    name: str
    draw: Callable[[int], str]
    description: str


@dataclass(frozen=True)
class Bar:
    """A horizontal bar with its name on the left and a text on the right.

    Attributes:
        value: its length; None: no bar, the text says why.
        kind: class of its colour.
        link: changes of the page's choice whose deals the bar counts; None: not a link.
        more: length of a lighter bar behind the first.
        note: quiet text after the first one.
        start: where it begins, from the left edge on: bars of a waterfall.
        at: id of the widget of the same page that shows its deals; empty: the list of deals does.
    """

    name: str
    value: float | None
    text: str
    kind: str = "blue"
    link: Mapping[str, str] | None = None
    more: float = 0
    note: str = ""
    start: float = 0
    at: str = ""


@dataclass(frozen=True)
class Bars:
    """A chart of bars: a list on a page, a drawing in a report.

    Attributes:
        title: what the bars measure, which the description begins with.
    """

    name: str
    title: str
    bars: Sequence[Bar]

    @property
    def most(self) -> float:
        """The length of the longest bar."""
        return max((bar.start + max(bar.value or 0, 0) + bar.more for bar in self.bars), default=0) or 1

    def share(self, length: float | None) -> float:
        """Return a length as percent of the longest bar.

        Args:
            length: length of a bar.
        """
        return round(100 * max(length or 0, 0) / self.most, 2)

    @property
    def description(self) -> str:
        """The bars as a sentence."""
        return f"{self.title}: " + "; ".join(f"{bar.name} {bar.text}" for bar in self.bars)

    @property
    def picture(self) -> Picture:
        """The bars as a drawing, for a report's PNG."""
        return Picture(self.name, self._draw, self.description)

    def _draw(self, width: int) -> str:
        names, texts, step = 150, 180, 28
        scale = (width - names - texts) / self.most
        parts = []
        for number, bar in enumerate(self.bars):
            y, x, length = number * step, names + bar.start * scale, max(bar.value or 0, 0) * scale
            parts.append(
                f'<text x="{names - 8}" y="{y + 18}" text-anchor="end">{escape(bar.name)}</text>'
                f'<rect class="fill {bar.kind}" x="{x:.1f}" y="{y + 5}" width="{length:.1f}" height="18" rx="3"/>'
                f'<rect class="fill {bar.kind} faint" x="{x + length:.1f}" y="{y + 5}" '
                f'width="{bar.more * scale:.1f}" height="18" rx="3"/>'
                f'<text x="{x + length + bar.more * scale + 6:.1f}" y="{y + 18}">{escape(bar.text)}</text>'
            )
        return _svg(width, max(1, len(self.bars)) * step, parts)


@dataclass(frozen=True)
class Point:
    """A point of a line: the box under the pointer shows its text."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a chart, named at its end.

    Attributes:
        kind: class of its colour.
        is_dashed: a plan, or values that were not measured.
        is_area: the area below is filled.
        is_named: its name stands at its end.
    """

    name: str
    points: Sequence[Point]
    kind: str
    is_dashed: bool = False
    is_area: bool = False
    is_named: bool = True


@dataclass(frozen=True)
class Mark:
    """A vertical line with a text at its top, and with an area up to `until` if that is set."""

    x: float
    text: str
    until: float | None = None


@dataclass(frozen=True)
class LineChart:
    """Lines over weeks.

    Attributes:
        axis: format of the vertical axis.
        weeks: first and last week.
        gap: two heights at the right edge and a text for the space between them.
        least, most: the vertical axis; None: from zero to the largest value.
    """

    lines: Sequence[Line]
    axis: Callable[[float], str]
    weeks: tuple[int, int]
    marks: Sequence[Mark] = ()
    gap: tuple[float, float, str] | None = None
    most: float | None = None
    height: int = 270
    names: bool = True

    def draw(self, width: int) -> str:
        """Return the chart as SVG.

        Args:
            width: width of the chart in pixels.
        """
        is_narrow = width < 500
        left, right = 52, (12 if is_narrow or not self.names else 150)
        top, bottom, height = 22, 26, self.height
        most = self.most or max((point.y for line in self.lines for point in line.points), default=1) or 1
        ticks = nice_ticks(most)
        first, last = self.weeks

        def x_of(week: float) -> float:
            return left + (week - first) / max(1, last - first) * (width - left - right)

        def y_of(value: float) -> float:
            return top + (1 - value / ticks[-1]) * (height - top - bottom)

        parts = [self._grid(ticks, x_of, y_of, width - right, is_narrow)]
        parts += [self._mark(mark, x_of, top, height - bottom) for mark in self.marks]
        parts += [_drawn_line(line, x_of, y_of) for line in self.lines]
        if self.gap and not is_narrow and abs(y_of(self.gap[0]) - y_of(self.gap[1])) > 18:  # else its text has no room
            low, high, text = self.gap
            y, to_y = sorted((y_of(low), y_of(high)))
            parts.append(
                f'<rect class="fill at_risk faint" x="{x_of(last) - 4:.1f}" y="{y:.1f}" width="8" '
                f'height="{to_y - y:.1f}"/>'
                f'<text class="quiet" x="{x_of(last) - 8:.1f}" y="{(y + to_y) / 2 + 4:.1f}" text-anchor="end">'
                f"{escape(text)}</text>"
            )
        if self.names and not is_narrow:
            parts.append(_names_at_ends(self.lines, x_of, y_of, width - right))
        parts.append(self._hover(x_of, y_of, top, height - bottom, width))
        return _svg(width, height, parts)

    def _grid(
        self, ticks: Sequence[float], x_of: Callable[[float], float], y_of: Callable[[float], float], right: float,
        is_narrow: bool,
    ) -> str:  # fmt: skip
        first, last = self.weeks
        rows = "".join(
            f'<line class="grid" x1="{x_of(first):.1f}" x2="{right:.1f}" y1="{y_of(tick):.1f}" y2="{y_of(tick):.1f}"/>'
            f'<text class="quiet" x="{x_of(first) - 7:.1f}" y="{y_of(tick) + 4:.1f}" text-anchor="end">'
            f"{escape(self.axis(tick))}</text>"
            for tick in ticks
        )
        step = 2 if is_narrow else 1
        weeks = "".join(
            f'<text class="quiet" x="{x_of(week):.1f}" y="{self.height - 8}" text-anchor="middle">{week}</text>'
            for week in range(first, last + 1, step)
        )
        return rows + weeks

    def _mark(self, mark: Mark, x_of: Callable[[float], float], top: float, bottom: float) -> str:
        x = x_of(mark.x)
        area = (
            f'<rect class="shade" x="{x:.1f}" y="{top}" width="{x_of(mark.until) - x:.1f}" height="{bottom - top}"/>'
            if mark.until is not None
            else f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'
        )
        return f'{area}<text class="quiet" x="{x + 4:.1f}" y="{top - 7}">{escape(mark.text)}</text>'

    def _hover(
        self, x_of: Callable[[float], float], y_of: Callable[[float], float], top: float, bottom: float, width: float
    ) -> str:
        """Return a column for each week, which shows a line and the week's values while the pointer is above it."""
        first, last = self.weeks
        half = (x_of(first + 1) - x_of(first)) / 2 if last > first else 20
        parts = []
        for week in range(first, last + 1):
            points = [(line, point) for line in self.lines for point in line.points if point.x == week]
            if not points:
                continue
            x, box = x_of(week), 168
            box_x = min(max(4, x - box / 2), width - box - 4)
            dots = "".join(
                f'<circle class="fill {line.kind}" cx="{x:.1f}" cy="{y_of(point.y):.1f}" r="4"/>'
                for line, point in points
            )
            texts = "".join(
                f'<text x="{box_x + 10:.1f}" y="{top + 34 + 17 * row}">{escape(line.name)}</text>'
                f'<text x="{box_x + box - 10:.1f}" y="{top + 34 + 17 * row}" text-anchor="end">'
                f"{escape(point.text)}</text>"
                for row, (line, point) in enumerate(points)
            )
            parts.append(
                f'<g class="week"><rect class="catch" x="{x - half:.1f}" y="{top}" width="{2 * half:.1f}" '
                f'height="{bottom - top:.1f}"/><g class="hover">'
                f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" '
                f'y2="{bottom}"/>{dots}<rect class="box" x="{box_x:.1f}" y="{top}" width="{box}" '
                f'height="{28 + 17 * len(points)}" rx="6"/><text class="end" x="{box_x + 10:.1f}" y="{top + 17}">'
                f"Week {week}</text>{texts}</g></g>"
            )
        return "".join(parts)


def nice_ticks(most: float, count: int = 4) -> list[float]:
    """Return round numbers from zero to the first one that is not below `most`.

    Args:
        count: about how many numbers.
    """
    rough = most / count
    size = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]


def _drawn_line(line: Line, x_of: Callable[[float], float], y_of: Callable[[float], float]) -> str:
    if not line.points:
        return ""
    path = " L".join(f"{x_of(point.x):.1f} {y_of(point.y):.1f}" for point in line.points)
    area = ""
    if line.is_area:
        ends = f"L{x_of(line.points[-1].x):.1f} {y_of(0):.1f} L{x_of(line.points[0].x):.1f} {y_of(0):.1f} Z"
        area = f'<path class="fill {line.kind} faint" d="M{path} {ends}"/>'
    dashed = " dashed" if line.is_dashed else ""
    lone = line.points[0]
    dot = f'<circle class="fill {line.kind}" cx="{x_of(lone.x):.1f}" cy="{y_of(lone.y):.1f}" r="4"/>'
    return f'{area}<path class="line {line.kind}{dashed}" d="M{path}"/>{dot if len(line.points) == 1 else ""}'


def _names_at_ends(
    lines: Sequence[Line], x_of: Callable[[float], float], y_of: Callable[[float], float], x: float
) -> str:
    """Return the names of lines with their last values at the right, moved apart where they would overlap."""
    ends = sorted(((y_of(line.points[-1].y), line) for line in lines if line.is_named), key=lambda end: end[0])
    places = [y for y, _ in ends]
    for number, (above, below) in enumerate(pairwise(list(places))):
        if places[number + 1] < places[number] + 15 or below < above + 15:
            places[number + 1] = max(below, places[number] + 15)
    return "".join(
        f'<text class="end {line.kind}" x="{x + 10:.1f}" y="{y + 4:.1f}">{escape(line.name)} '
        f"{escape(line.points[-1].text)}</text>"
        for y, (_, line) in zip(places, ends, strict=True)
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}">{"".join(parts)}</svg>'
    )


def figure(picture: Picture, wide: int = WIDE) -> Markup:
    """Return a picture for a page: an image with its description, drawn for wide and for narrow screens.

    Args:
        picture: the picture.
        wide: width for wide screens in pixels.
    """
    drawn = Markup("").join(
        Markup('<div class="{}">{}</div>').format(kind, Markup(picture.draw(width)))
        for kind, width in (("wide", wide), ("narrow", NARROW))
    )
    return Markup('<figure role="img" aria-label="{}">{}</figure>').format(picture.description, drawn)


def png(picture: Picture, width: int = WIDE) -> bytes:
    """Return a picture as PNG on white, two pixels for each of its own, for sharp screens.

    Args:
        picture: the picture.
        width: width of the drawing in pixels.

    Raises:
        DrawingError: it cannot be drawn.
    """
    drawn = picture.draw(width)
    start = drawn.index(">") + 1
    colours = "".join(
        f".fill.{kind} {{ fill: {colour} }} .line.{kind} {{ stroke: {colour} }} .end.{kind} {{ fill: {colour} }}\n"
        for kind, colour in _COLOURS.items()
    )
    style = (
        "text { font: 12px 'DejaVu Sans', sans-serif; fill: #222222 } text.quiet { fill: #5f5f5f } "
        ".grid { stroke: #dddddd } .rule { stroke: #8a8a8a } text.end { font-weight: 600 } "
        ".hover, .catch { display: none } "
        ".line { fill: none; stroke-width: 2.5 } .dashed { stroke-dasharray: 6 4 } .shade { fill: #f1f1f1 } "
        f"{colours} .faint {{ fill-opacity: 0.25 }}"
    )
    background = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return png_of_svg(f"{drawn[:start]}<style>{style}</style>{background}{drawn[start:]}", scale=2)
