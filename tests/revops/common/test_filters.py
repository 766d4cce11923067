from chispa import assert_df_equality

from transforms.revops.common.filters import WITH_QUARTER, for_each_filter, with_rep_segment


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


def test_a_deal_has_the_segment_of_its_owner_and_of_an_unknown_owner_none(spark):
    deals = spark.createDataFrame(
        [("D1", "R1", "SMB"), ("D2", "GONE", "SMB")], "id string, owner_id string, segment string"
    )
    reps = spark.createDataFrame([("R1", "Enterprise")], "rep_id string, segment string")
    rows = with_rep_segment(deals, reps).orderBy("id").collect()
    assert [tuple(row) for row in rows] == [("D1", "R1", "Enterprise"), ("D2", "GONE", "Unknown")]
