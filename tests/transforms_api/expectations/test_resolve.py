"""What the columns and the inputs of a transform do not allow to answer, on Spark and on Polars alike."""

import pytest

from transforms import expectations as E

MOMENT = "2024-11-15T12:00:00Z"
OF_GONE = [
    E.col("gone").gt(1),
    E.col("gone").non_null(),
    E.col("gone").is_null(),
    E.col("gone").is_in("a", None),
    E.col("gone").rlike("a"),
    E.col("gone").array_contains("a"),
    E.col("gone").size().gt(1),
    E.col("gone").lt_col("n"),
    E.col("n").lt_col("gone"),
    E.col("gone").is_after(MOMENT),
    E.col("at").is_after_col("gone", 60),
    E.col("gone").timestamp_offset_to_current_time().lt(60),
    E.col("gone").is_in_foreign_col(E.dataset_ref("accounts").col("id")),
    E.col("gone").null_count().equals(0),
    E.col("gone").sum().gt(1),
    E.primary_key("n", "gone"),
    E.group_by("gone").is_unique(),
    E.group_by("gone").count().gt(1),
    E.group_by("n").col("gone").sum().gt(1),
    E.all(E.col("n").non_null(), E.col("gone").non_null()),
    E.any(E.col("gone").non_null(), E.col("gone").gt(1)),
    E.negate(E.col("gone").is_null()),
    E.negate(E.primary_key("gone")),
    E.when(E.col("gone").gt(1), E.true()).otherwise(E.true()),
]
SCHEMA = "n bigint, name string, day date, at timestamp, flags array<string>"
ACCOUNTS = ("id bigint, code string", [])


def test_a_missing_column_breaks_whatever_is_expected_of_it_and_raises_nothing(problems):
    expected = dict.fromkeys(OF_GONE, "column gone is missing")
    assert problems(SCHEMA, [], OF_GONE, accounts=ACCOUNTS) == expected


def test_all_missing_columns_are_named_and_their_names_are_case_sensitive(problems):
    expected = {E.primary_key("N", "n", "NAME"): "column N, NAME is missing"}
    assert problems(SCHEMA, [], expected) == expected


def test_a_column_of_another_type_breaks_what_is_expected_of_it(problems):
    expected = {
        E.col("name").gt(5): "name is string, not to be compared with 5",
        E.col("n").equals("five"): "n is bigint, not to be compared with 'five'",
        E.col("n").is_in(1, "a"): "n is bigint, not to be compared with 'a'",
        E.col("flags").is_in("a", 1): "flags is array<string>, not to be compared with 1",
        E.col("flags").array_contains(1): "flags is array<string>, not to be compared with 1",
        E.col("day").gt("soon"): "day is date, not to be compared with 'soon'",
        E.col("n").rlike("5"): "n is bigint, not a text",
        E.col("name").size().gt(1): "name is string, not an array",
        E.col("name").array_contains("a"): "name is string, not an array",
        E.col("name").sum().gt(1): "name is string, not a number",
        E.group_by("n").col("name").sum().gt(1): "name is string, not a number",
        E.count().gt("many"): "number of rows is number, not to be compared with 'many'",
        E.col("n").gt_col("name"): "n is bigint, name is string",
        E.col("day").is_after_col("at"): "day is date, not a timestamp",
        E.col("day").is_after(MOMENT): "day is date, not to be compared with 2024-11-15 12:00:00+00:00",
    }
    assert problems(SCHEMA, [], expected) == expected


def test_a_referenced_dataset_has_to_be_an_input_with_a_column_of_the_same_type(problems):
    expected = {
        E.count().gt(E.dataset_ref("deals").count()): "there is no input called 'deals' to compare with",
        E.col("n").is_in_foreign_col(E.dataset_ref("deals").col("id")): (
            "there is no input called 'deals' to compare with"
        ),
        E.col("n").is_in_foreign_col(E.dataset_ref("accounts").col("ID")): "accounts has no column ID",
        E.col("n").is_in_foreign_col(E.dataset_ref("accounts").col("code")): "n is bigint, code of accounts is string",
    }
    assert problems(SCHEMA, [], expected, accounts=ACCOUNTS) == expected


@pytest.mark.parametrize("frame", ["polars"], indirect=True)
def test_a_referenced_dataset_is_not_read_unless_an_expectation_needs_it(frame):
    from transforms_api.expectations.evaluate import evaluate_checks
    from transforms_api.expectations.tree import Check

    class Unread(dict):
        def __getitem__(self, name):
            pytest.fail(f"{name} was read")

    [result] = evaluate_checks("/d", frame("n bigint", []), [Check(E.count().equals(0), "none")], Unread(accounts=1))
    assert result.problem is None
