import pytest

from transforms.revops.scenario.conditions import CONDITIONS, lost_condition, open_condition, won_condition
from transforms.revops.scenario.story import REP_NUMBERS, REPS


def rep(name):
    return REPS[REP_NUMBERS[name]]


@pytest.mark.parametrize("band", ["healthy", "monitor", "at_risk", "critical"])
@pytest.mark.parametrize("rep", REPS, ids=lambda rep: rep.name)
def test_every_rep_has_a_condition_for_every_band(rep, band):
    assert open_condition(band, rep, turn=0).band == band


def test_conditions_are_taken_in_turn():
    choices = CONDITIONS["monitor", "usual"]
    taken = [open_condition("monitor", rep("Sarah Chen"), turn) for turn in range(4)]
    assert taken == [choices[0], choices[1], choices[2], choices[0]]


def test_at_risk_deals_know_one_person():
    conditions = [c for (band, _), choices in CONDITIONS.items() if band == "at_risk" for c in choices]
    assert {condition.stakeholders for condition in conditions} == {1}


def test_james_deals_at_risk_are_in_negotiation():
    assert open_condition("at_risk", rep("James Wilson"), turn=0).stage == "Negotiation"


def test_jessica_wins_with_more_people_than_others():
    assert won_condition(rep("Jessica Taylor"), turn=0).stakeholders == 6
    assert won_condition(rep("Jessica Taylor"), turn=9).stakeholders == 5
    assert won_condition(rep("David Kim"), turn=0).stakeholders == 4


def test_every_seventh_lost_deal_has_two_people_but_kevins_one_and_jessicas_three():
    assert [lost_condition(rep("David Kim"), turn).stakeholders for turn in (5, 6, 7)] == [1, 2, 1]
    assert lost_condition(rep("Kevin Brown"), turn=6).stakeholders == 1
    assert lost_condition(rep("Jessica Taylor"), turn=6).stakeholders == 3
