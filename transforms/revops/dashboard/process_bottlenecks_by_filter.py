"""Process bottlenecks for every setting of the dashboards' filters.

The quarter narrows the waiting deals alone; durations and fall-backs are those of all deals of the setting's reps.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..analytics.process_bottleneck_analytics import (
    analysed,
    duration_counts,
    durations,
    fall_back_counts,
    fall_backs,
    open_activities,
    steps,
    waiting,
)
from ..common.filters import FILTERS, WITH_QUARTER, for_each_filter, sum_open_deals_by_filter, with_rep_segment
from ..contracts.by_filter import PROCESS_BOTTLENECKS_BY_FILTER

OWNER = tuple(FILTERS.values())
DEAL = tuple(WITH_QUARTER.values())


def waiting_by_filter(process_events: DataFrame, deals: DataFrame, activities: DataFrame) -> DataFrame:
    """Return the waiting deals by activity, see `sum_open_deals_by_filter`.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        deals: open deals with the columns that the filters narrow.
        activities: rows of `open_activities`.
    """
    measured = waiting(process_events, deals.where(~F.col("is_closed")), *DEAL)
    steps = activities.select("activity")
    return sum_open_deals_by_filter(measured, deals, steps, "deals_waiting", "amount_waiting")


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/process_bottlenecks_by_filter", checks=PROCESS_BOTTLENECKS_BY_FILTER.checks()),
)
def compute(opportunities, process_events, stage_benchmarks, sales_reps, output):
    """Measure every activity for every setting with deals; none if no process event is recorded."""
    deals = with_rep_segment(opportunities.dataframe(), sales_reps.dataframe())
    events, activities = process_events.dataframe(), open_activities(stage_benchmarks.dataframe())
    owned = events.join(deals.select("opportunity_id", *OWNER), "opportunity_id", "inner")
    taken = durations(for_each_filter(duration_counts(owned, *OWNER)), *FILTERS)
    fallen = fall_backs(for_each_filter(fall_back_counts(steps(owned, activities, *OWNER), *OWNER)), *FILTERS)
    measured = (
        waiting_by_filter(events, deals, activities)
        .join(F.broadcast(activities), "activity", "inner")
        .join(taken, [*FILTERS, "activity"], "left")
        .join(fallen, [*FILTERS, "activity"], "left")
    )
    output.write_dataframe(PROCESS_BOTTLENECKS_BY_FILTER.conform(analysed(measured, events)))
