import pytest
from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.dashboard.action_priority import (
    WEIGHTS,
    amount_factor,
    close_factor,
    flags_factor,
    health_factor,
    priority_score,
    silence_factor,
)


@pytest.mark.parametrize(
    "factor, rows",
    [
        (health_factor, [(0.0, 1.0), (25.0, 0.75), (100.0, 0.0), (None, 0.5)]),
        (silence_factor, [(0.0, 0.0), (10.5, 0.5), (21.0, 1.0), (90.0, 1.0), (None, 0.5)]),
        (close_factor, [(-5.0, 1.0), (0.0, 1.0), (45.0, 0.5), (90.0, 0.0), (200.0, 0.0), (None, 0.5)]),
    ],
    ids=["health", "silence", "close"],
)
def test_a_factor_runs_from_0_to_1_and_is_half_where_unknown(spark, factor, rows):
    df = spark.createDataFrame(rows, "value double, expected double")
    assert_column_equality(df.select("expected", factor(F.col("value")).alias("actual")), "actual", "expected")


def test_an_amount_counts_as_a_share_of_the_reps_largest(spark):
    rows = [(50.0, 200.0, 0.25), (200.0, 200.0, 1.0), (None, 200.0, 0.5), (None, None, 0.5), (0.0, 0.0, 0.5)]
    df = spark.createDataFrame(rows, "amount double, largest double, expected double")
    actual = df.select("expected", amount_factor(F.col("amount"), F.col("largest")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_three_risk_flags_are_as_many_as_matter(spark):
    rows = [([], 0.0), (["STUCK"] * 3, 1.0), (["STUCK"] * 5, 1.0)]
    df = spark.createDataFrame(rows, "flags array<string>, expected double")
    actual = df.select("expected", flags_factor(F.col("flags")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_the_weights_make_a_hundred():
    assert sum(WEIGHTS.values()) == 100


def test_the_score_is_the_weighted_sum_of_the_factors(spark):
    # 30 × 0.5 + 25 × 0.2 + 20 × 1 + 15 × 0 + 10 × 0.333… = 43.3
    factors = {"health": 0.5, "silence": 0.2, "amount": 1.0, "close": 0.0, "flags": 1 / 3}
    score = priority_score({name: F.lit(value) for name, value in factors.items()})
    assert spark.range(1).select(score).first()[0] == 43.3
