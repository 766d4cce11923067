import pytest

from transforms.verbs.dataframes import union_many
from transforms_api.errors import VerbError


def frame(spark, schema, *rows):
    return spark.createDataFrame(list(rows), schema)


def content(df):
    return df.columns, sorted(map(tuple, df.collect()), key=str)


def test_columns_are_matched_by_name_in_whatever_order(spark):
    above = frame(spark, "name string, n int", ("a", 1))
    below = frame(spark, "n int, name string", (2, "b"))
    assert content(union_many(above, below)) == (["name", "n"], [("a", 1), ("b", 2)])


def test_repeated_rows_stay(spark):
    first = frame(spark, "n int", (1,))
    assert content(union_many(first, first, first)) == (["n"], [(1,), (1,), (1,)])


def test_strict_refuses_other_columns_and_says_which(spark):
    first, third = frame(spark, "a int, b int", (1, 2)), frame(spark, "a int, c int", (1, 2))
    with pytest.raises(VerbError, match="DataFrame 3 has other columns than the first: lacks b; has c besides"):
        union_many(first, first, third)


def test_strict_refuses_another_type_of_the_same_column(spark):
    with pytest.raises(VerbError, match="a is bigint, not int"):
        union_many(frame(spark, "a int", (1,)), frame(spark, "a long", (1,)))


def test_wide_has_the_columns_of_all_with_nulls_where_a_row_has_none(spark):
    united = union_many(frame(spark, "a int, b int", (1, 2)), frame(spark, "c int, a int", (3, 4)), how="wide")
    assert content(united) == (["a", "b", "c"], [(1, 2, None), (4, None, 3)])


def test_wide_brings_types_together_as_spark_does(spark):
    united = union_many(frame(spark, "a int", (1,)), frame(spark, "a long", (2**40,)), how="wide")
    assert content(united) == (["a"], [(1,), (2**40,)])


def test_narrow_has_the_columns_that_all_have(spark):
    united = union_many(frame(spark, "a int, b int", (1, 2)), frame(spark, "c int, a int", (3, 4)), how="narrow")
    assert content(united) == (["a"], [(1,), (4,)])


def test_narrow_refuses_dataframes_that_share_no_column(spark):
    with pytest.raises(VerbError, match="share none"):
        union_many(frame(spark, "a int", (1,)), frame(spark, "b int", (1,)), how="narrow")


def test_no_dataframes_are_an_error_unless_there_is_a_session_to_make_an_empty_one(spark):
    assert content(union_many(spark_session=spark)) == ([], [])
    with pytest.raises(VerbError, match="spark_session="):
        union_many(how="wide")


def test_union_many_refuses_an_unknown_value_of_how(spark):
    with pytest.raises(ValueError, match="'strict', 'wide' or 'narrow', not 'outer'"):
        union_many(frame(spark, "a int", (1,)), how="outer")
