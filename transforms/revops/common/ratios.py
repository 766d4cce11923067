"""Quotients whose denominator may be zero."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def ratio(numerator: Column, denominator: Column) -> Column:
    """Return numerator / denominator as a double, 0 where the denominator is 0 or null: nothing of nothing."""
    return F.coalesce(numerator / F.nullif(denominator, F.lit(0)), F.lit(0.0))


def ratio_if_any(numerator: Column, denominator: Column) -> Column:
    """Return numerator / denominator as a double, null where the denominator is 0 or null: a mean that is unknown."""
    return numerator / F.nullif(denominator, F.lit(0))
