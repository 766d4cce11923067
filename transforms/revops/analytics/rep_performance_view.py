"""The Performance Summary widget: every rep beside the team, the rank and the quarter before."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.formatters import percent, percent_delta, rank
from ..common.provenance import computed
from ..contracts.reps import REP_PERFORMANCE_VIEW

TIER_THRESHOLDS = (("Top Performer", 1.10), ("On Track", 0.90), ("Needs Improvement", 0.70))
"""Tiers by the least year to date attainment that earns them; below the last of them a rep is 'At Risk'."""


def performance_tier(ytd_attainment: Column) -> Column:
    """Return the tier of an attainment (fraction of quota) by `TIER_THRESHOLDS`: our rule, the document has none.

    Args:
        ytd_attainment: fraction of the quota of the year to date.
    """
    earned = [F.when(ytd_attainment >= least, tier) for tier, least in TIER_THRESHOLDS]
    return F.coalesce(*earned, F.lit("At Risk"))


def places_gained(prior_rank: Column, current_rank: Column) -> Column:
    """Return by how many places a rep climbed since the quarter before; negative: fell; null without a prior rank.

    Args:
        prior_rank: rank at the end of the quarter before, from 1.
        current_rank: rank today, from 1.
    """
    return prior_rank - current_rank


@transform(
    performance=Input("/RevOps/Analytics/rep_performance"),
    output=Output("/RevOps/Analytics/rep_performance_view", checks=REP_PERFORMANCE_VIEW.checks()),
)
def compute(performance, output):
    """Write one display-ready row per rep; comparisons with what is unknown are null, as their contract says."""
    closed_any = F.col("won_count") + F.col("lost_count") > 0
    win_rate_vs_team = F.col("win_rate") - F.col("team_win_rate")
    view = performance.dataframe().select(
        "rep_id", "rep_name", "manager_name", "region", "segment",
        "ytd_attainment",
        percent(F.col("ytd_attainment")).alias("ytd_attainment_display"),
        "win_rate", "avg_deal_size", "avg_sales_cycle_days",
        "overall_rank", "total_reps",
        rank(F.col("overall_rank"), F.col("total_reps")).alias("rank_display"),
        places_gained(F.col("prior_quarter_rank"), F.col("overall_rank")).alias("rank_change_qoq"),
        F.col("team_win_rate").alias("team_avg_win_rate"),
        "team_avg_deal_size",
        F.col("team_avg_sales_cycle_days").alias("team_avg_cycle"),
        win_rate_vs_team.alias("win_rate_vs_team"),
        percent_delta(win_rate_vs_team).alias("win_rate_vs_team_display"),
        (F.col("avg_sales_cycle_days") - F.col("team_avg_sales_cycle_days")).alias("cycle_vs_team"),
        (F.col("ytd_attainment") - F.col("prior_ytd_attainment")).alias("attainment_change_qoq"),
        F.when(closed_any, F.col("win_rate") - F.col("prior_quarter_win_rate")).alias("win_rate_change_qoq"),
        performance_tier(F.col("ytd_attainment")).alias("performance_tier"),
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(REP_PERFORMANCE_VIEW.conform(computed(view)))
