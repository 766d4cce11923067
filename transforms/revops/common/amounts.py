"""Amounts of deals: their exact sums, and their text in a sentence, with the sign of the reporting currency."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from .formatters import currency, currency_k

SIGNS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$",
    "MXN": "MX$", "HKD": "HK$", "SGD": "S$", "CNY": "CN¥", "KRW": "₩", "RUB": "₽", "UAH": "₴", "TRY": "₺", "ILS": "₪",
    "NGN": "₦", "PHP": "₱", "VND": "₫",
}  # fmt: skip
"""Code of a currency → what English texts write before an amount in it (CLDR, locale en, its narrow signs)."""


def sign_of(code: str) -> str:
    """Return what stands before an amount: '€' for EUR; the code and a space if it has no sign, 'CHF ' for CHF.

    Args:
        code: code of a currency, such as 'EUR'.
    """
    return SIGNS.get(code, f"{code} ")


def with_currency_sign(rows: DataFrame, reporting_currency: DataFrame) -> DataFrame:
    """Return the rows with the column currency_sign.

    Args:
        rows: any rows.
        reporting_currency: the row of the contract REPORTING_CURRENCY.
    """
    return rows.crossJoin(F.broadcast(reporting_currency.select("currency_sign")))


def short_amount(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount by the formatter that suits its size: '$2.1M' from 999,500 on, '$850K' below.

    Args:
        amount: in the reporting currency.
        sign: that currency's sign; None: '$'.
    """
    return F.when(amount >= 999_500, currency(amount, sign)).otherwise(currency_k(amount, sign))


def summable(amount: Column) -> Column:
    """Return an amount in USD as a decimal with six places, whose sum is the same in any order of the rows.

    A sum of doubles depends on the order in which partitions arrive, so that two builds could differ in the last digit.

    Args:
        amount: USD.
    """
    return amount.cast("decimal(28,6)")
