from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.analytics.stage_velocity import (
    duration_change_pct,
    durations,
    in_stage,
    stage_visits,
    status_indicator,
    trend_direction,
    trend_display,
    visit_facts,
    with_fates,
)

TODAY = date(2024, 11, 15)
RECENT, EARLIER = date(2024, 10, 2), date(2024, 10, 1)
EVENTS = "opportunity_id string, activity string, ended_on date, duration_days long, data_freshness date"
VISITS = "opportunity_id string, stage_name string, duration_days long, ended_on date, data_freshness date"


def values_of(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


@pytest.fixture
def measured(spark):
    """measured(visits) → stage → its durations, for the stages Discovery and Proposal."""

    def measure(visits):
        stages = spark.createDataFrame([("Discovery", 2), ("Proposal", 4)], "stage_name string, stage_order long")
        fates = with_fates(spark.createDataFrame(visits, VISITS), stages)
        return {row.stage_name: row for row in durations(visit_facts(fates)).collect()}

    return measure


def visit(deal, stage, days=None, ended_on=None):
    return (deal, stage, days, ended_on, TODAY)


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


def test_durations_compare_the_last_45_days_with_the_time_before(measured):
    row = measured([visit("D1", "Proposal", 10, RECENT), visit("D2", "Proposal", 4, EARLIER)])["Proposal"]
    assert (row.avg_duration_days, row.median_duration_days) == (7, 7)
    assert (row.recent_days, row.earlier_days) == (10, 4)


def test_a_visit_that_goes_on_has_no_duration_yet(measured):
    row = measured([visit("D1", "Proposal", 10, RECENT), visit("D2", "Proposal")])["Proposal"]
    assert (row.avg_duration_days, row.median_duration_days) == (10, 10)


def test_mean_and_median_of_counted_visits_are_those_of_the_visits(spark):
    cases = {"one": [5], "two": [1, 4], "alike": [3, 1, 1, 1, 9, 9], "apart": [60, 0, 7, 7, 60], "odd": [8, 2, 5]}
    rows = [(case, *visit("D1", "Proposal", day, RECENT), True) for case, days in cases.items() for day in days]
    visits = spark.createDataFrame(rows, f"case string, {VISITS}, goes_on boolean")
    counted = durations(visit_facts(visits.withColumn("decided", F.col("goes_on")), "case"), "case")
    expected = visits.groupBy("case", "stage_name").agg(
        F.avg("duration_days").alias("avg_duration_days"), F.median("duration_days").alias("median_duration_days")
    )
    assert_df_equality(counted.select(*expected.columns), expected, ignore_row_order=True, ignore_nullable=True)


def test_conversion_is_of_the_deals_that_are_decided(measured):
    rows = measured([
        visit("WENT ON", "Discovery"), visit("WENT ON", "Proposal"),
        visit("LOST", "Discovery"), visit("LOST", "Closed Lost"),
        visit("STILL THERE", "Discovery"),
        visit("WON", "Proposal"), visit("WON", "Closed Won"),
    ])  # fmt: skip
    assert {stage: row.conversion_rate for stage, row in rows.items()} == {"Discovery": 0.5, "Proposal": 1.0}
    assert (rows["Discovery"].decided_count, rows["Discovery"].went_on_count) == (2, 1)


def test_deals_in_a_stage_count_without_a_price_too(spark):
    deals = spark.createDataFrame([("Proposal", 100.0), ("Proposal", None)], "stage_name string, amount double")
    [row] = in_stage(deals).collect()
    assert (row.deals_in_stage, row.amount_in_stage) == (2, 100)


def test_where_no_deal_is_decided_nothing_is_converted(measured):
    row = measured([visit("STILL THERE", "Discovery")])["Discovery"]
    assert (row.conversion_rate, row.decided_count, row.avg_duration_days) == (0, 0, None)


def test_there_is_no_change_where_one_period_has_no_visit(spark):
    change = duration_change_pct(F.col("recent"), F.col("earlier"))
    rows = [(12.0, 10.0), (12.0, None), (None, 10.0), (12.0, 0.0)]
    assert values_of(spark, change, rows, "recent double, earlier double") == pytest.approx([0.2, 0, 0, 0])


def test_a_change_beyond_ten_percent_is_a_trend(spark):
    rows = [(0.11,), (0.1,), (-0.1,), (-0.11,)]
    assert values_of(spark, trend_direction(F.col("change")), rows, "change double") == [
        "worsening", "stable", "stable", "improving",
    ]  # fmt: skip


def test_the_trend_is_shown_in_whole_days(spark):
    rows = [(12.0, 10.0), (8.0, 10.0), (10.5, 10.0), (1.2, 1.0), (10.0, None)]
    display = trend_display(F.col("recent"), F.col("earlier"))
    assert values_of(spark, display, rows, "recent double, earlier double") == ["▲ +2d", "▼ -2d", "✓", "✓", "✓"]


def test_the_status_goes_by_the_benchmark(spark):
    rows = [(12.0, 10.0), (15.0, 10.0), (15.1, 10.0), (None, 10.0)]
    status = status_indicator(F.col("days"), F.col("benchmark"))
    assert values_of(spark, status, rows, "days double, benchmark double") == ["green", "yellow", "red", "green"]
