from datetime import date

import pytest

from transforms.revops.contracts.deals import FORECAST_HISTORY
from transforms.revops.contracts.scenario import OPPORTUNITIES
from transforms.revops.dashboard.generate_forecast_history import compute, with_recorded

TODAY = date(2024, 11, 15)
DEAL = {
    "quarter": "Q4 2024",
    "quarter_target": 1300.0,
    "amount": 100.0,
    "stage_name": "Proposal",
    "is_closed": False,
    "is_won": False,
    "close_date": date(2024, 12, 20),
    "champion_status": "Unknown",
    "data_freshness": TODAY,
}
WON = {
    **DEAL, "is_closed": True, "is_won": True, "opened_on": date(2024, 9, 1), "close_date": date(2024, 10, 22),
    "stage_name": "Closed Won",
}  # fmt: skip
COMMIT = {**DEAL, "forecast_category": "Commit", "opened_on": date(2024, 10, 10), "champion_status": "Strong"}
NEXT_QUARTER = {**DEAL, "quarter": "Q1 2025", "forecast_category": "Pipeline"}
UNDATED = {**DEAL, "quarter": "Unknown", "close_date": None, "forecast_category": "Pipeline"}


@pytest.fixture(scope="module")
def weeks(run, frame):
    """week number → the row of a quarter with one deal won in week 4 and one in Commit, opened in week 2."""
    rows = run(compute, opportunities=frame(OPPORTUNITIES, WON, COMMIT, NEXT_QUARTER, UNDATED)).collect()
    assert {row.quarter for row in rows} == {"Q4 2024"}
    return {row.week_number: row for row in rows}


def test_a_quarter_that_goes_on_has_its_weeks_up_to_today(weeks):
    assert sorted(weeks) == list(range(1, 8))
    assert max(row.snapshot_date for row in weeks.values()) == TODAY


def test_a_quarter_that_is_over_has_thirteen_weeks(run, frame):
    over = {**WON, "data_freshness": date(2025, 3, 1)}
    rows = run(compute, opportunities=frame(OPPORTUNITIES, over)).collect()
    assert sorted(row.week_number for row in rows) == list(range(1, 14))
    assert max(row.snapshot_date for row in rows) == date(2024, 12, 31)


def test_a_week_is_dated_by_its_last_day_and_this_week_by_today(weeks):
    assert [weeks[number].snapshot_date for number in (1, 6, 7)] == [date(2024, 10, 7), date(2024, 11, 11), TODAY]


def test_only_the_row_of_today_counts_as_recorded(weeks):
    assert [number for number, row in weeks.items() if row.created_at == row.snapshot_date] == [7]


def test_the_target_progresses_in_equal_steps(weeks):
    assert [weeks[number].cumulative_target for number in (1, 7)] == [100, 700]


def test_a_deal_moves_from_the_pipeline_to_closed_as_it_is_won(weeks):
    assert [weeks[number].cumulative_closed for number in (1, 2, 3, 4)] == [0, 0, 0, 100]
    assert [weeks[number].pipeline_commit for number in (1, 2, 3, 4)] == [0, 200, 200, 100]


def test_the_forecast_is_what_is_won_and_each_open_amount_times_its_chance(weeks):
    # one closed deal, won: 100% of it; in Proposal (1 + 20 x 0.35) / 21, times 1.15 for a strong champion
    assert weeks[1].cumulative_forecast == pytest.approx(100)
    assert weeks[7].cumulative_forecast == pytest.approx(100 + 100 * 8 / 21 * 1.15)


def test_pipeline_health_is_that_of_the_recorded_signals_and_nothing_without_any(weeks):
    assert (weeks[1].avg_pipeline_health, weeks[7].avg_pipeline_health) == (0, 100)


def row(week, day, created_at, forecast, quarter="Q4 2024", freshness=TODAY):
    return {
        "quarter": quarter, "week_number": week, "snapshot_date": day, "created_at": created_at,
        "cumulative_forecast": forecast, "data_freshness": freshness,
    }  # fmt: skip


WEEK_6, THURSDAY = date(2024, 11, 11), date(2024, 11, 14)


@pytest.fixture
def merged(frame):
    """merged(*previous) → week number → (snapshot_date, forecast) of weeks 6, reconstructed, and 7, today's."""

    def merge(*previous):
        today = frame(FORECAST_HISTORY, row(6, WEEK_6, TODAY, 60.0), row(7, TODAY, TODAY, 70.0))
        rows = with_recorded(today, frame(FORECAST_HISTORY, *previous)).collect()
        assert {row.data_freshness for row in rows} == {TODAY}
        return {row.week_number: (row.snapshot_date, row.cumulative_forecast) for row in rows}

    return merge


def test_a_week_that_was_recorded_stays_as_it_was_recorded(merged):
    sunday = date(2024, 11, 10)
    assert merged(row(6, sunday, sunday, 66.0, freshness=sunday)) == {6: (sunday, 66), 7: (TODAY, 70)}


def test_the_week_that_goes_on_is_todays(merged):
    assert merged(row(7, THURSDAY, THURSDAY, 77.0, freshness=THURSDAY))[7] == (TODAY, 70)


def test_a_week_that_was_reconstructed_is_so_again(merged):
    assert merged(row(6, WEEK_6, THURSDAY, 66.0, freshness=THURSDAY))[6] == (WEEK_6, 60)


def test_rows_after_today_and_of_quarters_without_deals_are_dropped(merged):
    later = date(2024, 11, 20)
    assert merged(row(8, later, later, 80.0), row(3, later, later, 1.0, quarter="Q4 2017")).keys() == {6, 7}


def test_the_second_days_build_keeps_what_the_first_recorded(run_transform, frame):
    monday = date(2024, 11, 18)
    first = frame(OPPORTUNITIES, COMMIT)
    recorded = run_transform(compute, {"opportunities": first}, checks=False).only
    moved = {**COMMIT, "stage_name": "Negotiation", "data_freshness": date(2024, 11, 19)}
    later = run_transform(
        compute,
        {"opportunities": frame(OPPORTUNITIES, moved)},
        previous={"output": recorded},
        checks=False,
    ).only.collect()
    week_7 = next(week for week in later if week.week_number == 7)
    assert (week_7.snapshot_date, week_7.created_at) == (TODAY, TODAY)
    assert {week.week_number for week in later} == set(range(1, 9))
    assert monday not in {week.snapshot_date for week in later}
