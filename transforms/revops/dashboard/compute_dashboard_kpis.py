"""The KPI Cards: target, forecast, gap and risk of each quarter, for the company and for each team."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.ratios import ratio
from ..contracts.deals import DASHBOARD_KPIS
from ..contracts.vocabulary import ALL

MOST_SHORTFALLS = {"Low": 0.05, "Medium": 0.10, "High": 0.20}
"""Risk level by how far the forecast may fall short, as a fraction of the target; beyond the last it is Critical."""


def gap_to_target(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return forecast less target in USD; negative where the forecast falls short.

    Args:
        ai_forecast: USD expected for the quarter.
        quarter_target: USD to win in the quarter, 0 without a target.
    """
    return ai_forecast - quarter_target


def gap_pct(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return the size of the gap, short or over, as a fraction of the target; 0 without a target.

    Args:
        ai_forecast: USD expected for the quarter.
        quarter_target: USD to win in the quarter, 0 without a target.
    """
    return ratio(F.abs(gap_to_target(ai_forecast, quarter_target)), quarter_target)


def coverage_ratio(open_pipeline: Column, quarter_target: Column, closed_won: Column) -> Column:
    """Return how often the open pipeline (USD) holds what is left to win; 0 if nothing is left.

    Args:
        open_pipeline: USD of open deals.
        quarter_target: USD to win in the quarter, 0 without a target.
        closed_won: USD won in the quarter.
    """
    left_to_win = quarter_target - closed_won
    return F.when(left_to_win > 0, open_pipeline / left_to_win).otherwise(0.0)


def risk_level(ai_forecast: Column, quarter_target: Column) -> Column:
    """Return the risk of missing the target by `MOST_SHORTFALLS`: our rule; 'Low' where it is met or there is none.

    Args:
        ai_forecast: USD expected for the quarter.
        quarter_target: USD to win in the quarter, 0 without a target.
    """
    shortfall = ratio(quarter_target - ai_forecast, quarter_target)
    levels = [F.when(shortfall <= most, level) for level, most in MOST_SHORTFALLS.items()]
    return F.coalesce(*levels, F.lit("Critical"))


def commit_change_known(change_basis: Column, commit_recorded: Column) -> Column:
    """Return whether the commit of a week ago is known: recorded on its day, by a source that has commitments.

    Args:
        change_basis: 'recorded' or 'reconstructed'.
        commit_recorded: whether the source records commitments.
    """
    return (change_basis == "recorded") & commit_recorded


def recorded_since(history: DataFrame) -> DataFrame:
    """Return since when the snapshots of a quarter are recorded: quarter and recorded_since, also of quarter 'All'.

    Args:
        history: rows of the contract FORECAST_HISTORY; a recorded one was created on the day of its snapshot.
    """
    recorded = history.where(F.col("created_at") == F.col("snapshot_date"))
    quarters = F.explode(F.array(F.col("quarter"), F.lit(ALL)))
    return (
        recorded.select(quarters.alias("quarter"), "snapshot_date")
        .groupBy("quarter")
        .agg(F.min("snapshot_date").alias("recorded_since"))
    )


def kpis(forecast: DataFrame, history: DataFrame) -> DataFrame:
    """Return the rows of forecast_confidence with the gap analysis and what changed in a week.

    Args:
        forecast: rows of the contract FORECAST_CONFIDENCE.
        history: rows of the contract FORECAST_HISTORY, which say since when figures are recorded.

    Returns:
        The same rows with the fields of DASHBOARD_KPIS, commit_change_known and recorded_since (null if nothing is).
    """
    ai_forecast, quarter_target = F.col("ai_forecast"), F.col("quarter_target")
    coverage = coverage_ratio(F.col("open_pipeline_amount"), quarter_target, F.col("closed_won_amount"))
    is_known = commit_change_known(F.col("change_basis"), F.col("commit_recorded"))
    commit_change = F.when(is_known, F.col("commit_amount") - F.col("commit_amount_1w_ago")).otherwise(0.0)
    return forecast.join(F.broadcast(recorded_since(history)), "quarter", "left").select(
        "*",
        F.col("data_freshness").alias("snapshot_date"),
        gap_to_target(ai_forecast, quarter_target).alias("gap_to_target"),
        gap_pct(ai_forecast, quarter_target).alias("gap_pct"),
        coverage.alias("coverage_ratio"),
        risk_level(ai_forecast, quarter_target).alias("risk_level"),
        (ai_forecast - F.col("ai_forecast_1w_ago")).alias("forecast_change_1w"),
        commit_change.alias("commit_change_1w"),
        is_known.alias("commit_change_known"),
    )


@transform(
    forecast=Input("/RevOps/Analytics/forecast_confidence"),
    history=Input("/RevOps/Analytics/forecast_history"),
    output=Output("/RevOps/Analytics/dashboard_kpis", checks=DASHBOARD_KPIS.checks()),
)
def compute(ctx, forecast, history, output):
    """Write the KPIs of every quarter and team, over all segments and regions."""
    teams = forecast.dataframe().where(
        (F.col("quarter") != ALL) & (F.col("segment_filter") == ALL) & (F.col("region_filter") == ALL)
    )
    output.write_dataframe(DASHBOARD_KPIS.conform(kpis(teams, history.dataframe())))
