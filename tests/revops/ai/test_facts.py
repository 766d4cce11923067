from datetime import date

from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.ai.facts import driver_text, facts, gathered, with_texts

DRIVER = (
    "rep_id string, metric_name string, format_type string, rep_value double, top_performer_value double,"
    " team_avg_value double, gap_to_top double"
)


def test_a_driver_is_worded_by_its_kind(spark):
    rows = [
        ("win_rate", "percent", 0.38, "38%"),
        ("avg_sales_cycle_days", "days", 45.4, "45d"),
        ("avg_deal_size", "decimal", 431_000.0, "$431K"),
        ("avg_stakeholders", "decimal", 4.2049, "4.2"),
    ]
    df = spark.createDataFrame(rows, "metric_name string, format_type string, value double, expected string")
    text = driver_text(F.col("value"), F.col("format_type"), F.col("metric_name"))
    assert_column_equality(df.select("expected", text.alias("actual")), "actual", "expected")


def test_all_four_values_of_a_driver_are_worded(spark):
    drivers = spark.createDataFrame([("R1", "win_rate", "percent", 0.2, 0.4, 0.3, 0.2)], DRIVER)
    [row] = with_texts(drivers).collect()
    assert (row.rep_text, row.top_performer_text, row.team_avg_text, row.gap_text) == ("20%", "40%", "30%", "20%")


def test_rows_are_gathered_by_rep(spark):
    rows = spark.createDataFrame([("R1", 1), ("R1", 2), ("R2", 3)], "rep_id string, number long")
    numbers = {row.rep_id: sorted(each.number for each in row.rows) for row in gathered(rows, "rows").collect()}
    assert numbers == {"R1": [1, 2], "R2": [3]}


def test_a_rep_of_whom_nothing_is_known_has_empty_facts(spark):
    performance = spark.createDataFrame([("R1", date(2024, 11, 15))], "rep_id string, data_freshness date")
    activity = spark.createDataFrame([], "rep_id string, period string, low_activity_days array<string>")
    actions = spark.createDataFrame([], "rep_id string, priority_rank long")
    [row] = facts(performance, spark.createDataFrame([], DRIVER), activity, actions).collect()
    assert (row.drivers, row.actions, row.low_activity_days) == ([], [], [])
