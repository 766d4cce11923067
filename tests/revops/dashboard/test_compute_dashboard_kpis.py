from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.contracts.deals import FORECAST_HISTORY
from transforms.revops.contracts.forecast import FORECAST_CONFIDENCE
from transforms.revops.dashboard.compute_dashboard_kpis import compute, coverage_ratio, gap_pct, kpis, risk_level

TODAY = date(2024, 11, 15)
ZEROS = {
    field.name: 0.0 if field.dataType.typeName() == "double" else 0
    for field in FORECAST_CONFIDENCE.schema
    if field.dataType.typeName() in ("double", "long")
}
FORECAST = {
    **ZEROS,
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
    "change_basis": "recorded",
    "commit_recorded": True,
}
HISTORY = {"quarter": "Q4 2024", "data_freshness": TODAY}
WEEKS = [
    {**HISTORY, "week_number": 5, "snapshot_date": date(2024, 11, 4), "created_at": TODAY},
    {**HISTORY, "week_number": 6, "snapshot_date": date(2024, 11, 11), "created_at": date(2024, 11, 11)},
    {**HISTORY, "week_number": 7, "snapshot_date": TODAY, "created_at": TODAY},
]


@pytest.fixture
def row_of(run, frame):
    """row_of(field=value, …) → the rows of the contract made of one row of the forecast."""

    def compute_kpis(**changes):
        forecast = frame(FORECAST_CONFIDENCE, {**FORECAST, **changes})
        return run(compute, forecast=forecast, history=frame(FORECAST_HISTORY, *WEEKS)).collect()

    return compute_kpis


@pytest.fixture
def extended(frame):
    """extended(field=value, …) → the row of `kpis`, which has more than the contract."""

    def of(**changes):
        return kpis(frame(FORECAST_CONFIDENCE, {**FORECAST, **changes}), frame(FORECAST_HISTORY, *WEEKS)).first()

    return of


def test_the_gap_is_forecast_less_target(row_of):
    [row] = row_of()
    assert (row.gap_to_target, row.gap_pct, row.coverage_ratio, row.risk_level) == (-150, 0.15, 2.0, "High")
    assert row.snapshot_date == TODAY


@pytest.mark.parametrize("team", ["All", "Lee"])
def test_company_and_teams_are_compared_with_a_week_ago_alike(row_of, team):
    [row] = row_of(team_filter=team)
    assert (row.forecast_change_1w, row.commit_change_1w) == (10, 10)


def test_a_commit_of_which_no_snapshot_is_recorded_has_no_known_change(extended):
    row = extended(change_basis="reconstructed", commit_amount_1w_ago=None)
    assert (row.commit_change_1w, row.commit_change_known, row.forecast_change_1w) == (0, False, 10)


def test_a_source_without_commitments_has_no_known_change_of_them(extended):
    assert extended(commit_recorded=False).commit_change_known is False


def test_figures_are_recorded_since_the_first_week_that_was_written_on_its_own_day(extended):
    assert extended().recorded_since == extended(quarter="All").recorded_since == date(2024, 11, 11)
    assert extended(quarter="Q1 2025").recorded_since is None


@pytest.mark.parametrize("narrowed", [{"segment_filter": "SMB"}, {"region_filter": "West"}, {"quarter": "All"}])
def test_segments_regions_and_all_quarters_have_no_rows_in_the_contracts_dataset(row_of, narrowed):
    assert row_of(**narrowed) == []


def test_without_a_target_there_is_no_gap_and_nothing_to_cover(spark):
    nothing = spark.range(1).select(
        gap_pct(F.lit(50.0), F.lit(0.0)), coverage_ratio(F.lit(50.0), F.lit(0.0), F.lit(0.0))
    )
    assert tuple(nothing.first()) == (0, 0)


def test_risk_rises_with_the_shortfall(spark):
    forecasts = spark.createDataFrame([(1200.0,), (950.0,), (900.0,), (800.0,), (799.0,)], "forecast double")
    levels = [row[0] for row in forecasts.select(risk_level(F.col("forecast"), F.lit(1000.0))).collect()]
    assert levels == ["Low", "Low", "Medium", "High", "Critical"]
