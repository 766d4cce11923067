"""Priority of an open deal: forecast impact, slip risk, priority score, urgency, and the day to act by.

dashboard_data_contracts.md names the factors of the priority score: deal health, days since the last activity, amount,
close date and risk flags. Weights and limits are ours (docs/metrics.md, "Advice").
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..common.forecast import CATEGORY_WIN_RATES
from ..common.health import LEAST_SCORES
from ..common.portable import rounded, weekday
from ..common.quarters import quarter_end, quarter_name
from ..contracts.vocabulary import URGENCIES

LATER_WEIGHT, UNDATED_WEIGHT, AGED_WEIGHT = 0.25, 0.1, 0.05
"""Weights of deals that do not close this quarter: usual; no close date and opening day known; no close date and older
than most wins."""
WEIGHTS = {"impact": 60, "health": 12, "silence": 10, "slip": 10, "flags": 8}
"""Points that each factor gives at most; 100 together."""
UNKNOWN_FACTOR = 0.5
"""Value of a factor that is unknown: it speaks neither for nor against the deal."""
SILENT_DAYS = 21
MANY_FLAGS = 3
IMPACT_DECADES = 3
"""Factors of ten below the largest open amount at which the forecast impact counts nothing."""
LEAST_URGENCY_SCORES = dict(zip(URGENCIES, (62, 48, 32, 0), strict=True))
"""Least priority score of each urgency, the most urgent first."""
MOST_DAYS_OFF = 5
"""More days than the longest run of days off: Thanksgiving to Sunday, or a holiday and a weekend."""
SOON_DAYS = 14
"""Days before the close date from which on a stuck deal hardly makes it."""


def forecast_impact(
    amount: Column, forecast_category: Column, close_date: Column, today: Column, days_open: Column, is_aged: Column
) -> Column:
    """Return the USD that the deal adds to this quarter's forecast, or would: amount × category × timing.

    Args:
        amount: USD; null counts as 0.
        forecast_category: its win rate is a factor (Commit 0.65, Best Case 0.30, Pipeline 0.10, Omitted 0).
        close_date: a date up to the end of today's quarter counts fully, a later one or none a quarter.
        today: the day of the data.
        days_open: days since the deal was opened; if neither this nor a close date is known, it counts a tenth.
        is_aged: whether the deal is older than most wins were; without a close date it then counts a twentieth.
    """
    chance = F.coalesce(*[F.when(forecast_category == name, F.lit(rate)) for name, rate in CATEGORY_WIN_RATES.items()])
    timing = (
        F.when(close_date <= quarter_end(quarter_name(today)), 1.0)
        .when(close_date.isNull() & is_aged, AGED_WEIGHT)
        .when(close_date.isNull() & days_open.isNull(), UNDATED_WEIGHT)
        .otherwise(LATER_WEIGHT)
    )
    return F.coalesce(amount, F.lit(0.0)) * F.coalesce(chance, F.lit(0.0)) * timing


def days_needed(days_in_stage: Column, benchmark_days: Column, later_stage_days: Column) -> Column:
    """Return the days that the deal needs to close if its stage and all later ones take their benchmark.

    Args:
        days_in_stage: days since the deal entered its stage.
        benchmark_days: days that the stage or activity should take.
        later_stage_days: days that all later stages together should take.
    """
    in_stage = F.coalesce(days_in_stage, F.lit(0))
    return F.greatest(benchmark_days - in_stage, F.lit(0.0)) + F.coalesce(later_stage_days, F.lit(0.0))


def slip_risk(days_until_close: Column, days_needed: Column, health_score: Column, is_stuck: Column) -> Column:
    """Return how likely a deal misses its close date, by health and progress: 'HIGH', 'MEDIUM' or 'LOW'.

    HIGH: overdue, or critical health, or the remaining stages need more days than are left, or stuck and at risk, or
    stuck within 14 days of the close date. MEDIUM: no close date, or health at risk, or stuck. LOW: any other deal.

    Args:
        days_until_close: days from today to the close date, null without one.
        days_needed: what `days_needed` returns.
        health_score: 0 to 100, null if unknown: an unknown health raises no risk.
        is_stuck: whether the deal waits too long.
    """
    at_risk = F.coalesce(health_score < LEAST_SCORES["monitor"], F.lit(False))
    critical = F.coalesce(health_score < LEAST_SCORES["at_risk"], F.lit(False))
    too_late = (days_until_close < 0) | (days_needed > days_until_close)
    return (
        F.when(too_late | critical | (is_stuck & at_risk) | (is_stuck & (days_until_close <= SOON_DAYS)), "HIGH")
        .when(days_until_close.isNull() | at_risk | is_stuck, "MEDIUM")
        .otherwise("LOW")
    )


def impact_factor(impact: Column, largest_amount: Column) -> Column:
    """Return 1 for an impact as large as the largest open amount (USD), a third less for each factor of ten below.

    Args:
        impact: USD.
        largest_amount: USD of the largest open deal.
    """
    share = F.when((largest_amount > 0) & (impact > 0), impact / largest_amount)
    return F.coalesce(_clipped(1 + F.log10(share) / IMPACT_DECADES), F.lit(0.0))


def health_factor(health_score: Column) -> Column:
    """Return 0 for a health of 100 rising to 1 for 0; 0.5 if the health is unknown.

    Args:
        health_score: 0 to 100, null if unknown.
    """
    return F.coalesce(_clipped(1 - health_score / 100), F.lit(UNKNOWN_FACTOR))


def silence_factor(days_since_contact: Column, never_contacted: Column) -> Column:
    """Return 0 for a deal contacted today rising to 1 after 21 days or if never; 0.5 if no contact is recorded.

    Args:
        days_since_contact: days, null if unknown.
        never_contacted: whether activities are recorded, and none of this deal.
    """
    known = F.when(never_contacted, F.lit(1.0)).otherwise(_clipped(days_since_contact / SILENT_DAYS))
    return F.coalesce(known, F.lit(UNKNOWN_FACTOR))


def slip_factor(slip: Column) -> Column:
    """Return 1 for slip risk 'HIGH', 0.5 for 'MEDIUM', 0 for 'LOW'.

    Args:
        slip: one of SLIP_RISKS.
    """
    return F.when(slip == "HIGH", 1.0).when(slip == "MEDIUM", 0.5).otherwise(0.0)


def flags_factor(risk_flags: Column) -> Column:
    """Return 0 without a risk flag rising to 1 for three or more.

    Args:
        risk_flags: array of RISK_FLAGS.
    """
    return _clipped(F.size(risk_flags) / MANY_FLAGS)


def priority_score(factors: dict[str, Column]) -> Column:
    """Return 0 to 100, to one decimal: the sum of the factors, by name of `WEIGHTS`, times their weights.

    Args:
        factors: name of `WEIGHTS` → factor, 0 to 1.
    """
    points = [weight * factors[name] for name, weight in WEIGHTS.items()]
    return rounded(sum(points[1:], points[0]), 1)


def urgency(priority_score: Column, risk_flags: Column, slip: Column) -> Column:
    """Return 'CRITICAL' from a score of 62, 'HIGH' from 48, 'MEDIUM' from 32, else 'LOW'.

    A deal without risk flags is never above 'MEDIUM', unless its slip risk is 'HIGH': size alone is not urgent.

    Args:
        priority_score: 0 to 100.
        risk_flags: array of RISK_FLAGS.
        slip: one of SLIP_RISKS.
    """
    level = F.coalesce(*[F.when(priority_score >= least, name) for name, least in LEAST_URGENCY_SCORES.items()])
    is_calm = (F.size(risk_flags) == 0) & (slip != "HIGH")
    return F.when(is_calm & level.isin("CRITICAL", "HIGH"), "MEDIUM").otherwise(level)


def action_urgency(level: Column) -> Column:
    """Return when to act on a deal of an urgency, as next best actions call it: 'today', 'this_week', 'soon'.

    Args:
        level: one of URGENCIES.
    """
    return F.when(level == "CRITICAL", "today").when(level == "HIGH", "this_week").otherwise("soon")


def act_by(level: Column, today: Column, close_date: Column) -> Column:
    """Return the working day by which to act on a deal, never before today.

    Args:
        level: 'CRITICAL': today, or the next working day; 'HIGH': the last working day of this week; any other: that of
            next week. On a weekend, this week is the one that begins on Monday.
        today: the day of the data.
        close_date: a later close date moves the day to the last working day before it; null: none.
    """
    first = working_day_from(today)
    friday = F.date_add(F.trunc(first, "week"), F.when(level == "HIGH", 4).otherwise(4 + 7))
    before_close = F.when(close_date > today, F.date_sub(close_date, 1))
    later = F.greatest(first, working_day_until(F.least(friday, before_close)))
    return F.when(level == "CRITICAL", first).otherwise(later)


def working_day_from(day: Column) -> Column:
    """Return the first working day that is not before `day`."""
    return F.array_min(F.filter(F.sequence(day, F.date_add(day, MOST_DAYS_OFF)), is_working_day))


def working_day_until(day: Column) -> Column:
    """Return the last working day that is not after `day`."""
    return F.array_max(F.filter(F.sequence(F.date_sub(day, MOST_DAYS_OFF), day), is_working_day))


def is_working_day(day: Column) -> Column:
    """Return whether US offices work on a date: Monday to Friday, apart from the holidays that most of them keep.

    New Year's Day, Memorial Day, July 4, Labor Day, Thanksgiving and the day after, Christmas Day.

    Args:
        day: a date.
    """
    weekday_number, date_number = weekday(day), 100 * F.month(day) + F.dayofmonth(day)
    monday, thursday, friday = (weekday_number == number for number in (0, 3, 4))
    holiday = (
        date_number.isin(101, 704, 1225)
        | (monday & (date_number.between(525, 531) | date_number.between(901, 907)))
        | (thursday & date_number.between(1122, 1128))
        | (friday & date_number.between(1123, 1129))
    )
    return (weekday_number < 5) & ~holiday


def _clipped(value: Column) -> Column:
    return F.when(value.isNotNull(), F.least(F.greatest(value, F.lit(0.0)), F.lit(1.0)))
