from datetime import date

import pytest

from transforms.revops.contracts.forecast import STAGE_WIN_RATES
from transforms.revops.contracts.scenario import OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS, STAGE_BENCHMARKS
from transforms.revops.dashboard.stage_velocity_by_filter import compute

TODAY = date(2024, 11, 15)
EVERYTHING = ("All", "All", "All", "All")
LEE = {
    "opportunity_id": "D1", "owner_id": "R1", "quarter": "Q4 2024", "manager_name": "Lee", "segment": "Enterprise",
    "region": "West", "is_closed": True, "data_freshness": TODAY,
}  # fmt: skip
GREEN = {**LEE, "opportunity_id": "D2", "owner_id": "R2", "manager_name": "Green", "region": "East"}
NEXT_QUARTER = {
    **LEE, "opportunity_id": "D3", "quarter": "Q1 2025", "is_closed": False, "stage_name": "Discovery", "amount": 100.0,
}  # fmt: skip
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
def inputs(frame):
    return {
        "opportunities": frame(OPPORTUNITIES, LEE, GREEN, NEXT_QUARTER),
        "stage_benchmarks": frame(STAGE_BENCHMARKS, *STAGES),
        "sales_reps": frame(SALES_REPS, {"rep_id": "R1", "segment": "SMB"}, {"rep_id": "R2", "segment": "SMB"}),
        "win_rates": frame(
            STAGE_WIN_RATES, *[{"stage_name": name, "win_rate": 0.4} for name in ("Discovery", "Proposal")]
        ),
    }


@pytest.fixture(scope="module")
def rows(run, frame, inputs):
    """(quarter, team, segment, region) → stage → its row."""
    return by_setting(run(compute, **inputs, process_events=frame(PROCESS_EVENTS, *EVENTS)).collect())


def by_setting(written):
    durations = {}
    for row in written:
        setting = (row.quarter_filter, row.team_filter, row.segment_filter, row.region_filter)
        durations.setdefault(setting, {})[row.stage_name] = row
    return durations


def test_durations_are_those_of_the_settings_reps_whatever_the_quarter(rows):
    days = {
        setting: (rows[setting]["Discovery"].avg_duration_days, rows[setting]["Discovery"].median_duration_days)
        for setting in [EVERYTHING, ("Q4 2024", "All", "All", "All"), ("All", "Green", "All", "All")]
    }
    assert list(days.values()) == [(6, 6.5), (6, 6.5), (4, 4)]


def test_conversion_is_that_of_the_settings_reps_whatever_the_quarter(rows):
    lee, green = (rows["Q4 2024", team, "All", "All"]["Discovery"] for team in ("Lee", "Green"))
    assert (lee.conversion_rate, lee.decided_count) == (1, 1)
    assert (green.conversion_rate, green.decided_count) == (0, 0)


def test_without_process_events_the_deals_in_each_stage_are_known_and_the_durations_are_not(run, frame, inputs):
    rows = by_setting(run(compute, **inputs, process_events=frame(PROCESS_EVENTS)).collect())
    discovery = rows[EVERYTHING]["Discovery"]
    assert (discovery.deals_in_stage, discovery.amount_in_stage) == (1, 100)
    assert (discovery.avg_duration_days, discovery.decided_count) == (None, 0)


def test_each_stage_has_the_rate_at_which_the_forecast_expects_to_win_from_it(rows):
    assert rows[EVERYTHING]["Proposal"].win_rate == 0.4


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
