"""Amounts of single deals in running text."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from .formatters import currency, currency_k


def short_amount(amount: Column) -> Column:
    """Return an amount (USD) by the formatter that suits its size: '$2.1M' from a million on, '$850K' below."""
    return F.when(amount >= 1_000_000, currency(amount)).otherwise(currency_k(amount))
