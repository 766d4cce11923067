"""Checks as source code of an export."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check
from transforms_api.porting.plain_spark.checks import literal, source_of_checks


def calls(*expectations):
    """Return the calls for checks called 'c', all of which have a form."""
    sources, lacking = source_of_checks([Check(expectation, "c") for expectation in expectations])
    assert lacking == []
    return sources


@pytest.mark.parametrize(
    "expectation, call",
    [
        (E.col("a").gte(0), 'rows("c", "coalesce(a >= 0, true)")'),
        (E.col("a").non_null(), 'rows("c", "a IS NOT NULL")'),
        (E.col("a b").lt_col("c"), 'rows("c", "coalesce(`a b` < c, true)")'),
        (E.col("a").rlike(r"^\d+'$"), r"""rows("c", "coalesce(a RLIKE '^\\\\d+\\'$', true)")"""),
        (E.col("a").size().gt(1), 'rows("c", "coalesce(CASE WHEN a IS NOT NULL THEN size(a) END > 1, true)")'),
        (E.any(E.col("a").gt(1), E.col("b").is_null()), 'rows("c", "coalesce(a > 1, true) OR NOT (b IS NOT NULL)")'),
        (
            E.when(E.col("a").equals("x"), E.col("b").gt(0)).otherwise(E.true()),
            'rows("c", "CASE WHEN coalesce(a = \'x\', true) THEN coalesce(b > 0, true) ELSE true END")',
        ),
        (E.primary_key("a", "b"), 'key("c", "a", "b")'),
        (E.group_by("a").is_unique(), 'key("c", "a", nulls=True)'),
        (E.group_by("a").count().lte(9), 'groups("c", ["a"], "count(1) <= 9")'),
        (E.count().gt(0), 'total("c", "coalesce(count(1) > 0, true)")'),
        (
            E.col("a").null_percentage().lt(0.5),
            'total("c", "coalesce(avg(CASE WHEN a IS NULL THEN 1 ELSE 0 END) < 0.5D, true)")',
        ),
        (E.col("a").is_in("x", None), 'allowed("c", "a", ["x", None])'),
        (E.col("a").is_in_foreign_col(E.dataset_ref("others").col("id")), 'refers("c", "a", "others", "id")'),
        (E.schema().contains({"a": T.LongType()}), 'columns("c", {"a": "bigint"}, may_have_more=True)'),
    ],
)
def test_a_check_becomes_a_call_that_states_its_condition(expectation, call):
    assert calls(expectation) == [call]


def test_a_check_of_several_expectations_becomes_a_call_for_each():
    assert calls(E.all(E.col("a").non_null(), E.primary_key("a"))) == ['rows("c", "a IS NOT NULL")', 'key("c", "a")']


def test_values_of_an_array_are_compared_one_by_one_if_the_schema_says_that_it_is_one():
    [_, call] = calls(E.schema().contains({"a": T.ArrayType(T.StringType())}), E.col("a").is_in("x", "y"))
    assert call == "rows(\"c\", \"coalesce(forall(a, element -> coalesce(element IN ('x', 'y'), false)), false)\")"


def test_a_check_that_warns_says_so():
    sources, _ = source_of_checks([Check(E.count().gt(0), "c", on_error="WARN")])
    assert sources == ['total("c", "coalesce(count(1) > 0, true)", on_error="WARN")']


def test_a_check_that_combines_rows_with_the_dataset_has_no_form_and_the_reason_is_stated():
    check = Check(E.any(E.col("a").gt(0), E.count().lt(10)), "few rows or positive")
    assert source_of_checks([check]) == ([], [(check, "it combines rules on rows with rules on the dataset")])


@pytest.mark.parametrize(
    "value, text",
    [
        (True, "true"),
        (3, "3"),
        (0.1, "0.1D"),
        ("it's", r"'it\'s'"),
        (date(2024, 2, 5), "DATE '2024-02-05'"),
        (datetime(2024, 2, 5, 12, tzinfo=UTC), "TIMESTAMP '2024-02-05 12:00:00+00:00'"),
    ],
)
def test_a_value_becomes_a_literal_of_spark_s_sql(value, text):
    assert literal(value) == text
