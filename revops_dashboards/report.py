"""Both dashboards and the build graph as one HTML file that needs nothing else, and their pictures as PNG."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from revops_dashboards import pictures
from revops_dashboards.build_state import BuildState
from revops_dashboards.dashboard import settled
from revops_dashboards.drawing import DrawingError, png_of_svg
from revops_dashboards.filters import Choice, Options
from revops_dashboards.pages import PIPELINE_HEALTH, REP_COACHING
from revops_dashboards.render import render, render_widget
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget
from revops_dashboards.widgets import deal_detail, stuck_deals
from transforms_api.errors import StoreError

MOST_DEALS, MOST_REPS = 10, 50
"""How many stuck deals, the most urgent first, and reps, the best first, a report has."""

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


def make_report(tables: Tables, choice: Choice, options: Options, build: BuildState, now: datetime) -> Report:
    """Return the report for a choice of the filters.

    What cannot be shown is told in its place, as on the pages.

    Args:
        now: when the report is made, which it says.
    """
    chosen, _ = settled(PIPELINE_HEALTH, tables, choice, options)
    drawn: dict[str, bytes] = {}

    def show(widgets: Sequence[Widget], of: Choice, suffix: str) -> list[Markup]:
        shown = [render_widget(widget, tables, of, build.states, suffix=suffix) for widget in widgets]
        for picture in (picture for widget in shown for picture in widget.pictures):
            with contextlib.suppress(DrawingError):
                drawn[f"{picture.name}{suffix}.png"] = pictures.png(picture)
        return [widget.html for widget in shown]

    graph = _graph(build)
    if graph:
        with contextlib.suppress(DrawingError):
            drawn["build-graph.png"] = png_of_svg(graph, scale=1.5)
    style = Path(__file__).with_name("static").joinpath("style.css").read_text(encoding="utf-8")
    html = render(
        "report", choice=chosen, today=options.today, now=now, branch=tables.warehouse.branch, style=Markup(style),
        widgets=show([one for one in PIPELINE_HEALTH.widgets if one is not deal_detail.WIDGET], chosen, ""),
        deals=_deals(tables, chosen, show), graph=Markup(graph), build=build, **_reps(tables, chosen, options, show),
    )  # fmt: skip
    return Report(html, drawn)


def _deals(tables: Tables, choice: Choice, show: Show) -> list[dict[str, Any]]:
    try:
        found = stuck_deals.content(tables, choice) or {"deals": []}
    except StoreError:
        return []  # the widget about stuck deals says it
    identities = {deal["opportunity_id"]: deal["account_name"] for deal in found["deals"][:MOST_DEALS]}
    return [
        {"name": name, "html": show([deal_detail.WIDGET], replace(choice, deal=deal), f"-{deal}")}
        for deal, name in identities.items()
    ]


def _reps(tables: Tables, choice: Choice, options: Options, show: Show) -> dict[str, Any]:
    _, reps = settled(REP_COACHING, tables, choice, options)
    identities = {rep["rep_id"]: rep["rep_name"] for rep in reps[:MOST_REPS]}
    shown = [
        {"name": name, "html": show(REP_COACHING.widgets, replace(choice, rep=rep), f"-{rep}")}
        for rep, name in identities.items()
    ]
    return {"reps": shown, "reps_left_out": len(reps) - len(shown)}


def _graph(build: BuildState) -> str:
    if not build.states:
        return ""
    from transforms_api.catalog import svg_picture

    return svg_picture(build.states)
