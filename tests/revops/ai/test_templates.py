"""Coaching insights by template: which facts are chosen, and how they are worded."""

from datetime import date

import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.ai.facts import STAGE_DAYS, STAGE_LOSSES
from transforms.revops.ai.templates import (
    SUGGESTIONS,
    action_words,
    improvements,
    overall_assessment,
    primary_focus_area,
    priority_actions,
    strengths,
)
from transforms.revops.analytics.rep_driver_comparison import DRIVERS

DRIVER = (
    "struct<metric_name: string, metric_label: string, good_direction: string, rep_value: double,"
    " top_performer_value: double, team_avg_value: double, gap_impact: string,"
    " rep_text: string, top_performer_text: string, team_avg_text: string, gap_text: string>"
)
ACTION = (
    "struct<priority_rank: long, account_name: string, deal_name: string, contact_name: string, action_type: string,"
    " action_reason: string, act_by: date, deal_amount: double>"
)


def driver(rep, top, team, label="Win Rate", direction="higher", name="win_rate", impact="3% potential"):
    texts = [None if value is None else f"{value:g}" for value in (rep, top, team)]
    return (name, label, direction, rep, top, team, impact, *texts, f"{abs(team - rep):g} below team")


def action(rank, contact="Ada Brown", kind="call", account="Acme"):
    return (
        rank,
        account,
        f"Deal {rank}",
        contact,
        kind,
        "Re-engage: 11 days without contact",
        date(2024, 11, 15),
        100.0,
    )


@pytest.fixture(scope="module")
def titles(spark):
    """titles(template, drivers, low days) → titles of what the template makes of them."""

    def titles_of(template, drivers, *low_days):
        schema = f"drivers array<{DRIVER}>, low_days array<string>"
        df = spark.createDataFrame([(drivers, *(low_days or [None]))], schema)
        columns = [F.col("drivers"), *([F.col("low_days")] if low_days else [])]
        return [insight.title for insight in df.select(template(*columns)).first()[0]]

    return titles_of


def test_every_driver_has_a_suggestion():
    assert set(SUGGESTIONS) == {driver.name for driver in DRIVERS} | {STAGE_DAYS, STAGE_LOSSES}


def test_the_widest_leads_are_the_strengths_three_at_most(titles):
    leads = [driver(team * 4.0, 99.0, 4.0, label) for label, team in (("A", 1.1), ("B", 1.4), ("C", 1.3), ("D", 1.2))]
    assert titles(strengths, leads) == ["B", "C", "D"]


def test_without_a_notable_lead_the_widest_one_is_the_strength(titles):
    leads = [driver(4.1, 9.0, 4.0, "A"), driver(4.15, 9.0, 4.0, "B"), driver(3.9, 9.0, 4.0, "C")]
    assert titles(strengths, leads) == ["B"]


def test_who_is_ahead_in_nothing_has_no_strength(titles):
    assert titles(strengths, [driver(4.0, 9.0, 4.0), driver(3.0, 9.0, 4.0)]) == []


def test_the_widest_lags_to_the_team_are_the_improvements_three_at_most(titles):
    lags = [driver(rep, 9.0, 4.0, label) for label, rep in (("A", 3.7), ("B", 1.0), ("C", 3.0), ("D", 2.0))]
    assert titles(improvements, lags, ["Friday"]) == ["B", "D", "C"]


def test_a_gap_to_the_top_performer_alone_is_no_improvement(titles):
    assert titles(improvements, [driver(5.0, 9.0, 4.0), driver(3.9, 99.0, 4.0)], []) == []


def test_losses_in_one_stage_are_an_improvement_from_15_points_above_the_team(titles):
    def losses(share, label):
        return driver(share, None, 0.25, label, "lower", STAGE_LOSSES, None)

    drivers = [losses(0.39, "A"), losses(0.41, "B")]
    assert titles(improvements, drivers, []) == ["B"]


def test_quiet_days_come_after_the_gaps(titles):
    assert titles(improvements, [driver(1.0, 5.0, 4.0)], ["Friday"]) == ["Win Rate", "Quiet Days"]


@pytest.fixture(scope="module")
def improvement(spark):
    """improvement(driver) → the fields of the only improvement that follows from it."""

    def of(row):
        df = spark.createDataFrame([([row], [])], f"drivers array<{DRIVER}>, low_days array<string>")
        [only] = df.select(improvements(F.col("drivers"), F.col("low_days"))).first()[0]
        return tuple(only)

    return of


def test_an_improvement_says_gap_impact_and_first_step(improvement):
    assert improvement(driver(1.0, 5.0, 4.0)) == (
        "Win Rate",
        "Win Rate 1 vs. team 4, top performer 5",
        "3 below team",
        "3% potential",
        "Qualify harder and review every lost deal with your manager",
    )


def test_the_impact_is_the_way_to_the_team_if_no_top_performer_is_ahead(improvement):
    stage = driver(33.0, None, 15.0, "Days in Negotiation", "lower", STAGE_DAYS, None)
    assert improvement(stage)[1:4:2] == (
        "Days in Negotiation 33 vs. team 15",
        "Closing the gap to the team: 33 to 15",
    )
    top = driver(1.0, 1.0, 4.0, impact="No gap to the top performer")
    assert improvement(top)[3] == "Closing the gap to the team: 1 to 4"


def test_the_first_three_actions_have_their_deadlines(spark):
    df = spark.createDataFrame([([action(4), action(3), action(1), action(2)],)], f"actions array<{ACTION}>")
    written = df.select(priority_actions(F.col("actions"))).first()[0]
    assert [(action.deal_name, action.action, action.deadline) for action in written] == [
        (f"Deal {rank}", "Call Ada Brown", "2024-11-15") for rank in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (action(1), "Call Ada Brown"),
        (action(1, kind="email"), "Email Ada Brown"),
        (action(1, kind="meeting"), "Meet with Ada Brown"),
        (action(1, kind="task"), "Follow up with Ada Brown"),
        (action(1, "Unknown"), "Call Acme"),
        (action(1, "Unknown", account="Unknown"), "Find the right contact"),
        (action(1, "Unknown", "task", "Unknown"), "Review the deal"),
    ],
)
def test_an_action_names_the_contact_or_the_account_or_what_to_do_without_either(spark, record, words):
    df = spark.createDataFrame([(record,)], f"action {ACTION}")
    assert df.select(action_words(F.col("action"))).first()[0] == words


@pytest.mark.parametrize(
    ("closed", "open_deals", "has_quota", "words"),
    [
        (
            25, 18, True,
            "Ada is at 78% of quota year to date, rank #4/12. Win rate 32% vs. team 28%. Tier: Needs Improvement.",
        ),
        (
            0, 18, True,
            "Ada is at 78% of quota year to date, rank #4/12. No deals closed this quarter. Tier: Needs Improvement.",
        ),
        (25, 18, False, "Ada has no quota set. Win rate 32% vs. team 28%."),
        (0, 0, True, "Ada has no deals yet."),
        (
            None, None, None,
            "Ada is at 78% of quota year to date, rank #4/12. Win rate 32% vs. team 28%. Tier: Needs Improvement.",
        ),
    ],
)  # fmt: skip
def test_the_assessment_says_only_what_is_known(spark, closed, open_deals, has_quota, words):
    df = spark.createDataFrame(
        [("Ada", "78%", "#4/12", 0.32, 0.28, "Needs Improvement", closed, open_deals, has_quota)],
        "rep_name string, ytd_attainment_display string, rank_display string, win_rate double,"
        " team_avg_win_rate double, performance_tier string, closed_count long, open_count long, has_quota boolean",
    )
    assert df.select(overall_assessment()).first()[0] == words


def test_the_focus_is_the_first_improvement_else_a_strength_else_a_first_pipeline(spark):
    rows = [
        ([("A",)], [("B",)], 5, 5, "B"), ([("A",)], [], 5, 5, "Keep up: A"), ([], [], 5, 5, "Unknown"),
        ([], [], 0, 0, "Build a first pipeline"),
    ]  # fmt: skip
    titled = "array<struct<title: string>>"
    df = spark.createDataFrame(
        rows, f"strengths {titled}, improvements {titled}, closed_count long, open_count long, expected string"
    )
    focus = primary_focus_area(F.col("strengths"), F.col("improvements"))
    assert_column_equality(df.select("expected", focus.alias("actual")), "actual", "expected")
