"""What the text in a cell means."""

from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from transforms.revops.crm.cells import corrected, date_of, looked_up, means_nothing, number_of, trimmed


@pytest.fixture
def evaluated(spark):
    """evaluated(column function, text, …) → what it makes of each text, in order."""

    def values(function, *texts):
        df = spark.createDataFrame([(text,) for text in texts], "text string").coalesce(1)
        return [row.value for row in df.select(function(F.col("text")).alias("value")).collect()]

    return values


def test_blanks_around_a_text_do_not_count_and_a_blank_cell_is_empty(evaluated):
    assert evaluated(trimmed, "  Won ", "Won", "   ", "", None) == ["Won", "Won", None, None, None]


def test_a_text_without_a_name_is_null(evaluated):
    names = {"Won": "Closed Won"}
    assert evaluated(lambda text: looked_up(text, names), "Won", "won", None) == ["Closed Won", None, None]


def test_a_misspelt_text_is_corrected_and_every_other_left_alone(evaluated):
    spelling = {"GTXPro": "GTX Pro"}
    assert evaluated(lambda text: corrected(text, spelling), "GTXPro", "MG", None) == ["GTX Pro", "MG", None]


def test_a_text_stays_as_it_is_without_corrections(evaluated):
    assert evaluated(lambda text: corrected(text, {}), "GTXPro", None) == ["GTXPro", None]


@pytest.mark.parametrize(
    ("date_format", "text"), [("M/D/YYYY", "3/9/2017"), ("D-M-YYYY", "9-3-2017"), ("YYYY-MM-DD", "2017-03-09")]
)
def test_dates_are_read_in_the_format_that_the_mapping_names(evaluated, date_format, text):
    assert evaluated(lambda cell: date_of(cell, date_format), text) == [date(2017, 3, 9)]


def test_leading_zeros_in_a_date_do_not_matter(evaluated):
    assert evaluated(lambda text: date_of(text, "M/D/YYYY"), "03/09/2017") == [date(2017, 3, 9)]


def test_a_text_that_is_no_date_of_the_format_is_null_and_stops_nothing(evaluated):
    texts = ["2/30/2017", "13/1/2017", "3/9/17", "2017-03-09", "3/9/2017 10:00", "soon", "", None]
    assert evaluated(lambda text: date_of(text, "M/D/YYYY"), *texts) == [None] * len(texts)


def test_numbers_are_read_with_sign_fraction_and_exponent(evaluated):
    assert evaluated(number_of, "1054", "-3.5", "1100.04", "1E+06") == [1054.0, -3.5, 1100.04, 1_000_000.0]


def test_amounts_are_read_in_us_notation(evaluated):
    texts = ["$900", "$1,234.50", "1,234,567.89", "USD 1,234", "US$5", "1,054 USD", "$ 22,700.00", "$.50", " $5 "]
    amounts = [900.0, 1_234.5, 1_234_567.89, 1_234.0, 5.0, 1_054.0, 22_700.0, 0.5, 5.0]
    assert evaluated(number_of, *texts) == amounts


def test_a_negative_amount_has_a_sign_or_parentheses(evaluated):
    texts = ["-$5", "$-5", "(1,234.50)", "($900)", "-1,054"]
    assert evaluated(number_of, *texts) == [-5.0, -5.0, -1_234.5, -900.0, -1_054.0]


def test_a_text_that_is_no_finite_number_is_null(evaluated):
    texts = [
        "fifty",
        "€5",
        "1,05",
        "1.234,50",
        "12,34,567",
        "(5",
        "5)",
        "(-5)",
        "--5",
        "$",
        "NaN",
        "Infinity",
        "",
        None,
    ]
    assert evaluated(number_of, *texts) == [None] * len(texts)


def test_only_a_text_that_could_not_be_read_means_nothing(spark):
    rows = [("soon", None, True), ("1", 1.0, False), (None, None, False)]
    given = spark.createDataFrame(rows, "text string, value double, expected boolean")
    judged = given.select("expected", means_nothing(F.col("text"), F.col("value")).alias("actual"))
    assert_df_equality(judged.select("actual"), judged.select(F.col("expected").alias("actual")), ignore_nullable=True)
