from datetime import date

import pytest

from transforms.revops.contracts.deals import FORECAST_CONFIDENCE, FORECAST_HISTORY
from transforms.revops.dashboard.dashboard_kpis_by_filter import compute

TODAY = date(2024, 11, 15)
FORECAST = {
    **{field.name: 0.0 for field in FORECAST_CONFIDENCE.schema},
    **{name: TODAY for name in ("created_at", "updated_at", "data_freshness")},
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
    "quarter": "Q4 2024",
    "quarter_target": 1000.0,
    "ai_forecast": 850.0,
    "ai_forecast_1w_ago": 840.0,
}
SMB_IN_THE_WEST = {**FORECAST, "segment_filter": "SMB", "region_filter": "West", "quarter_target": 800.0}
HISTORY = {"quarter": "Q4 2024", "data_freshness": TODAY}
WEEKS = [
    {**HISTORY, "week_number": 6, "snapshot_date": date(2024, 11, 11), "cumulative_forecast": 900.0},
    {**HISTORY, "week_number": 7, "snapshot_date": TODAY, "cumulative_forecast": 880.0},
]


@pytest.fixture(scope="module")
def rows(run, frame):
    """(segment, region) → the KPIs."""
    forecast = frame(FORECAST_CONFIDENCE, FORECAST, SMB_IN_THE_WEST)
    written = run(compute, forecast=forecast, history=frame(FORECAST_HISTORY, *WEEKS)).collect()
    return {(row.segment_filter, row.region_filter): row for row in written}


def test_each_setting_of_the_forecast_has_its_gap(rows):
    assert {setting: row.gap_to_target for setting, row in rows.items()} == {("All", "All"): -150, ("SMB", "West"): 50}


def test_only_the_company_is_compared_with_its_snapshots(rows):
    assert (rows["All", "All"].forecast_change_1w, rows["SMB", "West"].forecast_change_1w) == (-20, 10)
