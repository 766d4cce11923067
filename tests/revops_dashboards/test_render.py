"""Widgets as HTML: what is missing, stale or hostile is said where it stands."""

from types import SimpleNamespace

import pytest

from revops_dashboards.filters import Choice, View
from revops_dashboards.listing import Column, Listing, read_listing
from revops_dashboards.render import render_widget
from revops_dashboards.widget import Widget
from revops_dashboards.widgets.stuck_deals import DealTable

DEALS = "/RevOps/deals"
CHOICE = Choice(quarter="Q4 2024")
LISTING = Listing(
    "stuck_deals", "Stuck deals",
    (Column("account_name", "Deal", "deal"), Column("amount", "Amount", "money")),
    "FROM deals", {"deals": DEALS}, "amount DESC", key="stuck_deals", searched=("account_name",), amount="amount",
)  # fmt: skip


def content(tables, choice):
    listed = read_listing(LISTING, tables, choice)
    return DealTable(listed) if listed else None


WIDGET = Widget("stuck_deals", "Stuck deals", (DEALS,), content, "No stuck deals.", listings=(LISTING,))


@pytest.fixture
def deals(write):
    def write_deals(count=1, **values):
        row = {"opportunity_id": "<b>1", "account_name": "Acme", "owner_name": "Ann", "amount": 10.0}
        write(DEALS, [{**row, "amount": 10.0 * (number + 1), **values} for number in range(count)])

    return write_deals


def text(tables, choice=CHOICE, states=None):
    return render_widget(WIDGET, tables, choice, states or {}, "/").html.striptags()


def html(tables, choice=CHOICE, path="/"):
    return render_widget(WIDGET, tables, choice, {}, path).html


def state(name, reason):
    return {DEALS: SimpleNamespace(dataset=DEALS, state=SimpleNamespace(value=name), reason=reason)}


def test_a_choice_without_rows_is_said_in_the_widget(tables, write):
    write(DEALS, [{"account_name": "x"}])
    empty = Widget("stuck_deals", "Stuck deals", (DEALS,), lambda *_: None, "No stuck deals.")
    assert render_widget(empty, tables, CHOICE, {}).html.striptags() == "Stuck deals No stuck deals."


def test_a_dataset_that_was_never_built_is_said_with_the_command_that_builds_it(tables):
    assert text(tables) == "Stuck deals /RevOps/deals has not been built yet. Build it: `build deals`."


@pytest.mark.parametrize("name", ["stale", "failed"])
def test_a_stale_or_failed_dataset_is_said_above_the_rows_of_its_last_version(tables, deals, name):
    deals()
    shown = text(tables, states=state(name, "its code has changed"))
    assert shown.startswith(f"Stuck deals {name} deals: its code has changed 1 deal, $10.")


def test_a_fresh_dataset_needs_no_word(tables, deals):
    deals()
    assert "fresh" not in text(tables, states=state("fresh", None))


def test_a_table_of_another_shape_is_said_in_the_widget(tables, write):
    write(DEALS, [{"quarter": "Q4 2024"}])
    assert "/RevOps/deals cannot be shown" in text(tables)


def test_names_in_tables_are_text_and_never_markup(tables, deals):
    deals(account_name="<script>alert(1)</script>")
    shown = html(tables)
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert 'href="/?quarter=Q4+2024&amp;deal=%3Cb%3E1#deal"' in shown


def test_a_character_that_turns_the_direction_of_writing_is_shown_as_an_escape(tables, deals):
    deals(account_name="A\u202ecme")
    assert "A\\u202ecme" in text(tables)


def test_a_widget_that_a_report_repeats_has_an_id_of_its_own(tables, deals):
    deals()
    shown = render_widget(WIDGET, tables, CHOICE, {}, suffix="-R1").html
    assert 'id="stuck_deals-R1"' in shown


def test_a_heading_sorts_the_table_and_says_by_what_it_is_sorted(tables, deals):
    deals()
    shown = html(tables, Choice(views={"stuck_deals": View(sort="-amount")}))
    assert 'aria-sort="descending"><a href="/?stuck_deals.sort=amount#stuck_deals-table">Amount' in shown
    assert '<a href="/?stuck_deals.sort=account_name#stuck_deals-table">Deal' in shown


def test_a_cut_table_says_so_and_leads_to_its_other_pages_and_to_all_rows(tables, deals):
    deals(count=30)
    shown = html(tables)
    assert "30 deals, $4,650; 1 to 25 shown." in shown
    assert 'href="/?quarter=Q4+2024&amp;stuck_deals.page=2#stuck_deals-table" rel="next"' in shown
    assert "Show all 30</a>" in shown
    assert "Show all" not in html(tables, Choice(views={"stuck_deals": View(rows=0)}))


def test_a_table_can_be_searched_and_a_search_without_a_hit_can_be_changed(tables, deals):
    deals(count=12)
    shown = html(tables, Choice(views={"stuck_deals": View(q="<zzz>")}))
    assert "No deal matches “&lt;zzz&gt;”." in shown
    assert 'name="stuck_deals.q"' in shown
    assert 'value="&lt;zzz&gt;"' in shown


def test_each_table_of_a_page_leads_to_its_csv_with_the_same_choice(tables, deals):
    deals()
    shown = html(tables, Choice(team="Lee", views={"stuck_deals": View(sort="amount")}))
    assert 'href="/csv/stuck_deals?team=Lee&amp;stuck_deals.sort=amount" download' in shown


def test_a_report_has_no_links(tables, deals):
    deals(count=30)
    assert "href" not in html(tables, path=None)
