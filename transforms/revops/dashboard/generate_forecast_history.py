"""The Forecast Trend Chart: the state of each quarter at the end of each of its weeks up to today.

Incremental on its own output: the row of a week that a build recorded on its own day is kept, so that the history is
what the forecast was, week by week. Weeks before the first build are reconstructed from what the opportunities say of
their own past. A recorded row has created_at = snapshot_date; a reconstructed one was created later.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform

from ..common import forecast
from ..common.amounts import summable
from ..common.provenance import computed
from ..common.quarters import WEEKS, quarter_begin, quarter_end, week_begin, week_end
from ..common.ratios import ratio
from ..contracts.deals import FORECAST_HISTORY

WEEK = ("week_number", "snapshot_date")
"""Columns that identify a week of a quarter."""


def in_each_week(rows: DataFrame) -> DataFrame:
    """Return each row of a quarter that has begun once for each week of the quarter up to today.

    Args:
        rows: rows with quarter and data_freshness; those of quarter 'Unknown' or of a quarter to come are dropped.

    Returns:
        The rows with week_number, 1 to 13, and snapshot_date: the last day of the week or, of the current one, today.
    """
    quarter, today = F.col("quarter"), F.col("data_freshness")
    # the days of the quarter are columns before its weeks, so that they are computed once
    dated = rows.select("*", quarter_begin(quarter).alias("begins_on"), quarter_end(quarter).alias("ends_on"))
    begun = dated.where(F.col("begins_on") <= today)
    weeks = begun.select("*", F.explode(F.sequence(F.lit(1), F.lit(WEEKS))).alias("week_number"))
    begin, end, week = F.col("begins_on"), F.col("ends_on"), F.col("week_number")
    return weeks.where(week_begin(begin, week) <= today).select(
        *rows.columns, "week_number", F.least(week_end(begin, end, week), today).alias("snapshot_date")
    )


def snapshots(deals: DataFrame, *dimensions: str) -> DataFrame:
    """Return the state of every quarter in every week, and by the dimensions.

    Args:
        deals: rows of `in_each_week` with the columns of `forecast.with_history`.
        dimensions: further columns to group by.

    Returns:
        One row per quarter, week and dimensions: sums in USD; of the open deals' signal health the sum of its points
        and the count of the deals that have any.
    """
    day = F.col("snapshot_date")
    known = deals.select("*", forecast.signal_health(day).alias("health"), forecast.stage_on(day).alias("stage"))
    chance = forecast.win_chance(day, F.col("stage"), F.col("health"))
    return (
        known.select(
            "*",
            chance.alias("win_chance"),
            F.when(forecast.was_open(day), F.col("health")).alias("known_health"),
        )
        .groupBy("quarter", *WEEK, *dimensions)
        .agg(
            F.max("quarter_target").alias("quarter_target"),
            _sum_where(forecast.was_won(day)).alias("cumulative_closed"),
            _sum_where(forecast.was_in(forecast.COMMIT, day)).alias("pipeline_commit"),
            _sum_where(forecast.was_in(forecast.BEST_CASE, day)).alias("pipeline_best_case"),
            _sum_where(forecast.is_forecast(day)).alias("pipeline_total"),
            F.sum(summable(forecast.expected_amount(day, F.col("win_chance")))).alias("pipeline_expected"),
            F.coalesce(F.sum("known_health"), F.lit(0.0)).alias("health_points"),
            F.count("known_health").alias("deals_of_known_health"),
            F.max("data_freshness").alias("data_freshness"),
        )
    )


def _sum_where(condition: Column) -> Column:
    return F.sum(F.when(condition, summable(forecast.priced_amount())).otherwise(summable(F.lit(0))))


def progress(weeks: DataFrame) -> DataFrame:
    """Return the rows of `snapshots` with their mean health and what has accumulated by then, in USD.

    Args:
        weeks: one row per quarter and week.
    """
    sums = ("cumulative_closed", "pipeline_commit", "pipeline_best_case", "pipeline_total", "pipeline_expected")
    stored = weeks.select(*[F.col(name).cast("double").alias(name) if name in sums else name for name in weeks.columns])
    return stored.select(
        "*",
        (F.col("quarter_target") * F.col("week_number") / WEEKS).alias("cumulative_target"),
        (F.col("cumulative_closed") + F.col("pipeline_commit")).alias("cumulative_commit"),
        (F.col("cumulative_closed") + F.col("pipeline_expected")).alias("cumulative_forecast"),
        ratio(F.col("health_points"), F.col("deals_of_known_health")).alias("avg_pipeline_health"),
    )


def is_recorded() -> Column:
    """Return whether a row was written on the day of its snapshot."""
    return F.col("created_at") == F.col("snapshot_date")


def with_recorded(weeks: DataFrame, previous: DataFrame, *dimensions: str) -> DataFrame:
    """Return the weeks with the rows that earlier builds recorded in place of reconstructed ones.

    Args:
        weeks: today's rows of the contract, one per quarter, week and dimensions.
        previous: what the last build wrote, of the same columns. Its rows of today or later are dropped, as are those
            of a quarter that has no deal any more.
        dimensions: columns that belong to the key beside quarter and week_number.

    Returns:
        One row per quarter, week and dimensions: today's, else the last recorded one, else the reconstructed one;
        data_freshness is today's in all of them.
    """
    freshness = weeks.groupBy("quarter").agg(F.max("data_freshness").alias("data_freshness"))
    earlier = previous.where(is_recorded()).drop("data_freshness").join(F.broadcast(freshness), "quarter", "inner")
    kept = earlier.where(F.col("snapshot_date") < F.col("data_freshness")).select(*weeks.columns)
    key = ("quarter", "week_number", *dimensions)
    values = F.struct(*[name for name in weeks.columns if name not in key])
    best = F.max_by(values, F.struct(is_recorded(), "snapshot_date"))
    return weeks.unionByName(kept).groupBy(*key).agg(best.alias("best")).select(*key, "best.*")


@incremental(snapshot_inputs=["opportunities"])
@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    output=Output("/RevOps/Analytics/forecast_history", checks=FORECAST_HISTORY.checks()),
)
def compute(ctx, opportunities, output):
    """Write the weeks up to today of every quarter that has begun and has deals."""
    deals = opportunities.dataframe()
    weeks = progress(snapshots(in_each_week(forecast.with_history(deals, deals))))
    rows = FORECAST_HISTORY.typed(computed(weeks))
    if ctx.is_incremental:
        rows = with_recorded(rows, output.dataframe("previous"))
        output.set_mode("replace")
    output.write_dataframe(FORECAST_HISTORY.conform(rows))
