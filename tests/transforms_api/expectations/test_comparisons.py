"""Comparisons of values with literals, on Spark and on Polars alike."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from transforms import expectations as E
from transforms_api.errors import DeclarationError, TransformTypeError

NOON = datetime(2024, 11, 15, 12, tzinfo=UTC)


def test_numbers_compare_with_numbers_and_null_passes(problems):
    expected = {
        E.col("n").gt(0): None,
        E.col("n").gt(1): "1 row breaks it",
        E.col("n").gte(1): None,
        E.col("n").gte(2): "1 row breaks it",
        E.col("n").lt(4): None,
        E.col("n").lt(2): "2 rows break it",
        E.col("n").lte(3): None,
        E.col("n").lte(2.5): "1 row breaks it",
        E.col("n").equals(2): "2 rows break it",
        E.col("n").not_equals(9): None,
        E.col("n").not_equals(2): "1 row breaks it",
        E.col("n").ge(Decimal("1.5")): "1 row breaks it",
        E.col("n").le(0): "3 rows break it",
    }
    assert problems("n bigint", [(1,), (2,), (3,), (None,)], expected) == expected


def test_texts_booleans_decimals_and_dates_compare_with_their_like(problems):
    rows = [("a", True, Decimal("1.10"), date(2024, 1, 1)), ("b", False, Decimal("2"), date(2024, 2, 1)), (None,) * 4]
    expected = {
        E.col("name").gt("a"): "1 row breaks it",
        E.col("name").equals("name"): "2 rows break it",
        E.col("won").equals(True): "1 row breaks it",
        E.col("price").equals(Decimal("1.1")): "1 row breaks it",
        E.col("price").gt(1.5): "1 row breaks it",
        E.col("day").lt(date(2024, 2, 1)): "1 row breaks it",
        E.col("day").gte("2024-01-15"): "1 row breaks it",
    }
    assert problems("name string, won boolean, price decimal, day date", rows, expected) == expected


def test_timestamps_compare_with_moments_in_any_zone(problems):
    one_o_clock_in_paris = datetime(2024, 11, 15, 13, tzinfo=timezone(timedelta(hours=1)))
    expected = {
        E.col("at").is_after("2024-11-15T12:00:00Z"): "1 row breaks it",
        E.col("at").is_on_or_after("2024-11-15T13:00:00+01:00"): None,
        E.col("at").is_before(NOON + timedelta(hours=1)): "1 row breaks it",
        E.col("at").is_on_or_before(NOON): "1 row breaks it",
        E.col("at").equals(one_o_clock_in_paris): "1 row breaks it",
        E.col("at").gt("2024-11-15 12:30:00"): "1 row breaks it",
        E.col("at").lt(date(2024, 11, 16)): None,
    }
    assert problems("at timestamp", [(NOON,), (NOON + timedelta(hours=1),), (None,)], expected) == expected


@pytest.mark.parametrize("moment", ["2024-11-15T12:00:00", datetime(2024, 11, 15), "yesterday", 5])
def test_a_moment_without_a_zone_or_none_at_all_is_refused_when_declared(moment):
    with pytest.raises(DeclarationError, match=r"no time zone|is no datetime"):
        E.col("at").is_after(moment)


def test_timestamps_compare_with_now(problems):
    now = datetime.now(UTC)
    expected = {
        E.col("at").timestamp_offset_from_current_time().gt(0): "1 row breaks it",
        E.col("at").timestamp_offset_from_current_time().lt(timedelta(hours=2)): None,
        E.col("at").timestamp_offset_from_current_time().lte(60): "1 row breaks it",
        E.col("at").timestamp_offset_to_current_time().gt(0): "1 row breaks it",
        E.col("at").timestamp_offset_to_current_time().gte(-7200): None,
        E.col("at").timestamp_offset_to_current_time().lt(timedelta(days=1)): "1 row breaks it",
    }
    rows = [(now - timedelta(days=2),), (now + timedelta(hours=1),), (None,)]
    assert problems("at timestamp", rows, expected) == expected


def test_a_length_of_time_is_a_number_of_seconds_or_a_timedelta():
    with pytest.raises(TransformTypeError, match="'1 day' is no number of seconds"):
        E.col("at").timestamp_offset_to_current_time().lt("1 day")


def test_properties_of_a_column_are_of_all_its_rows(problems):
    expected = {
        E.col("n").null_percentage().lt(0.25): "the null percentage of n is 0.25, expected < 0.25",
        E.col("n").null_percentage().lte(0.25): None,
        E.col("n").null_count().equals(0): "the null count of n is 1, expected = 0",
        E.col("n").distinct_count().gt(3): "the distinct count of n is 3, expected > 3",
        E.col("n").approx_distinct_count().equals(3): None,
        E.col("n").sum().gte(16): "the sum of n is 15, expected >= 16",
        E.col("n").standard_deviation_sample().lt(3): "the standard deviation sample of n is 3.0, expected < 3",
        E.col("n").standard_deviation_population().lt(2.5): None,  # the root of 18 / 3
        E.col("n").max_value().lt(8): "the max value of n is 8, expected < 8",
        E.col("n").min_value().gt(2): "the min value of n is 2, expected > 2",
        E.col("name").max_value().equals("c"): "the max value of name is b, expected = c",
    }
    rows = [(2, "a"), (8, "b"), (5, None), (None, None)]
    assert problems("n bigint, name string", rows, expected) == expected


def test_properties_of_no_values_are_null_and_pass_but_counts_are_zero(problems):
    expected = {
        E.col("n").null_percentage().gt(0.5): None,
        E.col("n").sum().gt(5): None,
        E.col("n").standard_deviation_sample().gt(5): None,
        E.col("n").max_value().gt(5): None,
        E.col("n").min_value().equals(5): None,
        E.col("n").null_count().gt(0): "the null count of n is 0, expected > 0",
        E.col("n").distinct_count().gt(0): "the distinct count of n is 0, expected > 0",
        E.col("n").approx_distinct_count().gt(0): "the approx distinct count of n is 0, expected > 0",
    }
    assert problems("n bigint", [], expected) == expected


def test_the_sum_of_small_integers_may_be_a_large_one(problems):
    expected = {E.col("n").sum().equals(2**31): None}
    assert problems("n int", [(2**31 - 1,), (1,)], expected) == expected


def test_the_first_and_the_last_timestamp_compare_with_moments_and_with_now(problems):
    problem = "the max value of at is 2024-11-15 12:00:00+00:00, expected < 2024-11-15 12:00:00+00:00"
    expected = {
        E.col("at").max_value().is_before(NOON): problem,
        E.col("at").max_value().is_on_or_before("2024-11-15T12:00:00Z"): None,
        E.col("at").min_value().timestamp_offset_to_current_time().gt(timedelta(days=1)): None,
    }
    assert problems("at timestamp", [(NOON,), (NOON - timedelta(days=1),), (None,)], expected) == expected


@pytest.mark.parametrize("bound", [None, [1, 2], {"a": 1}])
def test_a_bound_of_a_type_that_columns_are_not_compared_with_is_refused_when_declared(bound):
    with pytest.raises(TransformTypeError, match="Columns are compared with a number"):
        E.col("n").gt(bound)
