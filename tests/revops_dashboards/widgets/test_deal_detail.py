from datetime import date

import pytest

from revops_dashboards.filters import DEALS, HEALTH, Choice
from revops_dashboards.widgets.deal_detail import ACTIVITIES, WIDGET, Activity, Deal, DealHealth, Event, content
from revops_dashboards.widgets.deals import EVENTS

SCORES = {
    "recency_score": 21.0, "frequency_score": 12.0, "stakeholder_score": 8.0, "economic_buyer_score": 7.0,
    "momentum_score": 0.0,
}  # fmt: skip


@pytest.fixture
def deals(write_as):
    write_as(DEALS, [Deal], [
        {"opportunity_id": "A", "account_name": "Acme", "quarter": "Q4 2024", "manager_name": "Lee", "segment": "SMB",
         "region": "West", "deal_state": "open", "amount": 30.0, "competitor": "Unknown"},
        {"opportunity_id": "W", "account_name": "Won Inc", "quarter": "Q4 2024", "manager_name": "Lee",
         "deal_state": "won", "close_date": date(2024, 11, 1), "age_days": 30},
    ])  # fmt: skip
    health = {"opportunity_id": "A", "contact_status": "Never contacted", **SCORES}
    write_as(HEALTH, [DealHealth], [health], opportunity_id="")
    write_as(ACTIVITIES, [Activity], [
        {"activity_id": f"{day:02}", "opportunity_id": "A", "activity_date": date(2024, 11, day),
         "activity_type": "call"} for day in range(1, 12)
    ], activity_id="", opportunity_id="")  # fmt: skip
    write_as(EVENTS, [Event], [
        {"opportunity_id": "A", "sequence": 2, "activity": "second"},
        {"opportunity_id": "A", "sequence": 1, "activity": "first"},
    ], opportunity_id="", sequence=0)  # fmt: skip


def test_the_last_activities_come_first_and_the_stages_in_their_order(tables, deals):
    detail = content(tables, Choice(deal="A"))
    assert [activity.activity_date.day for activity in detail.activities] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert [event.activity for event in detail.events] == ["first", "second"]


def test_a_signal_that_is_not_known_has_no_bar(tables, deals):
    assert content(tables, Choice(deal="A")).signals.description == (
        "Points of the deal's health: Recency 21 of 30; Frequency 12 of 18; Stakeholder 8 of 16; "
        "Economic buyer 7 of 7; Momentum 0 of 14"
    )


def test_a_deal_that_the_filters_do_not_show_is_shown_and_says_so(tables, deals):
    detail = content(tables, Choice(quarter="Q1 2025", team="Torres", region="West", deal="A"))
    assert (detail.deal.opportunity_id, detail.outside) == ("A", ["quarter Q1 2025", "team Torres"])


def test_a_deal_that_does_not_exist_is_said(deals, text_of):
    assert text_of(WIDGET, Choice(deal="nothing")) == "Deal There is no such deal."


def test_a_closed_deal_has_a_result_instead_of_health(deals, text_of):
    text = text_of(WIDGET, Choice(deal="W"))
    assert "Won Account Won Inc" in text
    assert "Closed Nov 1, 2024, after 30 days" in text
    assert "health" not in text


def test_what_is_not_known_of_a_deal_has_no_line(deals, text_of):
    text = text_of(WIDGET, Choice(deal="A"))
    assert "No close date" in text
    assert "Last contact Never contacted" in text
    for absent in ("Competitor", "Unknown", "Contact ", "Next step", "– ago"):
        assert absent not in text, absent
