"""Win Rate Drivers: what makes deals be won, the rep's value above the top performer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, chart, names
from revops_dashboards.filters import Choice
from revops_dashboards.formats import UNKNOWN, days, decimal, money, percent
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget

DRIVERS = "/RevOps/Analytics/rep_driver_comparison"
SIDES = ("rep", "top_performer", "team_avg")
WHO = {"Rep": look.BLUE, "Top performer": look.VIOLET}


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the chosen rep's `drivers` with texts of their values, and their picture as `bars`."""
    drivers = tables.query(
        "SELECT * FROM drivers WHERE rep_id = $rep ORDER BY abs(gap_pct) DESC NULLS LAST, metric_label",
        choice.values,
        drivers=DRIVERS,
    )
    if not drivers:
        return None
    told = [{**driver, **{f"{who}_text": value_text(driver, f"{who}_value") for who in SIDES}} for driver in drivers]
    return {"drivers": told, "bars": _bars(told)}


def value_text(driver: Mapping[str, Any], column: str) -> str:
    """Return a value of a driver in its format: '38%', '45d', '$431K' for a deal size, '4.2' for any other."""
    value = driver[column]
    if value is None:
        return UNKNOWN
    if driver["metric_name"] == "avg_deal_size":
        return money(value)
    return {"percent": percent, "days": days}.get(driver["format_type"], decimal)(value)


def _bars(drivers: list[dict[str, Any]]) -> Picture:
    bars = [
        {"metric": driver["metric_label"], "who": who, "percent": driver[column], "label": driver[text]}
        for driver in drivers
        for who, column, text in (
            ("Rep", "rep_bar_pct", "rep_text"),
            ("Top performer", "top_bar_pct", "top_performer_text"),
        )
    ]

    scale = alt.Scale(domain=list(WHO), range=list(WHO.values()))

    def draw(width: int) -> Chart:
        base = chart(bars).encode(
            y=names("metric", longest=200 if width > 320 else 110),
            yOffset=alt.YOffset("who:N", sort=list(WHO)),
            x=alt.X("percent:Q", axis=None, scale=alt.Scale(domain=[0, 125])),
        )
        shapes = base.mark_bar().encode(color=alt.Color("who:N", scale=scale), description="label:N")
        labels = base.mark_text(align="left", dx=5, fontSize=11).encode(text="label:N")
        return alt.layer(shapes, labels).properties(width=width, height=46 * len(drivers))

    told = [
        f"{one['metric_label']}: rep {one['rep_text']}, top performer {one['top_performer_text']}" for one in drivers
    ]
    return Picture("win-rate-drivers", draw, "; ".join(told))


WIDGET = Widget(
    "win_rate_drivers", "Win-rate drivers", (DRIVERS,), content, "Nothing is known of this rep's drivers.", span=6
)
