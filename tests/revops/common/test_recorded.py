from datetime import date

from transforms.revops.common.recorded import of_same_source, only_if_any, with_earlier

BEFORE, TODAY, TOMORROW = date(2024, 11, 8), date(2024, 11, 15), date(2024, 11, 16)
COLUMNS = "deal string, amount long, snapshot_date date, created_at date, data_freshness date"


def test_rows_stay_where_the_source_has_any(spark):
    rows, source = spark.range(3), spark.createDataFrame([("a",), ("b",)], "name string")
    assert sorted(row.id for row in only_if_any(rows, source).collect()) == [0, 1, 2]


def test_no_row_stays_where_the_source_has_none(spark):
    assert only_if_any(spark.range(3), spark.createDataFrame([], "name string")).count() == 0


def recorded(spark, *rows):
    """Rows of deals as each was recorded: (deal, amount, day)."""
    return spark.createDataFrame([(deal, amount, day, day, day) for deal, amount, day in rows], COLUMNS)


def test_earlier_days_stay_and_todays_source_replaces_those_of_today_or_later(spark):
    earlier = recorded(spark, ("A", 1, BEFORE), ("A", 2, TODAY), ("A", 3, TOMORROW))
    rows = with_earlier(recorded(spark, ("A", 9, TODAY)), earlier)
    assert sorted(map(tuple, rows.collect())) == [("A", 1, BEFORE, BEFORE, TODAY), ("A", 9, TODAY, TODAY, TODAY)]


def test_a_day_of_another_source_is_dropped_and_a_removed_deal_of_the_same_source_stays(spark):
    earlier = recorded(spark, ("OPP-1", 1, date(2024, 11, 1)), ("A", 1, BEFORE), ("B", 1, BEFORE))
    rows = of_same_source(earlier, recorded(spark, ("A", 1, TODAY)), "deal")
    assert sorted((row.deal, row.snapshot_date) for row in rows.collect()) == [("A", BEFORE), ("B", BEFORE)]
