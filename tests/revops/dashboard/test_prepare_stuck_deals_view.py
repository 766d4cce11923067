import pytest
from pyspark.sql import functions as F

from transforms.revops.dashboard.prepare_stuck_deals_view import (
    action_reason,
    amount_display,
    primary_action,
    slip_risk,
    stuck_flags,
    urgency,
    urgency_icon,
)

WAITS = "waits_in string, days_waiting long, days_since_contact long, risk_flags array<string>"


def each(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_a_close_date_slips_the_sooner_it_is(spark):
    rows = [(-3,), (14,), (15,), (45,), (46,), (None,)]
    assert each(spark, slip_risk(F.col("days")), rows, "days int") == [
        "HIGH", "HIGH", "MEDIUM", "MEDIUM", "LOW", "MEDIUM",
    ]  # fmt: skip


def test_urgency_goes_by_health_and_one_step_up_where_the_date_is_near(spark):
    rows = [(39.0, 90), (59.0, 90), (79.0, 90), (80.0, 90), (None, None), (59.0, 14), (80.0, 14), (39.0, 14)]
    assert each(spark, urgency(F.col("score"), F.col("days")), rows, "score double, days int") == [
        "CRITICAL", "HIGH", "MEDIUM", "LOW", "MEDIUM", "CRITICAL", "MEDIUM", "CRITICAL",
    ]  # fmt: skip


def test_every_urgency_has_its_colour(spark):
    rows = [("CRITICAL",), ("HIGH",), ("MEDIUM",), ("LOW",)]
    assert each(spark, urgency_icon(F.col("level")), rows, "level string") == ["🔴", "🟠", "🟡", "🟢"]


def test_amounts_are_millions_or_thousands_or_unknown(spark):
    rows = [(2_100_000.0,), (720_000.0,), (None,)]
    assert each(spark, amount_display(F.col("amount")), rows, "amount double") == ["$2.1M", "$720K", "Unknown"]


def test_stuck_comes_first_and_once(spark):
    rows = [(["NO_EB"],), (["STUCK", "NO_EB"],)]
    assert each(spark, stuck_flags(F.col("flags")), rows, "flags array<string>") == [["STUCK", "NO_EB"]] * 2


@pytest.mark.parametrize(
    ("wait", "action", "reason"),
    [
        (("Legal Review", 12, 9, ["GOING_DARK"]), "escalate", "Unblock Legal Review after 12 days"),
        (("Proposal", 45, 9, ["STUCK", "GOING_DARK"]), "call", "No contact for 9 days"),
        (("Proposal", 45, 1, ["CHAMPION_SILENT", "NO_EB"]), "call", "Champion has gone silent"),
        (("Proposal", 45, 1, ["NO_EB", "SINGLE_THREADED"]), "meeting", "Bring in the economic buyer"),
        (("Proposal", 45, 1, ["NO_CHAMPION"]), "meeting", "Find a champion"),
        (("Proposal", 45, 1, ["SINGLE_THREADED"]), "meeting", "Involve more stakeholders"),
        (("Proposal", 45, None, ["STUCK"]), "email", "Follow up on proposal"),
    ],
)
def test_the_first_rule_that_applies_says_what_to_do_and_why(spark, wait, action, reason):
    df = spark.createDataFrame([wait], WAITS)
    told = df.select(
        primary_action(F.col("waits_in"), F.col("risk_flags")), action_reason(*[F.col(name) for name in df.columns])
    )
    assert tuple(told.first()) == (action, reason)
