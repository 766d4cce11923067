"""The Stage Velocity Table and the Funnel for every setting of the dashboards' filters.

The quarter narrows the open deals in a stage alone. Durations and conversion are those of all deals of the setting's
reps: of the deals of an open quarter, those that were lost are missing, and all that are there have gone on.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..analytics.stage_velocity import (
    durations,
    in_stage,
    open_stages,
    stage_visits,
    velocity,
    visit_facts,
    with_fates,
)
from ..common.filters import FILTERS, WITH_QUARTER, for_each_filter, sum_open_deals_by_filter, with_rep_segment
from ..contracts.by_filter import STAGE_VELOCITY_BY_FILTER

DIMENSIONS = tuple(WITH_QUARTER.values())


def durations_by_filter(visits: DataFrame, deals: DataFrame) -> DataFrame:
    """Return the rows of `durations` for every setting of team, segment and region.

    Args:
        visits: rows of `with_fates`; those of an opportunity that is not among the deals count at 'All' only.
        deals: opportunities with the rep's segment.
    """
    visits_of_deals = visits.join(deals.select("opportunity_id", *FILTERS.values()), "opportunity_id", "left")
    settings = for_each_filter(visit_facts(visits_of_deals, *FILTERS.values())).dropna(subset=[*FILTERS])
    return durations(settings, *FILTERS)


def in_stage_by_filter(deals: DataFrame, stages: DataFrame) -> DataFrame:
    """Return the open deals by stage, see `sum_open_deals_by_filter`.

    Args:
        deals: open deals with the columns that the filters narrow.
        stages: rows of `open_stages`.
    """
    measured = in_stage(deals.where(~F.col("is_closed")), *DIMENSIONS)
    steps = stages.select("stage_name")
    return sum_open_deals_by_filter(measured, deals, steps, "deals_in_stage", "amount_in_stage")


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    win_rates=Input("/RevOps/Analytics/stage_win_rates"),
    output=Output("/RevOps/Analytics/stage_velocity_by_filter", checks=STAGE_VELOCITY_BY_FILTER.checks()),
)
def compute(opportunities, process_events, stage_benchmarks, sales_reps, win_rates, output):
    """Measure every open stage for every setting with deals."""
    deals = with_rep_segment(opportunities.dataframe(), sales_reps.dataframe())
    benchmarks = stage_benchmarks.dataframe()
    stages = open_stages(benchmarks)
    visits = with_fates(stage_visits(process_events.dataframe(), benchmarks), stages)
    rates = win_rates.dataframe().select("stage_name", "win_rate", "history_win_rate")
    today = deals.agg(F.max("data_freshness").alias("data_freshness"))
    measured = (
        in_stage_by_filter(deals, stages)
        .join(F.broadcast(stages), "stage_name", "inner")
        .join(durations_by_filter(visits, deals), [*FILTERS, "stage_name"], "left")
        .crossJoin(F.broadcast(today))
    )
    rows = velocity(measured, *WITH_QUARTER).join(F.broadcast(rates), "stage_name", "inner")
    output.write_dataframe(STAGE_VELOCITY_BY_FILTER.conform(rows))
