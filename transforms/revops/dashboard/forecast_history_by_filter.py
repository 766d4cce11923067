"""The Forecast Trend Chart for every setting of the dashboards' filters."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..analytics.forecast_confidence import DIMENSIONS, quotas, target, totals
from ..common.filters import FILTERS
from ..common.provenance import computed
from ..contracts.by_filter import FORECAST_HISTORY_BY_FILTER
from .generate_forecast_history import WEEK, in_each_week, progress, snapshots


def weekly_quotas(rep_quotas: DataFrame) -> DataFrame:
    """Return the sums of `quotas` (USD) by quarter, team, segment and region, once for each week of the quarter."""
    sums = rep_quotas.groupBy(*DIMENSIONS).agg(
        F.sum("quota").alias("quota"), F.max("data_freshness").alias("data_freshness")
    )
    return in_each_week(sums).drop("seen_on")


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/forecast_history_by_filter", checks=FORECAST_HISTORY_BY_FILTER.checks()),
)
def compute(opportunities, sales_reps, output):
    """Write thirteen snapshots of every quarter that has begun, for every setting with deals or a quota in it."""
    deals = opportunities.dataframe()
    # sums by team, segment and region first: far fewer rows than deals go through the eight settings
    sums = snapshots(in_each_week(deals), *FILTERS.values())
    weeks = totals(sums, weekly_quotas(quotas(sales_reps.dataframe(), deals)), *WEEK)
    rows = progress(weeks.withColumn("quarter_target", target()))
    output.write_dataframe(FORECAST_HISTORY_BY_FILTER.conform(computed(rows)))
