"""How healthy each open deal is today and was a week ago, and what is wrong with it."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import health
from ..common.provenance import computed
from ..common.risk import risk_flags
from ..contracts.deals import DEAL_HEALTH_SCORES


def today() -> Column:
    """Return the day of the source data, which is 'today' to the pipeline."""
    return F.col("data_freshness")


def week_ago() -> Column:
    """Return the day a week before today."""
    return F.date_sub(today(), 7)


def contacts(activities: DataFrame) -> DataFrame:
    """Return one row per opportunity with activities: the last one and how many in two weeks, today and a week ago.

    In: opportunity_id, activity_date, data_freshness. Out: opportunity_id, last_activity, activities_in_window and the
    same with the ending _1w_ago: as if no activity after that day were known. No activity up to that day: null and 0.
    """
    return activities.groupBy("opportunity_id").agg(
        _last_activity(today()).alias("last_activity"),
        _activities_in_window(today()).alias("activities_in_window"),
        _last_activity(week_ago()).alias("last_activity_1w_ago"),
        _activities_in_window(week_ago()).alias("activities_in_window_1w_ago"),
    )


def _last_activity(day: Column) -> Column:
    return F.max(F.when(F.col("activity_date") <= day, F.col("activity_date")))


def _activities_in_window(day: Column) -> Column:
    days_ago = F.datediff(day, F.col("activity_date"))
    return F.count(F.when(days_ago.between(0, health.FREQUENCY_WINDOW_DAYS - 1), True))


def recorded(activities: DataFrame) -> DataFrame:
    """Return one row whose only column, activities_recorded, says whether any activity of any deal is known."""
    return activities.select("opportunity_id").limit(1).agg((F.count(F.lit(1)) > 0).alias("activities_recorded"))


def with_signals(opportunities: DataFrame, activities: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the open opportunities with all that their health depends on, one row each.

    Added columns: those of `contacts`, activities_recorded, and benchmark_days and win_probability of the deal's stage.
    """
    stages = stage_benchmarks.where(F.col("level") == "stage").select(
        F.col("name").alias("stage_name"), "benchmark_days", "win_probability"
    )
    return (
        opportunities.where(~F.col("is_closed"))
        .join(contacts(activities), "opportunity_id", "left")
        .join(F.broadcast(stages), "stage_name", "left")
        .crossJoin(F.broadcast(recorded(activities)))
    )


def signal_points(day: Column, last_activity: Column, activities_in_window: Column) -> dict[str, Column]:
    """Return the points of every health signal as of a day, by the columns of `with_signals`.

    A deal without any activity has no points for contact where other deals have activities; where no activity is
    recorded at all, nothing is known about contact.
    """
    has_record = F.col("activities_recorded")
    return {
        health.RECENCY: F.when(has_record, health.recency_points(F.datediff(day, last_activity))),
        health.FREQUENCY: F.when(has_record, health.frequency_points(activities_in_window)),
        health.CHAMPION: health.champion_points(F.col("champion_status"), F.col("champion_silent_since"), day),
        health.STAKEHOLDERS: health.stakeholder_points(F.col("stakeholder_count")),
        health.ECONOMIC_BUYER: health.economic_buyer_points(F.col("has_economic_buyer")),
        health.MOMENTUM: health.momentum_points(F.datediff(day, F.col("stage_entered_on")), F.col("benchmark_days")),
    }


def scored(deals: DataFrame) -> DataFrame:
    """Return the rows of `with_signals` with each signal's points, the scores, their bands and the risk flags."""
    points = signal_points(today(), F.col("last_activity"), F.col("activities_in_window"))
    points_1w_ago = signal_points(week_ago(), F.col("last_activity_1w_ago"), F.col("activities_in_window_1w_ago"))
    score, score_1w_ago = health.health_score(points), health.health_score(points_1w_ago)
    days = {
        "days_in_stage": F.datediff(today(), F.col("stage_entered_on")),
        "days_since_contact": F.datediff(today(), F.col("last_activity")),
        "days_until_close": F.datediff(F.col("close_date"), today()),
    }
    signals = ("has_economic_buyer", "champion_status", "stakeholder_count", "competitor", "benchmark_days")
    return deals.select(
        *[name for name in deals.columns if name not in ("created_at", "updated_at")],
        *[column.alias(name) for name, column in days.items()],
        points[health.RECENCY].alias("recency_score"),
        points[health.FREQUENCY].alias("frequency_score"),
        points[health.CHAMPION].alias("champion_score"),
        points[health.STAKEHOLDERS].alias("stakeholder_score"),
        points[health.ECONOMIC_BUYER].alias("economic_buyer_score"),
        points[health.MOMENTUM].alias("momentum_score"),
        score.alias("health_score"),
        score_1w_ago.alias("health_score_1w_ago"),
        health.health_band(score).alias("health_band"),
        health.health_band(score_1w_ago).alias("health_band_1w_ago"),
        risk_flags(**days, **{name: F.col(name) for name in signals}).alias("risk_flags"),
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    activities=Input("/RevOps/Scenario/activities"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    output=Output("/RevOps/Enriched/deal_health_scores", checks=DEAL_HEALTH_SCORES.checks()),
)
def compute(opportunities, activities, stage_benchmarks, output):
    """Score every open deal; a stage without a benchmark breaks the contract: so a gap in the reference shows."""
    deals = with_signals(opportunities.dataframe(), activities.dataframe(), stage_benchmarks.dataframe())
    output.write_dataframe(DEAL_HEALTH_SCORES.conform(computed(scored(deals))))
