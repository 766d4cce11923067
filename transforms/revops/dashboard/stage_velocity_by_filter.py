"""The Stage Velocity Table and the Funnel for every setting of the dashboards' filters."""

from pyspark.sql import DataFrame

from transforms.api import Input, Output, transform

from ..analytics.stage_velocity import facts, measures, open_stages, stage_visits, velocity, with_fates
from ..common.filters import WITH_QUARTER, for_each_filter
from ..contracts.by_filter import STAGE_VELOCITY_BY_FILTER

DIMENSIONS = tuple(WITH_QUARTER.values())


def facts_by_filter(visits: DataFrame, opportunities: DataFrame, deals: DataFrame, stages: DataFrame) -> DataFrame:
    """Return `facts` once for each setting of the filters that shows them, all stages for every setting with a deal."""
    visits_of_deals = visits.join(opportunities.select("opportunity_id", *DIMENSIONS), "opportunity_id", "left")
    asked = opportunities.select(*DIMENSIONS).distinct().crossJoin(stages)
    settings = for_each_filter(facts(visits_of_deals, deals, asked, *DIMENSIONS), WITH_QUARTER)
    # events of a deal that nobody knows count where nothing is narrowed
    return settings.dropna(subset=[*WITH_QUARTER])


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/stage_velocity_by_filter", checks=STAGE_VELOCITY_BY_FILTER.checks()),
)
def compute(opportunities, process_events, stage_benchmarks, health_scores, output):
    """Measure every open stage for every setting; none where no process event is recorded."""
    events, benchmarks = process_events.dataframe(), stage_benchmarks.dataframe()
    stages = open_stages(benchmarks)
    visits = with_fates(stage_visits(events, benchmarks), stages)
    by_filter = facts_by_filter(visits, opportunities.dataframe(), health_scores.dataframe(), stages)
    measured = measures(by_filter, *WITH_QUARTER)
    output.write_dataframe(STAGE_VELOCITY_BY_FILTER.conform(velocity(measured, stages, events)))
