"""Expectations on datasets and groups, and those composed of others, on Spark and on Polars alike."""

import polars
import pytest
from pyspark.sql import types as T

from transforms import expectations as E
from transforms_api.errors import DeclarationError, TransformTypeError


def test_rows_can_be_counted_and_compared_with_those_of_an_input(problems):
    expected = {
        E.count().gt(0): None,
        E.count().gte(3): "the number of rows is 2, expected >= 3",
        E.count().lt(2): "the number of rows is 2, expected < 2",
        E.count().lte(2): None,
        E.count().equals(E.dataset_ref("source").count()): "the number of rows is 2, expected = 3",
        E.count().lt(E.dataset_ref("source").count()): None,
    }
    source = ("id bigint", [(1,), (2,), (3,)])
    assert problems("id bigint", [(1,), (2,)], expected, source=source) == expected


def test_no_rows_keep_whatever_is_expected_of_rows_but_not_that_there_are_some(problems):
    expected = {
        E.col("id").non_null(): None,
        E.primary_key("id"): None,
        E.group_by("id").count().gt(5): None,
        E.count().gt(0): "the number of rows is 0, expected > 0",
        E.all(E.count().gt(0), E.col("id").non_null()): "the number of rows is 0, expected > 0",
    }
    assert problems("id bigint", [], expected) == expected


def test_a_primary_key_is_neither_null_nor_repeated(problems):
    expected = {
        E.primary_key("a", "b"): None,
        E.primary_key("a"): "2 rows repeat the key (a) of another",
        E.primary_key("c"): "2 rows have a null in the key (c); 1 row repeats the key (c) of another",
        E.primary_key("b", "c"): "2 rows have a null in the key (b, c)",
    }
    rows = [(1, "a", None), (1, "b", 1), (1, "c", None)]
    assert problems("a bigint, b string, c bigint", rows, expected) == expected


def test_groups_are_unique_counted_and_aggregated(problems):
    expected = {
        E.group_by("region", "id").is_unique(): None,
        E.group_by("region").is_unique(): "2 rows repeat the key (region) of another",
        E.group_by("region").count().gt(1): "1 group of (region) has a number of rows that is not > 1",
        E.group_by("region").count().lte(2): None,
        E.group_by("region").col("id").sum().equals(3): "2 groups of (region) have a sum of id that is not = 3",
        E.group_by("region").col("id").null_count().lte(1): None,
        E.group_by("region").col("id").max_value().lt(7): "1 group of (region) has a max value of id that is not < 7",
        E.group_by("id").count().lt(2): None,
    }
    rows = [("north", 1), ("north", 2), ("south", 7), (None, 3), (None, None)]
    assert problems("region string, id bigint", rows, {**expected}) == {
        **expected,
        E.group_by("region").col("id").sum().equals(3): "1 group of (region) has a sum of id that is not = 3",
    }


def test_groups_by_no_column_are_the_whole_dataset(problems):
    expected = {
        E.group_by().count().equals(3): "the number of rows is 2, expected = 3",
        E.group_by().col("id").sum().equals(3): None,
        E.group_by().is_unique(): "the number of rows is 2, expected <= 1",
    }
    assert problems("id bigint", [(1,), (2,)], expected) == expected


def test_all_and_any_are_evaluated_row_by_row(problems):
    large, named = E.col("id").gt(1), E.col("name").equals("a")
    expected = {
        E.all(large, named): "3 rows break it",
        E.any(large, named): "1 row breaks it",
        E.any(E.all(large, named), E.col("id").is_null()): "3 rows break it",
    }
    assert problems("id bigint, name string", [(1, "a"), (2, "b"), (1, "b"), (2, "a")], expected) == expected


def test_any_of_expectations_on_the_dataset_holds_when_one_does(problems):
    expected = {
        E.any(E.primary_key("a"), E.primary_key("A")): None,
        E.any(E.primary_key("b"), E.count().gt(2)): (
            "1 row repeats the key (b) of another; the number of rows is 2, expected > 2"
        ),
        E.any(E.schema().contains({"A": T.LongType()}), E.schema().contains({"a": T.LongType()})): None,
        E.all(E.count().gt(0), E.primary_key("b")): "1 row repeats the key (b) of another",
    }
    assert problems("a bigint, b bigint", [(1, 1), (2, 1)], expected) == expected


def test_an_expectation_on_the_dataset_counts_for_every_row_among_those_on_rows(problems):
    large, few, many = E.col("n").gt(1), E.count().lt(5), E.count().gt(5)
    expected = {
        E.any(few, large): None,
        E.any(many, large): "1 row breaks it",
        E.any(many, E.primary_key("b"), large): "1 row breaks it",
        E.all(few, large): "1 row breaks it",
        E.all(many, large): "the number of rows is 2, expected > 5",
        E.when(large, few).otherwise(many): "1 row breaks it",
        E.when(few, large).otherwise(E.false()): "1 row breaks it",
        E.any(E.col("gone").gt(1), large): "1 row breaks it",
    }
    assert problems("n bigint, b bigint", [(1, 1), (2, 1)], expected) == expected


def test_negate_turns_the_result_of_each_row_or_of_the_dataset(problems):
    expected = {
        E.negate(E.col("n").gt(1)): "2 rows break it",  # null is above 1, as Foundry has it
        E.negate(E.col("n").is_null()): "1 row breaks it",
        E.negate(E.any(E.col("n").is_null(), E.col("n").gt(1))): "2 rows break it",
        E.negate(E.all(E.col("n").non_null(), E.col("n").gt(1))): "1 row breaks it",
        E.negate(E.when(E.col("n").is_null(), E.true()).otherwise(E.col("n").gt(1))): "2 rows break it",
        E.negate(E.negate(E.col("n").non_null())): "1 row breaks it",
        E.negate(E.count().gt(5)): None,
        E.negate(E.primary_key("n")): None,
        E.negate(E.count().lt(5)): "what it negates holds",
        E.negate(E.col("n").exists()): "what it negates holds",
        E.negate(E.col("gone").exists()): None,
    }
    assert problems("n bigint", [(1,), (2,), (None,)], expected) == expected


def test_when_evaluates_for_each_row_the_expectation_of_its_condition(problems):
    won, lost = E.col("stage").equals("won"), E.col("stage").equals("lost")
    expected = {
        E.when(won, E.col("amount").gt(0)).otherwise(E.col("amount").is_null()): "2 rows break it",
        E.when(won, E.col("amount").gt(0)).otherwise(E.true()): "1 row breaks it",
        E.when(won, E.true()).when(lost, E.col("amount").is_null()).otherwise(E.false()): "1 row breaks it",
        E.when(E.col("gone").exists(), E.col("gone").gt(1)).otherwise(E.true()): None,
    }
    rows = [("won", 5), ("won", 0), ("lost", None), ("open", 3)]
    assert problems("stage string, amount bigint", rows, expected) == expected


def test_true_always_holds_and_false_never(problems):
    expected = {E.true(): None, E.false(): "E.false() never holds", E.negate(E.false()): None}
    assert problems("n bigint", [], expected) == expected


@pytest.mark.parametrize(
    "types",
    [
        {"id": T.LongType(), "name": T.StringType()},
        {"id": polars.Int64, "name": polars.String()},
    ],
    ids=["types of Spark", "types of Polars"],
)
def test_a_schema_may_be_stated_exactly_or_in_part(problems, types):
    expected = {
        E.schema().equals(types): None,
        E.schema().equals({"id": types["id"]}): "name is not expected",
        E.schema().equals({**types, "more": types["id"]}): "more is missing",
        E.schema().contains({"id": types["id"]}): None,
        E.schema().contains({"ID": types["id"]}): "ID is missing",
        E.schema().contains({"id": types["name"]}): "id is bigint, expected string",
        E.schema().is_subset_of({**types, "more": types["id"]}): None,
        E.schema().is_subset_of({"id": types["id"]}): "name is not expected",
    }
    assert problems("id bigint, name string", [], expected) == expected


def test_a_value_that_is_no_expectation_cannot_be_composed():
    with pytest.raises(TransformTypeError, match=r"E.any takes expectations such as E.col\('a'\).gt\(0\), not"):
        E.any(E.col("a"))
    with pytest.raises(TransformTypeError, match="otherwise takes expectations"):
        E.when(E.true(), E.true()).otherwise(None)


@pytest.mark.parametrize("function", [E.all, E.any, E.primary_key])
def test_nothing_at_all_cannot_be_expected(function):
    with pytest.raises(DeclarationError, match="takes at least one"):
        function()


def test_a_schema_is_a_mapping_of_types():
    with pytest.raises(TransformTypeError, match="A schema is expected as"):
        E.schema().contains(["id"])
