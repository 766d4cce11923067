"""What a widget is: a title, the datasets it shows, and a function from what is chosen to what its template says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from revops_dashboards.charts import Chart
from revops_dashboards.filters import Choice
from revops_dashboards.tables import Tables


@dataclass(frozen=True)
class Picture:
    """A chart that can be drawn at any width.

    Attributes:
        name: of its file, where it is written to one; no two pictures of a page share it.
        draw: width in pixels → the chart.
        description: what it shows, for those who cannot see it: the numbers, not the looks.
    """

    name: str
    draw: Callable[[int], Chart]
    description: str


@dataclass(frozen=True)
class Widget:
    """A part of a page.

    Attributes:
        name: of its template, and of its place in the page.
        datasets: the paths of what it shows; what it is mainly about comes first.
        content: tables and choice → the values of its template; None where there is nothing for this choice.
        nothing: what to say then.
        span: how many of a page's twelve columns it takes on a wide screen.
    """

    name: str
    title: str
    datasets: tuple[str, ...]
    content: Callable[[Tables, Choice], Mapping[str, Any] | None]
    nothing: str = "No deals for this choice of filters."
    span: int = 12
