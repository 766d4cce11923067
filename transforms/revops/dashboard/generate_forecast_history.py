"""The Forecast Trend Chart: where each quarter stood at the end of each of its weeks.

A CRM keeps no snapshots, so they are made from what the opportunities say of their own past: when they were opened and
when they closed. Closed and commit amounts of the current week equal those of forecast_confidence; the forecast
differs, because it weighs open deals by their category (`CATEGORY_WIN_RATES`), not by their stage and health.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import forecast, health
from ..common.provenance import computed
from ..common.quarters import WEEKS, quarter_begin, week_begin, week_end
from ..common.ratios import ratio
from ..contracts.deals import FORECAST_HISTORY

WEEK = ("week_number", "snapshot_date")
"""What tells the weeks of a quarter apart."""


def snapshot_date(begins_on: Column, ends_on: Column, today: Column) -> Column:
    """Return the date of a week's snapshot: the week's last day, of the week that goes on today."""
    return F.when(today.between(begins_on, ends_on), today).otherwise(ends_on)


def seen_on(ends_on: Column, today: Column) -> Column:
    """Return the day as of which a week is shown: its last day or, if that is to come, today.

    So in weeks to come only the target goes on; everything else stays as it is today.
    """
    return F.least(ends_on, today)


def in_each_week(rows: DataFrame) -> DataFrame:
    """Return each row (with quarter and data_freshness) of a quarter that has begun once for each of its weeks.

    Added: week_number 1 to 13, snapshot_date, seen_on. Rows of quarter 'Unknown' or of one to come are left out.
    """
    begun = rows.where(quarter_begin(F.col("quarter")) <= F.col("data_freshness"))
    begins_on = week_begin(F.col("quarter"), F.col("week_number"))
    ends_on = week_end(F.col("quarter"), F.col("week_number"))
    return begun.select("*", F.explode(F.sequence(F.lit(1), F.lit(WEEKS))).alias("week_number")).select(
        "*",
        snapshot_date(begins_on, ends_on, F.col("data_freshness")).alias("snapshot_date"),
        seen_on(ends_on, F.col("data_freshness")).alias("seen_on"),
    )


def recorded_health(day: Column) -> Column:
    """Return 0 to 100, the health of a deal by those of its signals that opportunities record; null where none is.

    Champion, stakeholders and economic buyer, weighted as in the health score. Only the champion's has a past.
    """
    return health.health_score({
        health.CHAMPION: health.champion_points(F.col("champion_status"), F.col("champion_silent_since"), day),
        health.STAKEHOLDERS: health.stakeholder_points(F.col("stakeholder_count")),
        health.ECONOMIC_BUYER: health.economic_buyer_points(F.col("has_economic_buyer")),
    })  # fmt: skip


def snapshots(deals: DataFrame, *dimensions: str) -> DataFrame:
    """Return the state of every quarter in every week, and by the dimensions, by the deals of `in_each_week`.

    Sums in USD; of the pipeline's health the sum of its points and the count of the deals that have any.
    """
    day = F.col("seen_on")
    is_forecast = forecast.is_forecast(day)
    weighted = forecast.priced_amount() * forecast.category_win_rate(day)
    known_health = F.when(is_forecast, recorded_health(day))
    return deals.groupBy("quarter", *WEEK, *dimensions).agg(
        F.max("quarter_target").alias("quarter_target"),
        _sum_where(forecast.was_won(day)).alias("cumulative_closed"),
        _sum_where(forecast.was_in(forecast.COMMIT, day)).alias("pipeline_commit"),
        _sum_where(forecast.was_in(forecast.BEST_CASE, day)).alias("pipeline_best_case"),
        _sum_where(is_forecast).alias("pipeline_total"),
        _sum_where(is_forecast, weighted).alias("pipeline_expected"),
        F.coalesce(F.sum(known_health), F.lit(0.0)).alias("health_points"),
        F.count(known_health).alias("deals_of_known_health"),
        F.max("data_freshness").alias("data_freshness"),
    )


def _sum_where(condition: Column, dollars: Column | None = None) -> Column:
    dollars = forecast.priced_amount() if dollars is None else dollars
    return F.sum(F.when(condition, dollars).otherwise(0.0))


def progress(weeks: DataFrame) -> DataFrame:
    """Return the rows of `snapshots` with their mean health and what has accumulated by then, in USD."""
    return weeks.select(
        "*",
        (F.col("quarter_target") * F.col("week_number") / WEEKS).alias("cumulative_target"),
        (F.col("cumulative_closed") + F.col("pipeline_commit")).alias("cumulative_commit"),
        (F.col("cumulative_closed") + F.col("pipeline_expected")).alias("cumulative_forecast"),
        ratio(F.col("health_points"), F.col("deals_of_known_health")).alias("avg_pipeline_health"),
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    output=Output("/RevOps/Analytics/forecast_history", checks=FORECAST_HISTORY.checks()),
)
def compute(ctx, opportunities, output):
    """Write thirteen snapshots of every quarter that has begun and has deals."""
    weeks = snapshots(in_each_week(opportunities.dataframe()))
    output.write_dataframe(FORECAST_HISTORY.conform(computed(progress(weeks))))
