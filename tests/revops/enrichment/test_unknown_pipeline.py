"""An export with neither prices and dates of open deals nor activities nor process history goes through to the end."""

from datetime import date

import pytest

from transforms.revops.analytics import (
    deal_forecast,
    deal_slippage,
    deal_snapshots,
    deals_stuck_in_process,
    forecast_confidence,
    forecast_snapshots,
    health_distribution,
    pipeline_health_summary,
    process_bottleneck_analytics,
    stage_velocity,
    stage_win_rates,
)
from transforms.revops.contracts.movement import EARLIER_DEALS
from transforms.revops.contracts.scenario import ACTIVITIES, OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS
from transforms.revops.dashboard import (
    compute_dashboard_kpis,
    dashboard_kpis_by_filter,
    forecast_history_by_filter,
    generate_forecast_history,
    health_distribution_by_filter,
    prepare_stuck_deals_view,
    process_bottlenecks_by_filter,
    stage_velocity_by_filter,
)
from transforms.revops.enrichment import calculate_deal_health

TODAY = date(2017, 12, 31)
OPEN = {
    **{field.name: "Unknown" for field in OPPORTUNITIES.schema if field.dataType.typeName() == "string"},
    "opportunity_id": "D1",
    "stage_name": "Discovery",
    "forecast_category": "Pipeline",
    "is_closed": False,
    "is_won": False,
    "quarter_target": 0.0,
    "data_freshness": TODAY,
}
WON = {
    **OPEN,
    "opportunity_id": "D2",
    "stage_name": "Closed Won",
    "forecast_category": "Closed",
    "is_closed": True,
    "is_won": True,
    "amount": 500.0,
    "close_date": date(2017, 12, 1),
    "quarter": "Q4 2017",
    "quarter_target": 1000.0,
}
REP = {"manager_name": "Unknown", "quarters": []}


@pytest.fixture(scope="module")
def inputs(run, frame, story):
    """The scenario datasets of the export, by the names that the transforms give them, and the health scores."""
    datasets = {
        "opportunities": frame(OPPORTUNITIES, OPEN, WON),
        "activities": frame(ACTIVITIES),
        "process_events": frame(PROCESS_EVENTS),
        "sales_reps": frame(SALES_REPS, REP),
        "earlier_deals": frame(EARLIER_DEALS),
        "stage_benchmarks": story["/RevOps/Reference/stage_benchmarks"],
        "reporting_currency": story["/RevOps/Reference/reporting_currency"],
    }
    steps = {
        "deal_snapshots": deal_snapshots,
        "slippage": deal_slippage,
        "health_scores": calculate_deal_health,
        "deals": deal_forecast,
        "snapshots": forecast_snapshots,
        "forecast": forecast_confidence,
        "history": generate_forecast_history,
        "win_rates": stage_win_rates,
    }
    for name, module in steps.items():
        datasets[name] = run(module.compute, **datasets).localCheckpoint()
    return datasets


def test_the_deals_health_is_unknown(inputs):
    [deal] = inputs["health_scores"].collect()
    assert (deal.health_score, deal.health_band, deal.risk_flags) == (None, "Unknown", [])


def test_the_advice_is_to_complete_the_record(inputs):
    [deal] = inputs["health_scores"].collect()
    assert (deal.next_action, deal.action_reason) == ("task", "Complete the record: no close date, contact or activity")
    assert (deal.contact_status, deal.slip_risk) == ("Not recorded", "MEDIUM")


def test_no_deal_has_a_health_to_distribute(run, inputs):
    summary = run(pipeline_health_summary.compute, **inputs)
    assert summary.where("region_filter = 'All'").first().unknown_count == 1
    assert run(health_distribution.compute, summary=summary).count() == 0
    assert {row.unknown_count for row in run(health_distribution_by_filter.compute, summary=summary).collect()} == {1}


def test_nothing_is_stuck(run, inputs):
    stuck = run(deals_stuck_in_process.compute, **inputs)
    assert run(prepare_stuck_deals_view.compute, stuck_deals=stuck, **inputs).count() == 0


@pytest.mark.parametrize("transform", [process_bottleneck_analytics, process_bottlenecks_by_filter])
def test_a_process_without_history_has_no_figures(run, inputs, transform):
    assert run(transform.compute, **inputs).count() == 0


def test_open_deals_by_stage_are_known_without_history(run, inputs):
    stages = {row.stage_name: row for row in run(stage_velocity.compute, **inputs).collect()}
    assert (stages["Discovery"].deals_in_stage, stages["Discovery"].avg_duration_days) == (1, None)
    by_filter = run(stage_velocity_by_filter.compute, **inputs).where(
        "quarter_filter = 'All' AND region_filter = 'All'"
    )
    assert {row.deals_in_stage for row in by_filter.where("stage_name = 'Discovery'").collect()} == {1}


def test_kpis_have_what_was_won_and_no_null(run, inputs):
    rows = run(compute_dashboard_kpis.compute, **inputs).where("team_filter = 'All'").collect()
    assert {row.quarter: (row.ai_forecast, row.gap_to_target) for row in rows} == {
        "Q4 2017": (500, -500),
        "Unknown": (0, 0),
    }
    assert all(value is not None for row in rows for value in row)


def test_an_open_deal_without_a_close_date_is_seen_from_every_quarter(run, inputs):
    rows = run(dashboard_kpis_by_filter.compute, **inputs).where("region_filter = 'All' AND team_filter = 'All'")
    assert {row.quarter: row.undated_count for row in rows.collect()} == {"All": 1, "Q4 2017": 1, "Unknown": 1}


def test_a_source_without_commitments_says_so(run, inputs):
    assert {row.commit_recorded for row in run(dashboard_kpis_by_filter.compute, **inputs).collect()} == {False}


@pytest.mark.parametrize("transform", [dashboard_kpis_by_filter, forecast_history_by_filter])
def test_every_setting_of_the_filters_has_its_figures(run, inputs, transform):
    rows = run(transform.compute, **inputs).collect()
    assert {row.region_filter for row in rows} == {"All", "Unknown"}
