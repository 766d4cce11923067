from datetime import date

import pytest

from transforms.revops.contracts.forecast import DEAL_FORECAST
from transforms.revops.dashboard.loss_analysis_by_filter import compute

LOST = {
    "quarter": "Q4 2024",
    "manager_name": "Lee",
    "segment": "SMB",
    "region": "West",
    "deal_state": "lost",
    "loss_reason": "Price",
    "competitor": "TechRival",
    "closed_from_stage": "Proposal",
    "amount": 100.0,
    "data_freshness": date(2024, 11, 15),
}
DEALS = [
    LOST,
    {**LOST, "amount": None},
    {**LOST, "loss_reason": "Features", "closed_from_stage": None},
    {**LOST, "manager_name": "Green", "competitor": "None", "loss_reason": "Timing"},
    {**LOST, "deal_state": "won"},
]


@pytest.fixture(scope="module")
def rows(run, frame):
    """(quarter, team, dimension, value) → the row, of all segments and regions."""
    written = run(compute, deals=frame(DEAL_FORECAST, *DEALS)).collect()
    return {
        (row.quarter_filter, row.team_filter, row.dimension, row.value): row
        for row in written
        if (row.segment_filter, row.region_filter) == ("All", "All")
    }


def test_lost_deals_count_by_competitor_with_their_most_frequent_reason(rows):
    row = rows["All", "All", "competitor", "TechRival"]
    assert (row.lost_count, row.lost_amount, row.lost_pct) == (3, 200, 0.75)
    assert (row.main_reason, row.main_reason_count) == ("Price", 2)


def test_a_stage_that_is_not_recorded_is_unknown(rows):
    assert rows["Q4 2024", "All", "stage", "Unknown"].lost_count == 1


def test_filters_narrow(rows):
    assert rows["Q4 2024", "Green", "loss_reason", "Timing"].lost_pct == 1
    assert ("Q4 2024", "Green", "loss_reason", "Price") not in rows
