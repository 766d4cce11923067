"""What to do about an open deal, why, when and with what at stake: the texts of the next best actions.

All of it is our rule: dashboard_data_contracts.md names the fields and gives examples.
"""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..common.amounts import short_amount
from ..common.formatters import days

ACTION_ICONS = {"call": "📞", "email": "📧", "meeting": "📅", "task": "✅"}

BEST_TIMES = {
    "Economic Buyer": ("9:00 AM", "11:00 AM"),
    "Executive Sponsor": ("8:00 AM", "9:00 AM"),
    "Champion": ("2:00 PM", "4:00 PM"),
    "Technical Evaluator": ("10:00 AM", "12:00 PM"),
    "Legal": ("1:00 PM", "3:00 PM"),
    "End User": ("3:00 PM", "5:00 PM"),
}
"""From when to when a contact is best reached, by role: decision makers before their meetings, users after work."""
ANY_TIME = ("10:00 AM", "12:00 PM")

URGENT_TODAY, URGENT_THIS_WEEK = 65, 45
"""Least priority scores of an action that is to be done today, this week."""


@dataclass(frozen=True)
class Advice:
    """What to do about a deal with this risk flag; `{0}` of the reason is the value of column `fact`."""

    flag: str
    action_type: str
    reason: str
    fact: str | None = None


ADVICE = (
    Advice("CHAMPION_SILENT", "call", "The champion has gone silent: win a reaction"),
    Advice("GOING_DARK", "call", "No contact for {0} days: pick the conversation up again", "days_since_contact"),
    Advice("OVERDUE", "call", "The close date has passed: agree on a new one"),
    Advice("NO_EB", "meeting", "The economic buyer is not involved: ask for an introduction"),
    Advice("NO_CHAMPION", "meeting", "Nobody speaks for us inside: find a champion"),
    Advice("SINGLE_THREADED", "meeting", "Only one person is involved: meet a second one"),
    Advice("STUCK", "meeting", "In this stage for {0} days: agree on the next step", "days_in_stage"),
    Advice("COMPETITOR", "email", "{0} is competing: send what sets us apart", "competitor"),
)
"""The advice for each risk flag, the first that a deal has counts."""


def action_type(risk_flags: Column) -> Column:
    """Return what to do about a deal with these flags: 'task' without any."""
    return F.coalesce(
        *[F.when(F.array_contains(risk_flags, advice.flag), advice.action_type) for advice in ADVICE], F.lit("task")
    )


def action_reason(risk_flags: Column, low_activity_days: Column) -> Column:
    """Return why; for a deal without flags when to see to it: on the weekdays on which the rep has done little.

    Reads the columns that `ADVICE` names as facts. `low_activity_days` may be null, for a rep without activities.
    """
    quiet_days = F.concat(
        F.lit("No risk in sight: plan the next step for your quiet "), F.array_join(low_activity_days, " or ")
    )
    plan = F.when(F.size(low_activity_days) > 0, quiet_days).otherwise("No risk in sight: plan the next step")
    return F.coalesce(*[F.when(F.array_contains(risk_flags, advice.flag), _reason(advice)) for advice in ADVICE], plan)


def _reason(advice: Advice) -> Column:
    if advice.fact is None:
        return F.lit(advice.reason)
    before, after = advice.reason.split("{0}")
    return F.concat(F.lit(before), F.col(advice.fact).cast("string"), F.lit(after))


def urgency(priority_score: Column) -> Column:
    """Return when to act on a priority score of 0..100."""
    soon = F.when(priority_score >= URGENT_THIS_WEEK, "this_week").otherwise("soon")
    return F.when(priority_score >= URGENT_TODAY, "today").otherwise(soon)


def best_time(contact_role: Column, end: bool = False) -> Column:
    """Return the time of day at which the best time to reach a contact of this role begins, or ends: '2:00 PM'."""
    known = [F.when(contact_role == role, times[end]) for role, times in BEST_TIMES.items()]
    return F.coalesce(*known, F.lit(ANY_TIME[end]))


def action_icon(action_type: Column) -> Column:
    """Return the emoji of an action type."""
    return F.coalesce(*[F.when(action_type == kind, icon) for kind, icon in ACTION_ICONS.items()])


def risk_if_delayed(amount: Column, days_until_close: Column) -> Column:
    """Return what is at stake (amount in USD) and by when; says so where price or close date are unknown."""
    slip = F.concat(F.lit(" may slip: "), days(days_until_close), F.lit(" until the close date"))
    when = (
        F.when(days_until_close < 0, F.lit(" is past its close date"))
        .when(days_until_close == 0, F.lit(" is expected to close today"))
        .when(days_until_close > 0, slip)
        .otherwise(" may stall: it has no close date")
    )
    return F.concat(F.coalesce(short_amount(amount), F.lit("A deal of unknown amount")), when)
