import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms.api import Check
from transforms_api.checks.evaluate import evaluate
from transforms_api.errors import DeclarationError


@pytest.fixture
def problem(spark):
    """problem(expectation, rows, schema) → what is wrong with the rows, or None."""

    def evaluate_one(expectation, rows, schema="id long, name string"):
        [result] = evaluate("/d", spark.createDataFrame(rows, schema), [Check(expectation, "check")])
        return result.problem

    return evaluate_one


def test_a_primary_key_is_neither_null_nor_repeated(problem):
    assert problem(E.primary_key("id"), [(1, "a"), (2, "a")]) is None
    assert problem(E.primary_key("id"), [(None, "a"), (2, "a")]) == "1 rows have a null in the key (id)"
    assert problem(E.primary_key("id"), [(2, "a"), (2, "b")]) == "1 rows repeat the key (id) of another"


def test_a_key_of_several_columns_is_unique_as_a_whole(problem):
    assert problem(E.primary_key("id", "name"), [(1, "a"), (1, "b"), (2, "a")]) is None


def test_non_null_counts_the_rows_that_are_null(problem):
    assert problem(E.col("name").non_null(), [(1, None), (2, None), (3, "c")]) == "2 rows break it"


@pytest.mark.parametrize(
    "expectation", [E.col("id").gt(5), E.col("id").lte(0), E.col("id").equals(9), E.col("name").rlike("x")]
)
def test_comparisons_pass_on_null(problem, expectation):
    assert problem(expectation, [(None, None)]) is None


def test_comparisons_count_the_rows_that_break_them(problem):
    rows = [(1, "a"), (2, "b"), (3, "c")]
    assert problem(E.col("id").gt(1), rows) == "1 rows break it"
    assert problem(E.col("id").gte(1), rows) is None
    assert problem(E.col("id").lt(2), rows) == "2 rows break it"
    assert problem(E.col("id").not_equals(2), rows) == "1 rows break it"
    assert problem(E.col("name").rlike("[ab]"), rows) == "1 rows break it"


def test_is_in_fails_on_null_unless_none_is_listed(problem):
    assert problem(E.col("name").is_in("a", "b"), [(1, "a"), (2, None), (3, "c")]) == "2 rows break it"
    assert problem(E.col("name").is_in("a", None), [(1, "a"), (2, None)]) is None


def test_is_in_on_an_array_asks_for_every_element(problem):
    rows = [(["a"],), (["a", "b"],), ([],)]
    assert problem(E.col("flags").is_in("a"), rows, "flags array<string>") == "1 rows break it"


def test_the_size_of_an_array_can_be_bounded(problem):
    rows = [(["a"],), (["a", "b"],), (None,)]
    assert problem(E.col("flags").size().lte(1), rows, "flags array<string>") == "1 rows break it"


def test_a_missing_column_breaks_an_expectation_instead_of_raising(problem):
    assert problem(E.col("nme").non_null(), [(1, "a")]) == "column nme is missing"


def test_any_holds_of_a_row_when_one_part_does(problem):
    either = E.any(E.col("id").gt(1), E.col("name").equals("a"))
    assert problem(either, [(1, "a"), (2, "b"), (1, "b")]) == "1 rows break it"


def test_all_holds_of_a_row_when_every_part_does(problem):
    both = E.all(E.col("id").gt(1), E.col("name").equals("a"))
    assert problem(both, [(2, "a"), (2, "b"), (1, "a")]) == "2 rows break it"


def test_any_of_dataset_level_expectations_is_refused_when_declared():
    with pytest.raises(DeclarationError, match="combine expectations on columns"):
        E.any(E.count().gt(0), E.col("id").non_null())


def test_a_schema_may_be_given_exactly_or_in_part(problem):
    types = {"id": T.LongType(), "name": T.StringType()}
    assert problem(E.schema().equals(types), []) is None
    assert problem(E.schema().contains({"id": T.LongType()}), []) is None
    assert problem(E.schema().equals({"id": T.LongType()}), []) == "name is not expected"
    assert problem(E.schema().contains({"ID": T.LongType()}), []) == "ID is missing"
    assert problem(E.schema().contains({"id": T.StringType()}), []) == "id is bigint, expected string"
    assert problem(E.schema().is_subset_of({**types, "more": T.DateType()}), []) is None


def test_rows_can_be_counted(problem):
    assert problem(E.count().gte(1), []) == "the number of rows is 0, expected >= 1"
    assert problem(E.count().equals(1), [(1, "a")]) is None


def test_all_checks_are_reported_together_each_with_its_own_result(spark):
    rows = spark.createDataFrame([(1, None), (1, "b")], "id long, name string")
    checks = [
        Check(E.primary_key("id"), "key"),
        Check(E.schema().contains({"id": T.LongType()}), "schema"),
        Check(E.col("name").non_null(), "name", on_error="WARN"),
    ]
    results = evaluate("/d", rows, checks)
    assert [(r.name, r.problem is None, r.stops_the_job) for r in results] == [
        ("key", False, True),
        ("schema", True, False),
        ("name", False, False),
    ]
