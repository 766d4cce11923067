"""Medians and other quantiles of values that are counted, exact on every engine and in memory for any number of rows.

The rows hold how often each value occurs, so there are as many as there are values, such as days, however many deals
have them. `percentile` with frequencies and `percentile_approx` give other values on other engines.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F


def with_ranks(counts: DataFrame, value: str, count: str, *group: str) -> DataFrame:
    """Return counted values with what `median` and `quantile` read.

    Args:
        counts: rows of a value and how often it occurs; a value may have several rows. Null values count as none.
        value: column of the values.
        count: column of the counts.
        group: columns within whose values the quantiles are taken; one at least.

    Returns:
        The same rows with up_to (how often values up to this one occur in the group) and in_all (how often any does).
    """
    counted = F.sum(F.when(F.col(value).isNotNull(), F.col(count)))
    values = Window.partitionBy(*group)
    return counts.select("*", counted.over(values.orderBy(value)).alias("up_to"), counted.over(values).alias("in_all"))


def median(value: str) -> Column:
    """Return the aggregate over rows of `with_ranks`: the median, of an even number the mean of the middle two.

    Null without any value.

    Args:
        value: the ranked column.
    """
    known = F.col(value).isNotNull()
    lower = F.min(F.when(known & (2 * F.col("up_to") >= F.col("in_all")), F.col(value)))
    upper = F.min(F.when(known & (2 * F.col("up_to") > F.col("in_all")), F.col(value)))
    return (lower + upper) / F.lit(2)


def quantile(value: str, share: float) -> Column:
    """Return the aggregate over rows of `with_ranks`: the least value that a share of all values do not exceed.

    Args:
        value: column of the values.
        share: fraction of the values, above 0 and up to 1.
    """
    reached = F.col(value).isNotNull() & (F.col("up_to") >= share * F.col("in_all"))
    return F.min(F.when(reached, F.col(value)))
