"""Quotients whose denominator may be zero."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def ratio(numerator: Column, denominator: Column) -> Column:
    """Return numerator / denominator as a double, 0 where the denominator is 0 or null: nothing of nothing.

    Args:
        numerator: a number.
        denominator: a number.
    """
    return F.coalesce(numerator / F.nullif(denominator, F.lit(0)), F.lit(0.0))


def ratio_if_any(numerator: Column, denominator: Column) -> Column:
    """Return numerator / denominator as a double, null where the denominator is 0 or null: a mean that is unknown.

    Args:
        numerator: a number.
        denominator: a number.
    """
    return numerator / F.nullif(denominator, F.lit(0))


def accuracy(forecast: Column, final: Column) -> Column:
    """Return 1 less the miss of a forecast as a fraction of the final amount (USD); null if that is 0 or unknown.

    Args:
        forecast: USD forecast.
        final: USD won in the end.
    """
    return 1 - ratio_if_any(F.abs(forecast - final), final)
