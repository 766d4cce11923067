"""Health of an open deal: six signals, each worth some points, and the score of their sum.

The formula is the scenario's (scenario_story.md gives the numbers that it has to yield). Each signal is a function of
what is recorded to its points, null where it is not recorded; the score is the share of the points that the known
signals could have given, so that facts which an export leaves out do not lower the score.
"""

import operator
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..contracts.vocabulary import HEALTH_BANDS, UNKNOWN
from .portable import rounded

RECENCY, FREQUENCY, CHAMPION, STAKEHOLDERS, ECONOMIC_BUYER, MOMENTUM = (
    "recency", "frequency", "champion", "stakeholders", "economic_buyer", "momentum",
)  # fmt: skip
WEIGHTS = {RECENCY: 30, FREQUENCY: 18, CHAMPION: 15, STAKEHOLDERS: 16, ECONOMIC_BUYER: 7, MOMENTUM: 14}
"""Points of a signal at its best; 100 in all."""

FRESH_DAYS, STALE_DAYS = 2, 22
"""Days since the last activity up to which recency is full, and from which on it is nothing."""
FREQUENCY_WINDOW_DAYS = 14
FULL_FREQUENCY = 6
"""Activities within the window that are enough."""
FULL_STAKEHOLDERS = 4
"""People involved who are enough."""
LEAST_SCORES = dict(zip(HEALTH_BANDS, (80, 60, 40, 0), strict=True))
"""Least score of each band, the best band first (dashboard_data_contracts.md, HealthDistribution)."""


def recency_points(days_since_contact: Column) -> Column:
    """Return the points for the last activity, so many days ago: full up to 2, none from 22 on or if never.

    Args:
        days_since_contact: days, null if never contacted.
    """
    share = (STALE_DAYS - days_since_contact) / F.lit(STALE_DAYS - FRESH_DAYS)
    return WEIGHTS[RECENCY] * _within_0_and_1(F.coalesce(share, F.lit(0.0)))


def frequency_points(activities_in_window: Column) -> Column:
    """Return the points for the number of activities in two weeks, 6 or more the best; null (no activity) gives 0.

    Args:
        activities_in_window: number of activities in the last two weeks.
    """
    return WEIGHTS[FREQUENCY] * _within_0_and_1(F.coalesce(activities_in_window, F.lit(0)) / F.lit(FULL_FREQUENCY))


def champion_points(champion_status: Column, champion_silent_since: Column, day: Column) -> Column:
    """Return the points for a champion who, on that day, is not silent yet; null where the status is 'Unknown'.

    Args:
        champion_status: one of CHAMPION_STATUSES.
        champion_silent_since: day since which the champion has not answered, else null.
        day: the day of the score.
    """
    silent_later = (champion_status == "Silent") & F.coalesce(champion_silent_since > day, F.lit(False))
    answers = champion_status.isin("Strong", "Engaged") | silent_later
    return F.when(champion_status != UNKNOWN, WEIGHTS[CHAMPION] * answers.cast("double"))


def stakeholder_points(stakeholder_count: Column) -> Column:
    """Return the points for the people involved, 4 or more the best; null where they are not recorded.

    Args:
        stakeholder_count: number of people involved.
    """
    return F.when(
        stakeholder_count.isNotNull(),
        WEIGHTS[STAKEHOLDERS] * _within_0_and_1(stakeholder_count / F.lit(FULL_STAKEHOLDERS)),
    )


def economic_buyer_points(has_economic_buyer: Column) -> Column:
    """Return the points for having the one who signs among them; null where that is not recorded.

    Args:
        has_economic_buyer: whether the economic buyer is involved.
    """
    return WEIGHTS[ECONOMIC_BUYER] * has_economic_buyer.cast("double")


def momentum_points(days_in_stage: Column, benchmark_days: Column) -> Column:
    """Return the points for being on time: full up to the stage's benchmark, none from twice that on.

    Null where the days in the stage are not recorded; full where they are negative, for the stage began later.

    Args:
        days_in_stage: days since the deal entered its stage.
        benchmark_days: days that the stage or activity should take.
    """
    share = _within_0_and_1(2 - days_in_stage / benchmark_days)
    return F.when(days_in_stage.isNotNull() & benchmark_days.isNotNull(), WEIGHTS[MOMENTUM] * share)


def health_score(points: dict[str, Column]) -> Column:
    """Return 0 to 100: the known signals' points as a share of their weights, half a point rounded up.

    `points` maps signals of `WEIGHTS`, all or some, to their points. Null where none of them is known.
    """
    known_points = reduce(operator.add, [F.coalesce(column, F.lit(0.0)) for column in points.values()])
    known_weight = reduce(
        operator.add,
        [F.when(column.isNotNull(), WEIGHTS[signal]).otherwise(0) for signal, column in points.items()],
    )
    share = known_points / F.nullif(known_weight, F.lit(0))
    return rounded(100 * share)


def health_band(score: Column) -> Column:
    """Return the band of a score by `LEAST_SCORES`, 'Unknown' of a score that is null.

    Args:
        score: health score, 0 to 100.
    """
    return F.coalesce(*[F.when(score >= least, band) for band, least in LEAST_SCORES.items()], F.lit(UNKNOWN))


def _within_0_and_1(share: Column) -> Column:
    return F.greatest(F.lit(0.0), F.least(F.lit(1.0), share))
