"""Risks of an open deal: one rule per risk flag. An unknown fact raises no flag."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..contracts.vocabulary import NEVER_CONTACTED, RISK_FLAGS, UNKNOWN
from .portable import value_for

STUCK_FACTOR = 1.5
"""A deal is stuck, and a process activity a bottleneck, beyond so many times the benchmark."""
DARK_AFTER_DAYS = 7
"""Days without contact after which a deal goes dark."""
MANY_PUSHES, MANY_PUSHED_DAYS = 2, 30
"""Moves of the close date to a later day, and their days together; from either on a deal counts as pushed."""

FLAG_LABELS = {
    "STUCK": "Stuck",
    "NEVER_CONTACTED": "Never Contacted",
    "GOING_DARK": "Going Dark",
    "NO_EB": "No EB",
    "NO_CHAMPION": "No Champion",
    "CHAMPION_SILENT": "Champion Silent",
    "SINGLE_THREADED": "Single-Threaded",
    "COMPETITOR": "Competitor",
    "OVERDUE": "Overdue",
    "AGED": "Aged",
    "PUSHED": "Pushed",
    "REGRESSED": "Regressed",
}


def is_over_benchmark(days: Column, benchmark_days: Column) -> Column:
    """Return whether so many days are beyond 1.5 times the benchmark in days; null where either is unknown.

    Args:
        days: days so far.
        benchmark_days: days that the stage or activity should take.
    """
    return days > STUCK_FACTOR * benchmark_days


def is_pushed(push_count: Column, pushed_days: Column) -> Column:
    """Return whether a deal's close date moved later twice, or by 30 days in all; null if neither is known.

    Args:
        push_count: times that the close date moved later.
        pushed_days: days of these moves together.
    """
    often, far = push_count >= MANY_PUSHES, pushed_days >= MANY_PUSHED_DAYS
    return F.when(often | far, True).when(push_count.isNotNull() | pushed_days.isNotNull(), False)


def is_regressed(regression_count: Column, stage_order: Column, fell_back_from_order: Column) -> Column:
    """Return whether a deal fell back and has not passed that stage since; null if no stage history is recorded.

    Args:
        regression_count: moves to an earlier stage; null if unknown.
        stage_order: position of the deal's stage.
        fell_back_from_order: position of the latest stage that it fell back from; null if it never did.
    """
    still = F.coalesce(stage_order <= fell_back_from_order, F.lit(False))
    return F.when(regression_count.isNotNull(), still)


def risk_flags(
    days_over: Column,
    contact_status: Column,
    days_since_contact: Column,
    has_economic_buyer: Column,
    champion_status: Column,
    stakeholder_count: Column,
    competitor: Column,
    days_until_close: Column,
    days_open: Column,
    long_won_days: Column,
    is_pushed: Column,
    is_regressed: Column,
) -> Column:
    """Return the flags of an open deal as an array of text in the order of `RISK_FLAGS`, empty without any.

    Args:
        days_over: days over the benchmark of the stage or activity in which it waits too long; null if it does not.
        contact_status: one of `CONTACT_STATUSES`.
        days_since_contact: days since the last activity, null without one.
        has_economic_buyer: whether the economic buyer is involved.
        champion_status: one of `CHAMPION_STATUSES`.
        stakeholder_count: people involved at the account.
        competitor: name of a competitor, 'None' or 'Unknown'.
        days_until_close: days from today to the close date, negative if overdue.
        days_open: days since the deal was opened.
        long_won_days: days within which nine of ten wins closed; null if there are too few wins to say.
        is_pushed: whether its close date moved later often or far; null if unknown.
        is_regressed: whether it fell back to an earlier stage and has not passed that since; null if unknown.
    """
    raised = {
        "STUCK": days_over.isNotNull(),
        "NEVER_CONTACTED": contact_status == NEVER_CONTACTED,
        "GOING_DARK": days_since_contact > DARK_AFTER_DAYS,
        "NO_EB": ~has_economic_buyer,
        "NO_CHAMPION": champion_status == "None",
        "CHAMPION_SILENT": champion_status == "Silent",
        "SINGLE_THREADED": stakeholder_count <= 1,
        "COMPETITOR": ~competitor.isin("None", UNKNOWN),
        "OVERDUE": days_until_close < 0,
        "AGED": days_open > long_won_days,
        "PUSHED": is_pushed,
        "REGRESSED": is_regressed,
    }
    flags = F.array(*[F.when(raised[flag], F.lit(flag)) for flag in RISK_FLAGS])
    return F.filter(flags, lambda flag: flag.isNotNull())


def risk_flags_display(flags: Column) -> Column:
    """Return an array of flags as text for people: 'Stuck • No EB • Going Dark'.

    Args:
        flags: array of RISK_FLAGS.
    """
    return F.concat_ws(" • ", F.transform(flags, lambda flag: value_for(flag, FLAG_LABELS)))


def has_flag(flags: Column, flag: str) -> Column:
    """Return whether an array of flags has that one.

    Args:
        flags: array of RISK_FLAGS.
        flag: one of RISK_FLAGS.
    """
    return F.array_position(flags, flag) > 0
