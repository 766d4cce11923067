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
        (9_999, "$9,999"),
        (2_343.4, "$2,343"),
        (400, "$400"),
        (0, "$0"),
        (-1_300_000, "-$1.3M"),
        (None, "–"),
    ],
)
def test_money_is_written_in_millions_from_a_million_on(amount, text):
    assert formats.money(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(15_000, "+$15K"), (-15_000, "-$15K"), (0, "$0"), (0.3, "$0"), (None, "–")]
)
def test_a_change_of_money_has_its_sign(amount, text):
    assert formats.money_change(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "$0"), (500_000, "$500K"), (2_000_000, "$2M"), (2_500_000, "$2.5M"), (750, "$750")]
)
def test_the_amounts_of_an_axis_are_short(amount, text):
    assert formats.money_tick(amount) == text


@pytest.mark.parametrize(
    ("sign", "texts"),
    [
        ("€", ("-€1.3M", "+€15K", "€2.5M")),
        ("R$", ("-R$1.3M", "+R$15K", "R$2.5M")),
        ("CHF ", ("-CHF 1.3M", "+CHF 15K", "CHF 2.5M")),
    ],
)
def test_amounts_have_the_sign_of_the_currency_that_a_page_is_made_with(sign, texts):
    with formats.amounts_in(sign):
        written = formats.money(-1_300_000), formats.money_change(15_000), formats.money_tick(2_500_000)
    assert written == texts
    assert formats.money(1_300_000) == "$1.3M"


def test_explanations_of_figures_name_the_currency_of_the_page():
    with formats.amounts_in("€", "EUR"):
        assert formats.in_currency("deals, USD") == "deals, EUR"


def test_fractions_are_written_as_percents():
    assert (formats.percent(0.38), formats.percent_change(0.04), formats.points_change(-0.03)) == (
        "38%",
        "+4%",
        "-3 points",
    )


def test_halves_are_rounded_up_as_the_contracts_formatters_do():
    assert (formats.percent(0.125), formats.days(2.5), formats.money(12_500)) == ("13%", "3d", "$13K")


def test_one_point_is_singular_and_no_change_has_no_sign():
    assert (formats.points_change(0.01), formats.points_change(-0.01), formats.points_change(0.0)) == (
        "+1 point",
        "-1 point",
        "0 points",
    )


def test_a_count_has_its_noun():
    assert (formats.count(1, "deal"), formats.count(2_089, "deal"), formats.count(0, "deal")) == (
        "1 deal",
        "2,089 deals",
        "0 deals",
    )


def test_an_iso_date_in_a_text_is_written_as_other_dates():
    assert (formats.day_text("2024-11-29"), formats.day_text("Friday")) == ("Nov 29, 2024", "Friday")


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


@pytest.mark.parametrize("name", sorted(set(formats.FORMATS) - {"words", "count", "join_words"}))
def test_a_value_that_is_not_known_is_a_dash(name):
    assert formats.FORMATS[name](None) == "–"
