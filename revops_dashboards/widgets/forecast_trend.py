"""Forecast Trend Chart: target, commit, forecast and what is closed over the quarter's 13 weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, chart
from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.formats import money
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget

HISTORY = "/RevOps/Analytics/forecast_history_by_filter"
LARGE = 4_000_000
"""USD from which on an axis in millions tells its ticks apart."""
LINES = {
    "Target": ("cumulative_target", look.QUIET),
    "Commit": ("cumulative_commit", look.VIOLET),
    "Forecast": ("cumulative_forecast", look.BLUE),
    "Closed": ("cumulative_closed", look.HEALTHY),
}
"""Line → its column and colour."""


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `weeks`, the rows of the quarter, and `trend`, their picture."""
    weeks = tables.query(
        f"SELECT * FROM history WHERE quarter = $quarter AND {SETTING} ORDER BY week_number",
        choice.values,
        history=HISTORY,
    )
    if not weeks:
        return None
    seen = _until_today(weeks)
    return {"weeks": weeks, "now": seen[-1], "trend": Picture("forecast-trend", _drawing(weeks, seen), _told(seen[-1]))}


def _until_today(weeks: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the weeks that have been; those to come repeat today's state."""
    return [week for week in weeks if week["snapshot_date"] <= week["data_freshness"]] or weeks[:1]


def _told(now: Mapping[str, Any]) -> str:
    amounts = ", ".join(f"{name.lower()} {money(now[column])}" for name, (column, _) in LINES.items())
    return f"Forecast trend, week {now['week_number']} of 13: {amounts}."


def _drawing(weeks: Sequence[Mapping[str, Any]], seen: Sequence[Mapping[str, Any]]) -> Callable[[int], Chart]:
    points = [
        {"week": week["week_number"], "line": name, "amount": week[column], "label": money(week[column])}
        for name, (column, _) in LINES.items()
        for week in (weeks if name == "Target" else seen)
    ]
    today = [{"week": seen[-1]["week_number"], "label": "today"}] if len(seen) < len(weeks) else []
    scale = alt.Scale(domain=list(LINES), range=[colour for _, colour in LINES.values()])

    def draw(width: int) -> Chart:
        base = chart(points).encode(
            x=_week_axis(width), y=_money_axis(points), color=alt.Color("line:N", scale=scale), description="label:N"
        )
        closed = base.transform_filter("datum.line == 'Closed'").mark_area(opacity=0.35, line=True)
        lines = base.transform_filter("datum.line != 'Closed'").mark_line(strokeWidth=2.5)
        lines = lines.encode(strokeDash=alt.condition("datum.line == 'Target'", alt.value([6, 4]), alt.value([0])))
        marked = chart(today).encode(x="week:Q")
        rule = marked.mark_rule(color=look.QUIET, strokeDash=[2, 2])
        text = marked.mark_text(align="left", dx=6, y=8).encode(text="label:N")
        return alt.layer(closed, lines, rule, text).properties(width=width, height=260)

    return draw


def _week_axis(width: int) -> alt.X:
    axis = alt.Axis(tickCount=13 if width > 500 else 7, format="d", grid=False)
    return alt.X("week:Q", title="Week", scale=alt.Scale(domain=[1, 13], nice=False), axis=axis)


def _money_axis(points: Sequence[Mapping[str, Any]]) -> alt.Y:
    """Return the axis of amounts, in millions where these tell its ticks apart, else in thousands."""
    is_large = max(point["amount"] or 0 for point in points) >= LARGE
    size, unit = (1_000_000, "M") if is_large else (1_000, "K")
    label = f"'$' + format(datum.value / {size}, ',.0f') + '{unit}'"
    return alt.Y("amount:Q", title=None, axis=alt.Axis(labelExpr=label, tickCount=5))


WIDGET = Widget(
    "forecast_trend", "Forecast trend", (HISTORY,), content,
    "There is no history for this choice: the quarter has not begun, or it has no deals.", 8,
)  # fmt: skip
