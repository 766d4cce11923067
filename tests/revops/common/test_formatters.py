"""The display formatters against texts that JavaScript's formatters of the contract give."""

import pytest
from pyspark.sql import functions as F

from transforms.revops.common import formatters


@pytest.fixture(scope="module")
def shown(spark):
    """shown(formatter, value, …) → the text of each value; the tuple (4, 12) is a rank and its total.

    Values are in a row, so that Spark does not fold the expression at planning time.
    """

    def show(formatter, *examples, kind="double"):
        arguments = [example if isinstance(example, tuple) else (example,) for example in examples]
        names = [f"argument_{number}" for number in range(len(arguments[0]))]
        numbered = [(number, *values) for number, values in enumerate(arguments)]
        frame = spark.createDataFrame(numbered, ", ".join(["number int", *(f"{name} {kind}" for name in names)]))
        texts = frame.select("number", formatter(*[F.col(name) for name in names]).alias("text")).collect()
        return [row.text for row in sorted(texts)]

    return show


@pytest.mark.parametrize(("formatter", "text"), [(formatters.currency, "€8.5M"), (formatters.currency_k, "€8500K")])
def test_an_amount_begins_with_the_sign_of_its_currency(spark, formatter, text):
    amount = spark.createDataFrame([(8_500_000.0, "€")], "amount double, sign string")
    assert amount.select(formatter(F.col("amount"), F.col("sign"))).first()[0] == text


@pytest.mark.parametrize(
    ("formatter", "texts"),
    [
        (
            formatters.currency,
            {
                8_500_000.0: "$8.5M", 13_000_000.0: "$13.0M", 1_500_000.0: "$1.5M", 0.0: "$0.0M",
                1.0: "$0.0M", -1.0: "$-0.0M", 49_999.99: "$0.0M", 999_999.0: "$1.0M", 949_999.0: "$0.9M",
                -1_300_000.0: "$-1.3M", 1e15: "$1000000000.0M", 1_234_567_890.12: "$1234.6M",
            },
        ),
        (
            formatters.currency_k,
            {
                145_000.0: "$145K", 450_000.0: "$450K", 499.99: "$0K", 1_499.99: "$1K", 999_500.0: "$1000K",
                -64_000.0: "$-64K", 0.0: "$0K", 1e15: "$1000000000000K", 123_456_789.0: "$123457K", -1.0: "$-0K",
            },
        ),
        (
            formatters.percent,
            {
                0.78: "78%", 1.0: "100%", 1.42: "142%", 0.0: "0%", 0.004: "0%", 0.996: "100%", -0.39: "-39%",
                0.285: "28%", 0.575: "57%", 1.005: "100%", 12_345.678: "1234568%", 1e-6: "0%",
            },
        ),
        (formatters.percent_delta, {0.04: "+4%", -0.04: "-4%", 0.0: "+0%", -0.004: "-0%", 0.996: "+100%"}),
        (formatters.days, {45.0: "45d", -3.0: "-3d", 0.0: "0d", 1e14: "100000000000000d"}),
    ],
    ids=["currency", "currency_k", "percent", "percent_delta", "days"],
)  # fmt: skip
def test_the_text_is_that_of_javascript(shown, formatter, texts):
    assert shown(formatter, *texts) == list(texts.values())


def test_an_exact_half_is_rounded_away_from_zero(shown):
    assert shown(formatters.currency, 250_000.0, 750_000.0, -250_000.0, 12_250_000.0) == [
        "$0.3M", "$0.8M", "$-0.3M", "$12.3M",
    ]  # fmt: skip
    assert shown(formatters.currency_k, 500.0, 1_500.0, 2_500.0, -2_500.0) == ["$1K", "$2K", "$3K", "$-3K"]
    assert shown(formatters.percent, 0.125, 0.375, 0.005, -0.125) == ["13%", "38%", "1%", "-13%"]


def test_a_double_that_only_looks_like_a_half_is_rounded_to_the_nearer_side(shown):
    # 0.15, 0.35, 0.45 and 0.55 as doubles: below, below, above and above the half that they are written as
    assert shown(formatters.currency, 150_000.0, 350_000.0, 450_000.0, 550_000.0) == [
        "$0.1M", "$0.3M", "$0.5M", "$0.6M",
    ]  # fmt: skip


def test_a_negative_zero_is_formatted_without_a_sign(shown):
    assert shown(formatters.currency, -0.0) == ["$0.0M"]
    assert shown(formatters.percent_delta, -0.0) == ["+0%"]
    assert shown(formatters.days, -0.0) == ["0d"]


def test_a_rank_has_both_numbers_and_is_null_without_either(shown):
    ranks = [(4, 12), (1, 1_000_000), (None, 12), (4, None)]
    assert shown(formatters.rank, *ranks, kind="int") == ["#4/12", "#1/1000000", None, None]


def test_a_whole_number_column_is_formatted_like_a_double(shown):
    assert shown(formatters.currency, 8_500_000, kind="bigint") == ["$8.5M"]
    assert shown(formatters.days, 7, kind="bigint") == ["7d"]


def test_a_number_to_one_place_has_commas_between_its_thousands(shown):
    assert shown(formatters.decimal, 4.25, 0.04, -1.96, 999.94, 999.95, 12_345.0, 1_234_567.0, 123_456_789.99) == [
        "4.3", "0.0", "-2.0", "999.9", "1,000.0", "12,345.0", "1,234,567.0", "123,456,790.0",
    ]  # fmt: skip


def test_a_whole_amount_has_commas_between_their_thousands(shown):
    assert shown(formatters.whole_amount, 0.0, 999.5, 2_430.6, 1_000_000.0) == ["$0", "$1,000", "$2,431", "$1,000,000"]


@pytest.mark.parametrize(
    "name", ["currency", "currency_k", "percent", "percent_delta", "days", "decimal", "whole_amount"]
)
def test_a_null_has_no_text(shown, name):
    assert shown(getattr(formatters, name), None) == [None]
