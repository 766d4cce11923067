"""How the dashboard shows a number: dashboard_data_contracts.md, "Display Formatters".

The rules are JavaScript, so the texts are JavaScript's for every finite double. Every formatter takes numeric columns
and gives null where one of them is null.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from .javascript_numbers import number_text


def currency(amount: Column) -> Column:
    """Return an amount in USD as millions to one place: 8500000 → "$8.5M"."""
    return F.concat(F.lit("$"), _to_fixed(_double(amount) / 1e6, 1), F.lit("M"))


def currency_k(amount: Column) -> Column:
    """Return an amount in USD as whole thousands: 145000 → "$145K"."""
    return F.concat(F.lit("$"), _to_fixed(_double(amount) / 1e3, 0), F.lit("K"))


def percent(fraction: Column) -> Column:
    """Return a fraction as whole percent: 0.78 → "78%"."""
    return F.concat(_to_fixed(_double(fraction) * 100.0, 0), F.lit("%"))


def percent_delta(fraction: Column) -> Column:
    """Return a change, given as a fraction, as whole percent with its sign: 0.04 → "+4%"."""
    return F.concat(F.when(_double(fraction) >= 0, "+").otherwise(""), percent(fraction))


def days(count: Column) -> Column:
    """Return a number of days, unrounded: 21 → "21d", 4.5 → "4.5d"."""
    return F.concat(number_text(_double(count)), F.lit("d"))


def rank(place: Column, total: Column) -> Column:
    """Return a place among `total`: 4 and 12 → "#4/12"."""
    return F.concat(F.lit("#"), number_text(_double(place)), F.lit("/"), number_text(_double(total)))


def _double(number: Column) -> Column:
    return number.cast("double")


def _to_fixed(x: Column, places: int) -> Column:
    """Return what JavaScript's `x.toFixed(places)` gives, for 0 places or 1.

    It rounds the double itself, halves away from zero. Spark's `round` and `format_number` round the double's shortest
    text instead, so that 0.15, which is a little less than that, would become "0.2".
    """
    size = F.abs(x)
    fraction = size % 1.0
    rounded = _integer(size - fraction) + _ROUND_FRACTION[places](fraction)
    text = F.concat(F.when(x < 0, "-").otherwise(""), rounded.cast(f"decimal(38,{places})").cast("string"))
    return F.when(size >= 1e21, number_text(x)).otherwise(text)


def _integer(whole: Column) -> Column:
    """Return a whole double below 1e21 as a decimal, which a cast would make from its shortest text, not its value."""
    low = whole % 2.0**32
    high = (whole - low) / 2.0**32
    return high.cast("bigint").cast("decimal(20,0)") * 2**32 + low.cast("bigint")


def _to_integer(fraction: Column) -> Column:
    return (fraction >= 0.5).cast("int")


def _to_tenth(fraction: Column) -> Column:
    """Return the tenths closest to `fraction`, as a decimal."""
    # 10 · fraction is seldom a double, but it is exactly product + error, as 8 · fraction and 2 · fraction are doubles.
    product = fraction * 8.0 + fraction * 2.0
    error = fraction * 2.0 - (product - fraction * 8.0)
    floor = F.floor(product)
    tenths = floor + (product - floor - 0.5 + error >= 0).cast("int")
    return tenths.cast("decimal(2,0)") / 10


_ROUND_FRACTION = {0: _to_integer, 1: _to_tenth}
