"""The text that JavaScript gives a double (ECMAScript, Number::toString), in Spark columns alone.

Spark's own cast writes Java's text. Before Java 19 that is not always the shortest, in no Java is it where one digit
is enough (4.9E-324 for 5e-324), and its layout is another. So the digits are worked out here: the exact decimal
expansion is rounded to more and more digits, up to 17, and the first text that reads back as the double is the one.
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


_POWERS_OF_TWO = ";".join(_power_of_two(power) for power in range(-68 * 16, 64 * 16, 16))
"""Every 16th power in the range of a double; the fifteen between go into the other factor."""


def number_text(x: Column) -> Column:
    """Return what JavaScript's `${x}` gives.

    Args:
        x: any number, of type double.

    Returns:
        The shortest text that reads back as `x`, like "12", "0.1", "1e-7" or "1e+21"; null for null.
    """
    size = F.abs(x)
    return (
        F.when((size < 2.0**53) & (F.rint(x) == x), x.cast("bigint").cast("string"))
        .when(size < float("inf"), F.concat(F.when(x < 0, "-").otherwise(""), _let(_shortest_decimal(size), _layout)))
        .otherwise(x.cast("string"))
    )


def _let(value: Column, body: Callable[[Column], Column]) -> Column:
    """Return `body(value)` with `value` computed once, however often the body uses it."""
    return F.transform(F.array(value), body)[0]


def _layout(decimal: Column) -> Column:
    """Return JavaScript's text of a decimal like "120E-3"."""
    digits, mark = F.regexp_replace(decimal, "0*E.*", ""), F.instr(decimal, "E")
    point = mark - 1 + decimal.substr(mark + 1, F.length(decimal)).cast("int")
    return _let(F.struct(digits.alias("digits"), point.alias("point")), lambda it: _plain_or_power(it.digits, it.point))


def _plain_or_power(digits: Column, point: Column) -> Column:
    """Return JavaScript's text of 0.digits · 10^point."""
    filled = F.concat(_zeros(1 - point), digits, _zeros(point - F.length(digits)))
    power = F.concat(_with_point(digits, F.lit(1)), F.format_string("e%+d", point - 1))
    return F.when(point.between(-5, 21), _with_point(filled, F.greatest(point, F.lit(1)))).otherwise(power)


def _zeros(count: Column) -> Column:
    """Return `count` zeros, none for a negative count."""
    return F.call_function("repeat", F.lit("0"), count)


def _with_point(digits: Column, place: Column) -> Column:
    """Return `digits` with a point after the first `place` ones, unless these are all."""
    return F.regexp_replace(digits, F.format_string("^(.{%d})(?=.)", place), F.lit("$1."))


def _shortest_decimal(x: Column) -> Column:
    """Return the shortest decimal that reads back as `x` > 0, of equally short ones the closest: "12E-1", "1200E-3"."""
    # A decimal of up to 15 digits is what its double rounds to at 15 digits, unless the double is subnormal.
    counts = F.sequence(F.when(x < 2.0**-1022, 1).otherwise(15), F.lit(17))
    parts = F.split(F.format_string("%a", x), "[xp.]")
    roundings = _let(parts, lambda it: _let(_expansion(it), lambda exact: _roundings(exact, counts)))
    return F.get(F.filter(roundings, lambda decimal: decimal.cast("double") == x), 0)


def _roundings(exact: Column, counts: Column) -> Column:
    """Return the two decimals next to `exact` for each count of digits, of each two the closer one first."""

    def neighbours(count: Column) -> Column:
        head = F.call_function("rpad", exact.digits, count, F.lit("0")).cast("bigint")
        tail = exact.digits.substr(count + 1, F.length(exact.digits))
        up = (tail > "5") | ((tail == "5") & (head % 2 == 1))
        # The farther one counts too: doubles lie closer below a power of two than above it.
        return F.transform(
            F.array(up, ~up), lambda step: F.concat(head + step.cast("bigint"), F.lit("E"), exact.point - count)
        )

    return F.flatten(F.transform(counts, neighbours))


def _expansion(parts: Column) -> Column:
    """Return `digits` and `point` of the double of `parts` like [0, 1, 8, -3], for 0x1.8p-3: it is 0.digits · 10^point.

    Exact where the power of two has 51 digits or fewer, as it has for every double halfway between two decimals of 17
    digits. Any other double is off by less than 1e-50 of itself, and by 9e-38 or more from the nearest such halfway.
    """
    power = parts[3].cast("int") - 4 * F.length(parts[2])
    integer = F.conv(F.concat(parts[1], parts[2]), 16, 10).cast("decimal(16,0)")
    factor = integer * F.call_function("shiftleft", F.lit(1), power.bitwiseAND(15))
    scale = F.split(F.lit(_POWERS_OF_TWO), ";")[F.shiftright(power, 4) + 68]
    return _let(F.split(scale, " "), lambda scale: _product(factor.cast("decimal(21,0)"), scale))


def _product(factor: Column, scale: Column) -> Column:
    """Return `digits` and `point` of `factor` times an entry of the powers of two."""

    def multiply(digits: Column, limb: Column) -> Column:
        # 21 digits by 17 just fill Spark's longest decimal. The foremost 21 digits are the carry.
        carry, done = digits.substr(1, 21).cast("decimal(21,0)"), digits.substr(22, 34)
        return F.concat(F.lpad((factor * limb.cast("decimal(17,0)") + carry).cast("string"), 38, "0"), done)

    def normalize(digits: Column) -> Column:
        point = F.length(F.regexp_replace(digits, "^0+", "")) + scale[0].cast("int")
        return F.struct(F.regexp_replace(digits, "^0+|0+$", "").alias("digits"), point.alias("point"))

    return F.aggregate(F.slice(scale, 2, 3), F.lit("0" * 21), multiply, normalize)
