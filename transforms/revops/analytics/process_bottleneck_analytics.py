"""Where the sales process loses time: duration of each activity, deals that wait in it, and returns to earlier ones."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.portable import stacked
from ..common.provenance import computed
from ..common.quantiles import median, with_ranks
from ..common.ratios import ratio
from ..common.recorded import only_if_any
from ..common.risk import is_over_benchmark
from ..contracts.deals import PROCESS_BOTTLENECKS
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON

COUNTS = ["finished_count", "deals_waiting", "amount_waiting", "deals_reached", "fall_back_rate", "fall_back_to_rate"]
"""Figures that are 0 for an activity that no deal has finished, waits in or reached."""


def open_activities(stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per process activity short of closing: activity, sort_order, stage_name, benchmark_days.

    Args:
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    return stage_benchmarks.where((F.col("level") == "activity") & ~F.col("name").isin(CLOSED_WON, CLOSED_LOST)).select(
        F.col("name").alias("activity"), "sort_order", "stage_name", "benchmark_days"
    )


def duration_counts(process_events: DataFrame, *dimensions: str) -> DataFrame:
    """Return how often each activity was finished in how many days: finished by the dimensions and duration_days.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
    """
    finished = process_events.where(F.col("ended_on").isNotNull())
    return finished.groupBy(*dimensions, "activity", "duration_days").agg(F.count(F.lit(1)).alias("finished"))


def durations(counts: DataFrame, *setting: str) -> DataFrame:
    """Return by setting and activity how often it was finished and the mean and median days that it took.

    Args:
        counts: rows of `duration_counts`.
        setting: columns of the filters, if any.
    """
    finished = F.sum("finished")
    ranked = with_ranks(counts, "duration_days", "finished", *setting, "activity")
    return ranked.groupBy(*setting, "activity").agg(
        finished.alias("finished_count"),
        ratio(F.sum(F.col("duration_days") * F.col("finished")), finished).alias("avg_duration_days"),
        median("duration_days").alias("median_duration_days"),
    )


def waiting(process_events: DataFrame, deals: DataFrame, *dimensions: str) -> DataFrame:
    """Return by activity and the dimensions the open deals in it now: deals_waiting, amount_waiting (USD).

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        deals: open deals with opportunity_id, amount and the dimensions; those without an amount add no dollars.
    """
    running = process_events.where(F.col("ended_on").isNull()).select("opportunity_id", "activity").distinct()
    known = running.join(deals.select("opportunity_id", "amount", *dimensions), "opportunity_id", "inner")
    return known.groupBy(*dimensions, "activity").agg(
        F.count(F.lit(1)).alias("deals_waiting"),
        F.coalesce(F.sum("amount"), F.lit(0.0)).alias("amount_waiting"),
    )


def steps(process_events: DataFrame, activities: DataFrame, *dimensions: str) -> DataFrame:
    """Return every step out of an open activity: opportunity_id, the dimensions, activity and fell_back_to.

    fell_back_to is the activity that came next if it is an earlier one, else null: so a deal that goes back from
    Proposal to Discovery fell back from Proposal alone, although it had passed Solution Design as well.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        activities: rows of `open_activities`.
    """
    process = Window.partitionBy("opportunity_id").orderBy("sequence")
    order = F.broadcast(activities.select("activity", "sort_order"))
    next_order, next_activity = F.lead("sort_order").over(process), F.lead("activity").over(process)
    return process_events.join(order, "activity", "inner").select(
        "opportunity_id",
        *dimensions,
        "activity",
        F.when(next_order < F.col("sort_order"), next_activity).alias("fell_back_to"),
    )


def fall_back_counts(process_steps: DataFrame, *dimensions: str) -> DataFrame:
    """Return the deals that reached each activity and fell back from it, by the dimensions.

    Args:
        process_steps: rows of `steps`. A deal that came to an activity repeatedly counts once.

    Returns:
        Counts that add up: a row per activity with reached and fallen_back, fell_back_to null; and a row per activity
        and fell_back_to with fallen_back_to.
    """
    by_deal = process_steps.groupBy("opportunity_id", *dimensions, "activity").agg(
        F.max("fell_back_to").alias("a_fall_back")
    )
    reached = by_deal.groupBy(*dimensions, "activity").agg(
        F.count(F.lit(1)).alias("reached"),
        F.count("a_fall_back").alias("fallen_back"),
    )
    fallen = process_steps.where(F.col("fell_back_to").isNotNull()).distinct()
    targets = fallen.groupBy(*dimensions, "activity", "fell_back_to").agg(
        F.count(F.lit(1)).alias("fallen_back_to"),
    )
    return stacked(reached, targets)


def fall_backs(counts: DataFrame, *setting: str) -> DataFrame:
    """Return by setting and activity how many deals reached it, what fraction fell back, and to where most did.

    Args:
        counts: rows of `fall_back_counts`. Of targets with as many deals, the first by name counts.
        setting: columns of the filters, if any.
    """
    by_target = counts.groupBy(*setting, "activity", "fell_back_to").agg(
        *[F.sum(name).alias(name) for name in ("reached", "fallen_back", "fallen_back_to")]
    )
    target = F.struct((-F.col("fallen_back_to")).alias("less"), "fell_back_to", "fallen_back_to")
    main = F.min(F.when(F.col("fell_back_to").isNotNull(), target))
    totals = by_target.groupBy(*setting, "activity").agg(
        F.sum("reached").alias("deals_reached"), F.sum("fallen_back").alias("fallen_back"), main.alias("main")
    )
    return totals.select(
        *setting,
        "activity",
        "deals_reached",
        ratio(F.col("fallen_back"), F.col("deals_reached")).alias("fall_back_rate"),
        F.col("main.fell_back_to").alias("fall_back_to"),
        ratio(F.col("main.fallen_back_to"), F.col("deals_reached")).alias("fall_back_to_rate"),
    )


def is_bottleneck(avg_duration_days: Column, benchmark_days: Column) -> Column:
    """Return whether an activity takes more than 1.5 times its benchmark on average; no, if it was never finished.

    Args:
        avg_duration_days: mean days of finished activities, null without any.
        benchmark_days: days that the stage or activity should take.
    """
    return F.coalesce(is_over_benchmark(avg_duration_days, benchmark_days), F.lit(False))


def analysed(measured: DataFrame, process_events: DataFrame) -> DataFrame:
    """Return activities with their measures completed: 0 for what never happened, deviation and is_bottleneck.

    Args:
        measured: one row per activity (and setting) with the columns of `durations`, `waiting` and `fall_backs`.
        process_events: without any of them there are no rows.
    """
    today = process_events.agg(F.max("data_freshness").alias("data_freshness"))
    rows = (
        measured.fillna(0, COUNTS)
        .crossJoin(F.broadcast(today))
        .select(
            "*",
            (F.col("avg_duration_days") - F.col("benchmark_days")).alias("deviation_days"),
            is_bottleneck(F.col("avg_duration_days"), F.col("benchmark_days")).alias("is_bottleneck"),
        )
    )
    return computed(only_if_any(rows, process_events))


@transform(
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    health_scores=Input("/RevOps/Enriched/deal_health_scores"),
    output=Output("/RevOps/Analytics/process_bottlenecks", checks=PROCESS_BOTTLENECKS.checks()),
)
def compute(process_events, stage_benchmarks, health_scores, output):
    """Measure every activity of the process; none if no process event is recorded."""
    events, activities = process_events.dataframe(), open_activities(stage_benchmarks.dataframe())
    measured = (
        activities.join(durations(duration_counts(events)), "activity", "left")
        .join(waiting(events, health_scores.dataframe()), "activity", "left")
        .join(fall_backs(fall_back_counts(steps(events, activities))), "activity", "left")
    )
    output.write_dataframe(PROCESS_BOTTLENECKS.conform(analysed(measured, events)))
