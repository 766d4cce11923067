"""Where the sales process loses time: how long each activity takes, who waits in it, and from where deals fall back."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.provenance import computed
from ..common.ratios import ratio
from ..common.recorded import only_if_any
from ..common.risk import is_over_benchmark
from ..contracts.deals import PROCESS_BOTTLENECKS
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON

COUNTS = ["finished_count", "deals_waiting", "amount_waiting", "deals_reached", "fall_back_rate", "fall_back_to_rate"]
"""What is 0 of an activity that no deal has finished, waits in or reached."""


def open_activities(stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per process activity short of closing: activity, sort_order, stage_name, benchmark_days."""
    return stage_benchmarks.where((F.col("level") == "activity") & ~F.col("name").isin(CLOSED_WON, CLOSED_LOST)).select(
        F.col("name").alias("activity"), "sort_order", "stage_name", "benchmark_days"
    )


def durations(process_events: DataFrame) -> DataFrame:
    """Return by activity how often it was finished and the mean and median days that it took."""
    return process_events.where(F.col("ended_on").isNotNull()).groupBy("activity").agg(
        F.count(F.lit(1)).alias("finished_count"),
        F.avg("duration_days").alias("avg_duration_days"),
        F.median("duration_days").alias("median_duration_days"),
    )  # fmt: skip


def waiting(process_events: DataFrame, deals: DataFrame) -> DataFrame:
    """Return by activity how many open deals are in it now and their amount in USD, those without a price left out."""
    running = process_events.where(F.col("ended_on").isNull()).select("opportunity_id", "activity").distinct()
    return running.join(deals.select("opportunity_id", "amount"), "opportunity_id", "inner").groupBy("activity").agg(
        F.count(F.lit(1)).alias("deals_waiting"),
        F.coalesce(F.sum("amount"), F.lit(0.0)).alias("amount_waiting"),
    )  # fmt: skip


def steps(process_events: DataFrame, activities: DataFrame) -> DataFrame:
    """Return every step out of an open activity: opportunity_id, activity and fell_back_to.

    fell_back_to is the activity that came next if it is an earlier one, null otherwise: so a deal that goes back from
    Proposal to Discovery fell back from Proposal alone, although it had passed Solution Design as well.
    """
    process = Window.partitionBy("opportunity_id").orderBy("sequence")
    order = F.broadcast(activities.select("activity", "sort_order"))
    next_order, next_activity = F.lead("sort_order").over(process), F.lead("activity").over(process)
    return process_events.join(order, "activity", "inner").select(
        "opportunity_id", "activity", F.when(next_order < F.col("sort_order"), next_activity).alias("fell_back_to")
    )


def fall_backs(process_steps: DataFrame) -> DataFrame:
    """Return by activity how many deals reached it, what fraction fell back from it, and to where most did.

    In: rows of `steps`. A deal that came by repeatedly counts once. Of targets with as many deals, the first by name.
    """
    by_deal = process_steps.groupBy("opportunity_id", "activity").agg(F.max("fell_back_to").alias("a_fall_back"))
    reached = by_deal.groupBy("activity").agg(
        F.count(F.lit(1)).alias("deals_reached"), F.count("a_fall_back").alias("fallen_back")
    )
    fallen = process_steps.where(F.col("fell_back_to").isNotNull()).distinct()
    targets = fallen.groupBy("activity", "fell_back_to").agg(F.count(F.lit(1)).alias("fallen_back_to"))
    most = F.min(F.struct((-F.col("fallen_back_to")).alias("less"), "fell_back_to", "fallen_back_to"))
    main_targets = targets.groupBy("activity").agg(most.alias("main"))
    return reached.join(main_targets, "activity", "left").select(
        "activity",
        "deals_reached",
        ratio(F.col("fallen_back"), F.col("deals_reached")).alias("fall_back_rate"),
        F.col("main.fell_back_to").alias("fall_back_to"),
        ratio(F.col("main.fallen_back_to"), F.col("deals_reached")).alias("fall_back_to_rate"),
    )


def is_bottleneck(avg_duration_days: Column, benchmark_days: Column) -> Column:
    """Return whether an activity takes more than 1.5 times its benchmark on average; no, if it was never finished."""
    return F.coalesce(is_over_benchmark(avg_duration_days, benchmark_days), F.lit(False))


@transform(
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/process_bottlenecks", checks=PROCESS_BOTTLENECKS.checks()),
)
def compute(process_events, stage_benchmarks, health_scores, output):
    """Measure every activity of the process; none where no process event is recorded."""
    events, activities = process_events.dataframe(), open_activities(stage_benchmarks.dataframe())
    today = events.agg(F.max("data_freshness").alias("data_freshness"))
    measured = (
        activities.join(durations(events), "activity", "left")
        .join(waiting(events, health_scores.dataframe()), "activity", "left")
        .join(fall_backs(steps(events, activities)), "activity", "left")
        .fillna(0, COUNTS)
        .crossJoin(F.broadcast(today))
    )
    analysed = measured.select(
        "*",
        (F.col("avg_duration_days") - F.col("benchmark_days")).alias("deviation_days"),
        is_bottleneck(F.col("avg_duration_days"), F.col("benchmark_days")).alias("is_bottleneck"),
    )
    output.write_dataframe(PROCESS_BOTTLENECKS.conform(computed(only_if_any(analysed, events))))
