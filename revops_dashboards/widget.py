"""`Widget`: a title, the datasets that it reads, and a function from the chosen filters to the content to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from revops_dashboards.charts import Bars, Picture
from revops_dashboards.filters import Choice
from revops_dashboards.listing import Listing
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError


@dataclass(frozen=True)
class Content:
    """Base of the content of a widget's template, which reads the fields of the subclass by name."""

    @property
    def pictures(self) -> Sequence[Picture]:
        """The charts of the widget."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [
            value.picture if isinstance(value, Bars) else value
            for value in values
            if isinstance(value, (Bars, Picture))
        ]


@dataclass(frozen=True)
class Widget:
    """A part of a page.

    Attributes:
        name: name of its template, and its id in the page.
        title: heading on the page.
        datasets: paths of the datasets that it reads; the main one first.
        content: tables and choice → content of its template; None if there are no rows for this choice, or a text that
            says why the figures are unknown.
        nothing: text shown for None.
        span: width on a wide screen, in twelfths of the page.
        listings: its tables, which can be downloaded as CSV.
        metric: name of the entry of docs/metrics.md that explains the widget; None: its figures explain themselves.
        needs: facts of an export without which it stays empty or has unknown figures: signals of import_signals.
    """

    name: str
    title: str
    datasets: tuple[str, ...]
    content: Callable[[Tables, Choice], Content | str | None]
    nothing: str = "No deals match these filters."
    span: int = 12
    listings: tuple[Listing, ...] = ()
    metric: str | None = None
    needs: tuple[str, ...] = ()


IMPORT_SIGNALS = "/RevOps/Scenario/import_signals"


@dataclass(frozen=True)
class Missing:
    """A row of import_signals: a fact that the imported export does not record, and what would record it."""

    signal: str
    lack: str
    advice: str


def missing_facts(needs: Sequence[str], tables: Tables) -> list[Missing]:
    """Return the facts of some that the last import lacks, in their order; none if nothing was imported.

    None either if the dataset cannot be read: the widget shows what it can, and the build page says what is wrong.

    Args:
        needs: names of signals.
        tables: the tables of the warehouse.
    """
    if not needs:
        return []
    try:
        return tables.select(
            Missing,
            """FROM signals WHERE NOT is_recorded AND list_contains($needs, signal)
               ORDER BY list_position($needs, signal)""",
            {"needs": list(needs)},
            signals=IMPORT_SIGNALS,
        )
    except StoreError:
        return []
