"""How the rows of two engines are compared."""

import pyarrow as pa
import pytest

from transforms_api.builds.verification import compare_rows


def test_the_order_of_rows_does_not_count():
    spark = pa.table({"k": ["a", "b"], "n": [1, 2]})
    assert compare_rows(spark, spark.take([1, 0])) == []


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1.0, 1.0 + 1e-14, True),
        (1.0, 1.0 + 1e-9, False),
        (0.0, -0.0, True),
        (float("nan"), float("nan"), True),
        (float("inf"), float("inf"), True),
        (float("inf"), 1.0, False),
        (None, 0.0, False),
        (None, None, True),
    ],
)
def test_doubles_are_equal_to_twelve_digits(left, right, equal):
    spark, sail = (pa.table({"x": pa.array([value], pa.float64())}) for value in (left, right))
    assert (compare_rows(spark, sail) == []) is equal


def test_a_column_that_differs_has_an_example_with_the_row_it_belongs_to():
    spark = pa.table({"day": ["2024-03-03", "2024-03-04"], "weekday": [6, 0]})
    sail = pa.table({"day": ["2024-03-04", "2024-03-03"], "weekday": [0, -1]})
    assert compare_rows(spark, sail) == ["column weekday differs in 1 rows, e.g. at day='2024-03-03': Spark 6, Sail -1"]


def test_numbers_of_rows_that_differ_are_said():
    assert compare_rows(pa.table({"n": [1, 2]}), pa.table({"n": [1]})) == ["2 rows on Spark and 1 on Sail"]


def test_doubles_inside_of_lists_and_structs_are_equal_to_twelve_digits():
    spark = pa.table({"k": [1, 2], "x": [[{"a": 0.1 + 0.2}], [{"a": 1.0}]]})
    sail = pa.table({"k": [2, 1], "x": [[{"a": 1.0}], [{"a": 0.3}]]})
    assert compare_rows(spark, sail) == []


def test_rows_that_differ_in_a_nested_value_only_are_matched():
    spark = pa.table({"x": [["b"], ["a"]]})
    assert compare_rows(spark, spark.take([1, 0])) == []


def test_rows_that_occur_several_times_are_compared_as_often():
    spark, sail = pa.table({"k": ["a", "a", "b"]}), pa.table({"k": ["a", "b", "b"]})
    assert compare_rows(spark, sail) == ["column k differs in 1 rows, e.g. Spark 'a', Sail 'b'"]


def test_doubles_that_differ_by_rounding_do_not_change_how_rows_are_matched():
    spark = pa.table({"g": ["a", "a"], "x": [0.1 + 0.2, 0.5], "y": [1.0, 2.0]})
    sail = pa.table({"g": ["a", "a"], "x": [0.5, 0.3], "y": [2.0, 1.0]})
    assert compare_rows(spark, sail) == []
