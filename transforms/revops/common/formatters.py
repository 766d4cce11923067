"""Format numbers for the dashboards: dashboard_data_contracts.md, "Display Formatters".

The contract writes the formatters in JavaScript. The texts equal JavaScript's for 0 and for every number whose size is
between 1e-6 and 1e15. Every formatter takes numeric columns and returns null if one of them is null.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_FIXED = {0: "0", 1: "0.0"}
"""Patterns of `format_number` by places after the point."""
_ALL_DIGITS = "0." + "#" * 23


def currency(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount as millions to one place after its currency's sign, '$' if None: 8500000 → "$8.5M"."""
    return F.concat(_or_dollar(sign), _to_fixed(_double(amount) / 1e6, 1), F.lit("M"))


def currency_k(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount as whole thousands after its currency's sign, '$' if None: 145000 → "$145K"."""
    return F.concat(_or_dollar(sign), _to_fixed(_double(amount) / 1e3, 0), F.lit("K"))


def percent(fraction: Column) -> Column:
    """Return a fraction as whole percent: 0.78 → "78%"."""
    return F.concat(_to_fixed(_double(fraction) * 100.0, 0), F.lit("%"))


def percent_delta(fraction: Column) -> Column:
    """Return a change, a fraction, as whole percent with its sign: 0.04 → "+4%"."""
    return F.concat(F.when(_double(fraction) >= 0, "+").otherwise(""), percent(fraction))


def days(count: Column) -> Column:
    """Return a number of days, unrounded: 21 → "21d", 4.5 → "4.5d"."""
    return F.concat(_number_text(count), F.lit("d"))


def rank(position: Column, total: Column) -> Column:
    """Return a rank among `total`: 4 and 12 → "#4/12"."""
    return F.concat(F.lit("#"), _number_text(position), F.lit("/"), _number_text(total))


def _or_dollar(sign: Column | None) -> Column:
    return F.lit("$") if sign is None else sign


def _to_fixed(x: Column, places: int) -> Column:
    """Return JavaScript's `x.toFixed(places)`, for 0 places or 1.

    Like JavaScript, `format_number` rounds the double's exact value, but an exact half to the even neighbor. Only
    n + 0.5 (0 places) and n + 0.25 or n + 0.75 (1 place) are exact halves; they are moved away from zero first.
    """
    size = F.abs(x)
    if places == 0:
        rounded = F.when(size % 1.0 == 0.5, size + 0.5).otherwise(size)
    else:
        rounded = F.when((size % 0.5) == 0.25, size + 0.01).otherwise(size)
    return _signed(x, F.call_function("format_number", rounded, F.lit(_FIXED[places])))


def _number_text(number: Column) -> Column:
    """Return JavaScript's `${number}`: all digits of the number, none after the point of a whole one."""
    x = _double(number)
    return _signed(x, F.call_function("format_number", F.abs(x), F.lit(_ALL_DIGITS)))


def _signed(x: Column, size_text: Column) -> Column:
    return F.concat(F.when(x < 0, "-").otherwise(""), size_text)


def _double(number: Column) -> Column:
    return number.cast("double")
