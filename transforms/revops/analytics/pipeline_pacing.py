"""Won amount and open pipeline of this quarter beside those of earlier quarters on the same day of the quarter.

Ours, beyond the document. What was won by a day follows from close dates. The open pipeline of a day is that of a
snapshot of the week up to it, else of the deals that had been opened and not closed by then, at today's amounts.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import forecast
from ..common.amounts import summable
from ..common.filters import FILTERS, for_each_filter, with_rep_segment
from ..common.provenance import computed
from ..common.quarters import day_of_quarter, quarter_begin, quarter_end, quarter_name, week_of_quarter
from ..common.ratios import ratio_if_any
from ..common.targets import targets_by_filter
from ..contracts.pace import PIPELINE_PACING

MOST_QUARTERS = 8
"""Earlier quarters that are compared."""
DIMENSIONS = tuple(FILTERS.values())
QUARTER = ("quarter", "as_of", "is_current", "has_deals", "data_freshness")
COUNTS, AMOUNTS = ("won_count", "open_count", "assumed_count", "recorded_count"), (
    "won_amount", "final_amount", "reported_amount", "reported_quota", "open_amount", "recorded_amount",
)  # fmt: skip
"""Figures that add up over teams, segments and regions."""


def reported_amounts(sales_reps: DataFrame) -> DataFrame:
    """Return the quarters of each rep's year: DIMENSIONS, quarter, reported_amount (won) and reported_quota, in USD."""
    quarters = sales_reps.select(*DIMENSIONS, F.explode("quarters").alias("of"))
    return quarters.select(
        *DIMENSIONS,
        F.col("of.quarter").alias("quarter"),
        summable(F.col("of.closed_amount")).alias("reported_amount"),
        summable(F.col("of.quota")).alias("reported_quota"),
    )


def compared_quarters(opportunities: DataFrame, reported: DataFrame) -> DataFrame:
    """Return the current quarter and up to 8 earlier ones of which something won or lost is known.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
        reported: rows of `reported_amounts`; a quarter in which no rep closed anything is not known.

    Returns:
        One row per quarter: QUARTER. as_of is the day with today's number in its quarter; has_deals says whether the
        source has a closed deal of the quarter, or it is the current one.
    """
    today = F.col("data_freshness")
    day = opportunities.agg(F.max("data_freshness").alias("data_freshness")).where(today.isNotNull())
    closed = opportunities.where(F.col("is_closed")).select("quarter", F.lit(True).alias("has_deals"))
    by_rep = reported.where(F.col("reported_amount") > 0).select("quarter", F.lit(False).alias("has_deals"))
    current = day.select(quarter_name(today).alias("quarter"), F.lit(True).alias("has_deals"))
    known = (
        closed.unionByName(by_rep).unionByName(current).groupBy("quarter").agg(F.max("has_deals").alias("has_deals"))
    )
    begin, now = quarter_begin(F.col("quarter")), quarter_begin(quarter_name(today))
    earliest = F.add_months(now, -3 * MOST_QUARTERS)
    same_day = F.date_add(begin, (day_of_quarter(today) - 1).cast("int"))
    return known.crossJoin(F.broadcast(day)).where((begin <= now) & (begin >= earliest)).select(
        "quarter", "has_deals", "data_freshness",
        F.least(same_day, quarter_end(F.col("quarter"))).alias("as_of"),
        (begin == now).alias("is_current"),
    )  # fmt: skip


def won_amounts(deals: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return what was won of each quarter up to its as_of, and in all; one row per quarter and DIMENSIONS."""
    won = deals.where(F.col("is_won")).drop("data_freshness").join(F.broadcast(quarters), "quarter", "inner")
    by_then = F.col("close_date") <= F.col("as_of")
    return won.groupBy("quarter", *DIMENSIONS).agg(
        F.count(F.when(by_then, True)).alias("won_count"),
        F.sum(F.when(by_then, _dollars())).alias("won_amount"),
        F.sum(_dollars()).alias("final_amount"),
    )


def open_amounts(deals: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return the deals that were open on the as_of of each quarter; one row per quarter and DIMENSIONS.

    assumed_count are those among them whose opening day is not recorded, so that they may have been opened later.
    """
    dated = deals.drop("quarter", "data_freshness").crossJoin(F.broadcast(quarters))
    is_assumed = F.col("opened_on").isNull() & ~F.col("is_current")
    return dated.where(forecast.was_open(F.col("as_of"))).groupBy("quarter", *DIMENSIONS).agg(
        F.count(F.lit(1)).alias("open_count"),
        F.count(F.when(is_assumed, True)).alias("assumed_count"),
        F.sum(_dollars()).alias("open_amount"),
    )  # fmt: skip


def recorded_amounts(deal_snapshots: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return the open deals of the last snapshot of the seven days up to each as_of, by quarter and DIMENSIONS."""
    snapshots = deal_snapshots.drop("quarter", "data_freshness")
    days = snapshots.select("snapshot_date").distinct().crossJoin(F.broadcast(quarters.where(~F.col("is_current"))))
    recent = days.where(F.col("snapshot_date").between(F.date_sub("as_of", 6), F.col("as_of")))
    last = recent.groupBy("quarter").agg(F.max("snapshot_date").alias("snapshot_date"))
    deals = snapshots.where(F.col("deal_state") == "open").join(F.broadcast(last), "snapshot_date", "inner")
    return deals.groupBy("quarter", *DIMENSIONS).agg(
        F.count(F.lit(1)).alias("recorded_count"), F.sum(_dollars()).alias("recorded_amount")
    )


def _dollars() -> Column:
    return summable(forecast.priced_amount())


def figures(facts: list[DataFrame], quarters: DataFrame) -> DataFrame:
    """Return COUNTS and AMOUNTS of every quarter and setting of the filters.

    Args:
        facts: rows with quarter, DIMENSIONS and some of COUNTS and AMOUNTS. The figures of a row that it lacks are 0.
        quarters: rows of `compared_quarters`.

    Returns:
        One row per quarter and setting of the filters that any of the rows has, in whatever quarter: FILTERS, QUARTER,
        COUNTS, AMOUNTS (USD), and has_snapshot, whether a snapshot of the quarter's week is recorded.
    """
    combined = facts[0]
    for more in facts[1:]:
        combined = combined.unionByName(more, allowMissingColumns=True)
    settings = combined.select(*DIMENSIONS).distinct().crossJoin(F.broadcast(quarters.select("quarter")))
    every = combined.unionByName(settings, allowMissingColumns=True)
    sums = [
        F.coalesce(F.sum(name), F.lit(0)).cast("long" if name in COUNTS else "double").alias(name)
        for name in (*COUNTS, *AMOUNTS)
    ]
    by_filter = for_each_filter(every).groupBy("quarter", *FILTERS).agg(*sums)
    recorded = combined.where(F.col("recorded_count") > 0).select("quarter").distinct()
    known = quarters.join(recorded.select("quarter", F.lit(True).alias("found")), "quarter", "left")
    return by_filter.join(
        F.broadcast(known.select(*QUARTER, F.coalesce("found", F.lit(False)).alias("has_snapshot"))), "quarter", "inner"
    )


def known_figures(rows: DataFrame) -> DataFrame:
    """Return the rows of `figures` with null for what is not known, and pipeline_basis.

    Returns:
        FILTERS, QUARTER, reported_quota, won_count, won_amount, final_amount, won_share, pipeline_count,
        pipeline_amount and pipeline_basis.
    """
    is_current, has_deals = F.col("is_current"), F.col("has_deals")
    reported = F.when(F.col("reported_amount") > 0, F.col("reported_amount"))
    basis = (
        F.when(is_current | F.col("has_snapshot"), "recorded")
        .when(has_deals & (F.col("assumed_count") == 0), "reconstructed")
        .otherwise("unknown")
    )
    measured = rows.select(
        *FILTERS, *QUARTER, "reported_quota", "open_count", "open_amount", "recorded_count", "recorded_amount",
        F.when(has_deals, F.col("won_count")).alias("won_count"),
        F.when(has_deals, F.col("won_amount")).alias("won_amount"),
        F.when(~is_current, F.when(has_deals, F.col("final_amount")).otherwise(reported)).alias("final_amount"),
        basis.alias("pipeline_basis"),
        (F.col("has_snapshot") & ~is_current).alias("by_snapshot"),
    )  # fmt: skip
    is_known, by_snapshot = F.col("pipeline_basis") != "unknown", F.col("by_snapshot")
    return measured.select(
        *FILTERS, *QUARTER, "reported_quota", "won_count", "won_amount", "final_amount", "pipeline_basis",
        ratio_if_any(F.col("won_amount"), F.col("final_amount")).alias("won_share"),
        *[
            F.when(is_known, F.when(by_snapshot, F.col(f"recorded_{part}")).otherwise(F.col(f"open_{part}"))).alias(
                f"pipeline_{part}"
            )
            for part in ("count", "amount")
        ],
    )  # fmt: skip


def against_current(rows: DataFrame) -> DataFrame:
    """Return the rows of `known_figures` with the change to the current quarter, and its projected amount.

    The projection supposes that the share of a quarter that is won by this day is that of the earlier quarters whose
    deals are known, all their dollars together.
    """
    earlier, has_share = ~F.col("is_current"), F.col("won_share").isNotNull()
    current = rows.groupBy(*FILTERS).agg(
        F.max(F.when(~earlier, F.col("won_amount"))).alias("current_won"),
        F.max(F.when(~earlier, F.col("pipeline_amount"))).alias("current_pipeline"),
        F.sum(F.when(earlier & has_share, summable(F.col("won_amount")))).cast("double").alias("earlier_won"),
        F.sum(F.when(earlier & has_share, summable(F.col("final_amount")))).cast("double").alias("earlier_final"),
    )
    won, pipeline = F.col("won_amount"), F.col("pipeline_amount")
    share = ratio_if_any(F.col("earlier_won"), F.col("earlier_final"))
    return rows.join(current, [*FILTERS], "inner").select(
        *rows.columns,
        F.when(earlier, ratio_if_any(F.col("current_won") - won, won)).alias("won_change_pct"),
        F.when(earlier, ratio_if_any(F.col("current_pipeline") - pipeline, pipeline)).alias("pipeline_change_pct"),
        F.when(~earlier, ratio_if_any(won, share)).alias("projected_amount"),
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    sales_reps=Input("/RevOps/Scenario/sales_reps"),
    deal_snapshots=Input("/RevOps/Analytics/deal_snapshots"),
    output=Output("/RevOps/Analytics/pipeline_pacing", checks=PIPELINE_PACING.checks()),
)
def compute(opportunities, sales_reps, deal_snapshots, output):
    """Write the current quarter and the earlier ones, for every setting of the filters."""
    all_deals, reps = opportunities.dataframe(), sales_reps.dataframe()
    deals, reported = with_rep_segment(all_deals, reps), reported_amounts(reps)
    quarters = compared_quarters(all_deals, reported)
    facts = [
        won_amounts(deals, quarters),
        open_amounts(deals, quarters),
        recorded_amounts(deal_snapshots.dataframe(), quarters),
        reported.join(F.broadcast(quarters.select("quarter")), "quarter", "left_semi"),
    ]
    rows = against_current(known_figures(figures(facts, quarters)))
    targets = targets_by_filter(reps, all_deals).select("quarter", *FILTERS, "quarter_target")
    complete = rows.join(targets, ["quarter", *FILTERS], "left").select(
        *rows.columns,
        # a quarter without a deal has no target of its own, but may have quotas
        F.coalesce("quarter_target", "reported_quota").alias("quarter_target"),
        day_of_quarter(F.col("as_of")).alias("day_of_quarter"),
        week_of_quarter(F.col("as_of")).alias("week_number"),
    )
    output.write_dataframe(PIPELINE_PACING.conform(computed(complete)))
