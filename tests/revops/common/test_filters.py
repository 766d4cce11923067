from chispa import assert_df_equality

from transforms.revops.common.filters import WITH_QUARTER, for_each_filter


def test_a_row_is_shown_by_each_of_the_eight_settings(spark):
    schema = "id string, manager_name string, segment string, region string"
    deals = spark.createDataFrame([("D1", "Lee", "SMB", "West")], schema)
    expected = [
        ("D1", "All", "All", "All"),
        ("D1", "All", "All", "West"),
        ("D1", "All", "SMB", "All"),
        ("D1", "All", "SMB", "West"),
        ("D1", "Lee", "All", "All"),
        ("D1", "Lee", "All", "West"),
        ("D1", "Lee", "SMB", "All"),
        ("D1", "Lee", "SMB", "West"),
    ]
    assert_df_equality(
        for_each_filter(deals),
        spark.createDataFrame(expected, "id string, team_filter string, segment_filter string, region_filter string"),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_the_filter_of_the_quarter_can_be_all(spark):
    deals = spark.createDataFrame(
        [("Q4 2024", "Lee", "SMB", "West")], "quarter string, manager_name string, segment string, region string"
    )
    rows = for_each_filter(deals, WITH_QUARTER)
    assert rows.columns == ["quarter_filter", "team_filter", "segment_filter", "region_filter"]
    assert sorted(rows.groupBy("quarter_filter").count().collect()) == [("All", 8), ("Q4 2024", 8)]
