from datetime import date

import pytest

from transforms.revops.analytics.forecast_snapshots import compute
from transforms.revops.contracts.forecast import DEAL_FORECAST
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS

TODAY = date(2024, 11, 15)
OPEN = {
    "quarter": "Q4 2024",
    "manager_name": "Lee",
    "region": "West",
    "segment": "SMB",
    "deal_state": "open",
    "state_1w_ago": "open",
    "amount": 100.0,
    "forecast_category": "Pipeline",
    "in_forecast": True,
    "commit_at_risk": False,
    "expected_amount": 40.0,
    "expected_amount_1w_ago": 30.0,
    "health_score": 50.0,
    "opened_on": date(2024, 10, 1),
    "close_date": date(2024, 12, 20),
    "data_freshness": TODAY,
}
WON = {
    **OPEN,
    "deal_state": "won",
    "expected_amount": 0.0,
    "in_forecast": False,
    "close_date": date(2024, 11, 14),
    "expected_amount_1w_ago": 90.0,
}
LOST = {**WON, "deal_state": "lost", "manager_name": "Green", "close_date": date(2024, 11, 8), "state_1w_ago": "lost"}
COMMIT = {**OPEN, "forecast_category": "Commit", "commit_at_risk": True, "amount": None, "expected_amount": 0.0}
UNDATED = {**OPEN, "quarter": "Unknown", "close_date": None, "opened_on": date(2024, 11, 9)}
REP = {"manager_name": "Lee", "region": "West", "segment": "SMB", "quarters": [("Q4 2024", 800.0, 0.0)]}


@pytest.fixture(scope="module")
def rows(run, frame):
    """(quarter, team) → today's snapshot, of all segments and regions."""
    written = run(
        compute,
        deals=frame(DEAL_FORECAST, OPEN, WON, LOST, COMMIT, UNDATED),
        opportunities=frame(OPPORTUNITIES, {"quarter": "Q4 2024", "quarter_target": 800.0, "data_freshness": TODAY}),
        sales_reps=frame(SALES_REPS, REP),
    ).collect()
    return {
        (row.quarter, row.team_filter): row
        for row in written
        if (row.segment_filter, row.region_filter) == ("All", "All")
    }


def test_the_forecast_is_what_is_won_and_what_the_open_deals_add(rows):
    row = rows["Q4 2024", "All"]
    assert (row.closed_won_amount, row.expected_amount, row.ai_forecast) == (100, 40, 140)


def test_a_week_ago_counts_by_the_states_of_that_day(rows):
    assert rows["Q4 2024", "Lee"].ai_forecast_1w_ago == 150  # 30 of each deal open then, 90 of the one won since


def test_deals_count_in_their_state_and_category_with_or_without_an_amount(rows):
    row = rows["Q4 2024", "All"]
    assert (row.won_count, row.lost_count, row.open_count) == (1, 1, 2)
    assert (row.commit_open_count, row.commit_open_amount, row.pipeline_open_amount) == (1, 0, 100)
    assert row.commit_at_risk_count == 1


def test_movement_is_that_of_the_last_seven_days(rows):
    assert (rows["Q4 2024", "All"].won_1w_count, rows["Q4 2024", "All"].lost_1w_count) == (1, 0)
    assert (rows["Unknown", "All"].opened_1w_count, rows["Q4 2024", "All"].opened_1w_count) == (1, 0)


def test_all_quarters_have_the_deals_of_every_quarter_and_those_without_one(rows):
    assert (rows["All", "All"].open_count, rows["All", "All"].quarter_target) == (3, 800)


def test_a_setting_without_a_quota_has_the_target_zero(rows):
    assert (rows["Q4 2024", "Green"].quarter_target, rows["Q4 2024", "Green"].target_basis) == (0, "none")


def test_commitments_are_recorded_if_an_open_deal_of_any_setting_is_committed(rows):
    assert all(row.commit_recorded for row in rows.values())


def test_the_second_days_build_adds_its_snapshot_to_that_of_the_first(run_transform, frame):
    def inputs(day):
        opportunity = {"quarter": "Q4 2024", "quarter_target": 800.0, "data_freshness": day}
        return {
            "deals": frame(DEAL_FORECAST, {**OPEN, "data_freshness": day}),
            "opportunities": frame(OPPORTUNITIES, opportunity),
            "sales_reps": frame(SALES_REPS, REP),
        }

    first = run_transform(compute, inputs(date(2024, 11, 14)), checks=False).only
    second = run_transform(compute, inputs(TODAY), previous={"output": first}, checks=False).only
    assert {row.snapshot_date for row in second.collect()} == {date(2024, 11, 14), TODAY}
