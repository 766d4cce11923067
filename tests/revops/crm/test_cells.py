"""What the text in a cell means."""

from datetime import date, datetime

import polars as pl
import pytest

from transforms.revops.crm.cells import corrected, currency_in, date_of, looked_up, number_of, time_of, trimmed


def read(function, *texts):
    """Return what a function makes of each text, in order."""
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    return frame.select(value=function(pl.col("text")))["value"].to_list()


def test_blanks_of_all_kinds_around_a_text_do_not_count_and_a_blank_cell_is_empty():
    assert read(trimmed, "  Won ", "Won\u00a0", "  ", "", None) == ["Won", "Won", None, None, None]


def test_no_break_spaces_within_a_name_are_ordinary_ones():
    assert read(trimmed, "Anke\u00a0Müller") == ["Anke Müller"]


def test_a_text_is_looked_up_without_regard_to_case_and_one_without_a_name_is_null():
    assert read(lambda text: looked_up(text, {"Won": "Closed Won"}), "won", "Lost", None) == ["Closed Won", None, None]


def test_a_misspelt_text_is_corrected_and_every_other_left_alone():
    assert read(lambda text: corrected(text, {"GTXPro": "GTX Pro"}), "GTXPro", "MG", None) == ["GTX Pro", "MG", None]


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("ISO", "2017-03-09T23:30:00+03:00"),
        ("YYYY-MM-DD", "2017-03-09 23:59"),
        ("YYYY/M/D", "2017/3/9"),
        ("M/D/YYYY", "3/9/2017 7:42 PM"),
        ("D/M/YYYY", "09/03/2017"),
        ("D.M.YYYY", "09.03.2017 14:46"),
        ("D-M-YYYY", "9-3-2017"),
        ("M-D-YYYY", "3-9-2017"),
        ("D MMM YYYY", "9 Mar, 2017 00:02:00"),
        ("MMM D YYYY", "March 9, 2017"),
        ("YYYYMMDD", "20170309"),
        ("M/D/YY", "3/9/17"),
        ("D.M.YY", "9.3.17"),
        ("serial", "42803.75"),
        ("epoch_ms", "1489017600000"),
    ],
)
def test_the_day_is_the_one_that_is_written(date_format, text):
    assert read(lambda cell: date_of(cell, [date_format]), text) == [date(2017, 3, 9)]


def test_each_cell_is_read_by_the_first_format_that_fits():
    formats = ["YYYY-MM-DD", "M/D/YYYY"]
    assert read(lambda cell: date_of(cell, formats), "2017-03-09", "3/9/2017") == [date(2017, 3, 9)] * 2


def test_a_text_that_is_no_date_of_the_format_is_null():
    texts = ["2/30/2017", "13/1/2017", "3/9/17", "2017-03-09", "3/9/2017 and more", "soon", "", None]
    assert read(lambda text: date_of(text, ["M/D/YYYY"]), *texts) == [None] * len(texts)


def test_times_are_read_with_am_and_pm_and_from_serial_numbers():
    formats = ["M/D/YYYY", "serial"]
    assert read(lambda text: time_of(text, formats), "3/9/2017 7:42 PM", "3/9/2017", "42803.75") == [
        datetime(2017, 3, 9, 19, 42), datetime(2017, 3, 9), datetime(2017, 3, 9, 18)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "number"),
    [
        (".", None, "1054", 1054.0),
        (".", None, "1E+06", 1_000_000.0),
        (".", None, "$1,234.50", 1234.5),
        (".", None, "($1,200.00)", -1200.0),
        (".", None, "-$5", -5.0),
        (".", None, "USD 1,234", 1234.0),
        (".", None, "12 500", 12500.0),
        (".", None, "1,00,000", 100_000.0),
        (",", None, "3.000", 3000.0),
        (",", None, "60.653,5", 60653.5),
        (",", None, "1.234,50 €", 1234.5),
        (".", "'", "1'234.5", 1234.5),
        (".", None, "944000.00 руб.", 944000.0),
        (".", None, "12k", None),
        (".", None, "(5", None),
        (".", None, "-(5)", None),
        (".", None, "1,23", None),
        (".", None, "NaN", None),
        (".", None, "n/a", None),
    ],
)
def test_amounts_are_read_with_signs_separators_and_parentheses(decimal, thousands, text, number):
    assert read(lambda cell: number_of(cell, decimal, thousands), text) == [number]


def test_a_currency_in_an_amount_is_found_and_a_plain_dollar_is_the_mappings_dollar():
    assert read(lambda text: currency_in(text, "EUR"), "€5", "CHF 5", "$5", "5") == ["EUR", "CHF", "USD", None]
    assert read(lambda text: currency_in(text, "CAD"), "$5") == ["CAD"]
