from datetime import date

import pytest

from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS
from transforms.revops.dashboard.forecast_history_by_filter import compute

TODAY = date(2024, 11, 15)
DEAL = {
    "quarter": "Q4 2024",
    "manager_name": "Lee",
    "segment": "SMB",
    "region": "West",
    "quarter_target": 2600.0,
    "amount": 100.0,
    "is_closed": False,
    "is_won": False,
    "forecast_category": "Commit",
    "close_date": date(2024, 12, 20),
    "champion_status": "Strong",
    "data_freshness": TODAY,
}
SILENT = {**DEAL, "region": "East", "champion_status": "None"}
WON = {**DEAL, "segment": "Enterprise", "is_closed": True, "is_won": True, "close_date": date(2024, 10, 22)}
NEXT_QUARTER = {**DEAL, "quarter": "Q1 2025", "manager_name": "Green"}
REP = {
    "manager_name": "Lee",
    "segment": "SMB",
    "region": "West",
    "quarters": [("Q3 2024", 700.0, 500.0), ("Q4 2024", 1300.0, 0.0)],
    "data_freshness": TODAY,
}
WITHOUT_DEALS = {**REP, "manager_name": "Adams"}


@pytest.fixture(scope="module")
def rows(run, frame):
    """(team, segment, region, week number) → the snapshot of the only quarter that has begun and has deals."""
    written = run(
        compute,
        opportunities=frame(OPPORTUNITIES, DEAL, SILENT, WON, NEXT_QUARTER),
        sales_reps=frame(SALES_REPS, REP, WITHOUT_DEALS),
    ).collect()
    assert {row.quarter for row in written} == {"Q4 2024"}
    return {(row.team_filter, row.segment_filter, row.region_filter, row.week_number): row for row in written}


def test_filters_narrow_what_is_won_and_what_is_in_commit(rows):
    week_7 = {key[:3]: (row.cumulative_closed, row.pipeline_commit) for key, row in rows.items() if key[3] == 7}
    assert week_7["All", "All", "All"] == week_7["Lee", "All", "All"] == (100, 200)
    assert week_7["Lee", "Enterprise", "All"] == week_7["All", "Enterprise", "West"] == (100, 0)
    assert week_7["Lee", "SMB", "West"] == week_7["All", "All", "East"] == (0, 100)


def test_the_target_is_the_companys_or_the_quotas_of_the_reps(rows):
    targets = {team: rows[team, "All", "All", 1].cumulative_target for team in ("All", "Lee", "Adams")}
    assert targets == {"All": 200, "Lee": 100, "Adams": 100}  # a thirteenth


def test_the_mean_health_counts_each_deal_once(rows):
    silent = rows["All", "SMB", "East", 7].avg_pipeline_health
    assert (rows["All", "SMB", "West", 7].avg_pipeline_health, silent) == (100, 0)
    assert rows["All", "All", "All", 7].avg_pipeline_health == 50


def test_only_settings_with_a_deal_or_a_quota_have_weeks_and_then_all_thirteen(rows):
    weeks = {team: [week for name, *_, week in rows if name == team] for team in ("All", "Lee", "Adams", "Green")}
    assert weeks["Green"] == []
    assert sorted(set(weeks["Adams"])) == sorted(set(weeks["Lee"])) == list(range(1, 14))
    assert ("Lee", "Enterprise", "East", 1) not in rows
