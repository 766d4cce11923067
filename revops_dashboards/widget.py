"""The parts of a widget: a title, the datasets it shows, and a function from a choice to what its template shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from revops_dashboards.charts import Bars, Picture
from revops_dashboards.filters import Choice
from revops_dashboards.listing import Listing
from revops_dashboards.tables import Tables


@dataclass(frozen=True)
class Content:
    """What a widget's template shows; each widget has a class of its own. The template sees its fields by name."""

    @property
    def pictures(self) -> Sequence[Picture]:
        """The charts of the widget."""
        values = [getattr(self, one.name) for one in fields(self)]
        return [one.picture if isinstance(one, Bars) else one for one in values if isinstance(one, (Bars, Picture))]


@dataclass(frozen=True)
class Widget:
    """A part of a page.

    Attributes:
        name: of its template, and its id in the page.
        datasets: the paths of what it shows; the main one first.
        content: tables and choice → what its template shows; None if there is nothing for this choice, or a text that
            says why nothing can be known.
        nothing: the text that is shown for None.
        span: how many of a page's twelve columns it takes on a wide screen.
        listings: its tables, each of which can be had as CSV.
        metric: name of the entry of docs/metrics.md that explains the widget; None: its figures explain themselves.
    """

    name: str
    title: str
    datasets: tuple[str, ...]
    content: Callable[[Tables, Choice], Content | str | None]
    nothing: str = "No deals match these filters."
    span: int = 12
    listings: tuple[Listing, ...] = ()
    metric: str | None = None
