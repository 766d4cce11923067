"""What a forecast is made of: which deals were won, which were open and what was expected of them, on any day.

A CRM keeps no history of the forecast category, so that of a deal that closed later is derived from its close date:
reps commit to a deal that they are about to win. "For demo: Create synthetic history based on close dates"
(dashboard_data_contracts.md, Forecast Trend Chart). Columns by name are those of the opportunities.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

COMMIT, BEST_CASE, PIPELINE, OMITTED = "Commit", "Best Case", "Pipeline", "Omitted"
CATEGORY_WIN_RATES = {COMMIT: 0.65, BEST_CASE: 0.30, PIPELINE: 0.10}
"""Fraction of open deals in a category that are won in the end, where nothing better is known of them."""
COMMIT_DAYS, BEST_CASE_DAYS = 14, 42
"""Days before a deal was won from which on it counts as Commit, and as Best Case."""

PAR_HEALTH = 70
"""Health score at which a deal is as likely to be won as its stage says."""
LEAST_ADJUSTMENT, MOST_ADJUSTMENT = 0.5, 1.15
UNKNOWN_CERTAINTY = 0.5
"""How certain a deal's expected dollars are if its health is unknown; otherwise health / 100."""


def priced_amount() -> Column:
    """Return a deal's USD, 0 where it has no price: it cannot add to a sum."""
    return F.coalesce(F.col("amount"), F.lit(0.0))


def was_won(day: Column) -> Column:
    """Return whether a deal was won by the end of that day."""
    return F.col("is_won") & (F.col("close_date") <= day)


def was_open(day: Column) -> Column:
    """Return whether a deal was open at the end of that day; one whose opening day is unknown always had been."""
    was_opened = F.coalesce(F.col("opened_on") <= day, F.lit(True))
    return was_opened & (~F.col("is_closed") | F.coalesce(F.col("close_date") > day, F.lit(False)))


def category_on(day: Column) -> Column:
    """Return the forecast category that a deal open on that day had then.

    Of a deal still open it is today's. One that was won since was Commit for its last two weeks, Best Case for the four
    before and Pipeline until then; one that was lost since was Pipeline throughout.
    """
    days_until_won = F.when(F.col("is_won"), F.datediff(F.col("close_date"), day))
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
    """Return whether a deal was open on that day in that category."""
    return was_open(day) & (category_on(day) == category)


def category_win_rate(day: Column) -> Column:
    """Return the fraction by which an open deal's amount counts in a forecast by category alone; 0 if omitted."""
    rates = [F.when(category_on(day) == category, rate) for category, rate in CATEGORY_WIN_RATES.items()]
    return F.coalesce(*rates, F.lit(0.0))


def health_adjustment(health_score: Column) -> Column:
    """Return the factor by which health changes a stage's chance: 0.5 at score 0, 1 at 70, never above 1.15.

    1 where the health is unknown. The slope is ours: a deal nobody looks after still closes half as often as its stage.
    """
    slope = (1 - LEAST_ADJUSTMENT) / PAR_HEALTH
    adjustment = F.least(LEAST_ADJUSTMENT + slope * health_score, F.lit(MOST_ADJUSTMENT))
    return F.when(health_score.isNotNull(), adjustment).otherwise(1.0)


def win_chance(win_probability: Column, health_score: Column) -> Column:
    """Return an open deal's chance to be won, 0 to 1: its stage's probability, adjusted by its health."""
    return F.least(win_probability * health_adjustment(health_score), F.lit(1.0))


def certainty(health_score: Column) -> Column:
    """Return how certain an open deal's expected dollars are, 0 to 1: its health / 100, 0.5 where that is unknown."""
    return F.coalesce(health_score / 100, F.lit(UNKNOWN_CERTAINTY))
