from datetime import date

import pytest

from revops_dashboards import formats


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (2_100_000, "$2.1M"),
        (1_000_000, "$1.0M"),
        (999_500, "$1.0M"),
        (999_499, "$999K"),
        (720_000, "$720K"),
        (400, "$400"),
        (0, "$0"),
        (-1_300_000, "-$1.3M"),
        (None, "–"),
    ],
)
def test_money_is_written_in_millions_from_a_million_on(amount, text):
    assert formats.money(amount) == text


@pytest.mark.parametrize(("amount", "text"), [(15_000, "+$15K"), (-15_000, "-$15K"), (0, "+$0"), (None, "–")])
def test_a_change_of_money_has_its_sign(amount, text):
    assert formats.money_change(amount) == text


def test_fractions_are_written_as_percents():
    assert (formats.percent(0.38), formats.percent_change(0.04), formats.points_change(-0.03)) == (
        "38%",
        "+4%",
        "-3 points",
    )


def test_days_are_whole():
    assert (formats.days(12.4), formats.days_change(7.3), formats.days_change(-2.0)) == ("12d", "+7d", "-2d")


def test_a_date_is_written_as_people_do():
    assert formats.day(date(2024, 12, 3)) == "Dec 3, 2024"


def test_names_of_enumerations_become_words():
    assert [formats.words(name) for name in ("GOING_DARK", "NO_EB", "at_risk")] == [
        "Going dark",
        "No economic buyer",
        "At risk",
    ]


@pytest.mark.parametrize("name", sorted(set(formats.FORMATS) - {"words"}))
def test_an_unknown_value_of_a_table_is_shown_as_a_dash(name):
    assert formats.FORMATS[name](None) == "–"
