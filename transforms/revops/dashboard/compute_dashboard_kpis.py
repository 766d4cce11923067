"""The KPI Cards: target, forecast, gap and risk of each quarter, for the company and for each team."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.filters import FILTERS
from ..common.ratios import ratio
from ..contracts.deals import DASHBOARD_KPIS, FILTER_KEY
from ..contracts.vocabulary import ALL

MOST_SHORTFALLS = {"Low": 0.05, "Medium": 0.10, "High": 0.20}
"""Risk level by how far the forecast may fall short, as a fraction of the target; beyond the last it is Critical."""


def gap_to_target(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return forecast less target in USD; negative where the forecast falls short."""
    return ai_forecast - quarter_target


def gap_pct(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return the size of the gap, short or over, as a fraction of the target; 0 without a target."""
    return ratio(F.abs(gap_to_target(ai_forecast, quarter_target)), quarter_target)


def coverage_ratio(open_pipeline: Column, quarter_target: Column, closed_won: Column) -> Column:
    """Return how often the open pipeline (USD) holds what is left to win; 0 where nothing is left."""
    left_to_win = quarter_target - closed_won
    return F.when(left_to_win > 0, open_pipeline / left_to_win).otherwise(0.0)


def risk_level(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return the risk of missing the target by `MOST_SHORTFALLS`: our rule; 'Low' where it is met or there is none."""
    shortfall = ratio(quarter_target - ai_forecast, quarter_target)
    levels = [F.when(shortfall <= most, level) for level, most in MOST_SHORTFALLS.items()]
    return F.coalesce(*levels, F.lit("Critical"))


def company_changes(history: DataFrame) -> DataFrame:
    """Return by how much the company's forecast and commit (USD) grew from the last week's snapshot to today's.

    In: forecast_history. Out: one row per quarter that goes on: quarter, all filters at 'All', forecast_change and
    commit_change; both null in a quarter's first week, which has no week before it.
    """
    weeks = Window.partitionBy("quarter").orderBy("week_number")
    return history.select(
        "quarter",
        *[F.lit(ALL).alias(name) for name in FILTERS],
        (F.col("cumulative_forecast") - F.lag("cumulative_forecast").over(weeks)).alias("forecast_change"),
        (F.col("cumulative_commit") - F.lag("cumulative_commit").over(weeks)).alias("commit_change"),
        (F.col("snapshot_date") == F.col("data_freshness")).alias("is_today"),
    ).where("is_today").drop("is_today")  # fmt: skip


def with_changes(forecast: DataFrame, changes: DataFrame) -> DataFrame:
    """Return the forecast's rows with forecast_change_1w and commit_change_1w.

    Where there are no snapshots of a setting, quarter or week, forecast_confidence says what was a week ago.
    """
    own_forecast_change = F.col("ai_forecast") - F.col("ai_forecast_1w_ago")
    own_commit_change = F.col("commit_amount") - F.col("commit_amount_1w_ago")
    return forecast.join(changes, [*FILTER_KEY], "left").select(
        "*",
        F.coalesce("forecast_change", own_forecast_change).alias("forecast_change_1w"),
        F.coalesce("commit_change", own_commit_change).alias("commit_change_1w"),
    )


def kpis(forecast: DataFrame, history: DataFrame) -> DataFrame:
    """Return the rows of forecast_confidence with what changed since last week and the gap analysis."""
    ai_forecast, quarter_target = F.col("ai_forecast"), F.col("quarter_target")
    coverage = coverage_ratio(F.col("open_pipeline_amount"), quarter_target, F.col("closed_won_amount"))
    return with_changes(forecast, company_changes(history)).select(
        "*",
        F.col("data_freshness").alias("snapshot_date"),
        gap_to_target(ai_forecast, quarter_target).alias("gap_to_target"),
        gap_pct(ai_forecast, quarter_target).alias("gap_pct"),
        coverage.alias("coverage_ratio"),
        risk_level(ai_forecast, quarter_target).alias("risk_level"),
    )


@transform(
    forecast=Input("/RevOps/Analytics/forecast_confidence"),
    history=Input("/RevOps/Analytics/forecast_history"),
    output=Output("/RevOps/Analytics/dashboard_kpis", checks=DASHBOARD_KPIS.checks()),
)
def compute(ctx, forecast, history, output):
    """Write the KPIs of every quarter and team, over all segments and regions."""
    teams = forecast.dataframe().where((F.col("segment_filter") == ALL) & (F.col("region_filter") == ALL))
    output.write_dataframe(DASHBOARD_KPIS.conform(kpis(teams, history.dataframe())))
