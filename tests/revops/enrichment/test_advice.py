"""What to do about an open deal: the rule set that every widget with advice shows."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.common.risk import FLAG_LABELS
from transforms.revops.contracts.vocabulary import ACTION_TYPES, PRIMARY_ACTIONS
from transforms.revops.enrichment.advice import RULES, action_reason, day_count, missing_facts, next_action

SCHEMA = """
    risk_flags array<string>, waits_in string, days_waiting long, wait_benchmark_days double, days_open int,
    days_since_contact int, contact_status string, days_until_close int, close_date date, competitor string,
    primary_contact_name string, champion_silent_since date, median_won_days int, long_won_days int,
    data_freshness date, push_count long, pushed_days long, fell_back_from string
"""
DEAL = {
    "risk_flags": [], "waits_in": "Proposal", "days_waiting": 45, "wait_benchmark_days": 14.0, "days_open": 66,
    "days_since_contact": 11, "contact_status": "Contacted", "days_until_close": -3, "close_date": date(2024, 12, 20),
    "competitor": "TechRival", "primary_contact_name": "Ada Brown", "champion_silent_since": date(2024, 11, 10),
    "median_won_days": 57, "long_won_days": 118, "data_freshness": date(2024, 11, 15),
    "push_count": 2, "pushed_days": 40, "fell_back_from": "Proposal",
}  # fmt: skip
UNDATED = {"close_date": None, "days_until_close": None}
UNRECORDED = {
    **UNDATED, "primary_contact_name": "Unknown", "contact_status": "Not recorded", "days_since_contact": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def advice(spark):
    """advice({field: value, …}) → action and reason for a deal that has these values."""

    def advice_for(changes):
        values = {**DEAL, **changes}
        df = spark.createDataFrame([tuple(values.values())], SCHEMA)
        return tuple(df.select(next_action(), action_reason()).first())

    return advice_for


@pytest.mark.parametrize(
    ("changes", "action", "reason"),
    [
        (
            {"risk_flags": ["STUCK", "GOING_DARK"], "waits_in": "Legal Review", "wait_benchmark_days": 5.0},
            "call", "Unblock Legal Review: 45 days vs. a 5-day benchmark",
        ),
        ({"risk_flags": ["NEVER_CONTACTED"]}, "call", "Make first contact: never contacted in 66 days"),
        ({"risk_flags": ["NEVER_CONTACTED"], "days_open": None}, "call", "Make first contact: never contacted"),
        ({"risk_flags": ["STUCK", "CHAMPION_SILENT"]}, "call", "Re-engage the champion: no reply for 5 days"),
        (
            {"risk_flags": ["CHAMPION_SILENT"], "champion_silent_since": None},
            "call", "Re-engage the champion: gone silent",
        ),
        ({"risk_flags": ["STUCK", "GOING_DARK", "NO_EB"]}, "call", "Re-engage: 11 days without contact"),
        ({"risk_flags": ["OVERDUE"]}, "call", "Reset the close date: 3 days overdue"),
        ({"risk_flags": ["NO_EB", "SINGLE_THREADED"]}, "meeting", "Get to the economic buyer"),
        ({"risk_flags": ["NO_CHAMPION"]}, "meeting", "Find a champion"),
        ({"risk_flags": ["SINGLE_THREADED"]}, "meeting", "Multi-thread: only one stakeholder involved"),
        ({"risk_flags": ["STUCK"]}, "meeting", "Agree on next steps: in Proposal for 45 days vs. a 14-day benchmark"),
        (
            {"risk_flags": ["STUCK"], "waits_in": "Qualified"},
            "meeting", "Agree on next steps: in qualification for 45 days vs. a 14-day benchmark",
        ),
        ({"risk_flags": ["COMPETITOR"]}, "email", "Counter TechRival: send proof points and references"),
        (
            {"risk_flags": ["AGED"], "days_open": 210, **UNRECORDED},
            "call", "Requalify or close out: open 210 days, 9 of 10 wins took 118 days or less",
        ),
        ({"risk_flags": ["PUSHED"]}, "call", "Confirm the close date: moved later 2 times, 40 days in all"),
        (
            {"risk_flags": ["PUSHED"], "push_count": 1},
            "call", "Confirm the close date: moved later once, 40 days in all",
        ),
        ({"risk_flags": ["REGRESSED"]}, "meeting", "Requalify: fell back from Proposal"),
        (UNRECORDED, "task", "Set a close date: open 66 days, half of all wins took 57 days or less"),
        ({**UNRECORDED, "days_open": None}, "task", "Complete the record: no close date, contact or activity"),
        ({**UNRECORDED, "median_won_days": None}, "task", "Complete the record: no close date, contact or activity"),
        ({"primary_contact_name": "Unknown"}, "task", "Complete the record: no contact"),
        ({}, "task", "On track: confirm the next step"),
    ],
)  # fmt: skip
def test_the_first_rule_that_applies_gives_action_and_reason(advice, changes, action, reason):
    assert advice(changes) == (action, reason)


def test_every_risk_flag_has_a_rule():
    assert set(FLAG_LABELS) <= {rule.name for rule in RULES}


def test_every_action_of_a_stuck_deal_is_one_that_both_widgets_know():
    before_task = [rule.action for rule in RULES if rule.action != "task"]
    assert set(before_task) <= set(ACTION_TYPES) & set(PRIMARY_ACTIONS)


def test_one_day_is_singular(spark):
    df = spark.createDataFrame([(1,), (0,), (11,), (None,)], "days int")
    assert [row[0] for row in df.select(day_count(F.col("days"))).collect()] == ["1 day", "0 days", "11 days", None]


def test_facts_that_are_missing_are_listed_like_a_sentence(spark):
    rows = [
        (None, "Unknown", "Not recorded"), (None, "Ada Brown", "Not recorded"), (None, "Ada Brown", "Contacted"),
        (date(2024, 12, 20), "Ada Brown", "Contacted"),
    ]  # fmt: skip
    df = spark.createDataFrame(rows, "close_date date, primary_contact_name string, contact_status string")
    assert [row[0] for row in df.select(missing_facts()).collect()] == [
        "close date, contact or activity", "close date or activity", "close date", "",
    ]  # fmt: skip
