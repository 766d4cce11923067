"""The display formatters against the contract's JavaScript, whose answers node wrote to formatter_vectors.json."""

import json
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from transforms.revops.common import formatters

VECTORS = Path(__file__).with_name("formatter_vectors.json")

FORMATTERS = {
    "currency": lambda: formatters.currency(F.col("value")),
    "currency_k": lambda: formatters.currency_k(F.col("value")),
    "percent": lambda: formatters.percent(F.col("value")),
    "percent_delta": lambda: formatters.percent_delta(F.col("value")),
    "days": lambda: formatters.days(F.col("value")),
    "rank": lambda: formatters.rank(F.col("value"), F.col("total")),
}


@pytest.fixture(scope="module")
def shown(spark):
    """Shows one value through a formatter; the value travels in a row, so Spark cannot fold it away."""

    def show(formatter, *values, kind="double"):
        names = [f"argument_{i}" for i in range(len(values))]
        frame = spark.createDataFrame([values], ", ".join(f"{name} {kind}" for name in names))
        return frame.select(formatter(*[F.col(name) for name in names])).first()[0]

    return show


@pytest.fixture(scope="module")
def vectors():
    return json.loads(VECTORS.read_text())


@pytest.fixture(scope="module")
def answers(spark, vectors):
    doubles = [(float(vector["value"]), float(vector["total"])) for vector in vectors]
    frame = spark.createDataFrame(doubles, "value double, total double").coalesce(1)
    return frame.select(*[column().alias(name) for name, column in FORMATTERS.items()]).collect()


@pytest.mark.parametrize("name", FORMATTERS)
def test_the_text_is_javascripts_for_every_vector(name, vectors, answers):
    assert len(answers) == len(vectors)
    mismatches = [
        f"{name}({vector['value']}): expected {vector[name]!r}, got {answer[name]!r}"
        for vector, answer in zip(vectors, answers, strict=True)
        if answer[name] != vector[name]
    ]
    assert not mismatches, f"{len(mismatches)} of {len(vectors)}:\n" + "\n".join(mismatches[:20])


@pytest.mark.parametrize("amount, text", [(8_500_000.0, "$8.5M"), (2_100_000.0, "$2.1M"), (-1_250_000.0, "$-1.3M")])
def test_a_currency_is_shown_in_millions_with_one_decimal(shown, amount, text):
    assert shown(formatters.currency, amount) == text


def test_a_small_currency_is_shown_in_whole_thousands(shown):
    assert shown(formatters.currency_k, 450_000.0) == "$450K"


def test_a_fraction_is_shown_as_a_whole_percentage(shown):
    assert shown(formatters.percent, 0.78) == "78%"


@pytest.mark.parametrize("change, text", [(0.04, "+4%"), (-0.04, "-4%"), (0.0, "+0%"), (-0.0, "+0%"), (-0.004, "-0%")])
def test_a_change_carries_its_sign_even_when_it_rounds_to_nothing(shown, change, text):
    assert shown(formatters.percent_delta, change) == text


@pytest.mark.parametrize(
    "count, text", [(45.0, "45d"), (12.5, "12.5d"), (-0.0, "0d"), (1e-7, "1e-7d"), (5e-324, "5e-324d")]
)
def test_days_keep_all_their_digits_and_no_more(shown, count, text):
    assert shown(formatters.days, count) == text


def test_a_rank_is_shown_with_its_total(shown):
    assert shown(formatters.rank, 4, 12, kind="int") == "#4/12"


def test_a_tie_is_judged_on_the_exact_binary_value_and_goes_up(shown):
    texts = [shown(formatters.currency, amount) for amount in (50_000.0, 150_000.0, 250_000.0, 350_000.0)]
    assert texts == ["$0.1M", "$0.1M", "$0.3M", "$0.3M"]


def test_an_integral_column_is_shown_like_a_double(shown):
    assert shown(formatters.currency, 8_500_000, kind="bigint") == "$8.5M"


@pytest.mark.parametrize("name", ["currency", "currency_k", "percent", "percent_delta", "days"])
def test_a_null_is_shown_as_null(shown, name):
    assert shown(getattr(formatters, name), None) is None


@pytest.mark.parametrize("position, total", [(None, 12), (4, None), (None, None)])
def test_a_rank_without_position_or_total_is_null(shown, position, total):
    assert shown(formatters.rank, position, total, kind="int") is None
