"""The Stage Velocity Table: how long deals spend in each sales stage, whether that gets better, and how many go on."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common.portable import whole
from ..common.provenance import computed
from ..common.quantiles import median, with_ranks
from ..common.ratios import ratio, ratio_if_any
from ..common.risk import STUCK_FACTOR
from ..contracts.deals import STAGE_VELOCITY
from ..contracts.vocabulary import CLOSED_LOST, CLOSED_WON

RECENT_DAYS = 45
"""Visits to a stage that ended within so many days are its last period."""
STABLE_WITHIN = 0.10
"""Change of the duration, as a fraction, that is no trend yet."""
GREEN_FACTOR = 1.2
"""Up to so many times the benchmark a stage is on time."""


def open_stages(stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per open stage: stage_name, stage_order, benchmark_days.

    Args:
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    return stage_benchmarks.where(F.col("level") == "stage").select(
        "stage_name", F.col("sort_order").alias("stage_order"), "benchmark_days"
    )


def stage_visits(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per opportunity and stage that it came to, 'Closed Won' and 'Closed Lost' included.

    Out: opportunity_id, stage_name; duration_days, the days of all its activities in the stage together, however often
    it came; ended_on, the last day of these; both null while one of them goes on; data_freshness.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    activities = stage_benchmarks.where(F.col("level") == "activity").select(
        F.col("name").alias("activity"), "stage_name"
    )
    goes_on = F.count(F.when(F.col("ended_on").isNull(), True)) > 0
    in_stages = process_events.join(F.broadcast(activities), "activity", "inner")
    # one shuffle serves all later windows over a deal's visits
    in_stages = in_stages.repartition("opportunity_id")
    return in_stages.groupBy("opportunity_id", "stage_name").agg(
        F.when(~goes_on, F.sum("duration_days")).alias("duration_days"),
        F.when(~goes_on, F.max("ended_on")).alias("ended_on"),
        F.max("data_freshness").alias("data_freshness"),
    )


def with_fates(visits: DataFrame, stages: DataFrame) -> DataFrame:
    """Return the visits to open stages with goes_on, whether the deal went on to a later stage or was won, and decided.

    Decided in a stage are the deals that went on from it and those lost with no later stage.

    Args:
        visits: rows of `stage_visits`.
        stages: rows of `open_stages`.
    """
    deal = Window.partitionBy("opportunity_id")
    is_won = F.max(F.col("stage_name") == CLOSED_WON).over(deal)
    is_lost = F.max(F.col("stage_name") == CLOSED_LOST).over(deal)
    goes_on = is_won | (F.max("stage_order").over(deal) > F.col("stage_order"))
    ordered = visits.join(F.broadcast(stages.select("stage_name", "stage_order")), "stage_name", "left")
    fates = ordered.select("*", goes_on.alias("goes_on"), (goes_on | is_lost).alias("decided"))
    return fates.where(F.col("stage_order").isNotNull())


def visit_facts(visits: DataFrame, *dimensions: str) -> DataFrame:
    """Return what `durations` adds up: counts of visits by stage and the dimensions, few rows however many deals.

    Args:
        visits: rows of `with_fates`, with the dimensions.
        dimensions: further columns to group by.

    Returns:
        One row per dimensions, stage, duration_days and is_recent (ended in the last 45 days) with the counts visits,
        went_on and decided.
    """
    is_recent = F.col("ended_on") > F.date_sub("data_freshness", RECENT_DAYS)
    return visits.groupBy(*dimensions, "stage_name", "duration_days", is_recent.alias("is_recent")).agg(
        F.count(F.lit(1)).alias("visits"),
        F.count(F.when(F.col("goes_on"), True)).alias("went_on"),
        F.count(F.when(F.col("decided"), True)).alias("decided"),
    )


def durations(facts: DataFrame, *setting: str) -> DataFrame:
    """Return the durations of finished visits and the conversion rate by stage and setting.

    Args:
        facts: rows of `visit_facts`.
        setting: columns of the filters, if any.

    Returns:
        One row per setting and stage: mean and median in days, the means of the last 45 days and of before (null
        without a finished visit), conversion_rate (0 if none is decided) and the counts finished_count, went_on_count
        and decided_count.
    """
    is_finished, is_recent = F.col("duration_days").isNotNull(), F.col("is_recent")
    ranked = with_ranks(facts, "duration_days", "visits", *setting, "stage_name")
    return ranked.groupBy(*setting, "stage_name").agg(
        _mean_days(is_finished).alias("avg_duration_days"),
        median("duration_days").alias("median_duration_days"),
        _mean_days(is_recent).alias("recent_days"),
        _mean_days(~is_recent).alias("earlier_days"),
        ratio(F.sum("went_on"), F.sum("decided")).alias("conversion_rate"),
        F.coalesce(F.sum(F.when(is_finished, F.col("visits"))), F.lit(0)).alias("finished_count"),
        F.sum("went_on").alias("went_on_count"),
        F.sum("decided").alias("decided_count"),
    )


def in_stage(deals: DataFrame, *dimensions: str) -> DataFrame:
    """Return the open deals by stage and the dimensions: deals_in_stage, amount_in_stage (USD of those with one).

    Args:
        deals: rows of the contract OPPORTUNITIES with the dimensions.
    """
    return deals.groupBy(*dimensions, "stage_name").agg(
        F.count(F.lit(1)).alias("deals_in_stage"),
        F.coalesce(F.sum("amount"), F.lit(0.0)).alias("amount_in_stage"),
    )


def _mean_days(condition: Column) -> Column:
    visits = F.when(condition, F.col("visits"))
    return ratio_if_any(F.sum(F.col("duration_days") * visits), F.sum(visits))


def duration_change_pct(recent_days: Column, earlier_days: Column) -> Column:
    """Return the change of the mean duration as a fraction of the earlier one; 0 where a period has no visit.

    Args:
        recent_days: mean days of recent visits, null without any.
        earlier_days: mean days of earlier visits, null without any.
    """
    return F.coalesce(ratio_if_any(recent_days - earlier_days, earlier_days), F.lit(0.0))


def trend_direction(change_pct: Column) -> Column:
    """Return 'worsening' where deals take over 10 % longer, 'improving' where over 10 % less.

    Args:
        change_pct: change of the mean duration, as a fraction.
    """
    return (
        F.when(change_pct > STABLE_WITHIN, "worsening")
        .when(change_pct < -STABLE_WITHIN, "improving")
        .otherwise("stable")
    )


def trend_display(recent_days: Column, earlier_days: Column) -> Column:
    """Return the change in whole days, '▲ +2d' or '▼ -2d'; '✓' where it is stable or less than half a day.

    Args:
        recent_days: mean days of recent visits.
        earlier_days: mean days of earlier visits.
    """
    change = whole(recent_days - earlier_days)
    direction = trend_direction(duration_change_pct(recent_days, earlier_days))
    return (
        F.when((direction == "worsening") & (change > 0), F.concat(F.lit("▲ +"), change, F.lit("d")))
        .when((direction == "improving") & (change < 0), F.concat(F.lit("▼ "), change, F.lit("d")))
        .otherwise("✓")
    )


def status_indicator(avg_duration_days: Column, benchmark_days: Column) -> Column:
    """Return 'green' up to 1.2 times the benchmark or if nothing finished, 'yellow' up to 1.5 times, else 'red'.

    Args:
        avg_duration_days: mean days in the stage, null if no visit has ended.
        benchmark_days: days that the stage or activity should take.
    """
    return (
        F.when(avg_duration_days > STUCK_FACTOR * benchmark_days, "red")
        .when(avg_duration_days > GREEN_FACTOR * benchmark_days, "yellow")
        .otherwise("green")
    )


def velocity(stages: DataFrame, *setting: str) -> DataFrame:
    """Return stages with their measures completed by deviation, trend and what the table displays.

    Args:
        stages: one row per setting and open stage, with benchmark_days, the columns of `durations` and `in_stage`
            (null if there is nothing to measure) and data_freshness.
        setting: columns of the filters, if any.
    """
    recent_days, earlier_days = F.col("recent_days"), F.col("earlier_days")
    change_pct = duration_change_pct(recent_days, earlier_days)
    counts = ("finished_count", "went_on_count", "decided_count", "deals_in_stage")
    rows = stages.select(
        *setting, "stage_name", "stage_order", "benchmark_days", "avg_duration_days", "median_duration_days",
        (F.col("avg_duration_days") - F.col("benchmark_days")).alias("deviation_days"),
        change_pct.alias("duration_change_pct"),
        trend_direction(change_pct).alias("trend_direction"),
        trend_display(recent_days, earlier_days).alias("trend_display"),
        status_indicator(F.col("avg_duration_days"), F.col("benchmark_days")).alias("status_indicator"),
        F.coalesce("conversion_rate", F.lit(0.0)).alias("conversion_rate"),
        *[F.coalesce(name, F.lit(0)).alias(name) for name in counts],
        F.coalesce("amount_in_stage", F.lit(0.0)).alias("amount_in_stage"),
        "data_freshness",
    )  # fmt: skip
    return computed(rows)


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Analytics/stage_velocity", checks=STAGE_VELOCITY.checks()),
)
def compute(opportunities, process_events, stage_benchmarks, output):
    """Measure every open stage; without process events the durations are unknown, the deals in the stage are not."""
    deals, benchmarks = opportunities.dataframe(), stage_benchmarks.dataframe()
    stages = open_stages(benchmarks)
    visits = with_fates(stage_visits(process_events.dataframe(), benchmarks), stages)
    today = deals.agg(F.max("data_freshness").alias("data_freshness")).where(F.col("data_freshness").isNotNull())
    measured = (
        stages.join(durations(visit_facts(visits)), "stage_name", "left")
        .join(in_stage(deals.where(~F.col("is_closed"))), "stage_name", "left")
        .crossJoin(F.broadcast(today))
    )
    output.write_dataframe(STAGE_VELOCITY.conform(velocity(measured)))
