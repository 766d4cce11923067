from datetime import date, timedelta

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics.forecast_confidence import compute, target_state
from transforms.revops.contracts.forecast import FORECAST_SNAPSHOTS

TODAY = date(2024, 11, 15)
ZEROS = {
    field.name: 0.0 if field.dataType.typeName() == "double" else 0
    for field in FORECAST_SNAPSHOTS.schema
    if field.dataType.typeName() in ("double", "long")
}
SNAPSHOT = {
    **ZEROS,
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
    "quarter": "Q4 2024",
    "target_basis": "recorded",
    "commit_recorded": True,
    "snapshot_date": TODAY,
    "data_freshness": TODAY,
    "quarter_target": 1000.0,
    "closed_won_amount": 200.0,
    "commit_open_amount": 100.0,
    "best_case_open_amount": 50.0,
    "expected_amount": 70.0,
    "certain_amount": 45.0,
    "commit_expected_amount": 50.0,
    "ai_forecast": 270.0,
    "ai_forecast_1w_ago": 240.0,
}
UNDATED = {**SNAPSHOT, "quarter": "Unknown", "open_count": 3, "open_amount": 30.0}


@pytest.fixture
def row(run, frame):
    """row(*earlier snapshots) → the forecast of Q4 as of today."""

    def of(*earlier):
        rows = run(compute, snapshots=frame(FORECAST_SNAPSHOTS, SNAPSHOT, UNDATED, *earlier)).collect()
        [current] = [row for row in rows if row.quarter == "Q4 2024"]
        return current

    return of


def recorded(days_ago):
    return {
        **SNAPSHOT, "snapshot_date": TODAY - timedelta(days_ago), "ai_forecast": 300.0 + days_ago,
        "closed_won_amount": 180.0,
    }  # fmt: skip


def test_amounts_add_up_from_won_to_best_case(row):
    confidence = row()
    assert (confidence.closed_won_amount, confidence.commit_amount, confidence.best_case_amount) == (200, 300, 350)


def test_the_forecast_is_as_certain_as_its_dollars(row):
    assert row().ai_forecast_confidence == pytest.approx(245 / 270)


def test_the_commit_is_as_certain_as_its_deals_are_likely(row):
    assert row().commit_confidence == pytest.approx(250 / 300)


def test_without_a_snapshot_of_a_week_ago_the_forecast_is_reconstructed_and_the_commit_unknown(row):
    confidence = row(recorded(6), recorded(11))
    assert (confidence.change_basis, confidence.ai_forecast_1w_ago, confidence.commit_amount_1w_ago) == (
        "reconstructed",
        240,
        None,
    )


def test_a_recorded_snapshot_of_seven_days_ago_is_what_a_week_ago_was(row):
    confidence = row(recorded(6), recorded(7), recorded(8))
    assert (confidence.change_basis, confidence.ai_forecast_1w_ago, confidence.commit_amount_1w_ago) == (
        "recorded",
        307,
        280,
    )


def test_after_a_long_weekend_the_last_snapshot_before_counts(row):
    assert row(recorded(10)).ai_forecast_1w_ago == 310


def test_every_quarter_knows_the_open_deals_without_a_close_date(row):
    assert (row().undated_count, row().undated_amount) == (3, 30)


def test_a_target_is_none_met_missed_or_open(spark):
    rows = [(0.0, 5.0, True), (10.0, 10.0, True), (10.0, 9.9, True), (10.0, 9.9, False)]
    cases = spark.createDataFrame(rows, "target double, won double, is_over boolean")
    state = target_state(F.col("target"), F.col("won"), F.col("is_over"))
    assert [row[0] for row in cases.select(state).collect()] == ["no_quota", "met", "missed", "open"]
