from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from transforms.revops.scenario.conditions import LOST_GAPS, WON_GAPS, Condition
from transforms.revops.scenario.history import Step, stage_entered_on, steps, touches
from transforms.revops.scenario.plan import Plan
from transforms.revops.scenario.story import REP_NUMBERS, REPS

TODAY = date(2024, 11, 15)
DAVID = REPS[REP_NUMBERS["David Kim"]]
WON = Plan(
    "David Kim", 120_000, "Closed Won", "Closed", date(2024, 11, 1), Condition(4, True, "Strong", (0,), WON_GAPS)
)
LOST = replace(
    WON, stage="Closed Lost", lost_in="Discovery", condition=Condition(1, False, "None", (2, 3, 4, 5), LOST_GAPS)
)
OPEN = replace(WON, stage="Proposal", condition=Condition(2, True, "Engaged", (4,), ((2, 3),), days_in_stage=(10, 10)))
REVIEWS = {"Legal Review": 12, "Security Review": 8}


def activities(history):
    return [step.activity for step in history]


def test_a_won_deal_goes_through_the_whole_process():
    assert activities(steps(WON, DAVID, False, REVIEWS, Random(1))) == [
        "Lead Created", "Qualified", "Discovery", "Solution Design", "Proposal", "Negotiation",
        "Legal Review", "Security Review", "Procurement", "Closed Won",
    ]  # fmt: skip


def test_a_small_deal_needs_no_security_review():
    small = replace(WON, amount=50_000)
    assert "Security Review" not in activities(steps(small, DAVID, False, {"Legal Review": 12}, Random(1)))


def test_reviews_take_the_days_given():
    history = steps(WON, DAVID, False, REVIEWS, Random(1))
    assert {step.activity: step.days for step in history if "Review" in step.activity} == REVIEWS


def test_a_lost_deal_leaves_the_process_out_of_its_last_stage():
    history = steps(LOST, DAVID, False, {}, Random(1))
    assert activities(history) == ["Lead Created", "Qualified", "Discovery", "Closed Lost"]
    assert history[-1] == Step("Closed Lost", date(2024, 11, 1), 0)


def test_an_open_deal_is_in_its_stage_for_the_days_of_its_condition():
    assert steps(OPEN, DAVID, False, {}, Random(1))[-1] == Step("Proposal", date(2024, 11, 5), None)


def test_falling_back_repeats_discovery_and_proposal():
    history = steps(OPEN, DAVID, True, {}, Random(1))
    assert activities(history)[-4:] == ["Solution Design", "Proposal", "Discovery", "Proposal"]


def test_an_open_deal_in_prospecting_was_opened_when_it_entered_its_stage():
    history = steps(replace(OPEN, stage="Prospecting"), DAVID, False, {}, Random(1))
    assert activities(history) == ["Lead Created", "Qualified"]
    assert history[0].started_on == stage_entered_on(history) == date(2024, 11, 1)


@pytest.mark.parametrize("plan", [WON, LOST, OPEN], ids=["won", "lost", "open"])
def test_each_step_begins_when_the_one_before_ended(plan):
    history = steps(plan, DAVID, False, REVIEWS, Random(1))
    assert all(
        before.started_on + timedelta(days=before.days) == after.started_on for before, after in pairwise(history)
    )


def test_a_stage_is_entered_with_the_first_of_its_steps():
    history = [
        Step("Negotiation", date(2024, 10, 1), 9),
        Step("Legal Review", date(2024, 10, 10), 12),
        Step("Procurement", date(2024, 10, 22), None),
    ]
    assert stage_entered_on(history) == date(2024, 10, 10)


def test_a_won_deal_is_touched_until_its_close_date():
    days = [touch.day for touch in touches(WON, DAVID, date(2024, 9, 1), Random(1))]
    assert days[-1] == date(2024, 11, 1)
    assert all((later - earlier).days <= 5 for earlier, later in pairwise(days))


def test_an_open_deal_was_last_touched_the_days_ago_of_its_condition():
    assert touches(OPEN, DAVID, date(2024, 9, 1), Random(1))[-1].day == date(2024, 11, 11)


def test_no_touch_is_before_the_opening():
    assert all(touch.day >= date(2024, 10, 30) for touch in touches(OPEN, DAVID, date(2024, 10, 30), Random(1)))


def test_a_deal_never_touched_has_no_touches():
    untouched = replace(OPEN, condition=replace(OPEN.condition, last_touch=()))
    assert touches(untouched, DAVID, date(2024, 9, 1), Random(1)) == []


def test_touches_without_gaps_are_three_or_four_in_every_week():
    weekly = replace(OPEN, condition=replace(OPEN.condition, gaps=None))
    contacts = touches(weekly, DAVID, date(2024, 11, 4), Random(1))
    this_week = [touch for touch in contacts if touch.day >= date(2024, 11, 11)]
    assert len(this_week) in (3, 4)
    assert len(contacts) - len(this_week) in (3, 4)


def test_touches_reach_the_people_of_a_deal_in_turn():
    slots = [touch.contact_slot for touch in touches(OPEN, DAVID, date(2024, 10, 1), Random(1))]
    assert slots[:4] == [0, 1, 0, 1]
