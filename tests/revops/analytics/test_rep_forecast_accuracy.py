"""The forecasts of reps: recorded day by day, and measured against what was won when the quarter is over."""

from datetime import date

import pytest

from transforms.revops.analytics.rep_forecast_accuracy import compute
from transforms.revops.contracts.forecast import DEAL_FORECAST

WEEK_6, WEEK_7, OVER = date(2024, 11, 8), date(2024, 11, 15), date(2025, 1, 3)


def deal(day, name, rep, state, amount, expected=0.0, category="Pipeline", quarter="Q4 2024"):
    return {
        "opportunity_id": name, "owner_id": rep, "owner_name": f"Rep {rep}", "quarter": quarter, "deal_state": state,
        "amount": amount, "expected_amount": expected, "forecast_category": category, "data_freshness": day,
    }  # fmt: skip


@pytest.fixture(scope="module")
def built(run_transform, frame):
    """built(deals of a day, previous rows) → the dataset after a build on these deals, checked by its contract."""

    def build(deals, previous=None):
        earlier = {"previous": {"output": previous}} if previous is not None else {}
        return run_transform(compute, {"deals": frame(DEAL_FORECAST, *deals)}, **earlier).only

    return build


@pytest.fixture(scope="module")
def second(built):
    """After builds in weeks 6 and 7: A is forecast 100 + 30, then 100 + 60; B is forecast 20, then 0."""
    first = built([
        deal(WEEK_6, "1", "A", "won", 100.0),
        deal(WEEK_6, "2", "A", "open", 300.0, 30.0, "Commit"),
        deal(WEEK_6, "3", "B", "open", 80.0, 20.0, "Best Case"),
        deal(WEEK_6, "4", "B", "open", 999.0, 500.0, quarter="Q1 2025"),
    ])  # fmt: skip
    return built(
        [
            deal(WEEK_7, "1", "A", "won", 100.0),
            deal(WEEK_7, "2", "A", "open", 300.0, 60.0, "Commit"),
            deal(WEEK_7, "3", "B", "lost", 80.0),
        ],
        first,
    )


def values(rows, *names):
    return {(row.rep_id, row.week_number): tuple(row[name] for name in names) for row in rows.collect()}


def test_each_build_records_the_forecast_of_the_current_quarter_by_rep(second):
    assert values(second, "closed_won_amount", "forecast_amount") == {
        ("A", 6): (100, 130), ("B", 6): (0, 20), ("A", 7): (100, 160), ("B", 7): (0, 0),
    }  # fmt: skip


def test_the_commit_is_what_is_won_or_in_commit_if_the_source_records_commitments(second):
    assert values(second, "commit_amount")["A", 7] == (400,)


def test_a_source_without_commitments_has_no_commit(built):
    rows = built([deal(WEEK_7, "1", "A", "open", 50.0, 5.0)])
    assert values(rows, "forecast_amount", "commit_amount") == {("A", 7): (5, None)}


def test_the_accuracy_of_a_quarter_that_goes_on_is_unknown(second):
    unknown = (None, None, None, None)
    names = ("final_amount", "forecast_accuracy", "forecast_bias", "commit_accuracy")
    assert set(values(second, *names).values()) == {unknown}


def test_a_later_build_in_the_same_week_replaces_the_forecast_of_the_week(built, second):
    rows = built([deal(date(2024, 11, 16), "2", "A", "open", 300.0, 90.0)], second)
    assert values(rows, "forecast_amount")["A", 7] == (90,)


def test_when_the_quarter_is_over_each_recorded_forecast_is_measured_against_the_won_amount(built, second):
    over = [
        deal(OVER, "1", "A", "won", 100.0),
        deal(OVER, "2", "A", "won", 100.0),
        deal(OVER, "3", "B", "lost", 80.0),
        deal(OVER, "5", "A", "open", 40.0, 4.0, quarter="Q1 2025"),
    ]
    rows = built(over, second).where("quarter = 'Q4 2024'")
    # A won 200: 130 misses by 70 of 200, 160 by 40, a commit of 400 by 200
    accuracies = values(rows, "final_amount", "forecast_accuracy", "forecast_bias", "commit_accuracy")
    assert accuracies["A", 6] == (200, pytest.approx(0.65), pytest.approx(-0.35), 0)
    assert accuracies["A", 7] == (200, pytest.approx(0.8), pytest.approx(-0.2), 0)
    assert accuracies["B", 6] == (0, None, None, None)


def test_a_quarter_of_which_the_source_has_no_closed_deal_any_more_stays_unknown(built, second):
    rows = built([deal(OVER, "5", "A", "open", 40.0, 4.0, quarter="Q1 2025")], second)
    assert values(rows.where("quarter = 'Q4 2024'"), "final_amount")["A", 7] == (None,)


def test_the_forecasts_of_another_source_are_dropped(built, second):
    assert values(built([deal(OVER, "9", "X", "open", 1.0, 1.0, quarter="Q1 2025")], second)) == {("X", 1): ()}
