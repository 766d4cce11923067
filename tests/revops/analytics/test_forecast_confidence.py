from datetime import date

import pytest

from transforms.revops.analytics.forecast_confidence import compute
from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS

TODAY = date(2024, 11, 15)
DEAL = {
    "quarter": "Q4 2024",
    "manager_name": "Lee",
    "region": "West",
    "segment": "SMB",
    "quarter_target": 1000.0,
    "amount": 100.0,
    "is_closed": False,
    "is_won": False,
    "close_date": date(2024, 12, 20),
    "opened_on": date(2024, 9, 1),
    "data_freshness": TODAY,
}
WON_LONG_AGO = {**DEAL, "opportunity_id": "W1", "is_closed": True, "is_won": True, "close_date": date(2024, 10, 20)}
WON_THIS_WEEK = {**WON_LONG_AGO, "opportunity_id": "W2", "close_date": date(2024, 11, 14)}
COMMIT = {**DEAL, "opportunity_id": "C1", "forecast_category": "Commit"}
BEST_CASE = {**DEAL, "opportunity_id": "B1", "forecast_category": "Best Case"}
OMITTED = {**DEAL, "opportunity_id": "O1", "forecast_category": "Omitted"}
UNDATED = {**DEAL, "opportunity_id": "U1", "forecast_category": "Pipeline", "quarter": "Unknown", "quarter_target": 0.0}
HEALTH = [
    {"opportunity_id": "C1", "health_score": 70.0, "health_score_1w_ago": 35.0, "win_probability": 0.5},
    {"opportunity_id": "B1", "health_score": None, "health_score_1w_ago": None, "win_probability": 0.2},
    {"opportunity_id": "O1", "health_score": 90.0, "health_score_1w_ago": 90.0, "win_probability": 0.8},
    {"opportunity_id": "U1", "health_score": 0.0, "health_score_1w_ago": 0.0, "win_probability": 0.4},
]
REP = {
    "manager_name": "Lee",
    "region": "West",
    "segment": "SMB",
    "quarters": [("Q3 2024", 700.0, 500.0), ("Q4 2024", 800.0, 0.0)],
    "data_freshness": TODAY,
}


@pytest.fixture(scope="module")
def rows(run, frame):
    """(quarter, team, segment, region) → the forecast's row."""
    forecast = run(
        compute,
        opportunities=frame(OPPORTUNITIES, WON_LONG_AGO, WON_THIS_WEEK, COMMIT, BEST_CASE, OMITTED, UNDATED),
        health_scores=frame(DEAL_HEALTH_SCORES, *HEALTH),
        sales_reps=frame(SALES_REPS, REP, {**REP, "manager_name": "Green"}),
    )
    return {tuple(row)[:4]: row for row in forecast.collect()}


@pytest.fixture
def company(rows):
    return rows["Q4 2024", "All", "All", "All"]


def test_amounts_add_up_from_won_to_best_case(company):
    assert (company.closed_won_amount, company.commit_amount, company.best_case_amount) == (200, 300, 400)


def test_omitted_deals_are_not_in_the_pipeline(company):
    assert company.open_pipeline_amount == 200


def test_the_forecast_is_what_is_won_and_each_open_amount_times_its_chance(company):
    assert company.ai_forecast == pytest.approx(270)  # 200 + 100 × 0.5 + 100 × 0.2 of unknown health


def test_the_forecast_is_as_certain_as_its_dollars(company):
    assert company.ai_forecast_confidence == pytest.approx(245 / 270)  # 200 + 50 × 0.7 + 20 × 0.5


def test_the_commit_is_as_certain_as_its_deals_are_likely(company):
    assert company.commit_confidence == pytest.approx(250 / 300)


def test_a_week_ago_a_deal_won_since_was_in_commit(company):
    assert company.commit_amount_1w_ago == 300  # 100 won, two deals in Commit
    assert company.ai_forecast_1w_ago == pytest.approx(222.5)  # 100 + 65 + 100 × 0.5 × 0.75 + 20


def test_the_target_is_the_companys_or_the_quotas_of_the_reps(rows):
    targets = {team: rows["Q4 2024", team, "All", "All"].quarter_target for team in ("All", "Lee", "Green")}
    assert targets == {"All": 1000, "Lee": 800, "Green": 800}


def test_a_quarter_without_deals_has_no_row(rows):
    assert ("Q3 2024", "All", "All", "All") not in rows


def test_deals_without_a_close_date_are_a_row_without_target(rows):
    unknown = rows["Unknown", "All", "All", "All"]
    assert (unknown.quarter_target, unknown.ai_forecast) == (0, 20)  # 100 × 0.4, half of it for health 0
    assert unknown.commit_confidence == 0
