"""What the values of a column are: formats of dates and numbers, never a guess between day and month."""

import polars as pl
import pytest

from transforms_api.importing import TableOptions, TextTable, profile_table


def _profiles(tmp_path, **columns: list[str]):
    frame = pl.LazyFrame(columns).with_row_index("_row", 1)
    return profile_table(TextTable(tmp_path / "a.csv", TableOptions(), tuple(columns), frame))


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2024-01-02", "2024-03-04T10:00:00+03:00"], ("YYYY-MM-DD",)),
        (["27/10/2024", "1/2/2024"], ("D/M/YYYY",)),
        (["10/27/2024 7:42", "1/2/2024"], ("M/D/YYYY",)),
        (["15.11.2024 14:46", "03.02.2025"], ("D.M.YYYY",)),
        (["15 Apr, 2021 00:02:00", "1 May, 2021 10:00:00"], ("D MMM YYYY",)),
        (["Apr 15, 2021", "May 1, 2021"], ("MMM D YYYY",)),
        (["45530.615903", "45691"], ("serial",)),
        (["2024-01-02", "2024-03-04", "2024-03-05", "end of March"], ("YYYY-MM-DD",)),
        (["call me", "later"], ()),
    ],
)
def test_dates_have_the_format_of_their_values(tmp_path, values, formats):
    assert _profiles(tmp_path, day=values)["day"].date_formats == formats


def test_dates_with_two_readings_are_ambiguous(tmp_path):
    profile = _profiles(tmp_path, day=["1/2/2024", "3/4/2024"])["day"]
    assert (profile.date_formats, profile.ambiguous) == ((), ("D/M/YYYY", "M/D/YYYY"))


def test_another_column_of_the_file_decides_dates_with_two_readings(tmp_path):
    profile = _profiles(tmp_path, opened=["1/2/2024", "3/4/2024"], closed=["27/10/2024", "1/12/2024"])["opened"]
    assert (profile.date_formats, profile.ambiguous) == (("D/M/YYYY",), ())


def test_dates_of_both_readings_in_one_column_are_ambiguous(tmp_path):
    profile = _profiles(tmp_path, day=["27/10/2024", "10/27/2024"])["day"]
    assert profile.ambiguous == ("D/M/YYYY", "M/D/YYYY")


@pytest.mark.parametrize(
    ("values", "decimal"),
    [
        (["1.234,5", "3.000"], ","),
        (["$22,700.00", "($1,200.00)"], "."),
        (["12,5", "13"], ","),
        (["12.50", "13"], "."),
        (["1.234.567", "1"], ","),
        (["1,234", "5"], None),
    ],
)
def test_the_decimal_sign_is_the_one_that_values_show(tmp_path, values, decimal):
    assert _profiles(tmp_path, amount=values)["amount"].decimal == decimal


def test_a_point_before_three_digits_alone_is_dubious(tmp_path):
    assert _profiles(tmp_path, amount=["3.000", "12"])["amount"].dubious_thousands == "3.000"
