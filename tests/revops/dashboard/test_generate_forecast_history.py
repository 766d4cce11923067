from datetime import date

import pytest

from transforms.revops.contracts.scenario import OPPORTUNITIES
from transforms.revops.dashboard.generate_forecast_history import compute

TODAY = date(2024, 11, 15)
DEAL = {
    "quarter": "Q4 2024",
    "quarter_target": 1300.0,
    "amount": 100.0,
    "is_closed": False,
    "is_won": False,
    "close_date": date(2024, 12, 20),
    "champion_status": "Unknown",
    "data_freshness": TODAY,
}
WON = {**DEAL, "is_closed": True, "is_won": True, "close_date": date(2024, 10, 22)}
COMMIT = {**DEAL, "forecast_category": "Commit", "opened_on": date(2024, 10, 10), "champion_status": "Strong"}
NEXT_QUARTER = {**DEAL, "quarter": "Q1 2025", "forecast_category": "Pipeline"}
UNDATED = {**DEAL, "quarter": "Unknown", "close_date": None, "forecast_category": "Pipeline"}


@pytest.fixture(scope="module")
def weeks(run, frame):
    """week number → the snapshot of a quarter with one deal won in week 4 and one in Commit, opened in week 2."""
    rows = run(compute, opportunities=frame(OPPORTUNITIES, WON, COMMIT, NEXT_QUARTER, UNDATED)).collect()
    assert {row.quarter for row in rows} == {"Q4 2024"}
    return {row.week_number: row for row in rows}


def test_a_quarter_that_has_begun_has_thirteen_weeks(weeks):
    assert sorted(weeks) == list(range(1, 14))


def test_a_week_is_dated_by_its_last_day_and_this_week_by_today(weeks):
    assert [weeks[number].snapshot_date for number in (1, 7, 8, 13)] == [
        date(2024, 10, 7), TODAY, date(2024, 11, 25), date(2024, 12, 31),
    ]  # fmt: skip


def test_the_target_progresses_in_equal_steps(weeks):
    assert [weeks[number].cumulative_target for number in (1, 7, 13)] == [100, 700, 1300]


def test_a_deal_moves_from_the_pipeline_to_closed_as_it_is_won(weeks):
    assert [weeks[number].cumulative_closed for number in (1, 2, 3, 4)] == [0, 0, 0, 100]
    assert [weeks[number].pipeline_commit for number in (1, 2, 3, 4)] == [0, 200, 200, 100]


def test_the_forecast_weighs_open_deals_by_category(weeks):
    assert weeks[1].cumulative_forecast == pytest.approx(30)  # Best Case, 15 days before it is won: 100 × 0.30
    assert weeks[7].cumulative_forecast == pytest.approx(165)  # 100 + 100 × 0.65


def test_weeks_to_come_stay_as_they_are_today(weeks):
    assert weeks[13].cumulative_commit == weeks[7].cumulative_commit == 200


def test_pipeline_health_is_that_of_the_recorded_signals_and_nothing_without_any(weeks):
    assert (weeks[1].avg_pipeline_health, weeks[7].avg_pipeline_health) == (0, 100)
