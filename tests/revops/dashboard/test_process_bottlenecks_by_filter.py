from datetime import date

import pytest

from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS, STAGE_BENCHMARKS
from transforms.revops.dashboard.process_bottlenecks_by_filter import compute

TODAY = date(2024, 11, 15)
LEE = {
    "opportunity_id": "D1", "owner_id": "R1", "quarter": "Q4 2024", "manager_name": "Lee", "region": "West",
    "amount": 100.0, "is_closed": False,
}  # fmt: skip
NEXT_QUARTER = {**LEE, "opportunity_id": "D2", "quarter": "Q1 2025"}
GREEN = {**LEE, "opportunity_id": "D3", "owner_id": "R2", "manager_name": "Green"}
ACTIVITIES = [
    {"level": "activity", "name": name, "stage_name": name, "sort_order": order, "benchmark_days": 5.0}
    for order, name in enumerate(["Discovery", "Proposal"], start=1)
]


def event(deal, activity, sequence, days=None):
    return {
        "opportunity_id": deal, "activity": activity, "sequence": sequence, "duration_days": days,
        "ended_on": None if days is None else TODAY, "data_freshness": TODAY,
    }  # fmt: skip


EVENTS = [
    event("D1", "Proposal", 1, 8), event("D1", "Discovery", 2),
    event("D2", "Discovery", 1),
    event("D3", "Discovery", 1, 2), event("D3", "Proposal", 2, 4), event("D3", "Proposal", 3),
]  # fmt: skip


@pytest.fixture(scope="module")
def inputs(frame):
    return {
        "opportunities": frame(OPPORTUNITIES, LEE, NEXT_QUARTER, GREEN),
        "stage_benchmarks": frame(STAGE_BENCHMARKS, *ACTIVITIES),
        "sales_reps": frame(SALES_REPS, {"rep_id": "R1"}, {"rep_id": "R2"}),
    }


@pytest.fixture(scope="module")
def rows(run, frame, inputs):
    """(quarter, team, activity) → the row, of all segments and regions."""
    written = run(compute, **inputs, process_events=frame(PROCESS_EVENTS, *EVENTS)).collect()
    return {
        (row.quarter_filter, row.team_filter, row.activity): row
        for row in written
        if (row.segment_filter, row.region_filter) == ("All", "All")
    }


def test_durations_are_those_of_the_settings_reps_whatever_the_quarter(rows):
    days = {key: rows[key].avg_duration_days for key in rows if key[2] == "Proposal"}
    assert days["All", "All", "Proposal"] == days["Q1 2025", "All", "Proposal"] == 6
    assert (days["All", "Lee", "Proposal"], days["All", "Green", "Proposal"]) == (8, 4)


def test_the_quarter_narrows_the_deals_that_wait(rows):
    waiting = {quarter: rows[quarter, "All", "Discovery"].deals_waiting for quarter in ("All", "Q4 2024", "Q1 2025")}
    assert waiting == {"All": 2, "Q4 2024": 1, "Q1 2025": 1}


def test_deals_fall_back_from_the_activity_they_were_in(rows):
    assert (rows["All", "All", "Proposal"].fall_back_rate, rows["All", "Lee", "Proposal"].fall_back_to) == (
        0.5, "Discovery",
    )  # fmt: skip
    assert rows["All", "Green", "Proposal"].fall_back_to is None


def test_without_process_events_there_are_no_rows(run, frame, inputs):
    assert run(compute, **inputs, process_events=frame(PROCESS_EVENTS)).count() == 0
