"""The Forecast Trend Chart for every setting of the dashboards' filters."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform

from ..common import forecast
from ..common.filters import FILTERS, for_each_filter, with_rep_segment
from ..common.portable import mean
from ..common.provenance import computed
from ..common.quarters import quarter_end
from ..common.ratios import accuracy
from ..common.targets import targets_by_filter
from ..contracts.by_filter import FORECAST_HISTORY_BY_FILTER
from .generate_forecast_history import WEEK, in_each_week, is_recorded, progress, snapshots, with_recorded

KEY = ("quarter", *FILTERS)


def weeks_by_filter(deals: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the rows of `snapshots` for every setting of the filters.

    Args:
        deals: opportunities with the rep's segment.
        opportunities: all of them, from which the win rates are learned.
    """
    by_dimension = snapshots(in_each_week(forecast.with_history(deals, opportunities)), *FILTERS.values())
    # sums by team, segment and region first: far fewer rows than deals go through the eight settings
    sums = [
        name for name in by_dimension.columns
        if name not in ("quarter", *WEEK, *FILTERS.values(), "quarter_target", "data_freshness")
    ]  # fmt: skip
    return for_each_filter(by_dimension).groupBy(*KEY, *WEEK).agg(
        *[F.sum(name).alias(name) for name in sums], F.max("data_freshness").alias("data_freshness")
    )  # fmt: skip


def settings_in_each_week(targets: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return the rows of `targets_by_filter` once for each week up to today of a quarter that has begun.

    Args:
        targets: rows of `targets_by_filter`.
        opportunities: rows of the contract OPPORTUNITIES.
    """
    today = opportunities.agg(F.max("data_freshness").alias("data_freshness"))
    return in_each_week(targets.crossJoin(F.broadcast(today))).drop("target_basis")


def final_amounts(deals: DataFrame) -> DataFrame:
    """Return the USD won by quarter and setting, final_amount, of the quarters that are over.

    Args:
        deals: rows of the contract OPPORTUNITIES with the rep's segment.
    """
    over = deals.where(quarter_end(F.col("quarter")) < F.col("data_freshness"))
    won = F.sum(F.when(F.col("is_won"), F.col("amount")).otherwise(0.0)).alias("final_amount")
    return for_each_filter(over.groupBy("quarter", *FILTERS.values()).agg(won)).groupBy(*KEY).agg(
        F.sum("final_amount").alias("final_amount")
    )  # fmt: skip


def health_today(deals: DataFrame, health_scores: DataFrame) -> DataFrame:
    """Return the mean health score of the open deals today, avg_health_today, by quarter and setting.

    Args:
        deals: rows of the contract OPPORTUNITIES with the rep's segment.
        health_scores: rows of the contract DEAL_HEALTH_SCORES.
    """
    scores = health_scores.select("opportunity_id", "health_score")
    known = deals.join(scores, "opportunity_id", "inner").select("quarter", *FILTERS.values(), "health_score")
    return for_each_filter(known).groupBy(*KEY).agg(mean("health_score").alias("avg_health_today"))


def with_accuracy(rows: DataFrame, finals: DataFrame) -> DataFrame:
    """Return the rows with forecast_accuracy, null unless the row is recorded and its quarter is over.

    Args:
        rows: rows of the contract FORECAST_HISTORY_BY_FILTER.
        finals: rows of `final_amounts`.
    """
    of_row = accuracy(F.col("cumulative_forecast"), F.col("final_amount"))
    names = [name for name in rows.columns if name != "forecast_accuracy"]
    return rows.join(finals, [*KEY], "left").select(
        *names, F.when(F.col("is_recorded"), of_row).alias("forecast_accuracy")
    )


@incremental(snapshot_inputs=["opportunities", "sales_reps", "health_scores"])
@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/forecast_history_by_filter", checks=FORECAST_HISTORY_BY_FILTER.checks()),
)
def compute(ctx, opportunities, sales_reps, health_scores, output):
    """Write the weeks up to today of every quarter that has begun, for every setting with deals or a quota in it."""
    all_deals, reps = opportunities.dataframe(), sales_reps.dataframe()
    deals = with_rep_segment(all_deals, reps)
    settings = settings_in_each_week(targets_by_filter(reps, all_deals), all_deals)
    weeks = weeks_by_filter(deals, all_deals)
    names = [name for name in weeks.columns if name not in (*KEY, *WEEK, "data_freshness")]
    joined = weeks.join(settings, [*KEY, *WEEK, "data_freshness"], "full").select(
        *KEY, *WEEK, "data_freshness",
        F.coalesce("quarter_target", F.lit(0.0)).alias("quarter_target"),
        *[F.coalesce(name, F.lit(0)).alias(name) for name in names],
    )  # fmt: skip
    measured = computed(progress(joined)).join(health_today(deals, health_scores.dataframe()), [*KEY], "left")
    rows = measured.select(
        "*",
        is_recorded().alias("is_recorded"),
        F.when(is_recorded(), F.col("avg_health_today")).alias("avg_health_score"),
        F.lit(None).cast("double").alias("forecast_accuracy"),
    )
    rows = FORECAST_HISTORY_BY_FILTER.typed(rows)
    if ctx.is_incremental:
        rows = with_recorded(rows, output.dataframe("previous"), *FILTERS)
        output.set_mode("replace")
    output.write_dataframe(FORECAST_HISTORY_BY_FILTER.conform(with_accuracy(rows, final_amounts(deals))))
