"""Forecast trend: quota, commit, forecast and closed deals over the quarter's 13 weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revops_dashboards.charts import Line, LineChart, Mark, Picture, Point
from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.formats import money, money_tick
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget, missing_facts

HISTORY = "/RevOps/Analytics/forecast_history_by_filter"
WEEKS = 13


@dataclass(frozen=True)
class Week:
    """A row of forecast_history_by_filter; see docs/metrics.md."""

    week_number: int
    snapshot_date: date
    data_freshness: date
    quarter_target: float
    cumulative_target: float
    cumulative_closed: float
    cumulative_commit: float
    cumulative_forecast: float
    is_recorded: bool
    forecast_accuracy: float | None


@dataclass(frozen=True)
class ForecastTrend(Content):
    """The weeks of a quarter so far.

    Attributes:
        now: the last one.
        reconstructed: numbers of the first and the last week that was not recorded; None if all were.
        accurate: the first recorded week of a quarter that is over, whose forecast's accuracy is known.
        has_commit: the source records what reps commit to.
    """

    weeks: Sequence[Week]
    now: Week
    reconstructed: tuple[int, int] | None
    accurate: Week | None
    has_commit: bool
    trend: Picture


def content(tables: Tables, choice: Choice) -> ForecastTrend | None:
    """Return the weeks of the chosen quarter, and their chart.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    weeks = tables.select(
        Week, f"FROM history WHERE quarter = $quarter AND {SETTING} ORDER BY week_number", choice.values,
        history=HISTORY,
    )  # fmt: skip
    if not weeks:
        return None
    unrecorded = [week.week_number for week in weeks if not week.is_recorded]
    reconstructed = (unrecorded[0], unrecorded[-1]) if unrecorded else None
    accurate = next((week for week in weeks if week.is_recorded and week.forecast_accuracy is not None), None)
    has_commit = not missing_facts(("forecast_categories",), tables)
    chart = Picture(
        "forecast-trend",
        _chart(weeks, reconstructed, has_commit).draw,
        _description(weeks[-1], reconstructed, has_commit),
    )
    return ForecastTrend(weeks, weeks[-1], reconstructed, accurate, has_commit, chart)


def _description(now: Week, reconstructed: tuple[int, int] | None, has_commit: bool) -> str:
    commit = f", commit {money(now.cumulative_commit)}" if now.is_recorded and has_commit else ""
    quota = f"quota {money(now.quarter_target)}" if now.quarter_target else "no quota set"
    note = f" Weeks {reconstructed[0]} to {reconstructed[1]} are reconstructed." if reconstructed else ""
    return (
        f"Forecast trend, week {now.week_number} of {WEEKS}: {quota}{commit}, "
        f"forecast {money(now.cumulative_forecast)}, closed {money(now.cumulative_closed)}.{note}"
    )


def _chart(weeks: Sequence[Week], reconstructed: tuple[int, int] | None, has_commit: bool = True) -> LineChart:
    now = weeks[-1]
    target, is_over = now.quarter_target, now.week_number == WEEKS
    quota = [Point(week, target * week / WEEKS, money(target * week / WEEKS)) for week in range(1, WEEKS + 1) if target]
    recorded = [week for week in weeks if week.is_recorded]
    before = [week for week in weeks if not week.is_recorded]
    seam = recorded[:1] if before else []  # the dashed line leads up to the first recorded week
    closed = [Point(week.week_number, week.cumulative_closed, money(week.cumulative_closed)) for week in weeks]
    commit = [
        Point(week.week_number, week.cumulative_commit, money(week.cumulative_commit))
        for week in recorded
        if has_commit
    ]
    lines = [
        Line("Quota", quota, "none", is_dashed=True),
        Line("Closed", closed, "healthy", is_area=True),
        Line("Reconstructed", _forecasts([*before, *seam]), "blue", is_dashed=True, is_named=not recorded),
        Line("Forecast", _forecasts(recorded), "blue"),
        Line("Commit", commit, "violet"),
    ]
    marks = [Mark(reconstructed[0], "reconstructed", until=reconstructed[1])] if reconstructed else []
    marks += [] if is_over else [Mark(now.week_number, "today")]
    gap = now.cumulative_forecast - target
    is_short = target > 0 and gap < 0 and not is_over
    shown_gap = (now.cumulative_forecast, target, f"gap {money(-gap)}") if is_short else None
    return LineChart([line for line in lines if line.points], money_tick, (1, WEEKS), marks, shown_gap)


def _forecasts(weeks: Sequence[Week]) -> list[Point]:
    return [Point(week.week_number, week.cumulative_forecast, money(week.cumulative_forecast)) for week in weeks]


WIDGET = Widget(
    "forecast_trend", "Forecast trend", (HISTORY,), content,
    "A quarter has a trend once it has begun. Choose a current or past quarter.", 8, metric="forecast_history",
)  # fmt: skip
