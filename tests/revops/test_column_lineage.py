"""The recorded lineage of the pipeline's columns against a truth written by hand from the code of the transforms.

A direct source is a column from which the value is copied, computed or aggregated. What only decides which of several
values is taken, as the condition of a `when`, or which rows there are, is an indirect one.
"""

import pytest

from transforms_api.api import Project
from transforms_api.warehouse.column_lineage import ColumnName

HEALTH_SIGNALS = (
    "opportunities: data_freshness champion_status champion_silent_since stakeholder_count has_economic_buyer "
    "stage_entered_on; activities: activity_date; stage_benchmarks: benchmark_days"
)
WON_THIS_QUARTER = "opportunities: is_closed is_won quarter data_freshness"
OPEN_TODAY = "opportunities: opened_on data_freshness is_closed close_date forecast_category"
BAND_COUNTS = "healthy_count monitor_count at_risk_count critical_count"

DIRECT = {
    "deal_health_scores": {
        "opportunity_id": "opportunities: opportunity_id",
        "days_in_stage": "opportunities: data_freshness stage_entered_on",
        "days_since_contact": "opportunities: data_freshness; activities: activity_date",
        "days_until_close": "opportunities: close_date data_freshness",
        "contact_status": "",
        "benchmark_days": "stage_benchmarks: benchmark_days",
        "recency_score": "opportunities: data_freshness; activities: activity_date",
        "frequency_score": "",
        "champion_score": "opportunities: champion_status champion_silent_since data_freshness",
        "stakeholder_score": "opportunities: stakeholder_count",
        "economic_buyer_score": "opportunities: has_economic_buyer",
        "momentum_score": "opportunities: data_freshness stage_entered_on; stage_benchmarks: benchmark_days",
        "health_score": HEALTH_SIGNALS,
        "health_band": "",
        "risk_flags": "",
        "waits_in": "opportunities: stage_name; process_events: activity",
        "wait_benchmark_days": "stage_benchmarks: benchmark_days",
    },
    "deal_forecast": {
        "deal_state": "",
        "deal_size": "opportunities: segment",
        "segment": "sales_reps: segment",
        "age_days": "opportunities: close_date data_freshness opened_on",
        "health_score": "deal_health_scores: health_score",
        "health_band": "deal_health_scores: health_band",
        "in_forecast": OPEN_TODAY,
        "commit_at_risk": f"{OPEN_TODAY}; deal_health_scores: health_score",
    },
    "pipeline_health_summary": {
        "avg_health": "deal_health_scores: health_score",
        "open_amount": "deal_health_scores: amount",
        "healthy_amount": "deal_health_scores: amount",
        "open_count": "",
        "quarter": "deal_health_scores: quarter",
        "team_filter": "deal_health_scores: manager_name",
        "segment_filter": "sales_reps: segment",
        "region_filter": "deal_health_scores: region",
    },
    "health_distribution": {
        "healthy_pct": f"pipeline_health_summary: {BAND_COUNTS}",
        "at_risk_change_1w": f"pipeline_health_summary: {BAND_COUNTS} healthy_count_1w_ago monitor_count_1w_ago "
        "at_risk_count_1w_ago critical_count_1w_ago",
        "trend_direction": "",
        "snapshot_date": "pipeline_health_summary: data_freshness",
    },
    "stuck_deals_view": {
        "amount_display": "deal_health_scores: amount currency_sign",
        "risk_flags_display": "deal_health_scores: risk_flags",
        "primary_action": "deal_health_scores: next_action",
        "action_target": "deal_health_scores: primary_contact_name",
        "urgency_icon": "",
    },
    "next_best_actions": {
        "action_id": "deal_health_scores: opportunity_id",
        "rep_id": "deal_health_scores: owner_id",
        "deal_health": "deal_health_scores: health_score",
        "days_since_contact": "deal_health_scores: days_since_contact days_open",
        "time_display": "rep_activity_metrics: low_activity_days",
        "priority_rank": "",
        "risk_if_delayed": "deal_health_scores: amount days_until_close currency_sign",
    },
    "rep_performance": {
        "won_count": WON_THIS_QUARTER,
        "closed_amount": "opportunities: amount",
        "win_rate": WON_THIS_QUARTER,
        "team_win_rate": WON_THIS_QUARTER,
        "avg_deal_size": f"{WON_THIS_QUARTER} amount",
        "avg_sales_cycle_days": "opportunities: close_date opened_on",
        "ytd_quota": "sales_reps: quarters",
        "ytd_attainment": "sales_reps: quarters; opportunities: amount",
        "prior_quarter_attainment": "sales_reps: quarters",
        "overall_rank": "",
        "total_reps": "sales_reps: rep_id",
        "quarter": "sales_reps: data_freshness",
    },
    "rep_performance_view": {
        "rep_id": "rep_performance: rep_id",
        "ytd_attainment_display": "rep_performance: ytd_attainment",
        "rank_display": "rep_performance: overall_rank total_reps",
        "rank_change_qoq": "rep_performance: prior_quarter_rank overall_rank",
        "team_avg_win_rate": "rep_performance: team_win_rate",
        "win_rate_vs_team": "rep_performance: win_rate team_win_rate",
        "cycle_vs_team": "rep_performance: avg_sales_cycle_days team_avg_sales_cycle_days",
        "attainment_change_qoq": "rep_performance: ytd_attainment prior_ytd_attainment",
        "win_rate_change_qoq": "rep_performance: win_rate prior_quarter_win_rate",
        "performance_tier": "",
    },
    "rep_stage_pace": {
        "rep_id": "opportunities: owner_id",
        "stage_name": "stage_benchmarks: stage_name",
        "avg_days": "process_events: duration_days",
        "lost_count": "",
        "data_freshness": "opportunities: data_freshness",
    },
    "rep_activity_metrics": {
        "total_activities": "activities: activity_id",
        "call_count": "",
        "monday_avg": "activities: activity_id data_freshness",
        "low_activity_days": "",
    },
    "loss_analysis_by_filter": {
        "dimension": "",
        "value": "deal_forecast: loss_reason competitor closed_from_stage",
        "lost_amount": "deal_forecast: amount",
        "main_reason": "deal_forecast: loss_reason",
        "quarter_filter": "deal_forecast: quarter",
        "team_filter": "deal_forecast: manager_name",
    },
    "forecast_confidence": {
        "commit_amount": "forecast_snapshots: closed_won_amount commit_open_amount",
        "ai_forecast_confidence": "forecast_snapshots: closed_won_amount certain_amount ai_forecast",
        "ai_forecast_1w_ago": "forecast_snapshots: ai_forecast ai_forecast_1w_ago",
        "undated_amount": "forecast_snapshots: open_amount",
        "change_basis": "",
    },
    "deal_snapshots": {
        "deal_state": "earlier_deals: deal_state",
        "snapshot_date": "opportunities: data_freshness; earlier_deals: snapshot_date",
        "segment": "sales_reps: segment; earlier_deals: segment",
        "data_freshness": "opportunities: data_freshness",
    },
    "process_bottlenecks": {
        "activity": "stage_benchmarks: name",
        "avg_duration_days": "process_events: duration_days",
        "deviation_days": "process_events: duration_days; stage_benchmarks: benchmark_days",
        "amount_waiting": "deal_health_scores: amount",
        "fall_back_to": "process_events: activity",
    },
}
"""Dataset → column → its direct sources, in one step: 'dataset: column column; dataset: column'."""

INDIRECT = {
    "stuck_deals_view.health_score": "deals_stuck_in_process: opportunity_id; deal_health_scores: opportunity_id",
    "loss_analysis_by_filter.lost_amount": "deal_forecast: deal_state quarter manager_name segment region loss_reason "
    "competitor closed_from_stage",
    "health_distribution.healthy_pct": f"pipeline_health_summary: quarter segment_filter region_filter {BAND_COUNTS}",
    "next_best_actions.priority_rank": "deal_health_scores: owner_id priority_score amount days_open opportunity_id; "
    "rep_activity_metrics: rep_id period",
    "rep_performance_view.win_rate_change_qoq": "rep_performance: won_count lost_count",
    "deal_forecast.deal_size": "deal_health_scores: opportunity_id; sales_reps: rep_id; process_events: "
    "opportunity_id started_on data_freshness activity; stage_benchmarks: level name; opportunities: owner_id "
    "opportunity_id",
}
"""Column → all of its indirect sources, in one step."""

ORIGINS = {
    "stuck_deals_view.health_score": HEALTH_SIGNALS,
    "pipeline_health_summary.avg_health": HEALTH_SIGNALS,
    "health_distribution_by_filter.avg_health": HEALTH_SIGNALS,
    "rep_performance_view.win_rate": WON_THIS_QUARTER,
    "rep_performance_view.ytd_attainment_display": "sales_reps: quarters; opportunities: amount",
    "loss_analysis_by_filter.lost_amount": "opportunities: amount",
    "process_bottlenecks.amount_waiting": "opportunities: amount",
    "next_best_actions.deal_health": HEALTH_SIGNALS,
}
"""Column → the columns without sources from which it comes directly, in any number of steps."""


@pytest.fixture(scope="module")
def sources(built):
    """sources(column, is_direct) → its sources of this kind in one step; columns are like deal_forecast.amount."""
    graph = Project.open(warehouse=built[0]).column_graph()
    paths = {dataset.rpartition("/")[2]: dataset for dataset in graph.made}

    def of_column(name, is_direct):
        dataset, _, column = name.partition(".")
        sources = graph.sources(ColumnName(paths[dataset], column))
        chosen = [
            column_name for column_name, kinds in sources.items() if any(kind.is_direct is is_direct for kind in kinds)
        ]
        return {f"{column_name.dataset.rpartition('/')[2]}.{column_name.column}" for column_name in chosen}

    return of_column


def named(text):
    """Return the columns of a text such as 'opportunities: amount stage_name; activities: activity_date'."""
    parts = [part.partition(":") for part in text.split(";") if part.strip()]
    return {f"{dataset.strip()}.{column}" for dataset, _, columns in parts for column in columns.split()}


def origins(column, sources):
    """Return the columns without direct sources that are reached from a column by direct steps."""
    waiting, roots, seen = [column], set(), set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            direct = sources(name, is_direct=True)
            waiting += direct
            roots |= set() if direct else {name}
    return roots


@pytest.mark.parametrize("dataset, column", [(dataset, column) for dataset in DIRECT for column in DIRECT[dataset]])
def test_a_column_comes_directly_from_these_columns(sources, dataset, column):
    assert sources(f"{dataset}.{column}", is_direct=True) == named(DIRECT[dataset][column])


@pytest.mark.parametrize("column", INDIRECT)
def test_these_columns_and_no_others_affect_a_column_indirectly(sources, column):
    assert sources(column, is_direct=False) == named(INDIRECT[column])


@pytest.mark.parametrize("column", ORIGINS)
def test_a_column_comes_in_the_end_from_these_columns(sources, column):
    assert origins(column, sources) == named(ORIGINS[column])
