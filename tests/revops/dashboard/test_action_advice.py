import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.contracts.vocabulary import ACTION_TYPES, RISK_FLAGS
from transforms.revops.dashboard.action_advice import (
    ADVICE,
    action_icon,
    action_reason,
    action_type,
    best_time,
    risk_if_delayed,
    urgency,
)

DEAL = "risk_flags array<string>, low_activity_days array<string>, expected string"


def deals(spark, rows):
    """Return deals, each silent for 11 days, 30 days in its stage, with TechRival competing."""
    facts = {"days_since_contact": 11, "days_in_stage": 30, "competitor": "TechRival"}
    return spark.createDataFrame(rows, DEAL).select("*", *[F.lit(fact).alias(name) for name, fact in facts.items()])


def test_every_risk_flag_has_its_advice():
    assert {advice.flag for advice in ADVICE} == set(RISK_FLAGS)


def test_the_first_advice_that_fits_decides_the_action(spark):
    rows = [
        (["STUCK", "CHAMPION_SILENT"], None, "call"), (["STUCK", "NO_EB"], None, "meeting"),
        (["COMPETITOR"], None, "email"), ([], None, "task"),
    ]  # fmt: skip
    actual = deals(spark, rows).select("expected", action_type(F.col("risk_flags")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_the_reason_names_the_fact_behind_the_flag(spark):
    rows = [
        (["GOING_DARK", "STUCK"], [], "No contact for 11 days: pick the conversation up again"),
        (["STUCK"], [], "In this stage for 30 days: agree on the next step"),
        (["COMPETITOR"], None, "TechRival is competing: send what sets us apart"),
    ]
    reason = action_reason(F.col("risk_flags"), F.col("low_activity_days"))
    assert_column_equality(deals(spark, rows).select("expected", reason.alias("actual")), "actual", "expected")


def test_a_deal_without_risk_is_for_the_days_on_which_the_rep_does_little(spark):
    rows = [
        ([], ["Thursday", "Friday"], "No risk in sight: plan the next step for your quiet Thursday or Friday"),
        ([], [], "No risk in sight: plan the next step"),
        ([], None, "No risk in sight: plan the next step"),
    ]
    reason = action_reason(F.col("risk_flags"), F.col("low_activity_days"))
    assert_column_equality(deals(spark, rows).select("expected", reason.alias("actual")), "actual", "expected")


def test_a_high_score_is_for_today(spark):
    rows = [(65.0, "today"), (64.9, "this_week"), (45.0, "this_week"), (44.9, "soon"), (0.0, "soon")]
    df = spark.createDataFrame(rows, "score double, expected string")
    assert_column_equality(df.select("expected", urgency(F.col("score")).alias("actual")), "actual", "expected")


@pytest.mark.parametrize("end, times", [(False, ("9:00 AM", "10:00 AM")), (True, ("11:00 AM", "12:00 PM"))])
def test_the_best_time_depends_on_the_role(spark, end, times):
    rows = list(zip(("Economic Buyer", "Unknown"), times, strict=True))
    df = spark.createDataFrame(rows, "role string, expected string")
    assert_column_equality(df.select("expected", best_time(F.col("role"), end).alias("actual")), "actual", "expected")


def test_every_action_has_an_icon(spark):
    df = spark.createDataFrame([(kind,) for kind in ACTION_TYPES], "action_type string")
    assert df.where(action_icon(F.col("action_type")).isNull()).count() == 0


def test_the_risk_of_a_delay_names_unknown_amounts_and_dates(spark):
    rows = [
        (1_200_000.0, 14, "$1.2M may slip: 14d until the close date"),
        (85_000.0, 0, "$85K is expected to close today"),
        (85_000.0, -3, "$85K is past its close date"),
        (None, None, "A deal of unknown amount may stall: it has no close date"),
    ]
    df = spark.createDataFrame(rows, "amount double, days_until_close long, expected string")
    risk = risk_if_delayed(F.col("amount"), F.col("days_until_close"))
    assert_column_equality(df.select("expected", risk.alias("actual")), "actual", "expected")
