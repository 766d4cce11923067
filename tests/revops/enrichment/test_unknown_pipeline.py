"""An export with neither prices and dates of open deals nor activities nor process history goes through to the end."""

from datetime import date

import pytest

from transforms.revops.analytics import (
    deals_stuck_in_process,
    forecast_confidence,
    health_distribution,
    pipeline_health_summary,
    process_bottleneck_analytics,
    stage_velocity,
)
from transforms.revops.contracts.scenario import ACTIVITIES, OPPORTUNITIES, PROCESS_EVENTS, SALES_REPS
from transforms.revops.dashboard import (
    compute_dashboard_kpis,
    dashboard_kpis_by_filter,
    forecast_history_by_filter,
    generate_forecast_history,
    health_distribution_by_filter,
    prepare_stuck_deals_view,
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
def given(run, frame, story):
    """The scenario datasets of the export, by the names that the transforms give them, and the health scores."""
    datasets = {
        "opportunities": frame(OPPORTUNITIES, OPEN, WON),
        "activities": frame(ACTIVITIES),
        "process_events": frame(PROCESS_EVENTS),
        "sales_reps": frame(SALES_REPS, REP),
        "stage_benchmarks": story["/RevOps/Reference/stage_benchmarks"],
    }
    return {**datasets, "health_scores": run(calculate_deal_health.compute, **datasets).localCheckpoint()}


def test_the_deals_health_is_unknown(given):
    [deal] = given["health_scores"].collect()
    assert (deal.health_score, deal.health_band, deal.risk_flags) == (None, "Unknown", [])


def test_the_advice_is_to_complete_the_record(given):
    [deal] = given["health_scores"].collect()
    assert (deal.next_action, deal.action_reason) == ("task", "Complete the record: no close date, contact or activity")
    assert (deal.contact_status, deal.slip_risk) == ("Not recorded", "MEDIUM")


def test_no_deal_has_a_health_to_distribute(run, given):
    summary = run(pipeline_health_summary.compute, **given)
    assert summary.where("region_filter = 'All'").first().unknown_count == 1
    assert run(health_distribution.compute, summary=summary).count() == 0
    assert run(health_distribution_by_filter.compute, summary=summary).count() == 0


def test_nothing_is_stuck(run, given):
    stuck = run(deals_stuck_in_process.compute, **given)
    assert run(prepare_stuck_deals_view.compute, stuck_deals=stuck, **given).count() == 0


@pytest.mark.parametrize("transform", [process_bottleneck_analytics, stage_velocity, stage_velocity_by_filter])
def test_a_process_without_history_has_no_figures(run, given, transform):
    assert run(transform.compute, **given).count() == 0


def test_kpis_have_what_was_won_and_no_null(run, given):
    forecast, history = run(forecast_confidence.compute, **given), run(generate_forecast_history.compute, **given)
    rows = (
        run(compute_dashboard_kpis.compute, forecast=forecast, history=history).where("team_filter = 'All'").collect()
    )
    assert {row.quarter: (row.ai_forecast, row.gap_to_target) for row in rows} == {
        "Q4 2017": (500, -500),
        "Unknown": (0, 0),
    }
    assert all(value is not None for row in rows for value in row)


@pytest.mark.parametrize("transform", [dashboard_kpis_by_filter, forecast_history_by_filter])
def test_every_setting_of_the_filters_has_its_figures_and_no_null(run, given, transform):
    forecast, history = run(forecast_confidence.compute, **given), run(generate_forecast_history.compute, **given)
    rows = run(transform.compute, **given, forecast=forecast, history=history).collect()
    assert {row.region_filter for row in rows} == {"All", "Unknown"}
    assert all(value is not None for row in rows for value in row)
