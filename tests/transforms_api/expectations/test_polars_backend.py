from datetime import datetime

import polars
import pytest

from transforms import expectations as E
from transforms_api.expectations.evaluate import evaluate_checks
from transforms_api.expectations.tree import Check


@pytest.fixture
def problem():
    """problem(expectation, columns, **others) → what is wrong, or None."""

    def evaluate_one(expectation, columns, **others):
        [result] = evaluate_checks("/d", polars.DataFrame(columns), [Check(expectation, "check")], others)
        return result.problem

    return evaluate_one


def test_times_without_a_zone_count_as_utc(problem):
    noon = {"at": [datetime(2024, 11, 15, 12)]}
    assert problem(E.col("at").equals("2024-11-15T12:00:00Z"), noon) is None
    assert problem(E.col("at").max_value().equals("2024-11-15T13:00:00+01:00"), noon) is None


def test_a_key_of_wider_integers_is_looked_up_by_value(problem):
    in_source = E.col("id").is_in_foreign_col(E.dataset_ref("source").col("id"))
    small = polars.Series("id", [1, 44], polars.Int8)
    # 300 has the last eight bits of 44.
    assert problem(in_source, [small], source=polars.DataFrame({"id": [1, 300]})) == "1 row breaks it"


def test_a_dataset_of_files_only_has_no_rows_and_no_columns(problem):
    assert problem(E.count().equals(0), polars.DataFrame()) is None
    assert problem(E.col("id").non_null(), polars.DataFrame()) == "column id is missing"
