"""Activity Analysis: what the rep does, how much on each weekday, and which days are low."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, chart
from revops_dashboards.filters import PERIODS, Choice
from revops_dashboards.formats import decimal
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget

METRICS = "/RevOps/Analytics/rep_activity_metrics"
KINDS = {"call": look.BLUE, "email": look.VIOLET, "meeting": look.HEALTHY, "demo": look.MONITOR}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the row of the chosen rep and period as `activity`, and the pictures `mix` and `weekdays`."""
    rows = tables.query(
        "SELECT * FROM metrics WHERE rep_id = $rep AND period = $period", choice.values, metrics=METRICS
    )
    if not rows:
        return None
    [activity] = rows
    return {"activity": activity, "periods": PERIODS, "mix": _mix(activity), "weekdays": _weekdays(activity)}


def _mix(activity: Mapping[str, Any]) -> Picture:
    parts = [{"kind": f"{kind}s", "count": activity[f"{kind}_count"], "order": i} for i, kind in enumerate(KINDS)]
    scale = alt.Scale(domain=[part["kind"] for part in parts], range=list(KINDS.values()))

    def draw(width: int) -> Chart:
        base = chart(parts).encode(order="order:Q")
        bars = base.mark_bar().encode(
            x=alt.X("count:Q", stack="zero", axis=None), color=alt.Color("kind:N", scale=scale)
        )
        middle = alt.X("count:Q", stack="zero", bandPosition=0.5)
        labels = base.transform_filter("datum.count > 0").mark_text(color=look.BACKGROUND, fontWeight="bold")
        return alt.layer(bars, labels.encode(x=middle, text="count:Q")).properties(width=width, height=34)

    return Picture("activity-mix", draw, ", ".join(f"{part['count']} {part['kind']}" for part in parts))


def _weekdays(activity: Mapping[str, Any]) -> Picture:
    low = activity["low_activity_days"] or []
    bars = [
        {
            "weekday": weekday[:3],
            "average": activity[f"{weekday.lower()}_avg"],
            "label": decimal(activity[f"{weekday.lower()}_avg"]) + (" low" if weekday in low else ""),
            "is_low": weekday in low,
        }
        for weekday in WEEKDAYS
    ]

    def draw(width: int) -> Chart:
        base = chart(bars).encode(
            x=alt.X("weekday:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False, labelColor=look.TEXT)),
            y=alt.Y("average:Q", axis=None, scale=alt.Scale(domainMin=0)),
            color=alt.condition("datum.is_low", alt.value(look.AT_RISK), alt.value(look.BLUE)),
        )
        labels = base.mark_text(dy=-8).encode(text="label:N")
        return alt.layer(base.mark_bar(width={"band": 0.6}), labels).properties(width=width, height=150)

    told = "Activities on an average day: " + ", ".join(f"{bar['weekday']} {bar['label']}" for bar in bars)
    return Picture("activity-weekdays", draw, told)


WIDGET = Widget("activity_analysis", "Activity", (METRICS,), content, "No activities of this rep are recorded.", 6)
