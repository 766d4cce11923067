from datetime import UTC, datetime

import pyarrow as pa
import pytest

from transforms_api.comparing.profiles import NumberSummary
from transforms_api.comparing.rows import Difference, Drift, RowExample, ValueExample, compare
from transforms_api.errors import StoreError


@pytest.fixture
def differ(write):
    """differ(before, after, *key) → what is different, where both are columns of a dataset."""

    def run(before, after, *key):
        return compare(write("/A/deals", **before), write("/A/deals", branch="feature", **after), key)

    return run


def counts(added=0, removed=0, changed=0):
    return {"added": added, "removed": removed, "changed": changed}


# By a key


def test_rows_are_matched_by_their_key(differ):
    before = {"deal": ["A", "B", "C"], "amount": [1, 2, 3]}
    after = {"deal": ["B", "C", "D"], "amount": [2, 30, 4]}
    assert differ(before, after, "deal").rows == counts(added=1, removed=1, changed=1)


def test_a_key_may_have_several_columns(differ):
    before = {"deal": ["A", "A"], "day": [1, 2], "amount": [10, 20]}
    after = {"deal": ["A", "A"], "day": [1, 3], "amount": [11, 20]}
    assert differ(before, after, "deal", "day").rows == counts(added=1, removed=1, changed=1)


def test_values_that_changed_are_counted_by_column(differ):
    before = {"deal": ["A", "B"], "amount": [1, None], "stage": ["won", "lost"]}
    after = {"deal": ["A", "B"], "amount": [2, 3], "stage": ["won", None]}
    assert differ(before, after, "deal").values == {"amount": 2, "stage": 1}


def test_examples_show_the_row_before_and_after(differ):
    before, after = {"deal": ["A", "B"], "amount": [1, 2]}, {"deal": ["A", "C"], "amount": [10, 3]}
    assert differ(before, after, "deal").examples == [
        RowExample("added", None, {"deal": "C", "amount": 3}),
        RowExample("removed", {"deal": "B", "amount": 2}, None),
        RowExample("changed", {"deal": "A", "amount": 1}, {"deal": "A", "amount": 10}),
    ]


@pytest.mark.parametrize(
    ("deals", "key", "note"),
    [
        (["A", "A"], "deal", "the key (deal) is null or repeated in rows after"),
        (["A", None], "deal", "the key (deal) is null or repeated in rows after"),
        (["A", "B"], "id", "the key (id) lacks a column that both have with one type: id"),
    ],
)
def test_a_key_that_does_not_identify_rows_is_not_used_and_the_reason_is_reported(differ, deals, key, note):
    difference = differ({"deal": ["A", "B"]}, {"deal": deals}, key)
    assert difference.key == ()
    assert difference.note == note


def test_each_changed_column_has_examples_with_the_key_of_their_row(differ):
    before = {"deal": ["A", "B"], "amount": [1, 2], "stage": ["won", "lost"]}
    after = {"deal": ["A", "B"], "amount": [10, 20], "stage": ["won", None]}
    assert differ(before, after, "deal").value_examples == {
        "amount": [ValueExample({"deal": "A"}, 1, 10), ValueExample({"deal": "B"}, 2, 20)],
        "stage": [ValueExample({"deal": "B"}, "lost", None)],
    }


# Numbers


def test_the_summary_of_a_number_that_drifts_has_sum_mean_minimum_and_maximum(differ):
    difference = differ({"deal": ["A", "B"], "amount": [1, 3]}, {"deal": ["A", "B"], "amount": [1, 8]}, "deal")
    assert difference.drift == {"amount": Drift(NumberSummary(2, 4, 2, 1, 3), NumberSummary(2, 9, 4.5, 1, 8))}


def test_a_number_that_moves_to_a_different_row_has_no_drift(differ):
    assert differ({"deal": ["A", "B"], "amount": [1, 3]}, {"deal": ["A", "B"], "amount": [3, 1]}, "deal").drift == {}


def test_a_number_that_becomes_null_has_no_mean(differ):
    difference = differ(
        {"deal": ["A"], "amount": [1.5]}, {"deal": ["A"], "amount": pa.array([None], pa.float64())}, "deal"
    )
    assert difference.drift["amount"].after == NumberSummary(0, None, None, None, None)


# By whole rows


def test_without_a_key_another_value_is_a_row_removed_and_one_added(differ):
    assert differ({"deal": ["A"], "amount": [1]}, {"deal": ["A"], "amount": [2]}).rows == counts(added=1, removed=1)


def test_rows_count_as_often_as_they_occur(differ):
    assert differ({"n": [1, 1, 2]}, {"n": [1, 2, 2, 2]}).rows == counts(added=2, removed=1)


def test_neither_the_order_of_rows_nor_that_of_columns_matters(differ):
    assert differ({"n": [1, 2], "m": ["x", None]}, {"m": [None, "x"], "n": [2, 1]}) == Difference(rows=counts())


def test_no_more_than_five_rows_are_shown_the_first_ones(differ):
    difference = differ({"n": [0]}, {"n": list(range(9, -1, -1))})
    assert [example.after["n"] for example in difference.examples] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, float("nan"), None]),
        pa.array([[1, None], [], None]),
        pa.array([{"a": 1, "b": None}, {"a": None, "b": "x"}, None]),
        pa.array([[("a", 1)], [("b", None)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([datetime(2024, 11, 15, tzinfo=UTC), None, datetime(1969, 1, 1, tzinfo=UTC)]),
        pa.array([b"\x00", b"", None]),
    ],
    ids=["double", "array", "struct", "map", "timestamp", "binary"],
)
def test_values_of_every_type_are_the_same_as_themselves_and_differ_from_others(write, column):
    version = write("/A/deals", value=column)
    other = write("/A/deals", branch="feature", value=column.take(pa.array([0, 0, 1])))
    assert compare(version, version).rows == counts()
    assert compare(version, other).rows == counts(added=1, removed=1)
    assert len(compare(version, other).examples) == 2


# Columns


def test_columns_that_differ_are_listed_and_rows_compared_by_the_others(differ):
    difference = differ({"n": [1], "old": [1], "kind": [1]}, {"n": [1], "new": ["x"], "kind": ["x"]})
    assert difference.columns_added == {"new": "VARCHAR"}
    assert difference.columns_removed == {"old": "BIGINT"}
    assert difference.columns_retyped == {"kind": ("BIGINT", "VARCHAR")}
    assert difference.rows == counts()


def test_without_a_column_in_common_only_the_number_of_rows_can_differ(differ):
    assert differ({"a": [1]}, {"b": [1, 2, 3]}).rows == counts(added=2)


@pytest.mark.parametrize("name", ["before", "line", "key", "o", "k0", "v0", "change", 'a "quoted" name', "select"])
def test_columns_may_be_called_as_anything(differ, name):
    assert differ({name: [1], "n": [1]}, {name: [1], "n": [2]}, name).values == {"n": 1}


def test_versions_whose_files_are_gone_cannot_be_compared(write):
    old = write("/A/deals", deal=["A"])
    (old.table / old.paths[0]).unlink()
    with pytest.raises(StoreError, match="cannot be compared"):
        compare(old, write("/A/deals", deal=["B"]))
