from datetime import date

from pyspark.sql import functions as F

from transforms.revops.common.quarters import quarter_begin, quarter_end, quarter_name, week_begin, week_end


def values(spark, column, rows, schema):
    return [row[0] for row in spark.createDataFrame(rows, schema).select(column).collect()]


def test_a_day_s_quarter_is_named_as_the_contracts_write_it(spark):
    days = [(date(2017, 3, 31),), (date(2017, 4, 1),), (date(2024, 12, 31),), (None,)]
    assert values(spark, quarter_name(F.col("day")), days, "day date") == ["Q1 2017", "Q2 2017", "Q4 2024", None]


def test_a_quarter_begins_and_ends_with_its_months(spark):
    days = F.array(quarter_begin(F.col("quarter")), quarter_end(F.col("quarter")))
    assert values(spark, days, [("Q4 2024",), ("Q1 2024",)], "quarter string") == [
        [date(2024, 10, 1), date(2024, 12, 31)],
        [date(2024, 1, 1), date(2024, 3, 31)],
    ]


def test_a_text_that_names_no_quarter_has_no_days(spark):
    rows = [("Unknown",), ("Q5 2024",), ("",), (None,)]
    assert values(spark, quarter_begin(F.col("quarter")), rows, "quarter string") == [None] * 4


def test_weeks_have_seven_days_and_the_last_takes_the_rest(spark):
    begin, end = F.lit(date(2024, 10, 1)), F.lit(date(2024, 12, 31))
    days = F.array(week_begin(begin, F.col("week")), week_end(begin, end, F.col("week")))
    assert values(spark, days, [(1,), (7,), (13,)], "week int") == [
        [date(2024, 10, 1), date(2024, 10, 7)],
        [date(2024, 11, 12), date(2024, 11, 18)],
        [date(2024, 12, 24), date(2024, 12, 31)],
    ]
