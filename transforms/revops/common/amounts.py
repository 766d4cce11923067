"""Amounts of deals: their exact sums, and their text in a sentence."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from .formatters import currency, currency_k


def short_amount(amount: Column) -> Column:
    """Return an amount (USD) by the formatter that suits its size: '$2.1M' from $999,500 on, '$850K' below."""
    return F.when(amount >= 999_500, currency(amount)).otherwise(currency_k(amount))


def summable(amount: Column) -> Column:
    """Return an amount in USD as a decimal with six places, whose sum is the same in any order of the rows.

    A sum of doubles depends on the order in which partitions arrive, so that two builds could differ in the last digit.
    """
    return amount.cast("decimal(28,6)")
