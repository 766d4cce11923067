"""How often and how far the close date of each open deal moved later, and how often the deal went back a stage.

Read from the recorded snapshots, the CRM's history of close dates and the stage history; ours, beyond the document.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.forecast import stage_order
from ..common.portable import days_between
from ..common.provenance import computed
from ..common.risk import is_pushed, is_regressed
from ..contracts.movement import DEAL_SLIPPAGE
from ..contracts.vocabulary import OPEN_STAGES

SNAPSHOTS, EVENTS = "snapshots", "events"
"""Sources of a deal's stages."""


def pushes(snapshots: DataFrame) -> DataFrame:
    """Return the moves of each deal's close date to a later day, from one snapshot of the open deal to the next.

    Args:
        snapshots: rows of the contract DEAL_SNAPSHOTS. A snapshot without a close date is left out.

    Returns:
        One row per deal with two such snapshots or more: opportunity_id, push_count, pushed_days and last_pushed_on
        (null if it was never pushed).
    """
    in_order = Window.partitionBy("opportunity_id").orderBy("snapshot_date")
    dated = snapshots.where((F.col("deal_state") == "open") & F.col("close_date").isNotNull()).select(
        "opportunity_id",
        "snapshot_date",
        days_between(F.lag("close_date").over(in_order), "close_date").alias("moved_days"),
    )
    pushed = F.col("moved_days") > 0
    return (
        dated.where(F.col("moved_days").isNotNull())
        .groupBy("opportunity_id")
        .agg(
            F.count(F.when(pushed, True)).alias("push_count"),
            F.coalesce(F.sum(F.when(pushed, F.col("moved_days"))), F.lit(0)).alias("pushed_days"),
            F.max(F.when(pushed, F.col("snapshot_date"))).alias("last_pushed_on"),
        )
    )


def stages_of_snapshots(snapshots: DataFrame) -> DataFrame:
    """Return the stages that each open deal had: opportunity_id, source, day, place and stage_order.

    Args:
        snapshots: rows of the contract DEAL_SNAPSHOTS.
    """
    return snapshots.where(F.col("deal_state") == "open").select(
        "opportunity_id",
        F.lit(SNAPSHOTS).alias("source"),
        F.col("snapshot_date").alias("day"),
        F.lit(0).cast("long").alias("place"),
        stage_order(F.col("stage_name")).alias("stage_order"),
    )


def stages_of_events(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the open stages that each deal entered, by its process activities; columns of `stages_of_snapshots`.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    activities = stage_benchmarks.where(F.col("level") == "activity").select(
        F.col("name").alias("activity"), stage_order(F.col("stage_name")).alias("stage_order")
    )
    entered = process_events.join(F.broadcast(activities), "activity", "inner")
    return entered.where(F.col("stage_order").isNotNull()).select(
        "opportunity_id",
        F.lit(EVENTS).alias("source"),
        F.col("started_on").alias("day"),
        F.col("sequence").alias("place"),
        "stage_order",
    )


def regressions(stages: DataFrame) -> DataFrame:
    """Return how often each deal went back to an earlier stage, by the source that recorded most of these returns.

    Args:
        stages: rows of `stages_of_snapshots` and of `stages_of_events`.

    Returns:
        One row per deal of which a process activity or two snapshots are recorded: opportunity_id, regression_count,
        last_regressed_on and fell_back_from_order, the position of the latest stage from which it went back; both null
        if it never did.
    """
    in_order = Window.partitionBy("opportunity_id", "source").orderBy("day", "place")
    steps = stages.select("*", F.lag("stage_order").over(in_order).alias("order_before"))
    back = F.col("stage_order") < F.col("order_before")
    by_source = steps.groupBy("opportunity_id", "source").agg(
        F.count(F.lit(1)).alias("recorded"),
        F.count(F.when(back, True)).alias("regression_count"),
        F.max(F.when(back, F.col("day"))).alias("last_regressed_on"),
        F.max(F.when(back, F.col("order_before"))).alias("fell_back_from_order"),
    )
    known = by_source.where((F.col("source") == EVENTS) | (F.col("recorded") > 1))
    names = ("regression_count", "last_regressed_on", "fell_back_from_order")
    return known.groupBy("opportunity_id").agg(*[F.max(name).alias(name) for name in names])


def slippage(opportunities: DataFrame, pushed: DataFrame, regressed: DataFrame) -> DataFrame:
    """Return the fields of the contract DEAL_SLIPPAGE.

    Snapshots begin with the first build and the CRM's history with the deal, so that each may know of pushes that the
    other does not: the larger figure counts.

    Args:
        opportunities: rows of the contract OPPORTUNITIES, with the pushes that the CRM's history has.
        pushed: rows of `pushes`.
        regressed: rows of `regressions`.

    Returns:
        One row per open deal; null where nothing earlier is recorded.
    """
    deals = (
        opportunities.where(~F.col("is_closed"))
        .join(pushed, "opportunity_id", "left")
        .join(regressed, "opportunity_id", "left")
        .select(
            "opportunity_id", "stage_name", "data_freshness", "regression_count", "last_regressed_on",
            "fell_back_from_order",
            F.greatest("push_count", "close_date_pushes").alias("push_count"),
            F.greatest("pushed_days", "close_date_pushed_days").alias("pushed_days"),
            F.greatest("last_pushed_on", "close_date_pushed_on").alias("last_pushed_on"),
        )
    )  # fmt: skip
    order = stage_order(F.col("stage_name"))
    return deals.select(
        "*",
        is_pushed(F.col("push_count"), F.col("pushed_days")).alias("is_pushed"),
        is_regressed(F.col("regression_count"), order, F.col("fell_back_from_order")).alias("is_regressed"),
        stage_at(F.col("fell_back_from_order")).alias("fell_back_from"),
    )


def stage_at(order: Column) -> Column:
    """Return the open stage at a position, from 1; null for null.

    Args:
        order: position in OPEN_STAGES, from 1.
    """
    return F.coalesce(*[F.when(order == position, name) for position, name in enumerate(OPEN_STAGES, 1)])


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    deal_snapshots=Input("/RevOps/Analytics/deal_snapshots"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Analytics/deal_slippage", checks=DEAL_SLIPPAGE.checks()),
)
def compute(opportunities, deal_snapshots, process_events, stage_benchmarks, output):
    """Write the pushes and regressions of every open deal."""
    recorded = deal_snapshots.dataframe()
    stages = stages_of_snapshots(recorded).unionByName(
        stages_of_events(process_events.dataframe(), stage_benchmarks.dataframe())
    )
    rows = slippage(opportunities.dataframe(), pushes(recorded), regressions(stages))
    output.write_dataframe(DEAL_SLIPPAGE.conform(computed(rows)))
