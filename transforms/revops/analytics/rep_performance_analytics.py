"""Won amounts, open pipeline and attainment of every rep."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.portable import days_between, rounded
from ..common.provenance import computed
from ..common.quarters import quarter_name
from ..common.ratios import ratio, ratio_if_any
from ..contracts.reps import REP_PERFORMANCE

TOTALS = (
    "won_count", "lost_count", "closed_amount", "open_count", "open_pipeline_amount", "cycle_days", "cycle_deals",
    "stakeholders", "stakeholder_deals", "economic_buyers", "economic_buyer_deals",
)  # fmt: skip
"""Sums over deals from which every mean of a rep, and of all reps together, is taken."""


def deal_totals(opportunities: DataFrame) -> DataFrame:
    """Return one row per `rep_id` with `TOTALS` of the deals that the rep owns.

    Won, lost, closed_amount (USD) and cycle (days from opening to winning, of won deals with a recorded opening day)
    are those of the quarter of `data_freshness`; open deals, stakeholders and economic buyers of all deals, each
    counted where recorded.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
    """
    closed_now = F.col("is_closed") & (F.col("quarter") == quarter_name(F.col("data_freshness")))
    won, lost, is_open = closed_now & F.col("is_won"), closed_now & ~F.col("is_won"), ~F.col("is_closed")
    cycle_days = F.when(won, days_between("opened_on", "close_date"))
    return opportunities.groupBy(F.col("owner_id").alias("rep_id")).agg(
        F.sum(won.cast("long")).alias("won_count"),
        F.sum(lost.cast("long")).alias("lost_count"),
        F.coalesce(F.sum(F.when(won, F.col("amount"))), F.lit(0.0)).alias("closed_amount"),
        F.sum(is_open.cast("long")).alias("open_count"),
        F.coalesce(F.sum(F.when(is_open, F.col("amount"))), F.lit(0.0)).alias("open_pipeline_amount"),
        F.coalesce(F.sum(cycle_days), F.lit(0)).alias("cycle_days"),
        F.count(cycle_days).alias("cycle_deals"),
        F.coalesce(F.sum("stakeholder_count"), F.lit(0)).alias("stakeholders"),
        F.count("stakeholder_count").alias("stakeholder_deals"),
        F.coalesce(F.sum(F.col("has_economic_buyer").cast("long")), F.lit(0)).alias("economic_buyers"),
        F.count("has_economic_buyer").alias("economic_buyer_deals"),
    )


def with_deal_totals(sales_reps: DataFrame, totals: DataFrame) -> DataFrame:
    """Return every rep with `TOTALS`, 0 for a rep without deals, and the same of all reps as 'team_…'.

    Args:
        sales_reps: rows of the contract SALES_REPS.
        totals: rows of `deal_totals`.
    """
    all_reps = Window.partitionBy("data_freshness")
    known = sales_reps.join(totals, "rep_id", "left").select(
        *sales_reps.columns, *[F.coalesce(F.col(name), F.lit(0)).alias(name) for name in TOTALS]
    )
    return known.select("*", *[F.sum(name).over(all_reps).alias(f"team_{name}") for name in TOTALS])


def measures(prefix: str = "") -> list[Column]:
    """Return the means over the deals of one rep, or with prefix 'team_' of all reps together.

    A win rate or deal size without deals is 0; a mean of what is nowhere recorded is null.

    Args:
        prefix: beginning of the columns' names: '' or 'team_'.
    """
    total = {name: F.col(f"{prefix}{name}") for name in TOTALS}
    return [
        ratio(total["won_count"], total["won_count"] + total["lost_count"]).alias(f"{prefix}win_rate"),
        ratio(total["closed_amount"], total["won_count"]).alias(f"{prefix}avg_deal_size"),
        ratio_if_any(total["cycle_days"], total["cycle_deals"]).alias(f"{prefix}avg_sales_cycle_days"),
        ratio_if_any(total["stakeholders"], total["stakeholder_deals"]).alias(f"{prefix}avg_stakeholders"),
        ratio_if_any(total["economic_buyers"], total["economic_buyer_deals"]).alias(f"{prefix}economic_buyer_rate"),
    ]


def sum_of_quarters(quarters: Column, field: str) -> Column:
    """Return the sum of `field` (USD) over the quarters of a rep's year; 0 without any.

    Args:
        quarters: array sales_reps.quarters.
    """
    return F.aggregate(quarters, F.lit(0.0), lambda total, quarter: total + quarter[field])


def in_quarter(quarters: Column, name: Column, field: str) -> Column:
    """Return `field` (USD) of the quarter called `name`, null where the rep's year has none of that name.

    Args:
        quarters: array sales_reps.quarters.
    """
    return F.get(F.filter(quarters, lambda quarter: quarter["quarter"] == name), F.lit(0))[field]


def attainments() -> list[Column]:
    """Return quota, won amount (USD) and attainment (fraction) of the year to date, of this and of the last quarter.
    prior_ytd_attainment is that of the year to the end of the last quarter, null in a year's first quarter.

    Quotas and what earlier quarters closed come from `quarters`, which holds the current year alone: the quarter
    before a first quarter is unknown. What the current quarter closed is the won deals' amount.
    """
    quarters, today = F.col("quarters"), F.col("data_freshness")
    quota = sum_of_quarters(quarters, "quota")
    earlier_closed = sum_of_quarters(quarters, "closed_amount")
    closed = earlier_closed + F.col("closed_amount")
    current, before = quarter_name(today), quarter_name(F.add_months(today, -3))
    current_quota = F.coalesce(in_quarter(quarters, current, "quota"), F.lit(0.0))
    quota_before, closed_before = (in_quarter(quarters, before, field) for field in ("quota", "closed_amount"))
    return [
        quota.alias("ytd_quota"),
        closed.alias("ytd_closed_amount"),
        ratio(closed, quota).alias("ytd_attainment"),
        ratio(F.col("closed_amount"), current_quota).alias("quarter_attainment"),
        ratio_if_any(closed_before, quota_before).alias("prior_quarter_attainment"),
        ratio_if_any(earlier_closed, quota - current_quota).alias("prior_ytd_attainment"),
    ]


def ranks() -> list[Column]:
    """Return the rank of each rep among all by year to date attainment, and how many reps there are.

    Reps of equal attainment have the same rank, and the next rank is skipped.
    """
    all_reps = Window.partitionBy("data_freshness")
    return [
        F.rank().over(all_reps.orderBy(F.desc(rounded(F.col("ytd_attainment"), 9)))).alias("overall_rank"),
        F.count("rep_id").over(all_reps).alias("total_reps"),
    ]


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/rep_performance", checks=REP_PERFORMANCE.checks()),
)
def compute(opportunities, sales_reps, output):
    """Write one row per rep: the quarter's deals, the year's attainment, the rank; and what all reps reach together."""
    today = F.col("data_freshness")
    reps = with_deal_totals(sales_reps.dataframe(), deal_totals(opportunities.dataframe())).select(
        "rep_id", "rep_name", "manager_name", "region", "segment",
        quarter_name(today).alias("quarter"),
        "won_count", "lost_count", "closed_amount", "open_count", "open_pipeline_amount",
        *measures(),
        *measures("team_"),
        *attainments(),
        "prior_quarter_win_rate", "prior_quarter_rank",
        "data_freshness",
    )  # fmt: skip
    output.write_dataframe(REP_PERFORMANCE.conform(computed(reps.select("*", *ranks()))))
