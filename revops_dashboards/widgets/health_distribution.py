"""Health Distribution: how the open deals' health is distributed, and whether more are at risk than a week ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, chart, labelled_bars
from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.formats import money, percent, words
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget
from revops_dashboards.widgets.forecast_trend import HISTORY

DISTRIBUTION = "/RevOps/Analytics/health_distribution_by_filter"


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `health`, the row for the choice, and the pictures `bands` and `weeks`, its bands and the mean by week."""
    rows = tables.query(
        f"SELECT * FROM distribution WHERE quarter = $quarter AND {SETTING}", choice.values, distribution=DISTRIBUTION
    )
    if not rows:
        return None
    [health] = rows
    weeks = tables.query(
        f"""SELECT week_number, avg_pipeline_health FROM history
            WHERE quarter = $quarter AND {SETTING} AND snapshot_date <= data_freshness ORDER BY week_number""",
        choice.values,
        history=HISTORY,
    )
    return {"health": health, "bands": _bands(health), "weeks": _weeks(weeks) if len(weeks) > 1 else None}


def _bands(health: Mapping[str, Any]) -> Picture:
    bars = [{"name": words(band), "value": health[f"{band}_pct"], "label": _label(health, band)} for band in look.BANDS]
    scale = alt.Scale(domain=[bar["name"] for bar in bars], range=list(look.BANDS.values()))
    most = 2.2 * max(bar["value"] for bar in bars) or 1

    def draw(width: int) -> Chart:
        return labelled_bars(bars, most, alt.Color("name:N", legend=None, scale=scale), width, 33)

    told = "Health of open deals: " + "; ".join(f"{bar['name']} {bar['label']}" for bar in bars)
    return Picture("health-distribution", draw, told)


def _label(health: Mapping[str, Any], band: str) -> str:
    return f"{percent(health[f'{band}_pct'])} · {health[f'{band}_count']} · {money(health[f'{band}_amount'])}"


def _weeks(weeks: Sequence[Mapping[str, Any]]) -> Picture:
    points = [
        {
            "week": week["week_number"],
            "health": week["avg_pipeline_health"],
            "label": f"week {week['week_number']}: {week['avg_pipeline_health']:.0f}",
        }
        for week in weeks
    ]

    def draw(width: int) -> Chart:
        drawn: alt.Chart = (
            chart(points)
            .mark_line(color=look.HEALTHY, point=alt.OverlayMarkDef(color=look.HEALTHY, size=40))
            .encode(
                x=alt.X("week:O", title="Week", axis=alt.Axis(labelAngle=0)),
                y=alt.Y("health:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=3)),
                description="label:N",
            )
            .properties(width=width, height=90)
        )
        return drawn

    return Picture("health-by-week", draw, "Mean recorded health: " + ", ".join(point["label"] for point in points))


WIDGET = Widget("health_distribution", "Health distribution", (DISTRIBUTION, HISTORY), content, span=4)
