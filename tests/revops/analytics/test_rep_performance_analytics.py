from datetime import date

import pytest
from chispa import assert_column_equality, assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.analytics.rep_performance_analytics import (
    TOTALS,
    attainments,
    compute,
    deal_totals,
    in_quarter,
    measures,
    ranks,
    sum_of_quarters,
    with_deal_totals,
)
from transforms.revops.contracts.reps import REP_PERFORMANCE

TODAY = date(2024, 11, 15)
DEAL = (
    "owner_id string, is_closed boolean, is_won boolean, quarter string, amount double, opened_on date,"
    " close_date date, stakeholder_count long, has_economic_buyer boolean, data_freshness date"
)
QUARTERS = "array<struct<quarter: string, quota: double, closed_amount: double>>"


def won(owner, amount, opened_on=None, stakeholders=None, buyer=None, quarter="Q4 2024"):
    return (owner, True, True, quarter, amount, opened_on, date(2024, 11, 1), stakeholders, buyer, TODAY)


def lost(owner, stakeholders=None, buyer=None, quarter="Q4 2024"):
    return (owner, True, False, quarter, 50.0, None, date(2024, 11, 2), stakeholders, buyer, TODAY)


def still_open(owner, amount, stakeholders=None, buyer=None):
    return (owner, False, False, "Q1 2025", amount, None, None, stakeholders, buyer, TODAY)


def totals_of(spark, *deals):
    [row] = deal_totals(spark.createDataFrame(list(deals), DEAL)).collect()
    return row.asDict()


def test_won_and_lost_deals_of_the_current_quarter_are_counted(spark):
    totals = totals_of(
        spark, won("R1", 100.0), won("R1", 200.0), lost("R1"), won("R1", 9.0, quarter="Q3 2024"), still_open("R1", 5.0)
    )
    assert (totals["won_count"], totals["lost_count"], totals["closed_amount"]) == (2, 1, 300.0)


def test_open_deals_count_whenever_they_close_and_whatever_they_cost(spark):
    totals = totals_of(spark, still_open("R1", 70.0), still_open("R1", None), won("R1", 100.0))
    assert (totals["open_count"], totals["open_pipeline_amount"]) == (2, 70.0)


def test_the_sales_cycle_is_that_of_won_deals_whose_opening_is_recorded(spark):
    totals = totals_of(spark, won("R1", 1.0, opened_on=date(2024, 10, 2)), won("R1", 1.0), lost("R1"))
    assert (totals["cycle_days"], totals["cycle_deals"]) == (30, 1)


def test_stakeholders_and_buyers_count_in_deals_that_record_them(spark):
    totals = totals_of(spark, won("R1", 1.0, None, 4, True), lost("R1", 1, False), still_open("R1", 1.0))
    assert (totals["stakeholders"], totals["stakeholder_deals"]) == (5, 2)
    assert (totals["economic_buyers"], totals["economic_buyer_deals"]) == (1, 2)


def test_a_rep_without_deals_has_zeros_and_the_team_has_the_sum(spark):
    reps = spark.createDataFrame([("R1", TODAY), ("R2", TODAY)], "rep_id string, data_freshness date")
    totals = deal_totals(spark.createDataFrame([won("R1", 100.0), lost("R1")], DEAL))
    actual = with_deal_totals(reps, totals).select("rep_id", "won_count", "team_won_count", "team_closed_amount")
    schema = "rep_id string, won_count long, team_won_count long, team_closed_amount double"
    expected = spark.createDataFrame([("R1", 1, 1, 100.0), ("R2", 0, 1, 100.0)], schema)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize(
    "totals, expected",
    [
        ((1, 3, 80.0, 0, 0.0, 90, 2, 9, 4, 1, 4), (0.25, 80.0, 45.0, 2.25, 0.25)),
        ((0,) * len(TOTALS), (0.0, 0.0, None, None, None)),
    ],
    ids=["of deals", "of no deals"],
)
def test_means_of_deals_are_zero_or_unknown_without_any(spark, totals, expected):
    df = spark.createDataFrame([totals], list(TOTALS))
    assert tuple(df.select(*measures()).first()) == expected


def test_quotas_add_up_over_the_quarters_of_the_year(spark):
    rows = [([("Q3 2024", 100.0, 80.0), ("Q4 2024", 120.0, 0.0)], 220.0), ([], 0.0)]
    df = spark.createDataFrame(rows, f"quarters {QUARTERS}, expected double")
    actual = df.select("expected", sum_of_quarters(F.col("quarters"), "quota").alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_a_quarter_outside_the_year_has_no_quota(spark):
    rows = [("Q3 2024", 100.0), ("Q4 2023", None)]
    df = spark.createDataFrame(rows, "name string, expected double").withColumn(
        "quarters", F.expr("array(struct('Q3 2024' as quarter, 100D as quota))")
    )
    actual = df.select("expected", in_quarter(F.col("quarters"), F.col("name"), "quota").alias("actual"))
    assert_column_equality(actual, "actual", "expected")


@pytest.mark.parametrize(
    "quarters, expected",
    [
        # (80 + 60) / (100 + 100); 60 / 100; 80 / 100
        ([("Q3 2024", 100.0, 80.0), ("Q4 2024", 100.0, 0.0)], (200.0, 140.0, 0.7, 0.6, 0.8, 0.8)),
        # to the end of Q3: (30 + 80) / (100 + 100)
        (
            [("Q2 2024", 100.0, 30.0), ("Q3 2024", 100.0, 80.0), ("Q4 2024", 100.0, 0.0)],
            (300.0, 170.0, 170 / 300, 0.6, 0.8, 0.55),
        ),
        ([("Q4 2024", 120.0, 0.0)], (120.0, 60.0, 0.5, 0.5, None, None)),
        ([("Q3 2024", 0.0, 0.0), ("Q4 2024", 120.0, 0.0)], (120.0, 60.0, 0.5, 0.5, None, None)),
        ([], (0.0, 60.0, 0.0, 0.0, None, None)),
    ],
    ids=["with a quarter before", "with two", "without one", "without a quota in it", "without any quota"],
)
def test_attainment_is_won_of_quota(spark, quarters, expected):
    schema = f"quarters {QUARTERS}, closed_amount double, data_freshness date"
    df = spark.createDataFrame([(quarters, 60.0, TODAY)], schema)
    assert tuple(df.select(*attainments()).first()) == pytest.approx(expected)


def test_reps_of_equal_attainment_have_the_same_rank_and_the_next_one_is_skipped(spark):
    rows = [("R1", 0.5, TODAY), ("R3", 1.2, TODAY), ("R2", 0.5, TODAY), ("R4", 0.1, TODAY)]
    df = spark.createDataFrame(rows, "rep_id string, ytd_attainment double, data_freshness date")
    expected = spark.createDataFrame(
        [("R3", 1, 4), ("R1", 2, 4), ("R2", 2, 4), ("R4", 4, 4)], "rep_id string, overall_rank int, total_reps long"
    )
    assert_df_equality(df.select("rep_id", *ranks()), expected, ignore_row_order=True, ignore_nullable=True)


def test_every_rep_of_the_story_has_a_row_that_keeps_the_contract(run, story):
    written = run(
        compute, opportunities=story["/RevOps/Scenario/opportunities"], sales_reps=story["/RevOps/Scenario/sales_reps"]
    )
    assert [field.name for field in written.schema] == [field.name for field in REP_PERFORMANCE.schema]
    assert written.count() == 10
