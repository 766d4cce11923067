from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.contracts.deals import DEAL_HEALTH_SCORES
from transforms.revops.contracts.scenario import OPPORTUNITIES, SALES_REPS
from transforms.revops.dashboard.forecast_history_by_filter import accuracy, compute, with_accuracy

TODAY = date(2024, 11, 15)
DEAL = {
    "opportunity_id": "D1",
    "quarter": "Q4 2024",
    "owner_id": "R1",
    "manager_name": "Lee",
    "segment": "Enterprise",
    "region": "West",
    "quarter_target": 2600.0,
    "amount": 100.0,
    "stage_name": "Proposal",
    "is_closed": False,
    "is_won": False,
    "forecast_category": "Commit",
    "close_date": date(2024, 12, 20),
    "champion_status": "Strong",
    "data_freshness": TODAY,
}
SILENT = {**DEAL, "opportunity_id": "D2", "owner_id": "R2", "region": "East", "champion_status": "None"}
WON = {**DEAL, "opportunity_id": "D3", "is_closed": True, "is_won": True, "close_date": date(2024, 10, 22)}
NEXT_QUARTER = {**DEAL, "opportunity_id": "D4", "quarter": "Q1 2025", "manager_name": "Green"}
REP = {
    "rep_id": "R1",
    "manager_name": "Lee",
    "segment": "SMB",
    "region": "West",
    "quarters": [("Q3 2024", 700.0, 500.0), ("Q4 2024", 1300.0, 0.0)],
    "data_freshness": TODAY,
}
IN_THE_EAST = {**REP, "rep_id": "R2", "region": "East", "quarters": []}
WITHOUT_DEALS = {**REP, "rep_id": "R3", "manager_name": "Adams"}
HEALTH = [{"opportunity_id": "D1", "health_score": 80.0}, {"opportunity_id": "D2", "health_score": 40.0}]


@pytest.fixture(scope="module")
def rows(run, frame):
    """(team, segment, region, week number) → the row of the only quarter that has begun and has deals."""
    written = run(
        compute,
        opportunities=frame(OPPORTUNITIES, DEAL, SILENT, WON, NEXT_QUARTER),
        sales_reps=frame(SALES_REPS, REP, IN_THE_EAST, WITHOUT_DEALS),
        health_scores=frame(DEAL_HEALTH_SCORES, *HEALTH),
    ).collect()
    assert {row.quarter for row in written} == {"Q4 2024"}
    return {(row.team_filter, row.segment_filter, row.region_filter, row.week_number): row for row in written}


def test_filters_narrow_what_is_won_and_what_is_in_commit(rows):
    week_7 = {key[:3]: (row.cumulative_closed, row.pipeline_commit) for key, row in rows.items() if key[3] == 7}
    assert week_7["All", "All", "All"] == week_7["Lee", "SMB", "All"] == (100, 200)
    assert week_7["Lee", "SMB", "West"] == (100, 100)
    assert week_7["All", "All", "East"] == (0, 100)


def test_the_segment_is_the_owners_and_not_the_deals_size(rows):
    assert {segment for _, segment, _, _ in rows} == {"All", "SMB"}


def test_the_target_is_the_companys_or_the_quotas_of_the_reps(rows):
    targets = {team: rows[team, "All", "All", 1].cumulative_target for team in ("All", "Lee", "Adams")}
    assert targets == {"All": 200, "Lee": 100, "Adams": 100}  # a thirteenth
    assert rows["Lee", "All", "All", 1].quarter_target == 1300


def test_the_mean_health_score_is_known_of_the_day_that_is_recorded(rows):
    assert rows["All", "All", "All", 7].avg_health_score == 60
    assert rows["All", "All", "East", 7].avg_health_score == 40
    assert rows["All", "All", "All", 6].avg_health_score is None


def test_only_the_week_of_today_is_recorded(rows):
    assert {week for *_, week in rows if rows["All", "All", "All", week].is_recorded} == {7}


def test_only_settings_with_a_deal_or_a_quota_have_weeks_and_then_all_up_to_today(rows):
    weeks = {team: [week for name, *_, week in rows if name == team] for team in ("All", "Lee", "Adams", "Green")}
    assert weeks["Green"] == []
    assert sorted(set(weeks["Adams"])) == sorted(set(weeks["Lee"])) == list(range(1, 8))


def test_accuracy_is_one_less_the_miss(spark):
    cases = spark.createDataFrame([(110.0, 100.0), (90.0, 100.0), (90.0, 0.0)], "forecast double, final double")
    accuracies = [row[0] for row in cases.select(accuracy(F.col("forecast"), F.col("final"))).collect()]
    assert accuracies == [pytest.approx(0.9), pytest.approx(0.9), None]


def test_only_recorded_weeks_of_quarters_that_are_over_have_an_accuracy(spark):
    key = {"team_filter": "All", "segment_filter": "All", "region_filter": "All"}
    weeks = [("Q3 2024", True), ("Q3 2024", False), ("Q4 2024", True)]
    history = spark.createDataFrame(
        [(quarter, *key.values(), 90.0, recorded, None) for quarter, recorded in weeks],
        f"quarter string, {', '.join(f'{name} string' for name in key)}, cumulative_forecast double, "
        "is_recorded boolean, forecast_accuracy double",
    )
    finals = spark.createDataFrame([("Q3 2024", *key.values(), 100.0)], ["quarter", *key, "final_amount"])
    accuracies = {
        (row.quarter, row.is_recorded): row.forecast_accuracy for row in with_accuracy(history, finals).collect()
    }
    assert accuracies == {("Q3 2024", True): pytest.approx(0.9), ("Q3 2024", False): None, ("Q4 2024", True): None}
