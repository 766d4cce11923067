from datetime import date

import pytest

from revops_dashboards.filters import HEALTH, Choice
from revops_dashboards.widgets.deal_detail import ACTIVITIES, EVENTS, content
from revops_dashboards.widgets.stuck_deals import STUCK

SCORES = {
    "recency_score": 21.0, "frequency_score": 12.0, "champion_score": None, "stakeholder_score": 8.0,
    "economic_buyer_score": 7.0, "momentum_score": 0.0,
}  # fmt: skip


def deal(identity, amount, team="Lee"):
    return {
        "opportunity_id": identity, "account_name": f"Account {identity}", "opportunity_name": identity,
        "amount": amount, "quarter": "Q4 2024", "manager_name": team, "segment": "SMB", "region": "West", **SCORES,
    }  # fmt: skip


@pytest.fixture
def deals(write):
    write(HEALTH, [deal("A", 10.0), deal("B", 30.0), deal("C", 20.0, team="Torres")])
    write(STUCK, [{"opportunity_id": "C", "action_reason": "unblock"}])
    write(ACTIVITIES, [
        {"activity_id": f"{day:02}", "opportunity_id": "A", "activity_date": date(2024, 11, day),
         "activity_type": "call", "contact_name": "Ann", "contact_role": "Champion"}
        for day in range(1, 12)
    ])  # fmt: skip
    write(EVENTS, [{"opportunity_id": "A", "sequence": 2}, {"opportunity_id": "A", "sequence": 1}])


def test_without_a_choice_the_largest_deal_is_shown(tables, deals):
    found = content(tables, Choice(quarter="Q4 2024"))
    assert found["deal"]["opportunity_id"] == "B"
    assert [(one["opportunity_id"], one["is_stuck"]) for one in found["choices"]] == [
        ("B", False),
        ("C", True),
        ("A", False),
    ]


def test_a_chosen_deal_that_the_filters_do_not_show_gives_way_to_one_that_they_do(tables, deals):
    assert content(tables, Choice(quarter="Q4 2024", team="Lee", deal="C"))["deal"]["opportunity_id"] == "B"


def test_the_last_activities_stand_first_and_the_way_in_its_order(tables, deals):
    found = content(tables, Choice(quarter="Q4 2024", deal="A"))
    assert [one["activity_date"].day for one in found["activities"]] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert [one["sequence"] for one in found["events"]] == [1, 2]


def test_a_signal_that_is_not_known_has_no_bar(tables, deals):
    told = content(tables, Choice(quarter="Q4 2024", deal="A"))["signals"].description
    assert told == "Points of Account A's health: Recency 21, Frequency 12, Stakeholder 8, Economic buyer 7, Momentum 0"


def test_only_a_stuck_deal_has_advice(tables, deals):
    assert content(tables, Choice(quarter="Q4 2024", deal="A"))["advice"] is None
    assert content(tables, Choice(quarter="Q4 2024", deal="C"))["advice"]["action_reason"] == "unblock"
