from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.contracts.deals import FORECAST_CONFIDENCE, FORECAST_HISTORY
from transforms.revops.dashboard.compute_dashboard_kpis import compute, coverage_ratio, gap_pct, risk_level

TODAY = date(2024, 11, 15)
FORECAST = {
    **{field.name: 0.0 for field in FORECAST_CONFIDENCE.schema},
    **{name: TODAY for name in ("created_at", "updated_at", "data_freshness")},
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
    "quarter": "Q4 2024",
    "quarter_target": 1000.0,
    "closed_won_amount": 600.0,
    "open_pipeline_amount": 800.0,
    "commit_amount": 800.0,
    "commit_amount_1w_ago": 790.0,
    "ai_forecast": 850.0,
    "ai_forecast_1w_ago": 840.0,
}
HISTORY = {"quarter": "Q4 2024", "data_freshness": TODAY}
MONDAY = date(2024, 11, 11)
WEEKS = [
    {**HISTORY, "week_number": 6, "snapshot_date": MONDAY, "cumulative_forecast": 900.0, "cumulative_commit": 750.0},
    {**HISTORY, "week_number": 7, "snapshot_date": TODAY, "cumulative_forecast": 880.0, "cumulative_commit": 800.0},
]


@pytest.fixture
def kpis(run, frame):
    """kpis(weeks, field=value, …) → the rows made of one row of the forecast."""

    def compute_kpis(weeks, **changes):
        forecast = frame(FORECAST_CONFIDENCE, {**FORECAST, **changes})
        return run(compute, forecast=forecast, history=frame(FORECAST_HISTORY, *weeks)).collect()

    return compute_kpis


def test_the_gap_is_forecast_less_target(kpis):
    [row] = kpis(WEEKS)
    assert (row.gap_to_target, row.gap_pct, row.coverage_ratio, row.risk_level) == (-150, 0.15, 2.0, "High")
    assert row.snapshot_date == TODAY


def test_the_company_is_compared_with_last_weeks_snapshot(kpis):
    [row] = kpis(WEEKS)
    assert (row.forecast_change_1w, row.commit_change_1w) == (-20, 50)


@pytest.mark.parametrize(("weeks", "team"), [(WEEKS, "Lee"), (WEEKS[1:], "All"), ([], "All")])
def test_teams_and_weeks_without_a_snapshot_before_are_compared_with_a_week_ago(kpis, weeks, team):
    [row] = kpis(weeks, team_filter=team)
    assert (row.forecast_change_1w, row.commit_change_1w) == (10, 10)


def test_segments_have_no_kpis_of_their_own(kpis):
    assert kpis(WEEKS, segment_filter="SMB") == []


def test_without_a_target_there_is_no_gap_and_nothing_to_cover(spark):
    nothing = spark.range(1).select(
        gap_pct(F.lit(50.0), F.lit(0.0)), coverage_ratio(F.lit(50.0), F.lit(0.0), F.lit(0.0))
    )
    assert tuple(nothing.first()) == (0, 0)


def test_risk_rises_with_the_shortfall(spark):
    forecasts = spark.createDataFrame([(1200.0,), (950.0,), (900.0,), (800.0,), (799.0,)], "forecast double")
    levels = [row[0] for row in forecasts.select(risk_level(F.col("forecast"), F.lit(1000.0))).collect()]
    assert levels == ["Low", "Low", "Medium", "High", "Critical"]
