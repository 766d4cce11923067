"""The text that JavaScript gives a double (ECMAScript, Number::toString), in Spark columns alone.

Spark's own cast writes Java's text. Before Java 19 that is not always the shortest, in no Java is it where one digit
is enough (4.9E-324 for 5e-324), and its layout is another. So the digits are worked out here: the exact decimal
expansion is rounded to 1, 2, … 17 digits, and the first text that reads back as the double is the one.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F


def _power_of_two(power: int) -> str:
    """Return 2^power to 51 digits as "exponent low middle high": three limbs of 17 digits each, times 10^exponent."""
    digits = str(2**power if power >= 0 else 5**-power)
    limbs = digits[:51].ljust(51, "0")
    return f"{len(digits) - 51 + min(power, 0)} {limbs[34:]} {limbs[17:34]} {limbs[:17]}"


_POWERS_OF_TWO = [_power_of_two(power) for power in range(-1088, 1024, 16)]
"""Every 16th power of two in the range of a double; the fifteen between go into the other factor."""


def number_text(x: Column) -> Column:
    """Return what JavaScript's `${x}` gives.

    Args:
        x: any number, of type double.

    Returns:
        The shortest text that reads back as `x`, like "12", "0.1", "1e-7" or "1e+21"; null for null.
    """
    size = F.abs(x)
    return (
        F.when((F.rint(x) == x) & (size < 2.0**53), x.cast("bigint").cast("string"))
        .when(size >= float("inf"), x.cast("string"))
        .otherwise(F.concat(F.when(x < 0, "-").otherwise(""), _let(_shortest_decimal(size), _layout)))
    )


def _let(value: Column, body: Callable[[Column], Column]) -> Column:
    """Return `body(value)` with `value` computed once, however often the body uses it."""
    return F.transform(F.array(value), body)[0]


def _layout(decimal: Column) -> Column:
    """Return JavaScript's text of coefficient · 10^exponent."""
    coefficient = decimal.coefficient.cast("string")
    digits = F.regexp_replace(coefficient, "0+$", "")
    count, point = F.length(digits), F.length(coefficient) + decimal.exponent
    mantissa = F.when(count == 1, digits).otherwise(_with_point(digits, F.lit(1)))
    return (
        F.when(point.between(count, 21), F.concat(digits, _zeros(point - count)))
        .when(point.between(1, 21), _with_point(digits, point))
        .when(point.between(-5, 0), F.concat(F.lit("0."), _zeros(-point), digits))
        .otherwise(F.concat(mantissa, F.format_string("e%+d", point - 1)))
    )


def _with_point(digits: Column, place: Column) -> Column:
    return F.concat(digits.substr(F.lit(1), place), F.lit("."), digits.substr(place + 1, F.length(digits)))


def _zeros(count: Column) -> Column:
    return F.call_function("repeat", F.lit("0"), count)


def _shortest_decimal(x: Column) -> Column:
    """Return the shortest coefficient · 10^exponent that reads back as `x` > 0; of equally short ones the closest."""

    def reads_back(decimal: Column) -> Column:
        return F.concat(decimal.coefficient, F.lit("E"), decimal.exponent).cast("double") == x

    return _let(_expansion(x), lambda exact: F.get(F.filter(_roundings(exact), reads_back), 0))


def _roundings(exact: Column) -> Column:
    """Return the decimals next to `exact`, two of one digit to two of 17 digits, of each two the closer one first."""

    def neighbours(count: Column) -> Column:
        head = exact.digits.substr(F.lit(1), count).cast("bigint")
        tail = exact.digits.substr(count + 1, F.length(exact.digits))
        up = (tail > "5") | ((tail == "5") & (head % 2 == 1))
        # The farther one counts too: doubles lie closer below a power of two than above it.
        coefficients = head + up.cast("bigint"), head + (~up).cast("bigint")
        exponent = (exact.point - count).alias("exponent")
        return F.array(*(F.struct(coefficient.alias("coefficient"), exponent) for coefficient in coefficients))

    return F.flatten(F.transform(F.sequence(F.lit(1), F.lit(17)), neighbours))


def _expansion(x: Column) -> Column:
    """Return the significant `digits` of `x` > 0 and its `point`: it is 0.digits · 10^point.

    Exact where the power of two has 51 digits or fewer, as it has for every double halfway between two decimals of 17
    digits. Any other double is off by less than 1e-50 of itself, and by 9e-38 or more from the nearest such halfway.
    """
    hexadecimal = F.format_string("%a", x)
    mantissa = F.regexp_replace(hexadecimal, r"0x|\.|p.*", "")
    power = F.substring_index(hexadecimal, "p", -1).cast("int") - 4 * (F.length(mantissa) - 1)
    integer = F.conv(mantissa, 16, 10).cast("decimal(16,0)")
    factor = (integer * F.call_function("shiftleft", F.lit(1), power.bitwiseAND(15))).cast("decimal(21,0)")
    scale = F.split(F.lit(";".join(_POWERS_OF_TWO)), ";")[F.shiftright(power, 4) + 68]
    return _let(
        F.struct(factor.alias("factor"), F.split(scale, " ").alias("scale")),
        lambda it: _product(it.factor, F.slice(it.scale, 2, 3), it.scale[0].cast("int")),
    )


def _product(factor: Column, limbs: Column, exponent: Column) -> Column:
    """Return `digits` and `point` of factor · limbs · 10^exponent, the limbs being texts of 17 digits, lowest first."""

    def multiply(digits: Column, limb: Column) -> Column:
        # 21 digits by 17 just fill Spark's longest decimal; the 21 foremost digits are the carry.
        carry, done = digits.substr(1, 21).cast("decimal(21,0)"), digits.substr(22, 34)
        return F.concat(F.lpad((factor * limb.cast("decimal(17,0)") + carry).cast("string"), 38, "0"), done)

    def finish(digits: Column) -> Column:
        significant = F.regexp_replace(digits, "^0+", "")
        point = F.length(significant) + exponent
        return F.struct(F.regexp_replace(significant, "0+$", "").alias("digits"), point.alias("point"))

    return F.aggregate(limbs, F.lit("0" * 21), multiply, finish)
