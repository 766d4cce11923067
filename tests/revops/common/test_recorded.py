from transforms.revops.common.recorded import only_if_any


def test_rows_stay_where_the_source_has_any(spark):
    rows, source = spark.range(3), spark.createDataFrame([("a",), ("b",)], "name string")
    assert sorted(row.id for row in only_if_any(rows, source).collect()) == [0, 1, 2]


def test_no_row_stays_where_the_source_has_none(spark):
    assert only_if_any(spark.range(3), spark.createDataFrame([], "name string")).count() == 0
