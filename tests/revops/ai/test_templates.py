from datetime import date

import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.ai.templates import (
    SUGGESTIONS,
    improvements,
    lead_over_team,
    overall_assessment,
    primary_focus_area,
    priority_actions,
    strengths,
)
from transforms.revops.analytics.rep_driver_comparison import DRIVERS

DRIVER = (
    "struct<metric_name: string, metric_label: string, good_direction: string, rep_value: double,"
    " top_performer_value: double, team_avg_value: double, gap_to_top: double, gap_pct: double, gap_impact: string,"
    " rep_text: string, top_performer_text: string, team_avg_text: string, gap_text: string>"
)
ACTION = (
    "struct<priority_rank: long, account_name: string, contact_name: string, action_type: string,"
    " action_reason: string, urgency: string, deal_amount: double>"
)


def driver(rep, top, team, label="Win Rate", direction="higher"):
    gap = top - rep if direction == "higher" else rep - top
    texts = [f"{value:g}" for value in (rep, top, team, gap)]
    return ("win_rate", label, direction, rep, top, team, gap, gap / top, "some impact", *texts)


def action(rank, contact="Ada Brown", urgency="today"):
    return (rank, f"Account {rank}", contact, "call", "No contact for 11 days", urgency, 100.0)


@pytest.fixture(scope="module")
def titles(spark):
    """titles(template, drivers, low days) → titles of what the template makes of them."""

    def titles_of(template, drivers, *low_days):
        schema = f"drivers array<{DRIVER}>, low_days array<string>"
        df = spark.createDataFrame([(drivers, *(low_days or [None]))], schema)
        columns = [F.col("drivers"), *([F.col("low_days")] if low_days else [])]
        return [each.title for each in df.select(template(*columns)).first()[0]]

    return titles_of


def test_every_driver_has_a_suggestion():
    assert set(SUGGESTIONS) == {driver.name for driver in DRIVERS}


def test_the_lead_over_the_team_knows_the_good_direction(spark):
    higher, lower, no_team = driver(6.0, 8.0, 4.0), driver(6.0, 8.0, 4.0, direction="lower"), driver(6.0, 8.0, 0.0)
    rows = [(higher, 0.5), (lower, -0.5), (no_team, 0.0)]
    df = spark.createDataFrame(rows, f"driver {DRIVER}, expected double")
    actual = df.select("expected", lead_over_team(F.col("driver")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_the_widest_leads_are_the_strengths_three_at_most(titles):
    leads = [driver(team * 4.0, 99.0, 4.0, label) for label, team in (("A", 1.1), ("B", 1.4), ("C", 1.3), ("D", 1.2))]
    assert titles(strengths, leads) == ["B", "C", "D"]


def test_a_lead_below_5_percent_is_no_strength(titles):
    assert titles(strengths, [driver(4.1, 9.0, 4.0)]) == []


def test_the_widest_gaps_to_the_top_are_the_improvements_three_at_most(titles):
    gaps = [driver(1.0, top, 4.0, label) for label, top in (("A", 5.0), ("B", 8.0), ("C", 7.0), ("D", 6.0))]
    assert titles(improvements, gaps, ["Friday"]) == ["B", "C", "D"]


def test_a_rep_ahead_of_the_team_has_no_gap_to_work_on(titles):
    assert titles(improvements, [driver(5.0, 9.0, 4.0)], []) == []


def test_quiet_days_come_after_the_gaps(titles):
    assert titles(improvements, [driver(1.0, 5.0, 4.0)], ["Friday"]) == ["Win Rate", "Quiet Days"]


def test_an_improvement_tells_gap_impact_and_how_to_begin(spark):
    df = spark.createDataFrame([([driver(1.0, 5.0, 4.0)], [])], f"drivers array<{DRIVER}>, low_days array<string>")
    [improvement] = df.select(improvements(F.col("drivers"), F.col("low_days"))).first()[0]
    assert tuple(improvement) == (
        "Win Rate",
        "Win Rate of 1 against 5 of the top performer and a team average of 4",
        "4",
        "some impact",
        "Qualify harder and review every lost deal with your manager",
    )


def test_the_first_three_actions_have_their_deadlines(spark):
    given = [action(4), action(3, urgency="soon"), action(1), action(2, "Unknown", "this_week")]
    df = spark.createDataFrame([(given, date(2024, 11, 15))], f"actions array<{ACTION}>, today date")
    written = df.select(priority_actions(F.col("actions"), F.col("today"))).first()[0]
    assert [(each.deal_name, each.action, each.deadline) for each in written] == [
        ("Account 1", "Call Ada Brown", "2024-11-15"),
        ("Account 2", "Call Account 2", "2024-11-22"),
        ("Account 3", "Call Ada Brown", "2024-11-29"),
    ]


def test_the_assessment_is_one_sentence_of_facts(spark):
    df = spark.createDataFrame(
        [("Ada", "78%", "#4/12", 0.32, 0.28, "Needs Improvement")],
        "rep_name string, ytd_attainment_display string, rank_display string, win_rate double,"
        " team_avg_win_rate double, performance_tier string",
    )
    assert df.select(overall_assessment()).first()[0] == (
        "Ada has reached 78% of the quota of the year to date, ranks #4/12 and wins 32% of closed deals"
        " against 28% of the team: Needs Improvement"
    )


def test_the_focus_is_the_first_improvement_else_the_first_strength(spark):
    rows = [([("A",)], [("B",)], "B"), ([("A",)], [], "Keep up: A"), ([], [], "Unknown")]
    titled = "array<struct<title: string>>"
    df = spark.createDataFrame(rows, f"strengths {titled}, improvements {titled}, expected string")
    focus = primary_focus_area(F.col("strengths"), F.col("improvements"))
    assert_column_equality(df.select("expected", focus.alias("actual")), "actual", "expected")
