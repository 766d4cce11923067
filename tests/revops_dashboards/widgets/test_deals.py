"""The deal list: every figure of another page leads to just its deals."""

import pytest

from revops_dashboards.filters import DEALS, HEALTH, Choice, View
from revops_dashboards.widgets.deal_detail import Deal, DealHealth
from revops_dashboards.widgets.deals import EVENTS, WIDGET, content, deal_options, listing_of

MORE = {
    "health_score": 50.0, "health_band": "", "commit_at_risk": False, "state_1w_ago": "open", "days_since_contact": 1,
    "opportunity_id": "",
}  # fmt: skip


def deal(identity, amount, **values):
    return {
        "opportunity_id": identity, "account_name": f"Account {identity}", "opportunity_name": f"Deal {identity}",
        "owner_id": "R1", "owner_name": "Ann", "manager_name": "Lee", "segment": "SMB", "region": "West",
        "quarter": "Q4 2024", "deal_state": "open", "amount": amount, "stage_name": "Proposal",
        "forecast_category": "Pipeline", "health_band": "healthy", **values,
    }  # fmt: skip


ROWS = [
    deal("A", 10.0, forecast_category="Commit", health_band="at_risk", commit_at_risk=True),
    deal("B", 20.0, stage_name="Discovery", state_1w_ago="none"),
    deal("C", 30.0, quarter="Unknown", health_band="Unknown", owner_id="R2", owner_name="Bob"),
    deal("W", 40.0, deal_state="won", state_1w_ago="open", forecast_category="Closed"),
    deal("X", 50.0, deal_state="lost", state_1w_ago="lost", competitor="TechRival", loss_reason="Price"),
    deal("O", 60.0, manager_name="Torres"),
]


@pytest.fixture
def deals(write_as):
    columns = {name: value for name, value in MORE.items() if name not in ("opportunity_id", "days_since_contact")}
    write_as(DEALS, [Deal], ROWS, **columns)
    health = [
        {"opportunity_id": row["opportunity_id"], "risk_flags": ["GOING_DARK"] if row["opportunity_id"] == "A" else []}
        for row in ROWS
        if row["deal_state"] == "open"
    ]
    write_as(HEALTH, [DealHealth], health, opportunity_id="")


def listed(tables, **choice):
    listed = content(tables, Choice(**{"quarter": "Q4 2024", "team": "Lee", **choice})).listed
    return [row["opportunity_id"] for row in listed.rows] if listed else []


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, ["B", "A"]),
        ({"quarter": "All"}, ["C", "B", "A"]),
        ({"quarter": "Unknown"}, ["C"]),
        ({"team": "All"}, ["O", "B", "A"]),
        ({"status": "won"}, ["W"]),
        ({"status": "lost", "loss_reason": "Price"}, ["X"]),
        ({"status": "lost", "competitor": "Northwind"}, []),
        ({"category": "Commit"}, ["A"]),
        ({"band": "at_risk"}, ["A"]),
        ({"band": "below_60"}, ["A"]),
        ({"quarter": "All", "band": "Unknown"}, ["C"]),
        ({"stage": "Discovery"}, ["B"]),
        ({"flag": "GOING_DARK"}, ["A"]),
        ({"quarter": "All", "owner": "R2"}, ["C"]),
        ({"risk": "1"}, ["A"]),
        ({"moved": "opened"}, ["B"]),
        ({"status": "won", "moved": "won"}, ["W"]),
        ({"status": "lost", "moved": "lost"}, []),
        ({"status": "all"}, ["X", "W", "B", "A"]),
    ],
)
def test_the_address_chooses_the_deals(tables, deals, choice, expected):
    assert listed(tables, **choice) == expected


def test_deals_that_wait_in_an_activity_are_those_whose_event_goes_on(tables, deals, write):
    write(EVENTS, [
        {"opportunity_id": "A", "activity": "Legal Review", "ended_on": "2024-11-01"},
        {"opportunity_id": "A", "activity": "Negotiation", "ended_on": None},
        {"opportunity_id": "B", "activity": "Legal Review", "ended_on": None},
    ])  # fmt: skip
    assert listed(tables, waits_in="Legal Review") == ["B"]


def test_open_deals_are_summed_by_forecast_category_whichever_category_is_chosen(tables, deals):
    roll_up = content(tables, Choice(quarter="Q4 2024", team="Lee", category="Pipeline")).roll_up
    assert roll_up.description == "Open deals by forecast category: Commit $10 · 1 deal; Pipeline $20 · 1 deal"


def test_the_sums_follow_the_search(tables, deals):
    choice = Choice(quarter="Q4 2024", team="Lee", views={"": View(q="account b")})
    assert content(tables, choice).roll_up.description == "Open deals by forecast category: Pipeline $20 · 1 deal"


def test_the_list_says_what_narrows_it_and_how_to_remove_that(deals, text_of):
    text = text_of(WIDGET, Choice(quarter="Q4 2024", team="Lee", flag="GOING_DARK"), "/deals")
    assert "Going dark ×" in text
    assert "1 deal, $10" in text


def test_a_closed_deal_has_a_result_and_no_health(tables, deals):
    names = [column.name for column in listing_of(Choice(status="lost")).columns]
    assert "loss_reason" in names
    assert "health_score" not in names


def test_a_deal_without_a_close_date_says_so(deals, text_of):
    assert "No close date" in text_of(WIDGET, Choice(quarter="Unknown", team="Lee"), "/deals")


def test_the_list_can_be_narrowed_by_the_values_that_it_has(tables, deals):
    options = deal_options(tables, Choice(quarter="All", team="Lee"))
    assert (options.categories, options.stages, options.owners) == (
        ["Commit", "Pipeline"],
        ["Discovery", "Proposal"],
        [("R1", "Ann"), ("R2", "Bob")],
    )
