from datetime import date

from transforms.revops.ai.generate_coaching_insights import compute
from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.reps import (
    NEXT_BEST_ACTIONS,
    REP_ACTIVITY_METRICS,
    REP_COACHING_INSIGHTS,
    REP_DRIVER_COMPARISON,
    REP_PERFORMANCE,
    REP_PERFORMANCE_VIEW,
    REP_STAGE_PACE,
)
from transforms.revops.contracts.scenario import REPORTING_CURRENCY

TODAY = date(2024, 11, 15)
REP = {
    "rep_id": "R1",
    "rep_name": "Ada",
    "ytd_attainment_display": "78%",
    "rank_display": "#1/1",
    "win_rate": 0.5,
    "team_avg_win_rate": 0.5,
    "performance_tier": "Needs Improvement",
    "data_freshness": TODAY,
}


def test_a_rep_of_whom_nothing_but_the_performance_is_known_has_a_complete_row(run_job, frame):
    written = run_job(
        compute,
        performance=frame(REP_PERFORMANCE_VIEW, REP),
        drivers=frame(REP_DRIVER_COMPARISON),
        activity=frame(REP_ACTIVITY_METRICS),
        actions=frame(NEXT_BEST_ACTIONS),
        results=frame(REP_PERFORMANCE),
        stage_pace=frame(REP_STAGE_PACE),
        deals=frame(DEAL_HEALTH_SCORES),
        reporting_currency=frame(REPORTING_CURRENCY, {"currency_sign": "$"}),
    )
    [row] = written.collect()
    assert (row.strengths, row.improvements, row.priority_actions) == ([], [], [])
    assert (row.generated_at, row.model_version, row.primary_focus_area) == (TODAY, "template-2", "Unknown")


def test_every_rep_has_the_fields_of_the_contract(run_job, frame):
    written = run_job(
        compute,
        performance=frame(REP_PERFORMANCE_VIEW, REP, {**REP, "rep_id": "R2"}),
        drivers=frame(REP_DRIVER_COMPARISON),
        activity=frame(REP_ACTIVITY_METRICS, {"rep_id": "R2", "period": "30d", "low_activity_days": ["Friday"]}),
        actions=frame(NEXT_BEST_ACTIONS),
        results=frame(REP_PERFORMANCE),
        stage_pace=frame(REP_STAGE_PACE),
        deals=frame(DEAL_HEALTH_SCORES),
        reporting_currency=frame(REPORTING_CURRENCY, {"currency_sign": "$"}),
    )
    assert written.columns == REP_COACHING_INSIGHTS.schema.fieldNames()
    assert {row.rep_id: row.primary_focus_area for row in written.collect()} == {"R1": "Unknown", "R2": "Quiet Days"}
