from chispa import assert_column_equality
from pyspark.sql import functions as F

from transforms.revops.common.ratios import ratio, ratio_if_any


def test_a_ratio_of_nothing_is_zero(spark):
    rows = [(3.0, 4.0, 0.75), (3.0, 0.0, 0.0), (3.0, None, 0.0), (None, 4.0, 0.0)]
    df = spark.createDataFrame(rows, "numerator double, denominator double, expected double")
    actual = df.select("expected", ratio(F.col("numerator"), F.col("denominator")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")


def test_a_mean_of_nothing_is_unknown(spark):
    rows = [(3, 4, 0.75), (0, 4, 0.0), (0, 0, None), (3, None, None)]
    df = spark.createDataFrame(rows, "total long, number long, expected double")
    actual = df.select("expected", ratio_if_any(F.col("total"), F.col("number")).alias("actual"))
    assert_column_equality(actual, "actual", "expected")
