from datetime import date

import pytest

from transforms.revops.analytics.pipeline_health_summary import summary

SCHEMA = """
    quarter string, manager_name string, segment string, region string, amount double, health_score double,
    health_score_1w_ago double, health_band string, health_band_1w_ago string, data_freshness date
"""
TODAY = date(2024, 11, 15)
DEALS = [
    ("Q4 2024", "Lee", "SMB", "West", 50.0, 90.0, 50.0, "healthy", "at_risk", TODAY),
    ("Q4 2024", "Lee", "SMB", "East", None, 30.0, 30.0, "critical", "critical", TODAY),
    ("Q4 2024", "Adams", "SMB", "West", 20.0, None, None, "Unknown", "Unknown", TODAY),
]


@pytest.fixture(scope="module")
def rows(spark):
    """(quarter, team, segment, region) → the summary's row."""
    return {tuple(row)[:4]: row for row in summary(spark.createDataFrame(DEALS, SCHEMA)).collect()}


def test_the_row_without_any_filter_has_every_deal_in_its_band(rows):
    row = rows["Q4 2024", "All", "All", "All"]
    assert (row.open_count, row.open_amount) == (3, 70)
    assert (row.healthy_count, row.healthy_amount, row.critical_count, row.critical_amount) == (1, 50, 1, 0)
    assert (row.unknown_count, row.unknown_amount) == (1, 20)


def test_a_week_ago_the_same_deals_were_in_other_bands(rows):
    row = rows["Q4 2024", "All", "All", "All"]
    assert (row.healthy_count_1w_ago, row.at_risk_count_1w_ago, row.at_risk_amount_1w_ago) == (0, 1, 50)


def test_the_mean_health_counts_each_known_deal_once(rows):
    assert rows["Q4 2024", "All", "All", "All"].avg_health == 60
    assert rows["Q4 2024", "Adams", "All", "All"].avg_health is None


def test_all_quarters_have_every_deal(rows):
    assert rows["All", "All", "All", "All"].open_count == 3


def test_filters_narrow(rows):
    assert rows["Q4 2024", "Lee", "All", "East"].open_count == 1
    assert ("Q4 2024", "Adams", "All", "East") not in rows
