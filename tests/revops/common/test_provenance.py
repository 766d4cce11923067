from datetime import date

from chispa import assert_df_equality

from transforms.revops.common.provenance import computed


def test_a_computed_row_is_as_old_as_its_source_data(spark):
    today = date(2024, 11, 15)
    rows = spark.createDataFrame([("R1", today)], "rep_id string, data_freshness date")
    schema = "rep_id string, data_freshness date, created_at date, updated_at date"
    assert_df_equality(computed(rows), spark.createDataFrame([("R1", today, today, today)], schema))
