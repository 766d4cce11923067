"""What holds for the plans of any seed."""

from collections import Counter

import pytest

from transforms.revops.scenario.plans import NAMED_DEALS, plans
from transforms.revops.scenario.story import REPS, TODAY

SEEDS = [1, 2, 20241115]


@pytest.fixture(params=SEEDS)
def planned(request):
    return plans(request.param)


def test_the_named_deals_come_first(planned):
    assert tuple(planned[: len(NAMED_DEALS)]) == NAMED_DEALS


def test_every_rep_has_the_deals_of_the_story(planned):
    for rep in REPS:
        mine = [plan for plan in planned if plan.rep == rep.name]
        assert len([plan for plan in mine if plan.is_won]) == sum(rep.won)
        assert len([plan for plan in mine if plan.is_lost]) == sum(rep.lost)
        assert len([plan for plan in mine if plan.is_open]) == sum(rep.open)


def test_every_rep_won_the_amount_of_the_story(planned):
    for rep in REPS:
        won = sum(plan.amount for plan in planned if plan.rep == rep.name and plan.is_won)
        assert won == 1000 * sum(rep.won_thousands)


def test_open_deals_are_63_healthy_54_monitor_45_at_risk_and_19_critical(planned):
    bands = Counter(plan.condition.band for plan in planned if plan.is_open)
    assert bands == {"healthy": 63, "monitor": 54, "at_risk": 45, "critical": 19}


def test_105_of_the_lost_deals_had_reached_proposal(planned):
    lost_in = Counter(plan.lost_in for plan in planned if plan.is_lost)
    assert lost_in["Proposal"] + lost_in["Negotiation"] == 105


def test_only_the_three_named_deals_in_commit_are_at_risk(planned):
    committed = [plan for plan in planned[len(NAMED_DEALS) :] if plan.forecast_category == "Commit"]
    assert {plan.condition.band for plan in committed} <= {"healthy", "monitor"}


def test_a_deal_without_activities_is_omitted_from_the_forecast(planned):
    untouched = [plan for plan in planned if not plan.condition.last_touch]
    assert {plan.forecast_category for plan in untouched} == {"Omitted"}


def test_everything_closes_on_a_weekday(planned):
    assert all(plan.close_date.weekday() < 5 for plan in planned)


def test_open_deals_close_after_today_but_for_four(planned):
    assert len([plan for plan in planned if plan.is_open and plan.close_date <= TODAY]) == 4
