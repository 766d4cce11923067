"""Where deals spend their time: days in each stage against its benchmark, and activities that hold deals up."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

VELOCITY = "/RevOps/Analytics/stage_velocity_by_filter"
BOTTLENECKS = "/RevOps/Analytics/process_bottlenecks_by_filter"

STAGES = Listing(
    "stage_velocity", "Stage velocity",
    (
        Column("stage_name", "Stage", "stage", order="stage_order"),
        Column("avg_duration_days", "Average", "days", metric="avg_duration_days"),
        Column("median_duration_days", "Median", "days"),
        Column("benchmark_days", "Benchmark", "days"),
        Column("deviation_days", "vs. benchmark", "days_change", metric="deviation_days"),
        Column("trend_display", "Trend", "trend", order="duration_change_pct", metric="duration_change_pct"),
        Column("conversion_rate", "Advance", "percent", metric="conversion_rate"),
    ),
    f"""SELECT stage_name, stage_order, avg_duration_days, median_duration_days, benchmark_days, deviation_days,
               trend_display, trend_direction, duration_change_pct, status_indicator, deals_in_stage, amount_in_stage,
               CASE WHEN decided_count > 0 THEN conversion_rate END AS conversion_rate
        FROM velocity WHERE quarter_filter = $quarter AND {SETTING} AND avg_duration_days IS NOT NULL""",
    {"velocity": VELOCITY}, "stage_order", noun="stage", key="stage_velocity",
    more=("deals_in_stage", "amount_in_stage"),
)  # fmt: skip
ACTIVITIES = Listing(
    "process_bottlenecks", "Process bottlenecks",
    (
        Column("activity", "Activity", "activity", order="sort_order"),
        Column("avg_duration_days", "Average", "days"),
        Column("benchmark_days", "Benchmark", "days"),
        Column("deviation_days", "vs. benchmark", "days_change"),
        Column("deals_waiting", "Deals in it", "waiting", order="deals_waiting"),
        Column("amount_waiting", "Amount", "money"),
        Column("fall_back_rate", "Fall back", "fall_back", order="fall_back_rate"),
    ),
    f"""SELECT activity, sort_order, avg_duration_days, benchmark_days, deviation_days, deals_waiting, amount_waiting,
               fall_back_rate, fall_back_to, is_bottleneck
        FROM bottlenecks
        WHERE quarter_filter = $quarter AND {SETTING} AND (avg_duration_days IS NOT NULL OR deals_waiting > 0)""",
    {"bottlenecks": BOTTLENECKS}, "is_bottleneck DESC, deviation_days DESC NULLS LAST, sort_order",
    noun="activity", key="process_bottlenecks", more=("is_bottleneck", "fall_back_to"),
)  # fmt: skip


@dataclass(frozen=True)
class Velocity(Content):
    """A table of stages or of activities."""

    listed: Listed


def content(tables: Tables, choice: Choice) -> Velocity | None:
    """Return the stages of the choice whose durations are known.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(STAGES, tables, choice)
    return Velocity(listed) if listed else None


def bottlenecks(tables: Tables, choice: Choice) -> Velocity | None:
    """Return the process activities of the choice.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(ACTIVITIES, tables, choice)
    return Velocity(listed) if listed else None


WIDGET = Widget(
    "stage_velocity", "Stage velocity", (VELOCITY,), content,
    "No stage history is recorded, so the time in each stage is not known.", 6, (STAGES,), needs=("stage_history",),
)  # fmt: skip
BOTTLENECK_WIDGET = Widget(
    "process_bottlenecks", "Process bottlenecks", (BOTTLENECKS,), bottlenecks,
    "No process events are recorded, so bottlenecks are not known.", 6, (ACTIVITIES,), "process_bottlenecks",
    needs=("stage_history",),
)  # fmt: skip
