from datetime import date

import pytest
from pyspark.sql import functions as F

from transforms.revops.common.portable import (
    case_of,
    days_between,
    first_of,
    mean,
    rounded,
    stacked,
    value_for,
    weekday,
    whole,
    with_each,
)


def values(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_days_between_dates_are_negative_if_the_last_is_earlier(spark):
    rows = [
        (date(2024, 2, 28), date(2024, 3, 1)),
        (date(2024, 3, 1), date(2024, 2, 28)),
        (date(1969, 12, 31), date(1970, 1, 1)),
        (None, date(2024, 3, 1)),
    ]
    assert values(spark, days_between("a", "b"), rows, "a date, b date") == [2, -2, 1, None]


def test_days_between_is_an_int(spark):
    rows = spark.createDataFrame([(date(2024, 3, 1),)], "day date")
    assert rows.select(days_between("day", "day").alias("days")).dtypes == [("days", "int")]


def test_a_week_begins_with_0_on_monday_and_ends_with_6_on_sunday(spark):
    days = [(date(2024, 11, 11),), (date(2024, 11, 16),), (date(2024, 11, 17),), (date(1969, 12, 28),), (None,)]
    assert values(spark, weekday(F.col("day")), days, "day date") == [0, 5, 6, 6, None]


def test_a_half_is_rounded_away_from_zero(spark):
    numbers = [(0.5,), (1.5,), (2.5,), (-0.5,), (-2.5,), (0.4,), (-0.4,), (None,)]
    assert values(spark, rounded(F.col("x")), numbers, "x double") == [1.0, 2.0, 3.0, -1.0, -3.0, 0.0, 0.0, None]


def test_a_half_that_a_double_misses_by_a_bit_is_a_half(spark):
    # 1.005 as a double is 1.00499999999999989
    assert values(spark, rounded(F.col("x"), 2), [(1.005,), (-1.005,), (1.0049,)], "x double") == [1.01, -1.01, 1.0]


def test_a_number_just_below_a_half_by_more_than_a_millionth_is_rounded_down(spark):
    assert values(spark, rounded(F.col("x")), [(0.499998,), (0.4999995,)], "x double") == [0.0, 1.0]


def test_nothing_is_rounded_to_a_negative_zero(spark):
    assert [str(x) for x in values(spark, rounded(F.col("x")), [(-0.2,), (-0.0,)], "x double")] == ["0.0", "0.0"]


def test_a_whole_number_is_a_long(spark):
    rows = spark.createDataFrame([(2.5,)], "x double").select(whole(F.col("x")).alias("x"))
    assert (rows.dtypes, rows.first().x) == ([("x", "bigint")], 3)


def test_the_mean_leaves_out_nulls_and_is_null_without_a_value(spark):
    rows = spark.createDataFrame([("a", 1), ("a", 2), ("a", None), ("b", None)], "k string, x long")
    means = rows.groupBy("k").agg(mean("x").alias("x")).orderBy("k").collect()
    assert [row.x for row in means] == [1.5, None]


@pytest.mark.parametrize("rule", [value_for, case_of])
def test_a_text_that_is_no_key_has_no_value(spark, rule):
    column = rule(F.col("key"), {"one": 1, "two": 2})
    assert values(spark, column, [("two",), ("three",), (None,)], "key string") == [2, None, None]


@pytest.mark.parametrize(("count", "first"), [(2, [3, 1]), (5, [3, 1, 2]), (0, [])])
def test_the_first_elements_are_at_most_those_that_are_there(spark, count, first):
    assert values(spark, first_of(F.col("xs"), count), [([3, 1, 2],)], "xs array<int>") == [first]


def test_rows_that_lack_a_column_have_nulls_of_its_type(spark):
    left = spark.createDataFrame([(1, "a")], "k long, name string")
    right = spark.createDataFrame([(2, 0.5)], "k long, share double")
    rows = stacked(left, right)
    assert rows.dtypes == [("k", "bigint"), ("name", "string"), ("share", "double")]
    assert sorted(map(tuple, rows.collect())) == [(1, "a", None), (2, None, 0.5)]


def test_every_row_has_the_columns_of_each_row_of_a_small_frame(spark):
    deals = spark.createDataFrame([("D1",), ("D2",)], "deal string")
    quarters = spark.createDataFrame([("Q3",), ("Q4",)], "quarter string")
    rows = with_each(deals, quarters).select("deal", "quarter").collect()
    assert sorted(map(tuple, rows)) == [("D1", "Q3"), ("D1", "Q4"), ("D2", "Q3"), ("D2", "Q4")]
