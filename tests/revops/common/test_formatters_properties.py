"""The display formatters against the rules of JavaScript, worked out here in exact decimals, for any double."""

from decimal import ROUND_HALF_UP, Context, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from transforms.revops.common import formatters

EXACT = Context(prec=1200)
AMOUNTS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e9, 1e9),
    st.integers(-(10**9), 10**9).map(lambda number: number / 100),
    st.integers(-2000, 2000).map(lambda number: number * 50_000.0),
)
"""Doubles of all sizes; amounts as a dashboard has them; cents; ties of the tenths of a million."""
MANY = st.lists(AMOUNTS, min_size=200, max_size=300)
"""A job of Spark's for each value would take minutes."""


def number_text(x):
    """Number::toString of ECMAScript; Python's shortest digits of a double are those that it asks for."""
    sign, digits, exponent = Decimal(repr(x)).normalize().as_tuple()
    text, minus = "".join(map(str, digits)), "-" if sign else ""
    point = len(text) + exponent
    if x == 0:
        return "0"
    if len(text) <= point <= 21:
        return minus + text.ljust(point, "0")
    if 0 < point <= 21:
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    rest = f".{text[1:]}" if text[1:] else ""
    return f"{minus}{text[0]}{rest}e{point - 1:+d}"


def to_fixed(x, places):
    """Number.prototype.toFixed: the nearest text with so many places, of two as near the one farther from zero."""
    if abs(x) >= 1e21:
        return number_text(x)
    rounded = Decimal(abs(x)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)
    return f"{'-' if x < 0 else ''}{rounded}"


MODEL = {
    "currency": lambda x: f"${to_fixed(x / 1e6, 1)}M",
    "currency_k": lambda x: f"${to_fixed(x / 1e3, 0)}K",
    "percent": lambda x: f"{to_fixed(x * 100.0, 0)}%",
    "percent_delta": lambda x: f"{'+' if x >= 0 else ''}{to_fixed(x * 100.0, 0)}%",
    "days": lambda x: f"{number_text(x)}d",
}


def test_the_model_is_javascripts():
    assert [to_fixed(x, 1) for x in (0.05, 0.15, 0.25, -0.04, 1e21)] == ["0.1", "0.1", "0.3", "-0.0", "1e+21"]
    assert [number_text(x) for x in (1e21, 123.0, 0.5, 1e-7, 1.5e-7, 5e-324)] == [
        "1e+21", "123", "0.5", "1e-7", "1.5e-7", "5e-324",
    ]  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(values=MANY)
def test_every_double_is_shown_as_javascript_shows_it(spark, values):
    values = [value for value in values if abs(value) < 1e305]  # times 100 they are no longer finite
    frame = spark.createDataFrame([(value,) for value in values], "x double").coalesce(1)
    shown = frame.select("x", *[getattr(formatters, name)(F.col("x")).alias(name) for name in MODEL]).collect()
    wrong = [(row.x, name, row[name]) for row in shown for name in MODEL if row[name] != MODEL[name](row.x)]
    assert wrong == []


@settings(max_examples=2, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=50, max_size=100))
def test_a_rank_has_both_its_numbers_in_full(spark, ranks):
    frame = spark.createDataFrame(ranks, "place long, total long").coalesce(1)
    shown = frame.select("*", formatters.rank(F.col("place"), F.col("total")).alias("rank")).collect()
    assert all(row.rank == f"#{row.place}/{row.total}" for row in shown)
