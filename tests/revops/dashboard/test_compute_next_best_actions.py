from datetime import date

import pytest
from chispa import assert_df_equality

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.reps import REP_ACTIVITY_METRICS
from transforms.revops.dashboard.compute_next_best_actions import (
    compute,
    first_per_rep,
    prioritized,
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
    "competitor": "None",
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


def test_the_five_factors_make_the_score(frame):
    # health 30 × 0.6 + silence 25 × 1 + amount 20 × 1 (the rep's largest) + close 15 × 0.5 + flags 10 × 1/3
    [row] = prioritized(frame(DEAL_HEALTH_SCORES, DEAL)).collect()
    assert row.priority_score == 73.8


def test_each_rep_has_ten_actions_at_most_and_equal_scores_rank_by_identifier(spark):
    rows = [("R1", f"O{number:02}", 50.0) for number in range(12)] + [("R2", "P1", 10.0), ("R2", "P2", 20.0)]
    deals = spark.createDataFrame(rows, "owner_id string, opportunity_id string, priority_score double")
    expected = [("R1", f"O{number:02}", number + 1) for number in range(10)] + [("R2", "P2", 1), ("R2", "P1", 2)]
    assert_df_equality(
        first_per_rep(deals).drop("priority_score"),
        spark.createDataFrame(expected, "owner_id string, opportunity_id string, priority_rank int"),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_low_days_are_those_of_the_last_30_days_and_unknown_without_activities(spark):
    deals = spark.createDataFrame([("R1",), ("R2",)], "owner_id string")
    activities = spark.createDataFrame([("R1", "30d", ["Friday"]), ("R1", "7d", ["Monday"])], ACTIVITY)
    schema = "owner_id string, low_activity_days array<string>"
    expected = spark.createDataFrame([("R1", ["Friday"]), ("R2", None)], schema)
    assert_df_equality(with_low_activity_days(deals, activities), expected, ignore_row_order=True)


def test_an_action_says_what_to_do_and_when(actions):
    [row] = actions({})
    assert (row.action_id, row.action_type, row.urgency, row.time_display) == (
        "NBA-O1", "call", "today", "9:00 AM – 11:00 AM",
    )  # fmt: skip


def test_a_deal_of_which_nothing_is_known_still_has_a_complete_action(actions):
    unknown = ("amount", "health_score", "days_since_contact", "days_until_close", "days_in_stage")
    [row] = actions({**{name: None for name in unknown}, "risk_flags": []})
    nulls = {name for name, value in row.asDict().items() if value is None}
    assert nulls == {"deal_amount", "deal_health", "days_since_contact"}


def test_half_of_every_unknown_factor_counts(actions):
    # (30 + 25 + 20 + 15) / 2, and no flag
    unknown = ("amount", "health_score", "days_since_contact", "days_until_close")
    [row] = actions({**{name: None for name in unknown}, "risk_flags": []})
    assert row.priority_score == 45.0
