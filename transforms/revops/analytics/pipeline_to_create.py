"""How much pipeline has to be created for each quarter to reach its target, with every part of the calculation.

Ours, beyond the document: the usual calculation of a sales funnel backwards. What the target exceeds the won amount and
the expected amount of the open deals by has to come from deals that are not open yet, of which `win_rate` are won:

    pipeline_to_create = (quarter_target - closed_won_amount - expected_amount) / win_rate
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.amounts import summable
from ..common.filters import FILTERS, for_each_filter, with_rep_segment
from ..common.forecast import priced_amount
from ..common.portable import days_between
from ..common.provenance import computed
from ..common.quarters import quarter_end
from ..common.ratios import ratio_if_any
from ..contracts.pace import PIPELINE_TO_CREATE
from ..contracts.vocabulary import ALL, UNKNOWN

RECENT_DAYS = 365
"""Deals that closed within so many days say how often and how fast deals are won: a year has every season."""
LEAST_CLOSED = 10
"""Closed deals of a setting from which on its own rate counts; with fewer that of the company."""
DIMENSIONS = tuple(FILTERS.values())
FACTS = ("closed", "won", "won_dollars", "cycle_days", "cycle_deals")


def closed_facts(deals: DataFrame) -> DataFrame:
    """Return what the deals closed in the last 365 days add up to, by setting of the filters.

    Args:
        deals: opportunities with the rep's segment.

    Returns:
        One row per setting with such a deal: FILTERS and FACTS: numbers of closed and of won deals, USD won, and the
        days that won deals with a recorded opening day took, with the number of these deals.
    """
    recent = F.col("close_date") > F.date_sub("data_freshness", RECENT_DAYS)
    cycle = F.when(F.col("is_won"), days_between("opened_on", "close_date"))
    by_dimension = deals.where(F.col("is_closed") & recent).groupBy(*DIMENSIONS).agg(
        F.count(F.lit(1)).alias("closed"),
        F.count(F.when(F.col("is_won"), True)).alias("won"),
        F.sum(F.when(F.col("is_won"), summable(priced_amount())).otherwise(summable(F.lit(0)))).alias("won_dollars"),
        F.coalesce(F.sum(cycle), F.lit(0)).alias("cycle_days"),
        F.count(cycle).alias("cycle_deals"),
    )  # fmt: skip
    return for_each_filter(by_dimension).groupBy(*FILTERS).agg(*[F.sum(name).alias(name) for name in FACTS])


def with_rates(settings: DataFrame, facts: DataFrame) -> DataFrame:
    """Return the rows with closed_count, rate_basis, win_rate, avg_deal_size (USD) and avg_cycle_days.

    Args:
        settings: rows with FILTERS.
        facts: rows of `closed_facts`. A setting with fewer than 10 closed deals takes the figures of the company.
    """
    is_company = [F.col(name) == ALL for name in FILTERS]
    company = facts.where(is_company[0] & is_company[1] & is_company[2]).select(
        *[F.col(name).alias(f"all_{name}") for name in FACTS]
    )
    everything = settings.select(*FILTERS).distinct().crossJoin(F.broadcast(company))
    chosen = everything.join(facts, [*FILTERS], "left")
    enough = F.coalesce(F.col("closed") >= LEAST_CLOSED, F.lit(False))
    taken = {name: F.when(enough, F.col(name)).otherwise(F.col(f"all_{name}")) for name in FACTS}
    rates = chosen.select(
        *FILTERS,
        F.when(enough, "setting").otherwise("company").alias("rate_basis"),
        taken["closed"].alias("closed_count"),
        ratio_if_any(taken["won"], taken["closed"]).alias("win_rate"),
        ratio_if_any(taken["won_dollars"].cast("double"), taken["won"]).alias("avg_deal_size"),
        ratio_if_any(taken["cycle_days"], taken["cycle_deals"]).alias("avg_cycle_days"),
    )
    return settings.join(rates, [*FILTERS], "left").select(
        *settings.columns,
        F.coalesce("rate_basis", F.lit("none")).alias("rate_basis"),
        F.coalesce("closed_count", F.lit(0)).alias("closed_count"),
        "win_rate", "avg_deal_size", "avg_cycle_days",
    )  # fmt: skip


def missing_amount(target_state: Column, quarter_target: Column, won: Column, expected: Column) -> Column:
    """Return the USD that neither won nor open deals bring, at least 0; null without a quota or of a missed target.

    Args:
        target_state: 'no_quota', 'met', 'missed' or 'open'.
        quarter_target: USD to win in the quarter.
        won: USD won.
        expected: USD that open deals are expected to bring.
    """
    short = F.greatest(quarter_target - won - expected, F.lit(0.0))
    return F.when(target_state == "met", 0.0).when(target_state == "open", short)


def pipeline_to_create(missing: Column, win_rate: Column) -> Column:
    """Return the USD of pipeline that bring the missing USD; 0 if none are missing, null if nothing is ever won.

    Args:
        missing: USD that are missing to the target.
        win_rate: fraction of closed deals that were won.
    """
    return F.when(missing == 0, 0.0).otherwise(ratio_if_any(missing, win_rate))


def whole_deals(pipeline: Column, deal_size: Column) -> Column:
    """Return how many deals of that size (USD) the pipeline (USD) takes, rounded up; null if one of both is unknown.

    Args:
        pipeline: USD.
        deal_size: USD per won deal.
    """
    # a quotient such as 3.0000000000000004 is three deals
    return F.ceil(ratio_if_any(pipeline, deal_size) - 1e-9)


def to_create(forecast: DataFrame, facts: DataFrame) -> DataFrame:
    """Return the fields of the contract PIPELINE_TO_CREATE.

    Args:
        forecast: rows of the contract FORECAST_CONFIDENCE; those of quarters 'All' and 'Unknown', of which there is no
            last day, are dropped.
        facts: rows of `closed_facts`.
    """
    won, expected = F.col("closed_won_amount"), F.col("ai_forecast") - F.col("closed_won_amount")
    parts = forecast.where(~F.col("quarter").isin(ALL, UNKNOWN)).select(
        "quarter", *FILTERS, "quarter_target", "target_state", "closed_won_amount", "data_freshness",
        expected.alias("expected_amount"),
        missing_amount(F.col("target_state"), F.col("quarter_target"), won, expected).alias("missing_amount"),
    )  # fmt: skip
    known = with_rates(parts, facts)
    needed = pipeline_to_create(F.col("missing_amount"), F.col("win_rate"))
    days = F.ceil("avg_cycle_days").cast("int")
    rows = known.select(
        "*", needed.alias("pipeline_to_create"), F.date_sub(quarter_end(F.col("quarter")), days).alias("create_by")
    )
    return rows.select(
        "*",
        whole_deals(F.col("pipeline_to_create"), F.col("avg_deal_size")).alias("deals_to_create"),
        (F.col("create_by") < F.col("data_freshness")).alias("is_late"),
    )


@transform(
    forecast=Input("/RevOps/Analytics/forecast_confidence"),
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    output=Output("/RevOps/Analytics/pipeline_to_create", checks=PIPELINE_TO_CREATE.checks()),
)
def compute(forecast, opportunities, sales_reps, output):
    """Write what every quarter and setting still needs."""
    deals = with_rep_segment(opportunities.dataframe(), sales_reps.dataframe())
    output.write_dataframe(PIPELINE_TO_CREATE.conform(computed(to_create(forecast.dataframe(), closed_facts(deals)))))
