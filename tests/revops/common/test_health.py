from datetime import date

from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.common import health

DAY = date(2024, 11, 15)


def check(spark, rows, schema, function):
    """Compare function(the columns of each row but the last) with the last column, which is called 'expected'."""
    df = spark.createDataFrame(rows, schema)
    actual = df.withColumn("actual", function(*[F.col(name) for name in df.columns[:-1]]).cast(df.dtypes[-1][1]))
    assert_column_equality(actual, "actual", "expected")


def test_the_weights_add_up_to_a_hundred():
    assert sum(health.WEIGHTS.values()) == 100


def test_recency_is_full_up_to_two_days_falls_evenly_and_is_nothing_from_22_days_on_or_if_never(spark):
    rows = [(0, 30.0), (2, 30.0), (8, 21.0), (12, 15.0), (22, 0.0), (90, 0.0), (None, 0.0)]
    check(spark, rows, "days int, expected double", health.recency_points)


def test_frequency_is_full_from_six_activities_in_two_weeks(spark):
    rows = [(0, 0.0), (1, 3.0), (4, 12.0), (6, 18.0), (11, 18.0), (None, 0.0)]
    check(spark, rows, "activities long, expected double", health.frequency_points)


def test_a_champion_counts_who_is_not_silent_yet(spark):
    rows = [
        ("Strong", None, DAY, 15.0),
        ("Engaged", None, DAY, 15.0),
        ("Silent", date(2024, 11, 16), DAY, 15.0),
        ("Silent", DAY, DAY, 0.0),
        ("Silent", None, DAY, 0.0),
        ("None", None, DAY, 0.0),
        ("Unknown", None, DAY, None),
    ]
    check(spark, rows, "status string, silent_since date, day date, expected double", health.champion_points)


def test_stakeholders_are_full_from_four(spark):
    rows = [(0, 0.0), (1, 4.0), (2, 8.0), (4, 16.0), (9, 16.0), (None, None)]
    check(spark, rows, "people long, expected double", health.stakeholder_points)


def test_the_economic_buyer_counts_seven(spark):
    rows = [(True, 7.0), (False, 0.0), (None, None)]
    check(spark, rows, "has_economic_buyer boolean, expected double", health.economic_buyer_points)


def test_momentum_is_full_up_to_the_benchmark_and_nothing_from_twice_that_on(spark):
    rows = [
        (-3, 14.0, 14.0),
        (14, 14.0, 14.0),
        (21, 14.0, 7.0),
        (28, 14.0, 0.0),
        (99, 14.0, 0.0),
        (None, 14.0, None),
        (5, None, None),
    ]
    check(spark, rows, "days int, benchmark double, expected double", health.momentum_points)


def test_the_score_is_the_known_share_with_a_half_rounded_up(spark):
    def score(champion, stakeholders):
        return health.health_score({health.CHAMPION: champion, health.STAKEHOLDERS: stakeholders})

    rows = [
        (15.0, 16.0, 100.0),
        (15.0, 0.0, 48.0),  # 15 of 31 are 48.39
        (15.0, None, 100.0),
        (None, 4.0, 25.0),
        (None, 0.72, 5.0),  # 0.72 of 16 are 4.5
        (0.0, 0.0, 0.0),
        (None, None, None),
    ]
    check(spark, rows, "champion double, stakeholders double, expected double", score)


def test_each_band_begins_at_its_least_score(spark):
    rows = [
        (100.0, "healthy"),
        (80.0, "healthy"),
        (79.0, "monitor"),
        (60.0, "monitor"),
        (59.0, "at_risk"),
        (40.0, "at_risk"),
        (39.0, "critical"),
        (0.0, "critical"),
        (None, "Unknown"),
    ]
    check(spark, rows, "score double, expected string", health.health_band)
