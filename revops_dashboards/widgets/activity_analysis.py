"""Activity analysis: what the rep does, how much on each weekday, and which days are low."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import PERIODS, Choice
from revops_dashboards.formats import decimal
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

METRICS = "/RevOps/Analytics/rep_activity_metrics"
KINDS = {"call": "blue", "email": "violet", "meeting": "healthy", "demo": "monitor"}
"""Kind of activity → class of its colour."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True)
class Activity:
    """A row of rep_activity_metrics; see docs/metrics.md."""

    total_activities: int
    call_count: int
    email_count: int
    meeting_count: int
    demo_count: int
    avg_daily_activities: float
    team_avg_daily: float
    top_performer_daily: float
    monday_avg: float
    tuesday_avg: float
    wednesday_avg: float
    thursday_avg: float
    friday_avg: float
    low_activity_days: list[str] | None
    activity_consistency_score: float


@dataclass(frozen=True)
class ActivityAnalysis(Content):
    """The activities of a rep in a period; a single day has no weekdays to compare."""

    activity: Activity
    periods: dict[str, str]
    mix: Bars
    weekdays: Bars | None


def content(tables: Tables, choice: Choice) -> ActivityAnalysis | None:
    """Return the activities of the chosen rep in the chosen period.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    activity = tables.select_one(
        Activity, "FROM metrics WHERE rep_id = $rep AND period = $period", choice.values, metrics=METRICS
    )
    if activity is None:
        return None
    weekdays = None if choice.period == "today" else _weekdays(activity)
    return ActivityAnalysis(activity, PERIODS, _mix(activity), weekdays)


def _mix(activity: Activity) -> Bars:
    counts = {kind: getattr(activity, f"{kind}_count") for kind in KINDS}
    bars = [Bar(f"{kind.capitalize()}s", number, str(number), KINDS[kind]) for kind, number in counts.items()]
    return Bars("activity-mix", "Activities by kind", bars)


def _weekdays(activity: Activity) -> Bars:
    low = activity.low_activity_days or []
    averages = {weekday: getattr(activity, f"{weekday.lower()}_avg") for weekday in WEEKDAYS}
    bars = [
        Bar(
            weekday,
            average,
            decimal(average),
            "at_risk" if weekday in low else "blue",
            note="low" if weekday in low else "",
        )
        for weekday, average in averages.items()
    ]
    return Bars("activity-weekdays", "Activities on an average weekday", bars)


WIDGET = Widget(
    "activity_analysis", "Activity", (METRICS,), content, "No activities of this rep are recorded.", 6,
    metric="avg_daily_activities", needs=("activities",),
)  # fmt: skip
