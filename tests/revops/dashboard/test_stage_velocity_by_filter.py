from datetime import date

import pytest

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS, STAGE_BENCHMARKS
from transforms.revops.dashboard.stage_velocity_by_filter import compute

TODAY = date(2024, 11, 15)
EVERYTHING = ("All", "All", "All", "All")
LEE = {"opportunity_id": "D1", "quarter": "Q4 2024", "manager_name": "Lee", "segment": "SMB", "region": "West"}
GREEN = {**LEE, "opportunity_id": "D2", "manager_name": "Green", "region": "East"}
NEXT_QUARTER = {**LEE, "opportunity_id": "D3", "quarter": "Q1 2025"}
OPEN = {**NEXT_QUARTER, "stage_name": "Discovery", "amount": 100.0}
STAGES = [
    {"level": level, "name": name, "stage_name": name, "sort_order": order, "benchmark_days": 5.0}
    for level in ("stage", "activity")
    for order, name in enumerate(["Discovery", "Proposal"], start=1)
]


def event(deal, activity, days=None):
    ended_on = None if days is None else TODAY
    return {
        "opportunity_id": deal,
        "activity": activity,
        "ended_on": ended_on,
        "duration_days": days,
        "data_freshness": TODAY,
    }


EVENTS = [
    event("D1", "Discovery", 2), event("D1", "Proposal", 6),
    event("D2", "Discovery", 4),
    event("D3", "Discovery", 9),
    event("OF NO KNOWN DEAL", "Discovery", 9),
]  # fmt: skip


@pytest.fixture(scope="module")
def rows(run, frame):
    """(quarter, team, segment, region) → stage → its row."""
    written = run(
        compute,
        opportunities=frame(OPPORTUNITIES, LEE, GREEN, NEXT_QUARTER),
        process_events=frame(PROCESS_EVENTS, *EVENTS),
        stage_benchmarks=frame(STAGE_BENCHMARKS, *STAGES),
        health_scores=frame(DEAL_HEALTH_SCORES, OPEN),
    ).collect()
    found = {}
    for row in written:
        setting = (row.quarter_filter, row.team_filter, row.segment_filter, row.region_filter)
        found.setdefault(setting, {})[row.stage_name] = row
    return found


def test_means_and_medians_are_of_the_deals_that_the_filters_show(rows):
    days = {
        setting: (rows[setting]["Discovery"].avg_duration_days, rows[setting]["Discovery"].median_duration_days)
        for setting in [EVERYTHING, ("Q4 2024", "All", "All", "All"), ("All", "Green", "All", "All")]
    }
    assert list(days.values()) == [(6, 6.5), (3, 3), (4, 4)]


def test_conversion_is_of_the_deals_that_the_filters_show(rows):
    assert rows["Q4 2024", "Lee", "All", "All"]["Discovery"].conversion_rate == 1
    assert rows["Q4 2024", "Green", "All", "All"]["Discovery"].conversion_rate == 0


def test_the_stage_of_a_deal_counts_in_its_own_quarter(rows):
    in_discovery = {setting: stages["Discovery"].amount_in_stage for setting, stages in rows.items()}
    assert in_discovery[EVERYTHING] == in_discovery["Q1 2025", "Lee", "SMB", "West"] == 100
    assert in_discovery["Q4 2024", "Lee", "SMB", "West"] == 0


def test_every_setting_with_a_deal_has_all_stages(rows):
    assert all(set(stages) == {"Discovery", "Proposal"} for stages in rows.values())
    assert rows["All", "Green", "All", "East"]["Proposal"].avg_duration_days is None


def test_settings_without_a_deal_have_no_rows(rows):
    quarters = {(quarter, team) for quarter, team, _, _ in rows}
    assert quarters == {
        ("All", "All"), ("All", "Lee"), ("All", "Green"),
        ("Q4 2024", "All"), ("Q4 2024", "Lee"), ("Q4 2024", "Green"),
        ("Q1 2025", "All"), ("Q1 2025", "Lee"),
    }  # fmt: skip
