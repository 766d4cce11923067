"""Won amount and open pipeline of this quarter beside those of earlier quarters on the same day of the quarter.

Ours, beyond the document. What was won by a day follows from close dates. The open pipeline of a day is that of a
snapshot of the week up to it, else of the deals that had been opened and not closed by then, at today's amounts.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import forecast
from ..common.amounts import summable
from ..common.filters import FILTERS, for_each_filter, with_rep_segment
from ..common.portable import with_each
from ..common.provenance import computed
from ..common.quarters import day_of_quarter, quarter_begin, quarter_end, quarter_name, week_of_quarter
from ..common.ratios import ratio_if_any
from ..common.targets import targets_by_filter
from ..contracts.pace import PIPELINE_PACING

MOST_QUARTERS = 8
"""Earlier quarters that are compared."""
DIMENSIONS = tuple(FILTERS.values())
QUARTER = ("quarter", "as_of", "is_current", "has_deals", "has_snapshot", "data_freshness")
COUNTS, AMOUNTS = ("won_count", "open_count", "assumed_count", "recorded_count"), (
    "won_amount", "final_amount", "reported_amount", "reported_quota", "open_amount", "recorded_amount",
)  # fmt: skip
"""Figures that add up over teams, segments and regions."""


def compared_quarters(opportunities: DataFrame, sales_reps: DataFrame, deal_snapshots: DataFrame) -> DataFrame:
    """Return the current quarter and up to 8 earlier ones of which something won or lost is known.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
        sales_reps: rows of the contract SALES_REPS; a quarter in which no rep closed anything is not known.
        deal_snapshots: rows of the contract DEAL_SNAPSHOTS.

    Returns:
        One row per quarter: QUARTER and snapshot_date. as_of is the day with today's number in its quarter; has_deals
        says whether the source has a closed deal of the quarter, or it is the current one; snapshot_date is the last
        day with a snapshot of the seven days up to as_of, null without one and for the current quarter.
    """
    today = F.col("data_freshness")
    reported = sales_reps.select(F.explode("quarters").alias("of")).where(F.col("of.closed_amount") > 0)
    closed = opportunities.where(F.col("is_closed")).select("quarter", F.lit(1).alias("deals"))
    by_reps = reported.select(F.col("of.quarter").alias("quarter"), F.lit(0).alias("deals"))
    day = opportunities.agg(F.max("data_freshness").alias("data_freshness")).where(today.isNotNull())
    current = day.select(quarter_name(today).alias("quarter"), F.lit(1).alias("deals"))
    begin, now = quarter_begin(F.col("quarter")), quarter_begin(quarter_name(today))
    same_day = F.date_add(begin, (day_of_quarter(today) - 1).cast("int"))
    quarters = (
        closed.unionByName(by_reps).unionByName(current)
        .groupBy("quarter").agg((F.max("deals") > 0).alias("has_deals"))
        .crossJoin(F.broadcast(day))
        .where((begin <= now) & (begin >= F.add_months(now, -3 * MOST_QUARTERS)))
        .select(
            "quarter", "has_deals", "data_freshness",
            F.least(same_day, quarter_end(F.col("quarter"))).alias("as_of"),
            (begin == now).alias("is_current"),
        )
    )  # fmt: skip
    days = deal_snapshots.select("snapshot_date").distinct()
    in_week = F.col("snapshot_date").between(F.date_sub("as_of", 6), F.col("as_of")) & ~F.col("is_current")
    return (
        quarters.join(F.broadcast(days), in_week, "left")
        .groupBy("quarter", "as_of", "is_current", "has_deals", "data_freshness")
        .agg(F.max("snapshot_date").alias("snapshot_date"))
        .select("*", F.col("snapshot_date").isNotNull().alias("has_snapshot"))
    )


def deal_facts(deals: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return what was won of each quarter and what was open on its as_of, by DIMENSIONS.

    Args:
        deals: rows of the contract OPPORTUNITIES with the rep's segment.
        quarters: rows of `compared_quarters`.

    Returns:
        One row per quarter and DIMENSIONS of any deal: QUARTER and figures of COUNTS and AMOUNTS. assumed_count are the
        deals open on that day whose opening day is not recorded, so that they may have been opened later.
    """
    of_deal = F.col("deal_quarter") == F.col("quarter")
    dated = with_each(deals.withColumnRenamed("quarter", "deal_quarter").drop("data_freshness"), quarters)
    is_won = of_deal & F.col("is_won")
    by_then = is_won & (F.col("close_date") <= F.col("as_of"))
    is_open = forecast.was_open(F.col("as_of"))
    is_assumed = is_open & F.col("opened_on").isNull() & ~F.col("is_current")
    return dated.groupBy(*QUARTER, *DIMENSIONS).agg(
        F.count(F.when(by_then, True)).alias("won_count"),
        F.sum(F.when(by_then, _dollars())).alias("won_amount"),
        F.sum(F.when(is_won, _dollars())).alias("final_amount"),
        F.count(F.when(is_open, True)).alias("open_count"),
        F.count(F.when(is_assumed, True)).alias("assumed_count"),
        F.sum(F.when(is_open, _dollars())).alias("open_amount"),
    )


def snapshot_facts(deal_snapshots: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return the open deals of the snapshot of each quarter: QUARTER, DIMENSIONS, recorded_count, recorded_amount.

    Args:
        deal_snapshots: rows of the contract DEAL_SNAPSHOTS.
        quarters: rows of `compared_quarters`.
    """
    deals = deal_snapshots.where(F.col("deal_state") == "open").drop("quarter", "data_freshness")
    return deals.join(F.broadcast(quarters), "snapshot_date", "inner").groupBy(*QUARTER, *DIMENSIONS).agg(
        F.count(F.lit(1)).alias("recorded_count"), F.sum(_dollars()).alias("recorded_amount")
    )  # fmt: skip


def rep_facts(sales_reps: DataFrame, quarters: DataFrame) -> DataFrame:
    """Return what each rep's record says of each quarter: QUARTER, DIMENSIONS, reported_amount and reported_quota.

    Args:
        sales_reps: rows of the contract SALES_REPS.
        quarters: rows of `compared_quarters`.
    """
    record = F.get(F.filter("quarters", lambda entry: entry["quarter"] == F.col("quarter")), F.lit(0))
    return with_each(sales_reps.drop("data_freshness"), quarters).select(
        *QUARTER, *DIMENSIONS,
        summable(record["closed_amount"]).alias("reported_amount"),
        summable(record["quota"]).alias("reported_quota"),
    )  # fmt: skip


def _dollars() -> Column:
    return summable(forecast.priced_amount())


def figures(*facts: DataFrame) -> DataFrame:
    """Return COUNTS and AMOUNTS of every quarter and setting of the filters.

    Args:
        facts: rows with QUARTER, DIMENSIONS and some of COUNTS and AMOUNTS; a figure that they lack is 0.

    Returns:
        One row per quarter and setting of the filters with a deal or a rep: FILTERS, QUARTER, COUNTS, AMOUNTS (USD).
    """
    complete = [
        rows.select(
            *QUARTER, *DIMENSIONS,
            *[_figure(rows, name, F.lit(0).cast("long")) for name in COUNTS],
            *[_figure(rows, name, summable(F.lit(0))) for name in AMOUNTS],
        )
        for rows in facts
    ]  # fmt: skip
    combined = complete[0]
    for rows in complete[1:]:
        combined = combined.unionByName(rows)
    sums = [F.sum(name).cast("long" if name in COUNTS else "double").alias(name) for name in (*COUNTS, *AMOUNTS)]
    return for_each_filter(combined).groupBy(*QUARTER, *FILTERS).agg(*sums)


def _figure(rows: DataFrame, name: str, nothing: Column) -> Column:
    """Return the column of a figure, with `nothing` in place of null or if the rows lack it."""
    return (F.coalesce(F.col(name), nothing) if name in rows.columns else nothing).alias(name)


def known_figures(rows: DataFrame) -> DataFrame:
    """Return the rows of `figures` with null for what is not known, and pipeline_basis.

    Args:
        rows: one row per quarter and setting.

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

    Args:
        rows: one row per quarter and setting.
    """
    earlier, has_share = ~F.col("is_current"), F.col("won_share").isNotNull()
    setting = Window.partitionBy(*FILTERS)
    known = rows.select(
        "*",
        F.max(F.when(~earlier, F.col("won_amount"))).over(setting).alias("current_won"),
        F.max(F.when(~earlier, F.col("pipeline_amount"))).over(setting).alias("current_pipeline"),
        F.sum(F.when(earlier & has_share, summable(F.col("won_amount")))).over(setting).alias("earlier_won"),
        F.sum(F.when(earlier & has_share, summable(F.col("final_amount")))).over(setting).alias("earlier_final"),
    )
    won, pipeline = F.col("won_amount"), F.col("pipeline_amount")
    share = ratio_if_any(F.col("earlier_won").cast("double"), F.col("earlier_final").cast("double"))
    return known.select(
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
    all_deals, reps, snapshots = opportunities.dataframe(), sales_reps.dataframe(), deal_snapshots.dataframe()
    quarters = compared_quarters(all_deals, reps, snapshots)
    facts = figures(
        deal_facts(with_rep_segment(all_deals, reps), quarters),
        snapshot_facts(snapshots, quarters),
        rep_facts(reps, quarters),
    )
    rows = against_current(known_figures(facts))
    targets = targets_by_filter(reps, all_deals).select("quarter", *FILTERS, "quarter_target")
    complete = rows.join(targets, ["quarter", *FILTERS], "left").select(
        *rows.columns,
        # a quarter without a deal has no target of its own, but may have quotas
        F.coalesce("quarter_target", "reported_quota").alias("quarter_target"),
        day_of_quarter(F.col("as_of")).alias("day_of_quarter"),
        week_of_quarter(F.col("as_of")).alias("week_number"),
    )
    output.write_dataframe(PIPELINE_PACING.conform(computed(complete)))
