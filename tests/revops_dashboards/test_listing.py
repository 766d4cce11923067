"""Tables of a page: their order, search, pages and CSV."""

import csv
import io

import pytest

from revops_dashboards.filters import Choice, View, choice_of
from revops_dashboards.listing import Column, Listing, csv_of, read_listing

DEALS = "/RevOps/deals"
LISTING = Listing(
    "some_deals", "Some deals",
    (
        Column("account_name", "Deal"),
        Column("urgency", "Urgency", order="list_position(['CRITICAL', 'LOW'], urgency)"),
        Column("amount", "Amount", "money"),
    ),
    "FROM deals WHERE $team IN ('All', team)", {"deals": DEALS}, "amount DESC NULLS LAST", key="some_deals",
    searched=("account_name",), amount="amount", more=("team",),
)  # fmt: skip


@pytest.fixture
def deals(write):
    write(DEALS, [
        {"account_name": "Acme", "urgency": "LOW", "amount": 30.0, "team": "Lee"},
        {"account_name": "Bolt", "urgency": "CRITICAL", "amount": 10.0, "team": "Lee"},
        {"account_name": "=Cell", "urgency": "LOW", "amount": None, "team": "Torres"},
        {"account_name": "Dune", "urgency": "CRITICAL", "amount": 20.0, "team": "Torres"},
    ])  # fmt: skip


def names(tables, **view):
    listed = read_listing(LISTING, tables, Choice(views={"some_deals": View(**view)}))
    return [row["account_name"] for row in listed.rows]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Acme", "Dune", "Bolt", "=Cell"]),
        ("amount", ["Bolt", "Dune", "Acme", "=Cell"]),
        ("-amount", ["Acme", "Dune", "Bolt", "=Cell"]),
        ("account_name", ["=Cell", "Acme", "Bolt", "Dune"]),
        ("urgency", ["Dune", "Bolt", "Acme", "=Cell"]),
        ("no_such_column; DROP TABLE deals", ["Acme", "Dune", "Bolt", "=Cell"]),
    ],
)
def test_a_table_is_sorted_by_any_column_with_unknown_values_last(tables, deals, sort, expected):
    assert names(tables, sort=sort) == expected


def test_a_click_on_a_heading_sorts_numbers_from_the_largest_and_a_second_click_turns_that_round():
    name, _, amount = LISTING.columns
    assert (amount.next_sort(View()), amount.next_sort(View("-amount"))) == ("-amount", "amount")
    assert (name.next_sort(View()), name.next_sort(View("account_name"))) == ("account_name", "-account_name")


def test_pages_cut_a_table_and_count_all_of_it(tables, deals):
    listed = read_listing(LISTING, tables, Choice(views={"some_deals": View(page=2, rows=3)}))
    assert [row["account_name"] for row in listed.rows] == ["=Cell"]
    assert (listed.count, listed.total, listed.pages, listed.first, listed.is_cut) == (4, 60.0, 2, 4, True)


def test_a_page_that_no_longer_exists_gives_way_to_the_first(tables, deals):
    assert names(tables, page=9, rows=3) == ["Acme", "Dune", "Bolt"]


def test_all_rows_can_be_shown(tables, deals):
    assert len(names(tables, rows=0)) == 4


def test_a_search_ignores_case_and_keeps_the_table_if_it_finds_nothing(tables, deals):
    assert names(tables, q="ACM") == ["Acme"]
    assert names(tables, q="nothing") == []


def test_without_rows_and_search_there_is_no_table(tables, deals):
    assert read_listing(LISTING, tables, Choice(team="Nobody")) is None


def test_a_csv_has_all_rows_of_the_choice_in_its_order_and_no_formula(tables, deals):
    choice = Choice(team="Torres", views={"some_deals": View(sort="amount", rows=1)})
    assert list(csv.reader(io.StringIO(csv_of(LISTING, tables, choice)))) == [
        ["account_name", "urgency", "amount", "team"],
        ["Dune", "CRITICAL", "20.0", "Torres"],
        ["'=Cell", "LOW", "", "Torres"],
    ]


def test_the_address_says_how_each_table_is_shown():
    choice = choice_of({"sort": "-amount", "stuck_deals.page": "2", "stuck_deals.rows": "all", "stuck_deals.q": "x"})
    assert choice.views == {"": View(sort="-amount"), "stuck_deals": View(page=2, rows=0, q="x")}
    assert choice.parameters == {
        "sort": "-amount", "stuck_deals.page": "2", "stuck_deals.rows": "all", "stuck_deals.q": "x",
    }  # fmt: skip


@pytest.mark.parametrize("number", ["-1", "x", "1e9", "99999999", "²"])
def test_impossible_numbers_of_an_address_are_ignored(number):
    assert choice_of({"page": number}).view("") == View()
