from datetime import date

import pytest

from transforms.revops.common.targets import rep_targets, targets_by_filter

TODAY = date(2024, 11, 15)
REPS = """
    manager_name string, segment string, region string,
    quarters array<struct<quarter: string, quota: double, closed_amount: double>>
"""
DEALS = "quarter string, quarter_target double, data_freshness date"
LEE = ("Lee", "SMB", "West", [("Q3 2024", 100.0, 0.0), ("Q4 2024", 300.0, 0.0)])
GREEN = ("Green", "SMB", "East", [("Q3 2024", 50.0, 0.0), ("Q4 2024", 100.0, 0.0)])


@pytest.fixture
def targets(spark):
    """targets(company's target by quarter, *reps) → (quarter, team) → (target in USD, basis), of all segments."""

    def of(companies, *reps):
        deals = spark.createDataFrame([(quarter, amount, TODAY) for quarter, amount in companies.items()], DEALS)
        rows = targets_by_filter(spark.createDataFrame(list(reps), REPS), deals)
        narrowed = rows.where("segment_filter = 'All' AND region_filter = 'All'").collect()
        return {(row.quarter, row.team_filter): (row.quarter_target, row.target_basis) for row in narrowed}

    return of


def test_recorded_quotas_are_the_targets_of_their_reps(targets):
    shares = targets({"Q4 2024": 400.0}, LEE, GREEN)
    assert shares["Q4 2024", "All"] == (400, "recorded")
    assert (shares["Q4 2024", "Lee"], shares["Q4 2024", "Green"]) == ((300, "recorded"), (100, "recorded"))


def test_a_company_target_without_quotas_is_shared_by_the_latest_ones(targets):
    shares = targets({"Q1 2025": 200.0}, LEE, GREEN)
    assert shares["Q1 2025", "All"] == (200, "recorded")
    assert (shares["Q1 2025", "Lee"], shares["Q1 2025", "Green"]) == ((150, "allocated"), (50, "allocated"))


def test_reps_without_a_quota_share_what_the_recorded_ones_leave(targets):
    planned = (*LEE[:3], [*LEE[3], ("Q1 2025", 120.0, 0.0)])
    shares = targets({"Q1 2025": 200.0}, planned, GREEN)
    assert (shares["Q1 2025", "Lee"], shares["Q1 2025", "Green"]) == ((120, "recorded"), (80, "allocated"))


def test_without_a_company_target_the_quotas_add_up(targets):
    assert targets({"Q4 2024": 0.0}, LEE, GREEN)["Q4 2024", "All"] == (400, "recorded")


def test_the_company_keeps_its_target_if_quotas_add_up_to_more(targets):
    shares = targets({"Q4 2024": 350.0}, LEE, GREEN)
    assert (shares["Q4 2024", "All"][0], shares["Q4 2024", "Lee"][0], shares["Q4 2024", "Green"][0]) == (350, 300, 100)


def test_all_quarters_have_the_sum_of_the_quarters_targets(targets):
    shares = targets({"Q4 2024": 400.0, "Q1 2025": 200.0, "Unknown": 0.0}, LEE, GREEN)
    assert (shares["All", "All"][0], shares["All", "Lee"][0], shares["All", "Green"][0]) == (600, 450, 150)


def test_without_any_target_there_is_no_quota(targets):
    assert targets({"Unknown": 0.0}, LEE)["Unknown", "All"] == (0, "none")


def test_a_rep_without_any_quota_has_no_row(spark):
    reps = spark.createDataFrame([("Lee", "SMB", "West", [])], REPS)
    assert rep_targets(reps, spark.createDataFrame([("Q1 2025", 200.0, TODAY)], DEALS)).count() == 0
