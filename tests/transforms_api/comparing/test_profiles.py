"""Profiles of datasets: nulls, distinct values, minimum and maximum per column."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from transforms_api.api import Project
from transforms_api.comparing import ColumnProfile


@pytest.fixture
def profile(write, warehouse):
    """profile(column=values) → the profile of a dataset with this only column."""

    def of(**columns):
        write("/A/rows", **columns)
        [column] = Project.open(warehouse=warehouse.root).dataset("/A/rows").profile()
        return column

    return of


def test_nulls_are_counted_and_are_no_value(profile):
    assert profile(n=[3, None, 1, 1]) == ColumnProfile("n", nulls=1, distinct=2, least=1, greatest=3)


def test_texts_are_ordered_by_their_characters(profile):
    assert profile(text=["b", "a", "B"]) == ColumnProfile("text", nulls=0, distinct=3, least="B", greatest="b")


@pytest.mark.parametrize(
    "values, texts",
    [
        ([date(2024, 2, 5), date(2023, 1, 1)], ("2023-01-01", "2024-02-05")),
        ([datetime(2024, 2, 5, 12, tzinfo=UTC)], ("2024-02-05 12:00:00+00:00",) * 2),
        ([Decimal("1.50"), Decimal("0.25")], ("0.25", "1.50")),
    ],
)
def test_dates_times_and_decimals_are_texts_in_json(profile, values, texts):
    document = profile(value=values).as_json()
    assert (document["least"], document["greatest"]) == texts


def test_an_array_has_nulls_alone(profile):
    assert profile(tags=[["a"], None]) == ColumnProfile("tags", nulls=1, distinct=None, least=None, greatest=None)


def test_a_long_text_is_cut_in_a_table(profile):
    assert profile(text=["x" * 100]).as_row()["least"] == "x" * 39 + "…"


def test_a_column_whose_name_has_quotation_marks_is_profiled(profile):
    assert profile(**{'a "b"': [1]}).column == 'a "b"'
