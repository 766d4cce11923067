"""The facts about a rep from which coaching insights are written."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.ai.facts import facts, gathered, lead_over_team, stage_drivers, with_deals, with_texts
from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.reps import (
    NEXT_BEST_ACTIONS,
    REP_ACTIVITY_METRICS,
    REP_DRIVER_COMPARISON,
    REP_PERFORMANCE,
    REP_PERFORMANCE_VIEW,
    REP_STAGE_PACE,
)
from transforms.revops.contracts.scenario import REPORTING_CURRENCY

WIN_RATE = {
    "rep_id": "R1", "metric_name": "win_rate", "metric_label": "Win Rate", "format_type": "percent",
    "good_direction": "higher", "rep_value": 0.14, "top_performer_value": 0.38, "team_avg_value": 0.28,
}  # fmt: skip
STAGE = {"rep_id": "R1", "finished_count": 9, "avg_days": 12.0, "team_avg_days": 12.0, "lost_count": 0}


@pytest.mark.parametrize(
    ("changes", "lead"),
    [
        ({}, -0.5),
        ({"good_direction": "lower"}, 0.5),
        ({"team_avg_value": 0.0}, 0.0),
        ({"metric_name": "stage_losses", "good_direction": "lower", "rep_value": 0.8, "team_avg_value": 0.36}, -0.44),
    ],
    ids=["higher is better", "lower is better", "a team at zero", "a share in points"],
)
def test_the_lead_is_a_fraction_of_the_teams_value_and_points_of_losses(frame, changes, lead):
    drivers = frame(REP_DRIVER_COMPARISON, {**WIN_RATE, **changes})
    [row] = drivers.select(lead_over_team(F.struct("*"))).collect()
    assert row[0] == pytest.approx(lead)


def test_a_drivers_texts_agree_with_each_other(frame):
    [row] = with_texts(frame(REP_DRIVER_COMPARISON, WIN_RATE).withColumn("currency_sign", F.lit("$"))).collect()
    assert (row.rep_text, row.top_performer_text, row.team_avg_text) == ("14%", "38%", "28%")
    assert row.gap_text == "14 points below team"


def test_a_deal_size_has_the_sign_of_the_reporting_currency(frame):
    deal_size = {**WIN_RATE, "metric_name": "avg_deal_size", "format_type": "decimal", "rep_value": 384_000.0,
                 "top_performer_value": 1_250_000.0, "team_avg_value": 431_000.0}  # fmt: skip
    [row] = with_texts(frame(REP_DRIVER_COMPARISON, deal_size).withColumn("currency_sign", F.lit("€"))).collect()
    assert (row.rep_text, row.top_performer_text, row.gap_text) == ("€384K", "€1.3M", "€47K below team")


def test_slowest_and_fastest_stage_are_drivers_and_the_stage_that_loses_more_than_the_team(frame):
    stages = (
        {**STAGE, "stage_name": "Discovery", "avg_days": 6.0},
        {**STAGE, "stage_name": "Proposal"},
        {**STAGE, "stage_name": "Negotiation", "avg_days": 33.0, "lost_count": 14, "lost_share": 0.7,
         "team_lost_share": 0.2},
        {**STAGE, "stage_name": "Solution Design", "lost_count": 6, "lost_share": 0.3, "team_lost_share": 0.5},
    )  # fmt: skip
    drivers = stage_drivers(frame(REP_STAGE_PACE, *stages)).collect()
    assert sorted((row.metric_label, row.rep_value, row.team_avg_value) for row in drivers) == [
        ("Days in Discovery", 6.0, 12.0),
        ("Days in Negotiation", 33.0, 12.0),
        ("Losses in Negotiation", 0.7, 0.2),
    ]


def test_a_stage_with_fewer_than_five_deals_is_no_driver(frame):
    few = {**STAGE, "stage_name": "Proposal", "finished_count": 4, "lost_count": 4, "lost_share": 1.0}
    assert stage_drivers(frame(REP_STAGE_PACE, few)).count() == 0


def test_an_action_is_named_by_its_account_or_by_its_deal_and_id(frame):
    actions = frame(
        NEXT_BEST_ACTIONS,
        {"opportunity_id": "D1", "account_name": "Acme"},
        {"opportunity_id": "D2", "account_name": "Unknown"},
    )
    deals = frame(
        DEAL_HEALTH_SCORES,
        {"opportunity_id": "D1", "opportunity_name": "Acme - Platform", "act_by": date(2024, 11, 15)},
        {"opportunity_id": "D2", "opportunity_name": "Data Hub", "act_by": date(2024, 11, 22)},
    )
    named = {row.opportunity_id: (row.deal_name, row.act_by) for row in with_deals(actions, deals).collect()}
    assert named == {"D1": ("Acme", date(2024, 11, 15)), "D2": ("Data Hub (D2)", date(2024, 11, 22))}


def test_rows_are_gathered_by_rep(spark):
    rows = spark.createDataFrame([("R1", 1), ("R1", 2), ("R2", 3)], "rep_id string, number long")
    numbers = {row.rep_id: sorted(driver.number for driver in row.rows) for row in gathered(rows, "rows").collect()}
    assert numbers == {"R1": [1, 2], "R2": [3]}


def test_a_rep_of_whom_nothing_is_known_has_empty_facts(frame):
    [row] = facts(
        frame(REP_PERFORMANCE_VIEW, {"rep_id": "R1"}),
        frame(REP_PERFORMANCE),
        frame(REP_DRIVER_COMPARISON),
        frame(REP_STAGE_PACE),
        frame(REP_ACTIVITY_METRICS),
        frame(NEXT_BEST_ACTIONS),
        frame(DEAL_HEALTH_SCORES),
        frame(REPORTING_CURRENCY, {"currency_sign": "€"}),
    ).collect()
    assert (row.drivers, row.actions, row.low_activity_days, row.currency_sign) == ([], [], [], "€")
    assert (row.closed_count, row.open_count, row.has_quota) == (None, None, None)
