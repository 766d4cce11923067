"""Both dashboards and the build graph as one HTML file that needs nothing else, and their pictures as PNG."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from revops_dashboards import charts
from revops_dashboards.build_state import BuildState
from revops_dashboards.currency import currency_of
from revops_dashboards.drawing import DrawingError, png_of_svg
from revops_dashboards.filters import Choice, Options
from revops_dashboards.formats import amounts_in
from revops_dashboards.pages import LISTINGS, PIPELINE_HEALTH, REP_COACHING, TEAM, settled
from revops_dashboards.render import render, render_widget
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget
from revops_dashboards.widgets import deal_detail, stuck_deals
from transforms_api.errors import StoreError

MOST_DEALS, MOST_REPS = 10, 50
"""Most stuck deals (the most urgent first) and reps (the best first) in a report."""

Show = Callable[[Sequence[Widget], Choice, str], list[Markup]]


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes:
        html: the whole file.
        pictures: name of a file → its PNG.
    """

    html: str
    pictures: Mapping[str, bytes]


@dataclass(frozen=True)
class Part:
    """A part of the report that opens and closes: a deal or a rep, with its widgets."""

    name: str
    html: list[Markup]


def make_report(
    tables: Tables, choice: Choice, options: Options, build: BuildState, now: datetime, has_pictures: bool = True
) -> Report:
    """Return the report for a choice of the filters.

    A widget that cannot be shown says why, as on the pages. Tables have all their rows.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
        options: the values of the filters.
        build: the state of the project's datasets.
        now: when the report is made, which it says.
        has_pictures: whether the charts are drawn as PNG, too, which takes most of the time.
    """
    currency = currency_of(tables)
    with amounts_in(currency.currency_sign, currency.currency):
        return _report(tables, choice, options, build, now, has_pictures, currency.note)


def _report(
    tables: Tables, choice: Choice, options: Options, build: BuildState, now: datetime, has_pictures: bool,
    currency_note: str,
) -> Report:  # fmt: skip
    chosen, _ = settled(PIPELINE_HEALTH, tables, choice, options)
    for listing in LISTINGS.values():
        chosen = chosen.with_view(listing.key, rows=0)
    drawn: dict[str, bytes] = {}

    def show(widgets: Sequence[Widget], of: Choice, suffix: str) -> list[Markup]:
        shown = [render_widget(widget, tables, of, build.states, suffix=suffix) for widget in widgets]
        for picture in (picture for widget in shown for picture in widget.pictures if has_pictures):
            with contextlib.suppress(DrawingError):
                drawn[f"{picture.name}{suffix}.png"] = charts.png(picture)
        return [widget.html for widget in shown]

    graph = _graph(build)
    if graph and has_pictures:
        with contextlib.suppress(DrawingError):
            drawn["build-graph.png"] = png_of_svg(graph, scale=1.5)
    reps, left_out = _reps(tables, chosen, options, show)
    html = render(
        "report", choice=chosen, today=options.today, now=now, branch=tables.warehouse.branch, style=Markup(_style()),
        widgets=show(PIPELINE_HEALTH.widgets, chosen, ""), team=show(TEAM.widgets, chosen, ""),
        deals=_deals(tables, chosen, show), reps=reps, reps_left_out=left_out, graph=Markup(graph), build=build,
        currency_note=currency_note,
    )  # fmt: skip
    return Report(html, drawn)


def _style() -> str:
    return Path(__file__).with_name("static").joinpath("style.css").read_text(encoding="utf-8")


def _deals(tables: Tables, choice: Choice, show: Show) -> list[Part]:
    try:
        content = stuck_deals.content(tables, choice)
    except StoreError:
        return []  # the widget about stuck deals says it
    rows = content.listed.rows if isinstance(content, stuck_deals.DealTable) else []
    deals = {str(row["opportunity_id"]): str(row["account_name"]) for row in rows}
    return [
        Part(name, show([deal_detail.WIDGET], replace(choice, deal=deal), f"-{deal}"))
        for deal, name in list(deals.items())[:MOST_DEALS]
    ]


def _reps(tables: Tables, choice: Choice, options: Options, show: Show) -> tuple[list[Part], int]:
    """Return the reps that are shown, and how many more there are."""
    _, reps = settled(REP_COACHING, tables, choice, options)
    shown = [
        Part(rep.rep_name, show(REP_COACHING.widgets, replace(choice, rep=rep.rep_id), f"-{rep.rep_id}"))
        for rep in reps[:MOST_REPS]
    ]
    return shown, len(reps) - len(shown)


def _graph(build: BuildState) -> str:
    if not build.states:
        return ""
    from transforms_api.catalog import svg_picture

    return svg_picture(build.states)
