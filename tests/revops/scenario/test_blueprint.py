from dataclasses import replace
from datetime import date

import pytest

from transforms.revops.scenario.blueprint import blueprint, contact_roles
from transforms.revops.scenario.conditions import WON_GAPS, Condition
from transforms.revops.scenario.plan import Plan

CONDITION = Condition(3, True, "Strong", (0,), WON_GAPS)
PLAN = Plan("David Kim", 120_000, "Proposal", "Best Case", date(2024, 12, 2), CONDITION)


def test_the_same_seed_makes_the_same_blueprint():
    assert blueprint(1) == blueprint(1)


def test_different_seeds_make_different_blueprints():
    assert blueprint(1) != blueprint(2)


def test_deals_are_numbered_in_order():
    assert [deal.number for deal in blueprint(1)] == list(range(500))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("review", "days"), [("Legal Review", 12), ("Security Review", 8)])
def test_finished_reviews_average_the_days_of_the_story_for_any_seed(seed, review, days):
    taken = [step.days for deal in blueprint(seed) for step in deal.steps if step.activity == review and step.days]
    assert sum(taken) == days * len(taken)


@pytest.mark.parametrize("seed", [1, 2])
def test_40_percent_of_260_deals_fall_back_for_any_seed(seed):
    paths = [[step.activity for step in deal.steps] for deal in blueprint(seed)]
    assert len([path for path in paths if path.count("Proposal") == 2]) == 104
    assert len([path for path in paths if "Proposal" in path]) == 260


def test_champion_and_economic_buyer_come_first():
    assert contact_roles(PLAN) == ("Champion", "Economic Buyer", "Technical Evaluator")


def test_a_sponsor_comes_before_the_champion():
    assert contact_roles(replace(PLAN, sponsored=True)) == ("Executive Sponsor", "Champion", "Economic Buyer")


def test_a_deal_without_champion_and_buyer_has_contacts_in_other_roles():
    alone = replace(PLAN, condition=replace(CONDITION, stakeholders=1, champion="None", has_economic_buyer=False))
    assert contact_roles(alone) == ("Technical Evaluator",)


def test_many_people_are_end_users():
    many = replace(PLAN, condition=replace(CONDITION, stakeholders=8))
    assert contact_roles(many)[5:] == ("End User", "End User", "End User")


def test_a_champion_fell_silent_so_many_days_before_today():
    acme = blueprint(1)[0]
    assert acme.plan.account == "Acme Corporation"
    assert acme.champion_silent_since == date(2024, 11, 10)
