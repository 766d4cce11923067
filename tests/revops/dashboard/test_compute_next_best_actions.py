"""Next best actions: which deals come first for a rep, and how an action is shown."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.reps import REP_ACTIVITY_METRICS
from transforms.revops.contracts.vocabulary import ACTION_TYPES
from transforms.revops.dashboard.compute_next_best_actions import (
    action_icon,
    best_time,
    compute,
    days_of_silence,
    first_per_rep,
    risk_if_delayed,
    time_display,
    with_low_activity_days,
)

TODAY = date(2024, 11, 15)
DEAL = {
    "opportunity_id": "O1",
    "owner_id": "R1",
    "account_name": "Acme Corporation",
    "primary_contact_name": "Ada Brown",
    "primary_contact_role": "Economic Buyer",
    "amount": 100.0,
    "health_score": 40.0,
    "days_since_contact": 21,
    "days_until_close": 45,
    "days_in_stage": 30,
    "priority_score": 73.8,
    "urgency": "CRITICAL",
    "next_action": "call",
    "action_reason": "Re-engage: 21 days without contact",
    "risk_flags": ["GOING_DARK"],
    "data_freshness": TODAY,
}
ACTIVITY = "rep_id string, period string, low_activity_days array<string>"


@pytest.fixture(scope="module")
def actions(run, frame):
    """actions({field: value, …}, …) → the actions written for these deals, each Acme's but for what it names."""

    def actions_of(*changes):
        deals = frame(DEAL_HEALTH_SCORES, *[{**DEAL, **change} for change in changes])
        activities = frame(REP_ACTIVITY_METRICS, {"rep_id": "R1", "period": "30d", "low_activity_days": ["Friday"]})
        return run(compute, opportunities=deals, activities=activities).collect()

    return actions_of


def test_each_rep_has_ten_actions_at_most_and_equal_scores_rank_by_amount_age_and_identifier(spark):
    rows = [("R1", f"O{number:02}", 50.0, 1.0, 9) for number in range(12)]
    rows += [
        ("R2", "P1", 20.0, 5.0, 7), ("R2", "P2", 20.0, 5.0, 9), ("R2", "P3", 20.0, 5.0, None),
        ("R2", "P4", 30.0, 1.0, 1), ("R2", "P5", 20.0, None, 99),
    ]  # fmt: skip
    schema = "owner_id string, opportunity_id string, priority_score double, amount double, days_open int"
    first = first_per_rep(spark.createDataFrame(rows, schema)).orderBy("owner_id", "priority_rank").collect()
    assert [row.opportunity_id for row in first if row.owner_id == "R1"] == [f"O{number:02}" for number in range(10)]
    assert [row.opportunity_id for row in first if row.owner_id == "R2"] == ["P4", "P2", "P1", "P3", "P5"]


def test_low_days_are_those_of_the_last_30_days_and_unknown_without_activities(spark):
    deals = spark.createDataFrame([("R1",), ("R2",)], "owner_id string")
    activities = spark.createDataFrame([("R1", "30d", ["Friday"]), ("R1", "7d", ["Monday"])], ACTIVITY)
    reps = with_low_activity_days(deals, activities).collect()
    assert {row.owner_id: row.low_activity_days for row in reps} == {"R1": ["Friday"], "R2": None}


def test_an_action_shows_the_advice_of_the_deal(actions):
    [row] = actions({})
    assert (row.action_id, row.action_type, row.action_reason) == (
        "NBA-O1", "call", "Re-engage: 21 days without contact",
    )  # fmt: skip
    assert (row.priority_score, row.urgency, row.time_display) == (73.8, "today", "9:00 AM – 11:00 AM")


def test_only_an_unknown_amount_and_health_are_null(actions):
    unknown = ("amount", "health_score", "days_since_contact", "days_until_close", "days_in_stage", "days_open")
    [row] = actions({**{name: None for name in unknown}, "risk_flags": []})
    assert {name for name, value in row.asDict().items() if value is None} == {"deal_amount", "deal_health"}


def test_days_since_contact_count_from_the_opening_of_a_deal_never_contacted(spark):
    df = spark.createDataFrame([(8, 40), (None, 40), (None, None)], "contact int, opened int")
    silence = days_of_silence(F.col("contact"), F.col("opened"))
    assert [row[0] for row in df.select(silence).collect()] == [8, 40, 0]


@pytest.mark.parametrize("end, times", [(False, ["9:00 AM", "10:00 AM"]), (True, ["11:00 AM", "12:00 PM"])])
def test_the_best_time_depends_on_the_role(spark, end, times):
    df = spark.createDataFrame([("Economic Buyer",), ("Unknown",)], "role string")
    assert [row[0] for row in df.select(best_time(F.col("role"), end)).collect()] == times


def test_an_action_that_can_wait_is_for_the_reps_first_quiet_day(spark):
    quiet = ["Thursday", "Friday"]
    df = spark.createDataFrame(
        [("soon", quiet), ("today", quiet), ("soon", []), ("soon", None)], "urgency string, days array<string>"
    )
    shown = df.select(time_display(F.lit("Champion"), F.col("urgency"), F.col("days"))).collect()
    hours = "2:00 PM – 4:00 PM"
    assert [row[0] for row in shown] == [f"Thursday {hours}", hours, hours, hours]


def test_every_action_has_an_icon(spark):
    df = spark.createDataFrame([(kind,) for kind in ACTION_TYPES], "action_type string")
    assert df.where(action_icon(F.col("action_type")).isNull()).count() == 0


def test_the_risk_of_a_delay_names_amount_and_days(spark):
    rows = [
        (1_200_000.0, 28, "$1.2M may slip: 28 days to the close date"),
        (85_000.0, 1, "$85K may slip: 1 day to the close date"),
        (85_000.0, 0, "$85K is due to close today"),
        (85_000.0, -3, "$85K is 3 days past its close date"),
        (None, None, "This deal may stall: no close date set"),
    ]
    df = spark.createDataFrame(rows, "amount double, days_until_close long, expected string")
    shown = df.select("expected", risk_if_delayed(F.col("amount"), F.col("days_until_close")).alias("shown")).collect()
    assert [row.shown for row in shown] == [row.expected for row in shown]
