"""Format numbers for the dashboards: dashboard_data_contracts.md, "Display Formatters".

The contract writes the formatters in JavaScript. The texts equal JavaScript's for 0 and for every number whose size is
between 1e-6 and 1e15. Every formatter takes numeric columns and returns null if one of them is null.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_BITS = 58
"""Bits in which the part of a number after its point is exact, if rounding to one place can depend on it."""


def currency(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount as millions to one place after its currency's sign, '$' if None: 8500000 → "$8.5M".

    Args:
        amount: USD.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    return F.concat(_or_dollar(sign), _to_fixed(_double(amount) / 1e6, 1), F.lit("M"))


def currency_k(amount: Column, sign: Column | None = None) -> Column:
    """Return an amount as whole thousands after its currency's sign, '$' if None: 145000 → "$145K".

    Args:
        amount: USD.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    return F.concat(_or_dollar(sign), _to_fixed(_double(amount) / 1e3, 0), F.lit("K"))


def percent(fraction: Column) -> Column:
    """Return a fraction as whole percent: 0.78 → "78%".

    Args:
        fraction: 0 to 1.
    """
    return F.concat(_to_fixed(_double(fraction) * 100.0, 0), F.lit("%"))


def percent_delta(fraction: Column) -> Column:
    """Return a change, a fraction, as whole percent with its sign: 0.04 → "+4%".

    Args:
        fraction: difference of two fractions.
    """
    return F.concat(F.when(_double(fraction) >= 0, "+").otherwise(""), percent(fraction))


def days(count: Column) -> Column:
    """Return a whole number of days: 21 → "21d".

    Args:
        count: number of days.
    """
    return F.concat(_whole_text(count), F.lit("d"))


def rank(position: Column, total: Column) -> Column:
    """Return a rank among `total`: 4 and 12 → "#4/12".

    Args:
        position: rank, from 1.
    """
    return F.concat(F.lit("#"), _whole_text(position), F.lit("/"), _whole_text(total))


def decimal(number: Column) -> Column:
    """Return a number to one place, thousands grouped: 4.25 → "4.3", 12345 → "12,345.0".

    Args:
        number: any number.
    """
    return _signed(number, _grouped(_fixed_size(_double(number), 1)))


def whole_amount(amount: Column, sign: Column | None = None) -> Column:
    """Return a whole amount, thousands grouped, after its currency's sign, '$' if None: 2431.2 → "$2,431".

    Args:
        amount: USD.
        sign: sign of the currency, such as '€'; None: '$'.
    """
    return F.concat(_or_dollar(sign), _signed(amount, _grouped(_fixed_size(_double(amount), 0))))


def _or_dollar(sign: Column | None) -> Column:
    return F.lit("$") if sign is None else sign


def _to_fixed(x: Column, places: int) -> Column:
    """Return JavaScript's `x.toFixed(places)`, for 0 places or 1."""
    return _signed(x, _fixed_size(x, places))


def _fixed_size(x: Column, places: int) -> Column:
    """Return the size of a double as text with 0 places after the point or 1, as JavaScript rounds it.

    JavaScript rounds the double's exact value, an exact half up. Its part after the point is a whole number of 2^-58
    (a double below 2^-5 may have finer bits, but is below every half), so that whole numbers compute it exactly.
    """
    size, unit = F.abs(x), 10**places
    after_point = ((size % 1.0) * 2.0**_BITS).cast("long")
    units = F.floor(size) * unit + F.shiftright(after_point * unit + 2 ** (_BITS - 1), _BITS)
    if places == 0:
        return units.cast("string")
    return F.regexp_replace(F.concat(F.lit("0"), units.cast("string")), "^0*([0-9]+)([0-9])$", "$1.$2")


def _grouped(text: Column) -> Column:
    """Return the text of a number from 0 to below a billion with commas between its thousands."""
    below_a_million = F.regexp_replace(text.cast("string"), r"^([0-9]{1,3})([0-9]{3})(\.[0-9])?$", "$1,$2$3")
    return F.regexp_replace(
        below_a_million.cast("string"), r"^([0-9]{1,3})([0-9]{3})([0-9]{3})(\.[0-9])?$", "$1,$2,$3$4"
    )


def _whole_text(number: Column) -> Column:
    """Return JavaScript's `${number}` of a whole number."""
    return number.cast("long").cast("string")


def _signed(x: Column, size_text: Column) -> Column:
    return F.concat(F.when(x < 0, "-").otherwise(""), size_text)


def _double(number: Column) -> Column:
    return number.cast("double")
