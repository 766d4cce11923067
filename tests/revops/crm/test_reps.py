"""Reps of an export and their earlier quarters."""

from dataclasses import replace
from datetime import date

import pytest
from chispa import assert_df_equality

from transforms.revops.crm.reps import (
    judged_reps,
    quarter_before,
    quarter_number,
    rep_identities,
    sales_reps_of,
)

TODAY = date(2017, 8, 15)
IDENTITY = "rep_id string, rep_name string, manager_name string, region string"
DEAL = "owner_id string, quarter string, is_closed boolean, is_won boolean, amount double"
# Ann wins 1 of 2 in Q2, Bob loses his only one, Cem closed in Q1 only, Dan never.
DEALS = [
    ("Ann", "Q1 2017", True, True, 10_000.0),
    ("Ann", "Q1 2017", True, True, 5_000.0),
    ("Ann", "Q2 2017", True, True, 20_000.0),
    ("Ann", "Q2 2017", True, False, 9_000.0),
    ("Ann", "Q3 2017", True, True, 70_000.0),
    ("Bob", "Q2 2017", True, False, 9_000.0),
    ("Bob", "Q2 2017", False, False, 9_000.0),
    ("Bob", "Q2 2016", True, True, 9_000.0),
    ("Cem", "Q1 2017", True, True, 40_000.0),
    ("Dan", "Unknown", False, False, None),
]


@pytest.fixture(scope="module")
def reps(spark, export):
    """Rep id → row of sales_reps, on 2017-08-15 with a quota of 10,000 USD; Eva has no deal at all."""
    names = ("Ann", "Bob", "Cem", "Dan", "Eva")
    identities = spark.createDataFrame([(name, name, "Summer", "West") for name in names], IDENTITY)
    deals = spark.createDataFrame(DEALS, DEAL)
    rows = sales_reps_of(identities, deals, replace(export, today=TODAY, quota=10_000.0)).collect()
    return {row.rep_id: row for row in rows}


def test_a_rep_needs_nothing_but_an_id_of_its_own(text_rows):
    rows = text_rows("reps", {"id": "a"}, {"id": "a"}, {"name": "Ann"})
    reasons = [row.reason for row in judged_reps(rows).orderBy("row_number").collect()]
    assert reasons == [None, "an earlier row has the same id", "it has no id"]


def test_unrecorded_fields_of_a_rep_are_unknown_and_the_name_is_the_id(spark, text_rows):
    rows = text_rows("reps", {"id": "a"}, {"id": "b", "name": "Bob", "manager": "Summer", "region": "West"})
    expected = spark.createDataFrame([("a", "a", "Unknown", "Unknown"), ("b", "Bob", "Summer", "West")], IDENTITY)
    assert_df_equality(rep_identities(rows), expected, ignore_nullable=True)


def test_reps_without_deals_stay(reps):
    assert set(reps) == {"Ann", "Bob", "Cem", "Dan", "Eva"}


def test_earlier_quarters_hold_what_was_won_and_the_current_one_nothing(reps):
    assert [tuple(quarter) for quarter in reps["Ann"].quarters] == [
        ("Q1 2017", 10_000.0, 15_000.0),
        ("Q2 2017", 10_000.0, 20_000.0),
        ("Q3 2017", 10_000.0, 0.0),
    ]


def test_a_quarter_in_which_nothing_was_won_holds_zero(reps):
    assert {name: [quarter.closed_amount for quarter in reps[name].quarters] for name in ("Bob", "Cem", "Eva")} == {
        "Bob": [0.0, 0.0, 0.0],
        "Cem": [40_000.0, 0.0, 0.0],
        "Eva": [0.0, 0.0, 0.0],
    }


def test_the_prior_win_rate_is_that_of_deals_closed_in_the_quarter_before(reps):
    assert {name: row.prior_quarter_win_rate for name, row in reps.items()} == {
        "Ann": 0.5,
        "Bob": 0.0,
        "Cem": None,
        "Dan": None,
        "Eva": None,
    }


def test_only_reps_who_closed_deals_in_the_quarter_before_have_a_rank(reps):
    assert {name: row.prior_quarter_rank for name, row in reps.items()} == {
        "Ann": 1,
        "Bob": 2,
        "Cem": None,
        "Dan": None,
        "Eva": None,
    }


def test_a_first_quarter_has_no_earlier_one_and_follows_a_quarter_of_last_year(spark, export):
    identities = spark.createDataFrame([("Bob", "Bob", "Summer", "West")], IDENTITY)
    deals = spark.createDataFrame([("Bob", "Q4 2016", True, True, 9_000.0)], DEAL)
    [bob] = sales_reps_of(identities, deals, replace(export, today=date(2017, 2, 1))).collect()
    assert ([quarter.quarter for quarter in bob.quarters], bob.prior_quarter_win_rate) == (["Q1 2017"], 1.0)


@pytest.mark.parametrize(("month", "number"), [(1, 1), (3, 1), (4, 2), (9, 3), (10, 4), (12, 4)])
def test_a_quarter_has_three_months(month, number):
    assert quarter_number(date(2017, month, 1)) == number


@pytest.mark.parametrize(("day", "before"), [(date(2017, 2, 1), "Q4 2016"), (date(2017, 12, 31), "Q3 2017")])
def test_the_quarter_before_may_be_of_the_year_before(day, before):
    assert quarter_before(day) == before
