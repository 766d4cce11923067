"""How long each rep's deals stay in each stage, and in which stage the rep loses them, beside the team."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.provenance import computed
from ..common.ratios import ratio, ratio_if_any
from ..contracts.reps import REP_STAGE_PACE
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON, OPEN_STAGES

COUNTS = ("finished_count", "finished_days", "lost_count")


def stage_steps(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per opportunity and open stage that it was in, from its process events.

    Out: opportunity_id, stage_name, days (of all visits; null while the deal is in the stage) and is_lost (the deal was
    lost from this stage).

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    activities = stage_benchmarks.where((F.col("level") == "activity") & F.col("stage_name").isin(*OPEN_STAGES))
    by_name = F.broadcast(activities.select(F.col("name").alias("activity"), "stage_name"))
    ends = F.max(F.when(F.col("activity") == CLOSED_LOST, True)).over(Window.partitionBy("opportunity_id"))
    steps = process_events.select("*", ends.alias("is_lost_deal")).where(
        ~F.col("activity").isin(CLOSED_WON, CLOSED_LOST)
    )
    stages = (
        steps.join(by_name, "activity", "inner")
        .groupBy("opportunity_id", "stage_name")
        .agg(
            F.when(F.count("duration_days") == F.count(F.lit(1)), F.sum("duration_days")).alias("days"),
            F.max("sequence").alias("last_sequence"),
            F.max("is_lost_deal").alias("is_lost_deal"),
        )
    )
    is_last = F.col("last_sequence") == F.max("last_sequence").over(Window.partitionBy("opportunity_id"))
    is_lost = F.coalesce(is_last & F.col("is_lost_deal"), F.lit(False))
    return stages.select("opportunity_id", "stage_name", "days", is_lost.alias("is_lost"))


def counts(steps: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return one row per rep and stage with `COUNTS`: deals that left it, their days in it, deals lost from it.

    Args:
        steps: rows of `stage_steps`.
        opportunities: rows of the contract OPPORTUNITIES.
    """
    owners = opportunities.select("opportunity_id", F.col("owner_id").alias("rep_id"), "data_freshness")
    return (
        steps.join(owners, "opportunity_id", "inner")
        .groupBy("rep_id", "stage_name", "data_freshness")
        .agg(
            F.count("days").alias("finished_count"),
            F.coalesce(F.sum("days"), F.lit(0)).alias("finished_days"),
            F.count(F.when(F.col("is_lost"), 1)).alias("lost_count"),
        )
    )


def pace(rows: DataFrame) -> DataFrame:
    """Return the rows of `counts` with the means and shares of the rep and of all reps together ('team_…').

    Args:
        rows: one row per rep and stage.
    """
    rep, stage, everyone = (
        Window.partitionBy("rep_id"),
        Window.partitionBy("stage_name"),
        Window.partitionBy("data_freshness"),
    )
    return rows.select(
        "rep_id",
        "stage_name",
        "finished_count",
        ratio_if_any(F.col("finished_days"), F.col("finished_count")).alias("avg_days"),
        ratio_if_any(F.sum("finished_days").over(stage), F.sum("finished_count").over(stage)).alias("team_avg_days"),
        "lost_count",
        ratio(F.col("lost_count"), F.sum("lost_count").over(rep)).alias("lost_share"),
        ratio(F.sum("lost_count").over(stage), F.sum("lost_count").over(everyone)).alias("team_lost_share"),
        "data_freshness",
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Analytics/rep_stage_pace", checks=REP_STAGE_PACE.checks()),
)
def compute(opportunities, process_events, stage_benchmarks, output):
    """Write one row per rep and stage that a deal of the rep was in; none if no process event is recorded."""
    steps = stage_steps(process_events.dataframe(), stage_benchmarks.dataframe())
    output.write_dataframe(REP_STAGE_PACE.conform(computed(pace(counts(steps, opportunities.dataframe())))))
