from datetime import date

import pytest
from chispa import assert_column_equality, assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.analytics.rep_driver_comparison import (
    DRIVERS,
    bar_pct,
    compute,
    difference,
    difference_text,
    driver_text,
    driver_values,
    gap,
    measured,
    with_activity,
    with_gap,
)
from transforms.revops.contracts.scenario import REPORTING_CURRENCY
from transforms.revops.contracts.vocabulary import FORMAT_TYPES, GOOD_DIRECTIONS

TODAY = date(2024, 11, 15)
ACTIVITY = "rep_id string, period string, avg_daily_activities double, team_avg_daily double"
COLUMNS = [column for driver in DRIVERS for column in (driver.rep_column, driver.team_column)]


def reps(spark, *rows):
    """Return reps whose drivers are unknown but for those that a row names."""
    identity = "rep_id string, overall_rank long, data_freshness date, won_count long, lost_count long"
    schema = ", ".join([identity, *[f"{name} double" for name in COLUMNS]])
    return spark.createDataFrame(
        [(*row[:2], TODAY, 1, 1, *[row[2].get(name) for name in COLUMNS]) for row in rows], schema
    )


def test_every_driver_is_displayed_in_a_way_that_the_contract_knows():
    assert {driver.format_type for driver in DRIVERS} <= set(FORMAT_TYPES)
    assert {driver.good_direction for driver in DRIVERS} <= set(GOOD_DIRECTIONS)


def test_activity_is_that_of_the_last_30_days(spark):
    performance = spark.createDataFrame([("R1",), ("R2",)], "rep_id string")
    activity = spark.createDataFrame([("R1", "30d", 5.0, 4.0), ("R1", "7d", 9.0, 9.0)], ACTIVITY)
    expected = spark.createDataFrame(
        [("R1", 5.0, 4.0), ("R2", None, None)], "rep_id string, avg_daily_activities double, team_avg_daily double"
    )
    assert_df_equality(with_activity(performance, activity), expected, ignore_row_order=True)


def test_a_rep_is_set_against_the_rep_ranked_first(spark):
    values = driver_values(
        reps(
            spark,
            ("R1", 2, {"win_rate": 0.2, "team_win_rate": 0.3}),
            ("R2", 1, {"win_rate": 0.4, "team_win_rate": 0.3}),
        )
    ).select("rep_id", "metric_name", "rep_value", "top_performer_value")
    expected = spark.createDataFrame(
        [("R1", "win_rate", 0.2, 0.4), ("R2", "win_rate", 0.4, 0.4)],
        "rep_id string, metric_name string, rep_value double, top_performer_value double",
    )
    assert_df_equality(values, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize("unknown_of", ["R1", "R2"])
def test_a_driver_unknown_of_rep_or_top_performer_has_no_row_for_the_rep(spark, unknown_of):
    known = {"win_rate": 0.2, "team_win_rate": 0.3}
    rows = [("R1", 2, known), ("R2", 1, known)]
    rows = [(rep, rank, {} if rep == unknown_of else drivers) for rep, rank, drivers in rows]
    assert driver_values(reps(spark, *rows)).where("rep_id = 'R1'").count() == 0


def test_the_gap_is_positive_for_who_is_behind_in_either_direction(spark):
    rows = [(0.2, 0.5, "higher", 0.3), (60.0, 45.0, "lower", 15.0), (5.0, 4.0, "higher", -1.0)]
    df = spark.createDataFrame(rows, "rep double, top double, direction string, expected double")
    actual = df.select("expected", gap(F.col("rep"), F.col("top"), F.col("direction")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


@pytest.mark.parametrize(
    ("rep", "top", "driver", "words"),
    [
        (
            0.396, 0.926, ("percent", "economic_buyer_rate", "Economic Buyer Involvement", "higher"),
            "53-point economic buyer involvement improvement potential (40% to 93%)",
        ),
        (
            64_400.0, 110_600.0, ("decimal", "avg_deal_size", "Average Deal Size", "higher"),
            "$47K average deal size improvement potential ($64K to $111K)",
        ),
        (74.4, 67.6, ("days", "avg_sales_cycle_days", "Sales Cycle", "lower"),
            "6-day sales cycle improvement potential (74d to 68d)"),
        (0.28, 0.29, ("percent", "win_rate", "Win Rate", "higher"),
            "1-point win rate improvement potential (28% to 29%)"),
        (1.3, 4.2, ("decimal", "avg_stakeholders", "Stakeholders per Deal", "higher"),
            "2.9 stakeholders per deal improvement potential (1.3 to 4.2)"),
        (0.5, 0.4, ("percent", "win_rate", "Win Rate", "higher"), "No gap to the top performer"),
    ],
)  # fmt: skip
def test_the_impact_is_the_distance_between_the_two_values_shown(spark, rep, top, driver, words):
    schema = (
        "rep_value double, top_performer_value double,"
        " format_type string, metric_name string, metric_label string, good_direction string, currency_sign string"
    )
    assert with_gap(spark.createDataFrame([(rep, top, *driver, "$")], schema)).first().gap_impact == words


def test_a_driver_is_worded_by_its_kind(spark):
    rows = [
        ("win_rate", "percent", 0.38, "38%"),
        ("avg_sales_cycle_days", "days", 45.4, "45d"),
        ("avg_deal_size", "decimal", 431_000.0, "$431K"),
        ("avg_deal_size", "decimal", 2_430.6, "$2,431"),
        ("avg_deal_size", "decimal", 2_134_000.0, "$2.1M"),
        ("avg_stakeholders", "decimal", 4.2049, "4.2"),
    ]
    df = spark.createDataFrame(rows, "metric_name string, format_type string, value double, expected string")
    text = driver_text(F.col("value"), F.col("format_type"), F.col("metric_name"))
    assert_column_equality(df.select("expected", text.alias("actual")), "actual", "expected")


def test_a_difference_of_one_is_singular(spark):
    rows = [("percent", 0.281, 0.289), ("percent", 0.28, 0.29), ("days", 45.4, 44.0), ("days", 45.0, 39.0)]
    df = spark.createDataFrame(rows, "kind string, a double, b double")
    kind, name = F.col("kind"), F.lit("win_rate")
    texts = df.select("kind", difference(F.col("a"), F.col("b"), kind, name).alias("distance")).select(
        difference_text(F.col("distance"), kind, name)
    )
    assert [row[0] for row in texts.collect()] == ["1 point", "1 point", "1 day", "6 days"]


def test_of_several_reps_ranked_first_the_best_value_counts(spark):
    rows = [
        ("R1", 1, {"avg_sales_cycle_days": 60.0, "team_avg_sales_cycle_days": 65.0}),
        ("R2", 1, {"avg_sales_cycle_days": 70.0, "team_avg_sales_cycle_days": 65.0}),
    ]
    values = driver_values(reps(spark, *rows)).select("top_performer_value").distinct().collect()
    assert [row[0] for row in values] == [60.0]


def test_win_rate_and_deal_size_without_a_deal_are_unknown(spark):
    df = spark.createDataFrame(
        [(0, 0, 0.0, 0.0), (0, 3, 0.0, 0.0), (1, 3, 0.25, 900.0)],
        "won_count long, lost_count long, win_rate double, avg_deal_size double",
    )
    rows = [(row.win_rate, row.avg_deal_size) for row in measured(df).collect()]
    assert rows == [(None, None), (0.0, None), (0.25, 900.0)]


def test_a_bar_is_0_to_100_wide(spark):
    rows = [(3.0, 4.0, 75.0), (4.0, 4.0, 100.0), (0.0, 0.0, 0.0), (-2.0, 4.0, 0.0)]
    df = spark.createDataFrame(rows, "value double, bar_max double, expected double")
    actual = df.select("expected", bar_pct(F.col("value"), F.col("bar_max")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_a_row_shows_gap_and_bars(spark, run, frame):
    performance = reps(
        spark,
        ("R1", 2, {"avg_stakeholders": 1.0, "team_avg_stakeholders": 2.0}),
        ("R2", 1, {"avg_stakeholders": 4.0, "team_avg_stakeholders": 2.0}),
    ).drop("avg_daily_activities", "team_avg_daily")
    activity = spark.createDataFrame([], ACTIVITY)
    currency = frame(REPORTING_CURRENCY, {"currency_sign": "$"})
    inputs = {"performance": performance, "activity": activity, "reporting_currency": currency}
    row = run(compute, **inputs).where("rep_id = 'R1'").first()
    assert (row.gap_to_top, row.gap_pct, row.bar_max, row.rep_bar_pct, row.top_bar_pct) == (3.0, 0.75, 4.0, 25.0, 100.0)
