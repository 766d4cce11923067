from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.common.amounts import short_amount


def test_an_amount_is_in_millions_from_a_million_on_and_in_thousands_below(spark):
    rows = [(2_100_000.0, "$2.1M"), (1_000_000.0, "$1.0M"), (850_000.0, "$850K"), (0.0, "$0K"), (None, None)]
    df = spark.createDataFrame(rows, "amount double, expected string")
    actual = df.select("expected", short_amount(F.col("amount")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")
