from datetime import date

import pytest

from transforms.revops.analytics.deal_forecast import compute
from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS, STAGE_BENCHMARKS

TODAY = date(2024, 11, 15)
OPEN = {
    "owner_id": "R1",
    "segment": "SMB",
    "amount": 100.0,
    "stage_name": "Proposal",
    "forecast_category": "Commit",
    "is_closed": False,
    "is_won": False,
    "opened_on": date(2024, 10, 1),
    "stage_entered_on": date(2024, 11, 1),
    "close_date": date(2024, 12, 20),
    "champion_status": "Unknown",
    "data_freshness": TODAY,
}
CLOSED = {**OPEN, "stage_name": "Closed Won", "forecast_category": "Closed", "is_closed": True, "is_won": True}
DEALS = {
    "OPEN": OPEN,
    "MOVED": {**OPEN, "stage_entered_on": date(2024, 11, 12)},
    "NEW": {**OPEN, "opened_on": date(2024, 11, 10)},
    "OMITTED": {**OPEN, "forecast_category": "Omitted"},
    "NO AMOUNT": {**OPEN, "amount": None},
    "WON": {**CLOSED, "close_date": TODAY},
    "LOST": {**CLOSED, "is_won": False, "stage_name": "Closed Lost", "close_date": date(2024, 11, 1)},
}
EVENTS = [
    {"opportunity_id": "MOVED", "activity": "Discovery", "sequence": 1, "started_on": date(2024, 11, 1)},
    {"opportunity_id": "MOVED", "activity": "Proposal", "sequence": 2, "started_on": date(2024, 11, 12)},
]
STAGES = [{"level": "activity", "name": name, "stage_name": name} for name in ("Discovery", "Proposal")]


@pytest.fixture(scope="module")
def rows(run, frame):
    """Opportunity → its row. One of two closed deals was won, and no last stage is recorded: rates are about a half."""
    written = run(
        compute,
        opportunities=frame(OPPORTUNITIES, *[{**deal, "opportunity_id": name} for name, deal in DEALS.items()]),
        health_scores=frame(DEAL_HEALTH_SCORES, {"opportunity_id": "OPEN", "health_score": 59.0}),
        sales_reps=frame(SALES_REPS, {"rep_id": "R1", "segment": "Enterprise"}),
        process_events=frame(PROCESS_EVENTS, *[{**event, "data_freshness": TODAY} for event in EVENTS]),
        stage_benchmarks=frame(STAGE_BENCHMARKS, *STAGES),
    )
    return {row.opportunity_id: row for row in written.collect()}


def planned(rate):
    """The win rate of a stage with this planning rate: 1 of 2 closed deals won, and 20 planned ones."""
    return (1 + 20 * rate) / 22


def test_an_open_deal_adds_its_amount_times_its_chance(rows):
    assert rows["OPEN"].win_chance == pytest.approx(planned(0.35))
    assert rows["OPEN"].expected_amount == pytest.approx(100 * planned(0.35))


def test_a_closed_deal_is_certain_and_adds_nothing_as_an_open_one(rows):
    assert [(rows[name].win_chance, rows[name].expected_amount) for name in ("WON", "LOST")] == [(1, 0), (0, 0)]


def test_a_deal_that_is_omitted_or_has_no_amount_adds_nothing(rows):
    assert (rows["OMITTED"].expected_amount, rows["NO AMOUNT"].expected_amount) == (0, 0)
    assert (rows["OMITTED"].in_forecast, rows["NO AMOUNT"].in_forecast) == (False, True)


def test_a_week_ago_a_deal_was_in_the_stage_that_its_process_was_in(rows):
    assert (rows["MOVED"].stage_1w_ago, rows["OPEN"].stage_1w_ago) == ("Discovery", "Proposal")
    assert rows["MOVED"].expected_amount_1w_ago == pytest.approx(100 * planned(0.10))


def test_a_week_ago_a_deal_was_in_the_state_of_that_day(rows):
    assert {name: row.state_1w_ago for name, row in rows.items()} == {
        "OPEN": "open", "MOVED": "open", "NEW": "none", "OMITTED": "open", "NO AMOUNT": "open",
        "WON": "open", "LOST": "lost",
    }  # fmt: skip
    assert rows["NEW"].expected_amount_1w_ago == 0


def test_a_deal_won_since_adds_by_the_win_rate_of_all_closed_deals_if_its_last_stage_is_unknown(rows):
    assert rows["WON"].expected_amount_1w_ago == pytest.approx(50)


def test_the_segment_is_the_owners_and_the_size_is_the_deals(rows):
    assert (rows["OPEN"].segment, rows["OPEN"].deal_size) == ("Enterprise", "SMB")


def test_a_commit_below_a_health_of_60_is_at_risk_and_one_of_unknown_health_is_not(rows):
    assert (rows["OPEN"].commit_at_risk, rows["MOVED"].commit_at_risk) == (True, False)


def test_the_age_runs_to_today_or_to_closing(rows):
    assert (rows["OPEN"].age_days, rows["LOST"].age_days) == (45, 31)
