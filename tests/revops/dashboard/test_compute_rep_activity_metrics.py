from datetime import date, timedelta

import pytest
from chispa import assert_column_equality, assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.dashboard.compute_rep_activity_metrics import (
    compute,
    consistency,
    daily_counts,
    low_activity_days,
    weekday_means,
    with_team,
    working_days,
)

FRIDAY = date(2024, 11, 15)
ACTIVITY = "activity_id string, rep_id string, activity_type string, activity_date date, data_freshness date"


def activities(spark, *rows):
    """Return activities from (rep, type, days before Friday the 15th)."""
    return spark.createDataFrame(
        [(f"A{n}", rep, kind, FRIDAY - timedelta(days_ago), FRIDAY) for n, (rep, kind, days_ago) in enumerate(rows)],
        ACTIVITY,
    )


@pytest.fixture(scope="module")
def metrics(spark, run):
    """metrics(*activities) → what is written of them: (rep, period) → row."""

    def metrics_of(*rows):
        return {(row.rep_id, row.period): row for row in run(compute, activities=activities(spark, *rows)).collect()}

    return metrics_of


def test_activities_are_counted_by_day_and_all_before_30_days_together(spark):
    events = activities(spark, ("R1", "call", 0), ("R1", "demo", 0), ("R1", "call", 40), ("R1", "call", 90))
    expected = spark.createDataFrame(
        [("R1", 0, 2, 1, 1), ("R1", 30, 2, 2, 0)], "rep_id string, days_ago int, activities long, call long, demo long"
    )
    actual = daily_counts(events).select("rep_id", "days_ago", "activities", "call", "demo")
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_period_counts_its_own_days_by_type(metrics):
    rows = metrics(("R1", "call", 0), ("R1", "email", 6), ("R1", "email", 7), ("R1", "demo", 29), ("R1", "meeting", 30))
    counts = {
        period: (row.total_activities, row.call_count, row.email_count, row.meeting_count, row.demo_count)
        for (_, period), row in rows.items()
    }
    assert counts == {"30d": (4, 1, 2, 0, 1), "7d": (2, 1, 1, 0, 0), "today": (1, 1, 0, 0, 0)}


def test_a_rep_who_has_been_idle_in_the_period_has_zeros(metrics):
    row = metrics(("R1", "call", 60))["R1", "30d"]
    zeros = (row.total_activities, row.avg_daily_activities, row.friday_avg, row.activity_consistency_score)
    assert (zeros, row.low_activity_days) == ((0, 0.0, 0.0, 0.0), [])


def test_weekend_work_counts_in_the_total_and_not_in_the_mean_of_working_days(metrics):
    row = metrics(("R1", "call", 0), ("R1", "call", 5))["R1", "7d"]  # Friday and the Sunday before
    assert (row.total_activities, row.avg_daily_activities) == (2, 0.2)


def test_without_activities_nothing_is_written(metrics):
    assert metrics() == {}


def test_a_period_has_its_working_days_and_a_weekend_one(spark):
    # 30 days before Friday 2024-11-15 hold 22 working days: 17 Oct (Thursday) to 15 Nov
    rows = [(30, FRIDAY, 22), (7, FRIDAY, 5), (1, FRIDAY, 1), (1, date(2024, 11, 16), 1)]
    df = spark.createDataFrame(rows, "period_days int, today date, expected int")
    actual = df.select("expected", working_days(F.col("period_days"), F.col("today")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_a_weekday_mean_is_over_the_weekdays_of_the_period(spark):
    # the 30 days hold 4 Mondays and 5 Fridays; today alone no Monday
    schema = "period_days int, on_monday long, on_tuesday long, on_wednesday long, on_thursday long, on_friday long"
    df = spark.createDataFrame([(30, 8, 0, 0, 0, 15), (1, 0, 0, 0, 0, 3)], schema)
    means = weekday_means(F.col("period_days"), F.lit(FRIDAY)).alias("means")
    expected = spark.createDataFrame(
        [([4, 4, 4, 5, 5], [2.0, 0.0, 0.0, 0.0, 3.0]), ([0, 0, 0, 0, 1], [0.0, 0.0, 0.0, 0.0, 3.0])],
        "days array<int>, mean array<double>",
    )
    assert_df_equality(df.select(means).select("means.days", "means.mean"), expected, ignore_nullable=True)


@pytest.mark.parametrize(
    "weekdays, low",
    [
        # mean of 10, 10, 10, 6, 4 is 8; 70 % of it 5.6
        ([("Monday", 4, 10.0), ("Tuesday", 4, 10.0), ("Wednesday", 4, 10.0), ("Thursday", 5, 6.0), ("Friday", 5, 4.0)],
         ["Friday"]),
        ([("Monday", 0, 0.0), ("Friday", 1, 4.0)], []),
        ([("Monday", 4, 0.0), ("Friday", 5, 0.0)], []),
    ],
    ids=["below 70 % of the mean", "a day that the period lacks", "no activity at all"],
)  # fmt: skip
def test_a_low_day_is_below_70_percent_of_the_mean_weekday(spark, weekdays, low):
    df = spark.createDataFrame([(weekdays,)], "weekdays array<struct<name: string, days: int, mean: double>>")
    assert df.select(low_activity_days(F.col("weekdays"))).first()[0] == low


def test_consistency_is_one_less_the_coefficient_of_variation(spark):
    # 2, 2, 2, 2: no variation; 1, 3: mean 2, deviation 1; 8, 0, 0, 0: mean 2, deviation 3.5 of it
    rows = [(8, 16, 4, 1.0), (4, 10, 2, 0.5), (8, 64, 4, 0.0), (0, 0, 5, 0.0)]
    df = spark.createDataFrame(rows, "total long, squares long, days int, expected double")
    actual = df.select("expected", consistency(F.col("total"), F.col("squares"), F.col("days")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_the_team_is_every_rep_with_a_recorded_activity(spark):
    schema = "rep_id string, period string, avg_daily_activities double, data_freshness date"
    rows = [("R1", "7d", 6.0, FRIDAY), ("R2", "7d", 0.0, FRIDAY), ("R1", "30d", 9.0, FRIDAY)]
    actual = with_team(spark.createDataFrame(rows, schema)).drop("data_freshness", "avg_daily_activities")
    expected = spark.createDataFrame(
        [("R1", "7d", 3.0, 6.0), ("R2", "7d", 3.0, 6.0), ("R1", "30d", 9.0, 9.0)],
        "rep_id string, period string, team_avg_daily double, top_performer_daily double",
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
