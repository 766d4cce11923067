"""Further expectations on one column, on Spark and on Polars alike."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms_api.errors import DeclarationError, TransformTypeError

NOON = datetime(2024, 11, 15, 12, tzinfo=UTC)


def test_null_and_non_null_values(problems):
    expected = {E.col("n").non_null(): "2 rows break it", E.col("n").is_null(): "1 row breaks it"}
    assert problems("n bigint", [(None,), (None,), (3,)], expected) == expected


def test_is_in_breaks_on_null_unless_none_is_listed(problems):
    expected = {
        E.col("name").is_in("a", "b"): "2 rows break it",
        E.col("name").is_in("a", "c"): "1 row breaks it",
        E.col("name").is_in("a", "c", None): None,
        E.col("name").is_in(None): "2 rows break it",
        E.col("n").is_in(1, 2.0): "1 row breaks it",
    }
    assert problems("name string, n bigint", [("a", 1), ("c", 2), (None, None)], expected) == expected


def test_is_in_takes_the_values_one_by_one():
    with pytest.raises(TransformTypeError, match=r"one by one, as in is_in\(1, 2\)"):
        E.col("name").is_in(["a", "b"])
    with pytest.raises(DeclarationError, match="takes at least one value"):
        E.col("name").is_in()


def test_arrays_have_elements_and_a_size(problems):
    expected = {
        E.col("flags").is_in("a", "b"): "2 rows break it",
        E.col("flags").is_in("a", "b", None): None,
        E.col("flags").is_in("a", None): "1 row breaks it",
        E.col("flags").array_contains("a"): "1 row breaks it",
        E.col("flags").size().lte(1): "2 rows break it",
        E.col("flags").size().equals(2): "1 row breaks it",
    }
    rows = [(["a", "b"],), (["a", None],), ([],), (None,)]
    assert problems("flags array<string>", rows, expected) == expected


def test_a_regular_expression_is_found_anywhere_in_the_text_and_null_passes(problems):
    expected = {
        E.col("name").rlike("b"): "1 row breaks it",
        E.col("name").rlike("^a"): None,
        E.col("name").rlike(r"\d$"): "2 rows break it",
    }
    assert problems("name string", [("abc",), ("ac",), (None,)], expected) == expected


def test_columns_compare_with_each_other_and_null_on_either_side_passes(problems):
    expected = {
        E.col("a").equals_col("b"): "2 rows break it",
        E.col("a").not_equals_col("b"): "1 row breaks it",
        E.col("a").gt_col("b"): "2 rows break it",
        E.col("a").gte_col("b"): "1 row breaks it",
        E.col("a").lt_col("b"): "2 rows break it",
        E.col("a").lte_col("b"): "1 row breaks it",
    }
    rows = [(1, 1.0), (1, 2.0), (2, 1.0), (None, 1.0), (1, None)]
    assert problems("a bigint, b double", rows, expected) == expected


def test_timestamps_compare_with_those_of_another_column_plus_some_seconds(problems):
    expected = {
        E.col("end").is_after_col("begin"): "1 row breaks it",
        E.col("end").is_after_col("begin", 3600): "2 rows break it",
        E.col("end").is_on_or_after_col("begin", 3600): "1 row breaks it",
        E.col("end").is_before_col("begin", offset_in_seconds=3600): "1 row breaks it",
        E.col("end").is_on_or_before_col("begin", 3600): None,
        E.col("end").is_on_or_after_col("begin", -60): None,
    }
    rows = [(NOON, NOON + timedelta(hours=1)), (NOON, NOON), (None, NOON), (NOON, None)]
    assert problems("begin timestamp, end timestamp", rows, expected) == expected


def test_a_date_compares_with_a_timestamp_of_another_column(problems):
    expected = {E.col("day").lte_col("at"): None, E.col("at").lt_col("day"): "1 row breaks it"}
    assert problems("day date, at timestamp", [(NOON.date(), NOON), (None, NOON)], expected) == expected


def test_values_are_looked_up_in_another_dataset_and_null_passes(problems):
    in_accounts = E.col("account").is_in_foreign_col(E.dataset_ref("accounts").col("id"))
    expected = {
        in_accounts: "2 rows break it",
        E.any(in_accounts, E.col("account").gt(8)): "1 row breaks it",
        E.negate(in_accounts): "3 rows break it",
    }
    accounts = ("id int, name string", [(1, "one"), (1, "again"), (None, "nobody")])
    assert problems("account bigint", [(1,), (1,), (2,), (9,), (None,)], expected, accounts=accounts) == expected


def test_is_in_foreign_col_takes_a_column_of_a_dataset():
    with pytest.raises(TransformTypeError, match=r"takes E.dataset_ref\('…'\).col\('…'\)"):
        E.col("account").is_in_foreign_col("id")


def test_a_column_is_there_and_has_a_type(problems):
    expected = {
        E.col("n").exists(): None,
        E.col("N").exists(): "N is missing",
        E.col("n").has_type(T.LongType()): None,
        E.col("n").has_type(T.StringType()): "n is bigint, expected string",
        E.col("flags").has_type(T.ArrayType(T.StringType(), containsNull=False)): None,
        E.col("gone").has_type(T.LongType()): "gone is missing",
    }
    assert problems("n bigint, flags array<string>", [], expected) == expected


def test_a_column_is_named_by_a_text():
    with pytest.raises(TransformTypeError, match="named by a text"):
        E.col(["n"])
    with pytest.raises(TransformTypeError, match="named by a text"):
        E.primary_key(["a", "b"])


def test_names_may_have_dots_blanks_and_backticks(problems):
    expected = {E.col("a.b").gt(0): None, E.col("a.b").lt_col("c`d"): "1 row breaks it"}
    names = "a.b bigint, c`d bigint"
    assert problems(names, [(1, 1)], expected) == expected
