"""Score every open deal: health today and a week ago, risk flags, and the one advice that every widget shows."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform

from ..common import health
from ..common.amounts import with_currency_sign
from ..common.portable import days_between
from ..common.provenance import computed
from ..common.quantiles import quantile, with_ranks
from ..common.risk import has_flag, is_over_benchmark, risk_flags
from ..contracts.deals import DEAL_HEALTH_SCORES
from ..contracts.vocabulary import CONTACTED, NEVER_CONTACTED, NOT_RECORDED
from . import advice, priority

LEAST_WINS = 20
"""Won deals with a known opening day from which on their days from opening to winning say something."""
LONG_WON_SHARE = 0.9
"""Share of the wins within whose days a deal is not aged."""
WAIT = ("opportunity_id", "waits_in", "days_waiting", "wait_benchmark_days")
SLIPPAGE = ("is_pushed", "is_regressed", "push_count", "pushed_days", "fell_back_from")
"""Columns of the contract DEAL_SLIPPAGE from which flags and advice follow."""
FLAG_FACTS = (
    "days_over", "contact_status", "days_since_contact", "has_economic_buyer", "champion_status", "stakeholder_count",
    "competitor", "days_until_close", "days_open", "long_won_days", "is_pushed", "is_regressed",
)  # fmt: skip
"""Columns from which `risk_flags` follow."""


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
    days_ago = days_between("activity_date", day)
    return F.count(F.when(days_ago.between(0, health.FREQUENCY_WINDOW_DAYS - 1), True))


def recorded(activities: DataFrame) -> DataFrame:
    """Return one row whose only column, activities_recorded, says whether any activity of any deal is known.

    Args:
        activities: rows of the contract ACTIVITIES.
    """
    return activities.select("opportunity_id").limit(1).agg((F.count(F.lit(1)) > 0).alias("activities_recorded"))


def yardsticks(opportunities: DataFrame) -> DataFrame:
    """Return one row of figures of all deals, against which each open deal is measured.

    median_won_days and long_won_days: days from opening within which 1/2 and 9/10 of the wins closed, null if fewer
    than `LEAST_WINS` won deals have a recorded opening day. largest_amount: USD of the largest open deal.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
    """
    days = days_between("opened_on", "close_date").alias("days")
    wins = opportunities.where(F.col("is_won")).groupBy("is_won", days).agg(F.count(F.lit(1)).alias("wins"))
    enough = F.max("in_all") >= LEAST_WINS
    won_days = with_ranks(wins, "days", "wins", "is_won").agg(
        F.when(enough, quantile("days", 0.5)).alias("median_won_days"),
        F.when(enough, quantile("days", LONG_WON_SHARE)).alias("long_won_days"),
    )
    largest = opportunities.agg(F.max(F.when(~F.col("is_closed"), F.col("amount"))).alias("largest_amount"))
    return won_days.crossJoin(F.broadcast(largest))


def stages(stage_benchmarks: DataFrame) -> DataFrame:
    """Return one row per open stage: stage_name, benchmark_days, win_probability and later_stage_days.

    later_stage_days is the sum of the benchmarks of all later stages, 0 for the last one.

    Args:
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    from_the_end = Window.partitionBy("level").orderBy(F.desc("sort_order"))
    return stage_benchmarks.where(F.col("level") == "stage").select(
        F.col("name").alias("stage_name"),
        "benchmark_days",
        "win_probability",
        (F.sum("benchmark_days").over(from_the_end) - F.col("benchmark_days")).alias("later_stage_days"),
    )


def with_signals(opportunities: DataFrame, activities: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the open opportunities with the facts that their health and advice depend on, one row each.

    Added columns: those of `contacts`, of `recorded`, of `yardsticks` and of the deal's row of `stages`, and
    days_in_stage, days_open, days_since_contact, days_until_close and contact_status as of today.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.
        activities: rows of the contract ACTIVITIES.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    deals = (
        opportunities.where(~F.col("is_closed"))
        .join(contacts(activities), "opportunity_id", "left")
        .join(F.broadcast(stages(stage_benchmarks)), "stage_name", "left")
        .crossJoin(F.broadcast(recorded(activities)))
        .crossJoin(F.broadcast(yardsticks(opportunities)))
    )
    return deals.select(
        "*",
        days_between("stage_entered_on", today()).alias("days_in_stage"),
        days_between("opened_on", today()).alias("days_open"),
        days_between("last_activity", today()).alias("days_since_contact"),
        days_between(today(), "close_date").alias("days_until_close"),
        contact_status(F.col("last_activity"), F.col("activities_recorded")).alias("contact_status"),
    )


def contact_status(last_activity: Column, activities_recorded: Column) -> Column:
    """Return 'Contacted', 'Never contacted', or 'Not recorded' if no activity of any deal is recorded.

    Args:
        last_activity: day of the deal's last activity, null without any.
        activities_recorded: whether any activity of any deal is recorded.
    """
    without = F.when(activities_recorded, NEVER_CONTACTED).otherwise(NOT_RECORDED)
    return F.when(last_activity.isNotNull(), CONTACTED).otherwise(without)


def waits_in_stage(deals: DataFrame) -> DataFrame:
    """Return the columns `WAIT` of each open deal's stage; days_waiting is null if the stage's start is unknown.

    Args:
        deals: rows of `with_signals`.
    """
    return deals.select(
        "opportunity_id",
        F.col("stage_name").alias("waits_in"),
        F.col("days_in_stage").cast("long").alias("days_waiting"),
        F.col("benchmark_days").alias("wait_benchmark_days"),
    )


def waits_in_activity(process_events: DataFrame, stage_benchmarks: DataFrame) -> DataFrame:
    """Return the columns `WAIT` of each process activity without an end; days_waiting up to `data_freshness`.

    Args:
        process_events: rows of the contract PROCESS_EVENTS.
        stage_benchmarks: rows of the contract STAGE_BENCHMARKS.
    """
    benchmarks = stage_benchmarks.where(F.col("level") == "activity").select(
        F.col("name").alias("waits_in"), F.col("benchmark_days").alias("wait_benchmark_days")
    )
    running = process_events.where(F.col("ended_on").isNull()).select(
        "opportunity_id",
        F.col("activity").alias("waits_in"),
        days_between("started_on", today()).cast("long").alias("days_waiting"),
    )
    return running.join(F.broadcast(benchmarks), "waits_in", "inner").select(*WAIT)


def longest_waits(waits: DataFrame) -> DataFrame:
    """Return each deal's wait that is the most days over its benchmark, among those beyond 1.5 times the benchmark.

    Out: the columns `WAIT` and days_over, days waiting less benchmark; no row for a deal that does not wait too long.

    Args:
        waits: rows with the columns `WAIT`.
    """
    too_long = waits.where(is_over_benchmark(F.col("days_waiting"), F.col("wait_benchmark_days")))
    days_over = (F.col("days_waiting") - F.col("wait_benchmark_days")).alias("days_over")
    longest = F.max_by(F.struct(days_over, *WAIT[1:]), F.struct(days_over, "waits_in"))
    return too_long.groupBy("opportunity_id").agg(longest.alias("wait")).select("opportunity_id", "wait.*")


def signal_points(day: Column, last_activity: Column, activities_in_window: Column) -> dict[str, Column]:
    """Return the points of every health signal as of a day, by the columns of `with_signals`.

    A deal without any activity has no points for contact where other deals have activities; where no activity is
    recorded at all, nothing is known about contact.

    Args:
        day: the day of the score.
        last_activity: day of the last activity by then, null without any.
        activities_in_window: number of activities in the two weeks before.
    """
    has_record = F.col("activities_recorded")
    return {
        health.RECENCY: F.when(has_record, health.recency_points(days_between(last_activity, day))),
        health.FREQUENCY: F.when(has_record, health.frequency_points(activities_in_window)),
        health.CHAMPION: health.champion_points(F.col("champion_status"), F.col("champion_silent_since"), day),
        health.STAKEHOLDERS: health.stakeholder_points(F.col("stakeholder_count")),
        health.ECONOMIC_BUYER: health.economic_buyer_points(F.col("has_economic_buyer")),
        health.MOMENTUM: health.momentum_points(days_between("stage_entered_on", day), F.col("benchmark_days")),
    }


def scored(deals: DataFrame) -> DataFrame:
    """Return the rows of `with_signals` with each signal's points, the health scores and their bands.

    Args:
        deals: one row per open deal.
    """
    points = signal_points(today(), F.col("last_activity"), F.col("activities_in_window"))
    points_1w_ago = signal_points(week_ago(), F.col("last_activity_1w_ago"), F.col("activities_in_window_1w_ago"))
    score, score_1w_ago = health.health_score(points), health.health_score(points_1w_ago)
    with_scores = deals.select(
        "*",
        points[health.RECENCY].alias("recency_score"),
        points[health.FREQUENCY].alias("frequency_score"),
        points[health.CHAMPION].alias("champion_score"),
        points[health.STAKEHOLDERS].alias("stakeholder_score"),
        points[health.ECONOMIC_BUYER].alias("economic_buyer_score"),
        points[health.MOMENTUM].alias("momentum_score"),
        score.alias("health_score"),
        score_1w_ago.alias("health_score_1w_ago"),
    )
    return with_scores.select(
        "*",
        health.health_band(F.col("health_score")).alias("health_band"),
        health.health_band(F.col("health_score_1w_ago")).alias("health_band_1w_ago"),
    )


def flagged(deals: DataFrame, waits: DataFrame, slippage: DataFrame) -> DataFrame:
    """Return the rows of `scored` with the columns of `longest_waits`, null without a wait, and the risk flags.

    Args:
        deals: rows of `scored`.
        waits: rows of `longest_waits`.
        slippage: rows of the contract DEAL_SLIPPAGE.
    """
    flags = risk_flags(**{name: F.col(name) for name in FLAG_FACTS})
    slipped = slippage.select("opportunity_id", *SLIPPAGE)
    known = deals.join(waits, "opportunity_id", "left").join(slipped, "opportunity_id", "left")
    return known.select("*", flags.alias("risk_flags"))


def advised(deals: DataFrame) -> DataFrame:
    """Return the rows of `flagged` with forecast impact, slip risk, priority, urgency, and what to do, why and when.

    Args:
        deals: one row per open deal.
    """
    is_stuck, is_aged = (has_flag(F.col("risk_flags"), flag) for flag in ("STUCK", "AGED"))
    needed = priority.days_needed(F.col("days_in_stage"), F.col("benchmark_days"), F.col("later_stage_days"))
    impact = priority.forecast_impact(
        F.col("amount"), F.col("forecast_category"), F.col("close_date"), today(), F.col("days_open"), is_aged
    )
    slip = priority.slip_risk(F.col("days_until_close"), needed, F.col("health_score"), is_stuck)
    weighed = deals.select("*", impact.alias("forecast_impact"), slip.alias("slip_risk"))
    factors = {
        "impact": priority.impact_factor(F.col("forecast_impact"), F.col("largest_amount")),
        "health": priority.health_factor(F.col("health_score")),
        "silence": priority.silence_factor(F.col("days_since_contact"), F.col("contact_status") == NEVER_CONTACTED),
        "slip": priority.slip_factor(F.col("slip_risk")),
        "flags": priority.flags_factor(F.col("risk_flags")),
    }
    ranked = weighed.select("*", priority.priority_score(factors).alias("priority_score"))
    urgent = ranked.select(
        "*", priority.urgency(F.col("priority_score"), F.col("risk_flags"), F.col("slip_risk")).alias("urgency")
    )
    return urgent.select(
        "*",
        advice.next_action().alias("next_action"),
        advice.action_reason().alias("action_reason"),
        priority.act_by(F.col("urgency"), today(), F.col("close_date")).alias("act_by"),
    )


@transform(
    opportunities=Input("/RevOps/Scenario/opportunities"),
    activities=Input("/RevOps/Scenario/activities"),
    process_events=Input("/RevOps/Scenario/process_events"),
    stage_benchmarks=Input("/RevOps/Reference/stage_benchmarks"),
    slippage=Input("/RevOps/Analytics/deal_slippage"),
    reporting_currency=Input("/RevOps/Reference/reporting_currency"),
    output=Output("/RevOps/Enriched/deal_health_scores", checks=DEAL_HEALTH_SCORES.checks()),
)
def compute(opportunities, activities, process_events, stage_benchmarks, slippage, reporting_currency, output):
    """Write every open deal with its health, flags and advice; a stage without a benchmark breaks the contract."""
    benchmarks = stage_benchmarks.dataframe()
    deals = with_signals(opportunities.dataframe(), activities.dataframe(), benchmarks)
    waits = longest_waits(waits_in_stage(deals).unionByName(waits_in_activity(process_events.dataframe(), benchmarks)))
    known = advised(flagged(scored(deals), waits, slippage.dataframe()))
    rows = with_currency_sign(known, reporting_currency.dataframe())
    output.write_dataframe(DEAL_HEALTH_SCORES.conform(computed(rows.drop("created_at", "updated_at"))))
