from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics.health_distribution import compute, trend_direction
from transforms.revops.contracts.deals import PIPELINE_HEALTH_SUMMARY

SUMMARY = {
    **{field.name: 0.0 if field.dataType.simpleString() == "double" else 0 for field in PIPELINE_HEALTH_SUMMARY.schema},
    **{name: date(2024, 11, 15) for name in ("created_at", "updated_at", "data_freshness")},
    "quarter": "Q4 2024",
    **{name: "All" for name in ("team_filter", "segment_filter", "region_filter")},
}


@pytest.fixture
def distribution(run, frame):
    """distribution(field=value, …) → the rows made of one row of the summary."""
    return lambda **changes: run(compute, summary=frame(PIPELINE_HEALTH_SUMMARY, {**SUMMARY, **changes})).collect()


def test_each_band_is_a_fraction_of_the_deals_of_known_health(distribution):
    [row] = distribution(healthy_count=2, monitor_count=1, critical_count=1, unknown_count=6)
    assert (row.healthy_pct, row.monitor_pct, row.at_risk_pct, row.critical_pct) == (0.5, 0.25, 0.0, 0.25)


def test_critical_deals_count_as_at_risk(distribution):
    [row] = distribution(healthy_count=2, critical_count=2, healthy_count_1w_ago=3, at_risk_count_1w_ago=1)
    assert (row.at_risk_change_1w, row.trend_direction) == (0.25, "worsening")


def test_there_is_no_trend_where_no_health_was_known_a_week_ago(distribution):
    [row] = distribution(critical_count=2, unknown_count_1w_ago=2)
    assert (row.at_risk_change_1w, row.trend_direction) == (0, "stable")


def test_there_is_no_row_where_no_health_is_known(distribution):
    assert distribution(unknown_count=6) == []


def test_segments_regions_and_all_quarters_have_no_rows_of_their_own(distribution):
    assert distribution(healthy_count=1, segment_filter="SMB") == []
    assert distribution(healthy_count=1, quarter="All") == []


def test_a_change_within_a_point_is_no_trend(spark):
    changes = spark.createDataFrame([(0.02,), (0.01,), (0.0,), (-0.01,), (-0.02,)], "change double")
    trends = [row[0] for row in changes.select(trend_direction(F.col("change"))).collect()]
    assert trends == ["worsening", "stable", "stable", "stable", "improving"]
