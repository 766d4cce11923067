"""Advice for an open deal and its reason: one rule set for every widget that gives advice.

Stuck deals, next best actions, coaching and the deal panel show the columns that these functions compute for
deal_health_scores. The rules are ours (docs/metrics.md, "Advice"): the contract names the fields and gives examples.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from ..common.portable import days_between, first_of
from ..common.risk import has_flag
from ..contracts.vocabulary import NOT_RECORDED, UNKNOWN

REVIEWS = ("Legal Review", "Security Review", "Procurement")
"""Process activities of the buyer's departments, which the rep alone cannot speed up."""
ACTIVITY_NAMES = {"Lead Created": "lead intake", "Qualified": "qualification"}
"""Names of process activities in a sentence, if different from the activity's own."""


@dataclass(frozen=True)
class Rule:
    """One piece of advice: if `applies`, do `action` for the reason `words`.

    Attributes:
        action: 'call', 'email', 'meeting' or, for a deal that is not stuck, 'task'. These are the values that the
            contracts of both widgets share; 'escalate' exists in one of them only and is never used.
        applies: condition of the rule, from columns of the deal.
        words: text of the reason, from columns of the deal.
    """

    name: str
    action: str
    applies: Callable[[], Column]
    words: Callable[[], Column]


def day_count(days: Column) -> Column:
    """Return a whole number of days in words: '1 day', '11 days'.

    Args:
        days: number of days.
    """
    return F.when(days == 1, F.lit("1 day")).otherwise(F.concat(days.cast("long").cast("string"), F.lit(" days")))


def _flag(name: str) -> Callable[[], Column]:
    return lambda: has_flag(F.col("risk_flags"), name)


def _in_review() -> Column:
    return has_flag(F.col("risk_flags"), "STUCK") & F.col("waits_in").isin(*REVIEWS)


def _words(*parts: str | Column) -> Column:
    return F.concat(*[F.lit(part) if isinstance(part, str) else part for part in parts])


def _vs_benchmark() -> Column:
    benchmark = F.col("wait_benchmark_days").cast("long").cast("string")
    return _words(day_count(F.col("days_waiting")), " vs. a ", benchmark, "-day benchmark")


def _waits_in() -> Column:
    renamed = [F.when(F.col("waits_in") == name, words) for name, words in ACTIVITY_NAMES.items()]
    return F.coalesce(*renamed, F.col("waits_in"))


def _champion_silence() -> Column:
    silent_days = days_between("champion_silent_since", "data_freshness")
    since = _words("Re-engage the champion: no reply for ", day_count(silent_days))
    return F.coalesce(since, F.lit("Re-engage the champion: gone silent"))


def _times(count: Column) -> Column:
    return F.when(count == 1, F.lit("once")).otherwise(_words(count.cast("string"), " times"))


def _first_contact() -> Column:
    since = _words("Make first contact: never contacted in ", day_count(F.col("days_open")))
    return F.coalesce(since, F.lit("Make first contact: never contacted"))


def missing_facts() -> Column:
    """Return what a deal's record lacks as words: 'close date, contact or activity'; '' if nothing is missing."""
    facts = {
        "close date": F.col("close_date").isNull(),
        "contact": F.col("primary_contact_name") == UNKNOWN,
        "activity": F.col("contact_status") == NOT_RECORDED,
    }
    names = F.filter(
        F.array(*[F.when(missing, name) for name, missing in facts.items()]), lambda name: name.isNotNull()
    )
    listed = F.concat_ws(", ", first_of(names, F.greatest(F.size(names) - 1, F.lit(1))))
    return F.when(F.size(names) > 1, _words(listed, " or ", F.get(names, F.size(names) - 1))).otherwise(listed)


RULES = (
    Rule("review", "call", _in_review, lambda: _words("Unblock ", F.col("waits_in"), ": ", _vs_benchmark())),
    Rule("NEVER_CONTACTED", "call", _flag("NEVER_CONTACTED"), _first_contact),
    Rule("CHAMPION_SILENT", "call", _flag("CHAMPION_SILENT"), _champion_silence),
    Rule(
        "GOING_DARK", "call", _flag("GOING_DARK"),
        lambda: _words("Re-engage: ", day_count(F.col("days_since_contact")), " without contact"),
    ),
    Rule(
        "OVERDUE", "call", _flag("OVERDUE"),
        lambda: _words("Reset the close date: ", day_count(-F.col("days_until_close")), " overdue"),
    ),
    Rule("NO_EB", "meeting", _flag("NO_EB"), lambda: F.lit("Get to the economic buyer")),
    Rule("NO_CHAMPION", "meeting", _flag("NO_CHAMPION"), lambda: F.lit("Find a champion")),
    Rule(
        "SINGLE_THREADED", "meeting", _flag("SINGLE_THREADED"),
        lambda: F.lit("Multi-thread: only one stakeholder involved"),
    ),
    Rule(
        "STUCK", "meeting", _flag("STUCK"),
        lambda: _words("Agree on next steps: in ", _waits_in(), " for ", _vs_benchmark()),
    ),
    Rule(
        "COMPETITOR", "email", _flag("COMPETITOR"),
        lambda: _words("Counter ", F.col("competitor"), ": send proof points and references"),
    ),
    Rule(
        "AGED", "call", _flag("AGED"),
        lambda: _words(
            "Requalify or close out: open ", day_count(F.col("days_open")), ", 9 of 10 wins took ",
            day_count(F.col("long_won_days")), " or less",
        ),
    ),
    Rule(
        "PUSHED", "call", _flag("PUSHED"),
        lambda: _words(
            "Confirm the close date: moved later ", _times(F.col("push_count")), ", ", day_count(F.col("pushed_days")),
            " in all",
        ),
    ),
    Rule(
        "REGRESSED", "meeting", _flag("REGRESSED"),
        lambda: _words("Requalify: fell back from ", F.col("fell_back_from")),
    ),
    Rule(
        "no close date", "task",
        lambda: F.col("close_date").isNull() & F.col("days_open").isNotNull() & F.col("median_won_days").isNotNull(),
        lambda: _words(
            "Set a close date: open ", day_count(F.col("days_open")), ", half of all wins took ",
            day_count(F.col("median_won_days")), " or less",
        ),
    ),
    Rule(
        "incomplete record", "task", lambda: missing_facts() != "",
        lambda: _words("Complete the record: no ", missing_facts()),
    ),
    Rule("on track", "task", lambda: F.lit(True), lambda: F.lit("On track: confirm the next step")),
)  # fmt: skip
"""The advice in order; the first rule that applies to a deal decides. The last one always applies."""


def next_action() -> Column:
    """Return what to do first about a deal of `deal_health_scores`: the action of the first rule that applies."""
    return F.coalesce(*[F.when(rule.applies(), rule.action) for rule in RULES])


def action_reason() -> Column:
    """Return why, by the same rules: 'Re-engage: 11 days without contact'."""
    return F.coalesce(*[F.when(rule.applies(), rule.words()) for rule in RULES])
