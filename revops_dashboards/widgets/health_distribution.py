"""Health distribution: open deals by health band, and whether more are at risk than a week ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from revops_dashboards.charts import Bar, Bars, Line, LineChart, Picture, Point
from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.formats import deals_of, money, percent, rounded, words
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget
from revops_dashboards.widgets.forecast_trend import HISTORY, WEEKS

DISTRIBUTION = "/RevOps/Analytics/health_distribution_by_filter"
BANDS = ("healthy", "monitor", "at_risk", "critical")


@dataclass(frozen=True)
class Health:
    """A row of health_distribution_by_filter; see docs/metrics.md."""

    healthy_count: int
    healthy_amount: float
    healthy_pct: float
    monitor_count: int
    monitor_amount: float
    monitor_pct: float
    at_risk_count: int
    at_risk_amount: float
    at_risk_pct: float
    critical_count: int
    critical_amount: float
    critical_pct: float
    unknown_count: int
    unknown_amount: float
    at_risk_change_1w: float | None
    trend_direction: str
    avg_health: float | None
    avg_health_1w_ago: float | None


@dataclass(frozen=True)
class _Week:
    week_number: int
    avg_health_score: float | None


@dataclass(frozen=True)
class HealthDistribution(Content):
    """The bands of a choice; `weeks` are the mean scores of recorded weeks, None with less than two."""

    health: Health
    is_scored: bool
    bands: Bars
    weeks: Picture | None


def content(tables: Tables, choice: Choice) -> HealthDistribution | None:
    """Return the bands of the open deals of the choice.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    health = tables.select_one(
        Health, f"FROM distribution WHERE quarter = $quarter AND {SETTING}", choice.values, distribution=DISTRIBUTION
    )
    if health is None:
        return None
    weeks = tables.select(
        _Week,
        f"FROM history WHERE quarter = $quarter AND {SETTING} AND avg_health_score IS NOT NULL ORDER BY week_number",
        choice.values, history=HISTORY,
    )  # fmt: skip
    is_scored = any(getattr(health, f"{band}_count") for band in BANDS)
    return HealthDistribution(
        health,
        is_scored,
        Bars("health-distribution", "Health of open deals", _bars(health, is_scored)),
        _weeks(weeks) if len(weeks) > 1 else None,
    )


def _bars(health: Health, is_scored: bool) -> list[Bar]:
    """Return the bands, and the deals that have no score; without a scored deal those alone."""
    bars = []
    for band in BANDS if is_scored else ():
        number, amount = getattr(health, f"{band}_count"), getattr(health, f"{band}_amount")
        text = f"{percent(getattr(health, f'{band}_pct'))} · {number} · {money(amount)}"
        bars.append(Bar(words(band), number, text, band, {"band": band} if number else None))
    if health.unknown_count:
        text = deals_of(health.unknown_count, health.unknown_amount)
        bars.append(Bar("Not scored", health.unknown_count, text, "none", {"band": "Unknown"}))
    return bars


def _weeks(weeks: Sequence[_Week]) -> Picture:
    points = [
        Point(week.week_number, week.avg_health_score, rounded(week.avg_health_score))
        for week in weeks
        if week.avg_health_score is not None
    ]
    chart = LineChart([Line("Mean health", points, "healthy")], rounded, (1, WEEKS), most=100, height=130, names=False)
    text = "Mean health by recorded week: " + ", ".join(f"week {point.x:g}: {point.text}" for point in points)
    return Picture("health-by-week", chart.draw, text)


WIDGET = Widget(
    "health_distribution", "Health distribution", (DISTRIBUTION, HISTORY), content,
    "No open deals match these filters.", 4, metric="health_distribution",
    needs=("activities", "contacts", "days_in_stage"),
)  # fmt: skip
