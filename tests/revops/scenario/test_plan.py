from datetime import date

import pytest

from transforms.revops.scenario.conditions import WON_GAPS, Condition
from transforms.revops.scenario.plan import Plan

CONDITION = Condition(4, True, "Strong", (0,), WON_GAPS)


def plan(stage, lost_in=None):
    return Plan("David Kim", 120_000, stage, "Closed", date(2024, 11, 1), CONDITION, lost_in=lost_in)


@pytest.mark.parametrize(("stage", "outcome"), [("Closed Won", "won"), ("Closed Lost", "lost"), ("Proposal", "open")])
def test_a_plan_is_won_lost_or_open_by_its_stage(stage, outcome):
    stage_plan = plan(stage)
    assert stage_plan.outcome == outcome
    assert [stage_plan.is_won, stage_plan.is_lost, stage_plan.is_open] == [
        outcome == kind for kind in ("won", "lost", "open")
    ]


@pytest.mark.parametrize(
    ("stage", "reached"),
    [
        (plan("Closed Won"), "Verbal Commit"),
        (plan("Closed Lost", lost_in="Discovery"), "Discovery"),
        (plan("Proposal"), "Proposal"),
    ],
    ids=["won", "lost", "open"],
)
def test_the_last_open_stage_of_a_deal(stage, reached):
    assert stage.reached_stage == reached


def test_the_segment_is_by_amount():
    assert plan("Proposal").segment == "Mid-Market"
