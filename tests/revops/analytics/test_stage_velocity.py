from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.analytics.stage_velocity import (
    conversions,
    duration_change_pct,
    durations,
    stage_visits,
    status_indicator,
    trend_direction,
    trend_display,
)

TODAY = date(2024, 11, 15)
RECENT, EARLIER = date(2024, 10, 2), date(2024, 10, 1)
EVENTS = "opportunity_id string, activity string, ended_on date, duration_days long, data_freshness date"
VISITS = "opportunity_id string, stage_name string, duration_days long, ended_on date, data_freshness date"
STAGES = [("Discovery", 2), ("Proposal", 4)]


def each(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_all_activities_of_a_stage_add_up_to_the_visit(spark):
    events = [
        ("D1", "Legal Review", EARLIER, 12, TODAY),
        ("D1", "Procurement", RECENT, 3, TODAY),
        ("D2", "Legal Review", EARLIER, 9, TODAY),
        ("D2", "Procurement", None, None, TODAY),
    ]
    stages = [("activity", name, "Verbal Commit") for name in ("Legal Review", "Procurement")]
    benchmarks = spark.createDataFrame(stages, "level string, name string, stage_name string")
    visits = stage_visits(spark.createDataFrame(events, EVENTS), benchmarks).orderBy("opportunity_id").collect()
    assert [tuple(row)[:4] for row in visits] == [
        ("D1", "Verbal Commit", 15, RECENT),
        ("D2", "Verbal Commit", None, None),
    ]


def test_durations_compare_the_last_45_days_with_the_time_before(spark):
    visits = [("D1", "Proposal", 10, RECENT, TODAY), ("D2", "Proposal", 4, EARLIER, TODAY)]
    [row] = durations(spark.createDataFrame(visits, VISITS)).collect()
    assert tuple(row) == ("Proposal", 7.0, 7.0, 10.0, 4.0)


def test_conversion_is_of_the_deals_that_are_decided(spark):
    visits = [
        ("WENT ON", "Discovery"), ("WENT ON", "Proposal"),
        ("LOST", "Discovery"), ("LOST", "Closed Lost"),
        ("STILL THERE", "Discovery"),
        ("WON", "Proposal"), ("WON", "Closed Won"),
    ]  # fmt: skip
    rows = conversions(
        spark.createDataFrame(visits, "opportunity_id string, stage_name string"),
        spark.createDataFrame(STAGES, "stage_name string, stage_order long"),
    ).collect()
    assert {row.stage_name: row.conversion_rate for row in rows} == {"Discovery": 0.5, "Proposal": 1.0}


def test_there_is_no_change_where_one_period_has_no_visit(spark):
    change = duration_change_pct(F.col("recent"), F.col("earlier"))
    rows = [(12.0, 10.0), (12.0, None), (None, 10.0), (12.0, 0.0)]
    assert each(spark, change, rows, "recent double, earlier double") == pytest.approx([0.2, 0, 0, 0])


def test_a_change_beyond_ten_percent_is_a_trend(spark):
    rows = [(0.11,), (0.1,), (-0.1,), (-0.11,)]
    assert each(spark, trend_direction(F.col("change")), rows, "change double") == [
        "worsening", "stable", "stable", "improving",
    ]  # fmt: skip


def test_the_trend_is_shown_in_whole_days(spark):
    rows = [(12.0, 10.0), (8.0, 10.0), (10.5, 10.0), (1.2, 1.0), (10.0, None)]
    display = trend_display(F.col("recent"), F.col("earlier"))
    assert each(spark, display, rows, "recent double, earlier double") == ["▲ +2d", "▼ -2d", "✓", "✓", "✓"]


def test_the_status_goes_by_the_benchmark(spark):
    rows = [(12.0, 10.0), (15.0, 10.0), (15.1, 10.0), (None, 10.0)]
    status = status_indicator(F.col("days"), F.col("benchmark"))
    assert each(spark, status, rows, "days double, benchmark double") == ["green", "yellow", "red", "green"]
