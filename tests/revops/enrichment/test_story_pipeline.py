"""What the analytics bring to light in the demo scenario."""

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics import (
    deal_forecast,
    deals_stuck_in_process,
    forecast_confidence,
    forecast_snapshots,
    process_bottleneck_analytics,
)
from transforms.revops.dashboard import compute_dashboard_kpis, generate_forecast_history


@pytest.fixture(scope="module")
def bottlenecks(run, story, story_health):
    """Process activity → its row."""
    rows = run(
        process_bottleneck_analytics.compute,
        process_events=story["/RevOps/Scenario/process_events"],
        stage_benchmarks=story["/RevOps/Reference/stage_benchmarks"],
        health_scores=story_health,
    ).collect()
    return {row.activity: row for row in rows}


@pytest.fixture(scope="module")
def history(run, story):
    return run(
        generate_forecast_history.compute, opportunities=story["/RevOps/Scenario/opportunities"]
    ).localCheckpoint()


@pytest.fixture(scope="module")
def kpis(run, story, story_health, history):
    """The company's KPIs of the current quarter."""
    datasets = {path.rpartition("/")[2]: rows for path, rows in story.items()} | {"health_scores": story_health}
    deals = run(deal_forecast.compute, **datasets).localCheckpoint()
    snapshots = run(forecast_snapshots.compute, **datasets, deals=deals).localCheckpoint()
    forecast = run(forecast_confidence.compute, snapshots=snapshots)
    rows = run(compute_dashboard_kpis.compute, forecast=forecast, history=history)
    [row] = rows.where((F.col("quarter") == "Q4 2024") & (F.col("team_filter") == "All")).collect()
    return row


def test_legal_review_takes_12_days_instead_of_5_and_six_deals_worth_2_8_million_wait(bottlenecks):
    legal = bottlenecks["Legal Review"]
    assert (legal.avg_duration_days, legal.benchmark_days, legal.is_bottleneck) == (12, 5, True)
    assert (legal.deals_waiting, legal.amount_waiting) == (6, 2_800_000)


def test_security_review_takes_8_days_instead_of_3(bottlenecks):
    security = bottlenecks["Security Review"]
    assert (security.avg_duration_days, security.benchmark_days, security.is_bottleneck) == (8, 3, True)


def test_40_percent_fall_back_from_proposal_to_discovery(bottlenecks):
    proposal = bottlenecks["Proposal"]
    assert (proposal.fall_back_to, proposal.fall_back_to_rate) == ("Discovery", 0.4)


def test_vertex_is_stuck_in_proposal_for_45_days(run, story, story_health):
    stuck = run(
        deals_stuck_in_process.compute,
        health_scores=story_health,
        process_events=story["/RevOps/Scenario/process_events"],
        stage_benchmarks=story["/RevOps/Reference/stage_benchmarks"],
    )
    [vertex] = stuck.where("account_name = 'Vertex Software'").collect()
    assert (vertex.waits_in, vertex.days_waiting) == ("Proposal", 45)


def test_8_2_of_13_million_are_won_and_the_forecast_misses_the_target(kpis):
    assert (kpis.quarter_target, kpis.closed_won_amount) == (13_000_000, 8_200_000)
    assert 8_200_000 < kpis.ai_forecast < 13_000_000


def test_today_is_in_week_7_and_the_history_agrees_with_the_kpis(history, kpis):
    [today] = history.where("snapshot_date = data_freshness").collect()
    assert (today.week_number, today.cumulative_target) == (7, 7_000_000)
    assert (today.cumulative_closed, today.cumulative_commit) == (kpis.closed_won_amount, kpis.commit_amount)
    assert today.cumulative_forecast == pytest.approx(kpis.ai_forecast)
