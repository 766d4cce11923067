"""The rules of the forecast: which deals were won or open on a day, and how likely an open deal is won.

Columns by name are those of the opportunities, so that every dataset forecasts by the same rules from the same rows.
docs/metrics.md describes each rule under `win_chance`, `stage_win_rate` and `forecast_history`.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ..contracts.vocabulary import OPEN_STAGES
from . import health
from .portable import case_of, days_between, with_each
from .ratios import ratio, ratio_if_any

COMMIT, BEST_CASE, PIPELINE, OMITTED = "Commit", "Best Case", "Pipeline", "Omitted"
CATEGORY_WIN_RATES = {COMMIT: 0.65, BEST_CASE: 0.30, PIPELINE: 0.10}
"""Weight of a forecast category in the forecast impact of a deal (enrichment/priority); the forecast uses stages."""
COMMIT_DAYS, BEST_CASE_DAYS = 14, 42
"""Days before a deal was won from which on a reconstructed week counts it as Commit, and as Best Case."""

PLANNING_RATES = dict(zip(OPEN_STAGES, (0.05, 0.10, 0.20, 0.35, 0.55, 0.80), strict=True))
"""Fraction of deals that the plan expects to win from each open stage."""
PLANNING_WEIGHT = 20
"""Number of closed deals that the planning rate counts as, beside those of history."""

PAR_HEALTH = 70
"""Signal health at which a deal is as likely to be won as its stage says."""
LEAST_ADJUSTMENT, MOST_ADJUSTMENT = 0.5, 1.15
UNKNOWN_CERTAINTY = 0.5
"""Certainty of a deal's expected dollars if its health is unknown; otherwise health / 100."""


def priced_amount() -> Column:
    """Return a deal's amount in USD, 0 if it has none: it cannot add to a sum."""
    return F.coalesce(F.col("amount"), F.lit(0.0))


def was_won(day: Column) -> Column:
    """Return whether a deal was won by the end of that day.

    Args:
        day: a date.
    """
    return F.col("is_won") & (F.col("close_date") <= day)


def was_open(day: Column) -> Column:
    """Return whether a deal was open at the end of that day; a deal without an opening day counts as opened before.

    Args:
        day: a date.
    """
    was_opened = F.coalesce(F.col("opened_on") <= day, F.lit(True))
    return was_opened & (~F.col("is_closed") | F.coalesce(F.col("close_date") > day, F.lit(False)))


def category_on(day: Column) -> Column:
    """Return the forecast category that a deal open on that day is taken to have had.

    Of a deal still open: today's. Of a deal that was won since: Commit for its last two weeks, Best Case for the four
    before and Pipeline until then. Of a deal that was lost since: Pipeline. No source records the category of the past,
    so that this is hindsight, and pages do not show a change made of it.

    Args:
        day: a date.
    """
    days_until_won = F.when(F.col("is_won"), days_between(day, F.col("close_date")))
    return (
        F.when(~F.col("is_closed"), F.col("forecast_category"))
        .when(days_until_won <= COMMIT_DAYS, COMMIT)
        .when(days_until_won <= BEST_CASE_DAYS, BEST_CASE)
        .otherwise(PIPELINE)
    )


def is_forecast(day: Column) -> Column:
    """Return whether a deal was in the open pipeline on that day: open, and not omitted from the forecast."""
    return was_open(day) & (category_on(day) != OMITTED)


def was_in(category: str, day: Column) -> Column:
    """Return whether a deal was open on that day in that category.

    Args:
        category: forecast category.
        day: a date.
    """
    return was_open(day) & (category_on(day) == category)


def stage_on(day: Column) -> Column:
    """Return the open stage that a deal open on that day is taken to have been in; null if it is not recorded.

    Of a deal still open: today's stage if it had been entered by then, or if that day is not recorded. Before, and of a
    deal that closed since, the deal is taken to have gone through its stages at an even pace: from the first on the day
    it was opened to the one before today's on the day it left that, or to the one it closed from when it closed.

    Args:
        day: a date.
    """
    is_closed = F.col("is_closed")
    entered_later = F.coalesce(F.col("stage_entered_on") > day, F.lit(False))
    before_todays = F.greatest(stage_order(F.col("stage_name")) - 1, F.lit(1))
    last_order = F.when(is_closed, stage_order(F.col("closed_from_stage"))).otherwise(before_todays)
    left_on = F.when(is_closed, F.col("close_date")).otherwise(F.col("stage_entered_on"))
    earlier = _at_even_pace(day, last_order, left_on)
    return F.when(is_closed | entered_later, earlier).otherwise(F.col("stage_name"))


def stage_order(stage: Column) -> Column:
    """Return the position of an open stage, from 1; null for any other.

    Args:
        stage: name of a stage.
    """
    return case_of(stage, {name: order for order, name in enumerate(OPEN_STAGES, 1)})


def _at_even_pace(day: Column, last_order: Column, left_on: Column) -> Column:
    """Return the stage on a day of a deal that went from the first stage to `last_order`, which it left on a day.

    The last stage if the opening day is not recorded; null if `last_order` is null.
    """
    taken = days_between(F.col("opened_on"), left_on)
    share = F.coalesce(ratio_if_any(days_between(F.col("opened_on"), day), taken), F.lit(1.0))
    order = F.greatest(F.lit(1), F.least(last_order, F.ceil(last_order * share))).cast("int")
    stages = F.array(*[F.lit(name) for name in OPEN_STAGES])
    return F.when(last_order.isNotNull(), F.get(stages, order - 1))


def sales_history(opportunities: DataFrame) -> DataFrame:
    """Return one row about all closed deals: what the forecast learns from them.

    Args:
        opportunities: rows of the contract OPPORTUNITIES.

    Returns:
        A frame of one row: `closed_win_rate` (fraction of the closed deals that were won, null without any),
        `longest_won_days` (most days that a won deal took, null if none is recorded) and `stages`, an array of structs
        with the fields of the contract STAGE_WIN_RATES, one for each open stage.
    """
    is_closed, is_won = F.col("is_closed"), F.col("is_won")
    order = stage_order(F.when(is_closed, F.col("closed_from_stage")))
    counts = [
        F.count(F.when(is_closed, True)).alias("closed"),
        F.count(F.when(is_won, True)).alias("won"),
        F.count(order).alias("recorded"),
        F.max(F.when(is_won, days_between("opened_on", "close_date"))).cast("long").alias("longest_won_days"),
    ]
    for position in range(1, len(OPEN_STAGES) + 1):
        counts.append(F.count(F.when(order >= position, True)).alias(f"reached_{position}"))
        counts.append(F.count(F.when((order >= position) & is_won, True)).alias(f"won_{position}"))
    stages = [_stage_history(position, stage) for position, stage in enumerate(OPEN_STAGES, 1)]
    return opportunities.agg(*counts).select(
        ratio_if_any(F.col("won"), F.col("closed")).alias("closed_win_rate"),
        "longest_won_days",
        F.array(*stages).alias("stages"),
    )


def _stage_history(position: int, stage: str) -> Column:
    """Return the struct of a stage from the counts of `sales_history`."""
    is_recorded = F.col("recorded") > 0
    reached = F.when(is_recorded, F.col(f"reached_{position}")).otherwise(F.col("closed"))
    won = F.when(is_recorded, F.col(f"won_{position}")).otherwise(F.col("won"))
    planning = F.lit(PLANNING_RATES[stage])
    return F.struct(
        F.lit(stage).alias("stage_name"),
        F.lit(position).cast("long").alias("stage_order"),
        planning.alias("planning_rate"),
        reached.alias("deals_reached"),
        won.alias("deals_won"),
        ratio_if_any(won, reached).alias("history_win_rate"),
        ratio(won + PLANNING_WEIGHT * planning, reached + PLANNING_WEIGHT).alias("win_rate"),
        F.col("longest_won_days"),
    )


def with_history(deals: DataFrame, opportunities: DataFrame) -> DataFrame:
    """Return `deals` with what `win_chance` reads of the history of all opportunities.

    Args:
        deals: any rows.
        opportunities: rows of the contract OPPORTUNITIES.

    Returns:
        The deals with closed_win_rate and longest_won_days of `sales_history`, and the win rate of each open stage.
    """
    rates = [
        F.get("stages", F.lit(position))["win_rate"].alias(_rate_of(stage))
        for position, stage in enumerate(OPEN_STAGES)
    ]
    history = sales_history(opportunities).select("closed_win_rate", "longest_won_days", *rates)
    return with_each(deals, history)


def _rate_of(stage: str) -> str:
    """Return the name of the column of `with_history` with the win rate of an open stage."""
    return f"win_rate_{OPEN_STAGES.index(stage) + 1}"


def stage_win_rate(stage: Column, has_precedent: Column) -> Column:
    """Return the rate, 0 to 1, at which deals are won from an open stage; reads the columns of `with_history`.

    Args:
        stage: name of the stage, a column since it is read several times; null if it is not recorded, then all closed
            deals count.
        has_precedent: whether a deal as old as this one has ever been won; if not, the planning rate counts.
    """
    known = F.coalesce(*[F.when(stage == name, F.col(_rate_of(name))) for name in OPEN_STAGES])
    rate = F.when(has_precedent, known).otherwise(case_of(stage, PLANNING_RATES))
    return F.coalesce(F.when(stage.isNull(), F.col("closed_win_rate")).otherwise(rate), F.lit(0.0))


def has_precedent(day: Column) -> Column:
    """Return whether some deal was won at the age that a deal has on that day, or later; reads `longest_won_days`.

    False if the deal's opening day is not recorded; true if no won deal's is, since ages then say nothing.

    Args:
        day: a date.
    """
    is_young = F.coalesce(days_between(F.col("opened_on"), day) <= F.col("longest_won_days"), F.lit(False))
    return F.col("longest_won_days").isNull() | is_young


def signal_health(day: Column) -> Column:
    """Return the health score, 0 to 100, by the signals that opportunities carry; null if none is recorded.

    The signals are champion, stakeholders and economic buyer, weighted as in the health score. The champion's alone has
    a past: the day since which a silent one has not answered.

    Args:
        day: a date.
    """
    return health.health_score({
        health.CHAMPION: health.champion_points(F.col("champion_status"), F.col("champion_silent_since"), day),
        health.STAKEHOLDERS: health.stakeholder_points(F.col("stakeholder_count")),
        health.ECONOMIC_BUYER: health.economic_buyer_points(F.col("has_economic_buyer")),
    })  # fmt: skip


def health_adjustment(score: Column) -> Column:
    """Return the factor by which signal health changes a stage's win rate: 0.5 at score 0, 1 at 70, at most 1.15.

    1 if the score is null. The slope is ours: a deal without any buyer involved is won half as often as its stage.

    Args:
        score: health score, 0 to 100.
    """
    slope = (1 - LEAST_ADJUSTMENT) / PAR_HEALTH
    adjustment = F.least(LEAST_ADJUSTMENT + slope * score, F.lit(MOST_ADJUSTMENT))
    return F.when(score.isNotNull(), adjustment).otherwise(1.0)


def win_chance(day: Column, stage: Column, health_score: Column) -> Column:
    """Return the chance, 0 to 1, that a deal open on that day in that stage is won; reads columns of `with_history`.

    The CRM's own probability, if it records one, for the stage that the deal is in today: it is not known what the CRM
    said of an earlier stage. Else the stage's rate, adjusted by health.

    Args:
        day: the day.
        stage: name of the stage on that day. Like the health it is read several times: a column, not an expression.
        health_score: `signal_health` on that day.
    """
    own = F.when(stage == F.col("stage_name"), F.col("probability"))
    rate = stage_win_rate(stage, has_precedent(day))
    return F.coalesce(own, F.least(rate * health_adjustment(health_score), F.lit(1.0)))


def expected_amount(day: Column, chance: Column) -> Column:
    """Return the USD that a deal adds to the AI forecast of that day as an open deal; 0 if it was not in it.

    Args:
        day: a date.
        chance: probability that the deal is won, 0 to 1.
    """
    return F.when(is_forecast(day), priced_amount() * chance).otherwise(0.0)


def certainty(health_score: Column) -> Column:
    """Return how certain an open deal's expected dollars are, 0 to 1: its health / 100, 0.5 if that is unknown.

    Args:
        health_score: 0 to 100, null if unknown.
    """
    return F.coalesce(health_score / 100, F.lit(UNKNOWN_CERTAINTY))
