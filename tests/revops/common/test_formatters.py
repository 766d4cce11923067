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
    """shown(formatter, value, …) → the text of each value, all in one job; the tuple (4, 12) is a rank and its total.

    Values travel in a row, so that Spark cannot fold them away.
    """

    def show(formatter, *examples, kind="double"):
        arguments = [example if isinstance(example, tuple) else (example,) for example in examples]
        names = [f"argument_{number}" for number in range(len(arguments[0]))]
        numbered = [(number, *values) for number, values in enumerate(arguments)]
        frame = spark.createDataFrame(numbered, ", ".join(["number int", *(f"{name} {kind}" for name in names)]))
        texts = frame.select("number", formatter(*[F.col(name) for name in names]).alias("text")).collect()
        return [row.text for row in sorted(texts)]

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


def test_a_currency_is_shown_in_millions_with_one_decimal(shown):
    assert shown(formatters.currency, 8_500_000.0, 2_100_000.0, -1_250_000.0) == ["$8.5M", "$2.1M", "$-1.3M"]


def test_a_small_currency_is_shown_in_whole_thousands(shown):
    assert shown(formatters.currency_k, 450_000.0) == ["$450K"]


def test_a_fraction_is_shown_as_a_whole_percentage(shown):
    assert shown(formatters.percent, 0.78) == ["78%"]


def test_a_change_carries_its_sign_even_when_it_rounds_to_nothing(shown):
    assert shown(formatters.percent_delta, 0.04, -0.04, 0.0, -0.0, -0.004) == ["+4%", "-4%", "+0%", "+0%", "-0%"]


def test_days_keep_all_their_digits_and_no_more(shown):
    assert shown(formatters.days, 45.0, 12.5, -0.0, 1e-7, 5e-324) == ["45d", "12.5d", "0d", "1e-7d", "5e-324d"]


def test_a_rank_is_shown_with_its_total_and_is_null_without_either(shown):
    ranks = [(4, 12), (None, 12), (4, None), (None, None)]
    assert shown(formatters.rank, *ranks, kind="int") == ["#4/12", None, None, None]


def test_a_tie_is_judged_on_the_exact_binary_value_and_goes_up(shown):
    texts = shown(formatters.currency, 50_000.0, 150_000.0, 250_000.0, 350_000.0)
    assert texts == ["$0.1M", "$0.1M", "$0.3M", "$0.3M"]


def test_an_integral_column_is_shown_like_a_double(shown):
    assert shown(formatters.currency, 8_500_000, kind="bigint") == ["$8.5M"]


def test_a_null_is_shown_as_null(spark):
    columns = [formatter() for name, formatter in FORMATTERS.items() if name != "rank"]
    unknown = spark.createDataFrame([(None,)], "value double").select(*columns).first()
    assert tuple(unknown) == (None,) * 5
