"""A page for a choice: what an address says beside the filters that there are is said plainly."""

from datetime import date

import pytest

from revops_dashboards.filters import KPIS, REPS, Choice
from revops_dashboards.pages import PIPELINE_HEALTH, REP_COACHING, csv_listing, dashboard

TODAY = date(2024, 11, 15)


@pytest.fixture
def page(tables, write):
    write(KPIS, [
        {"quarter": quarter, "team_filter": team, "segment_filter": "All", "region_filter": "All", "open_count": 1,
         "data_freshness": TODAY}
        for quarter in ("Q4 2024", "Unknown", "All") for team in ("All", "Lee")
    ])  # fmt: skip
    rep = {"manager_name": "Lee", "segment": "SMB", "region": "West"}
    write(REPS, [
        {**rep, "rep_id": "R1", "rep_name": "Ann", "overall_rank": 1},
        {**rep, "rep_id": "R2", "rep_name": "Bob", "overall_rank": 2},
    ])  # fmt: skip
    return lambda page, **choice: dashboard(page, tables, Choice(**choice), {})


def test_a_team_that_does_not_exist_is_said_and_stays_visible_in_its_filter(page):
    body = page(PIPELINE_HEALTH, team="Nobody")
    assert "There is no team “Nobody”." in body
    assert '<option value="Nobody" selected>Nobody (unknown)</option>' in body


def test_a_known_choice_has_nothing_to_say(page):
    assert "There is no" not in page(PIPELINE_HEALTH, team="Lee").replace("There is no such deal", "")


def test_a_rep_that_the_filters_do_not_show_is_said(page):
    body = page(REP_COACHING, rep="R9")
    assert "The chosen rep is not in this selection. This page shows Ann." in body


def test_the_quarter_is_offered_only_on_pages_that_it_changes(page):
    assert 'name="quarter"' in page(PIPELINE_HEALTH)
    assert '<select name="quarter"' not in page(REP_COACHING)


def test_the_quarter_is_kept_on_a_page_that_does_not_offer_it(page):
    assert '<input type="hidden" name="quarter" value="Unknown">' in page(REP_COACHING, quarter="Unknown")


def test_quarters_have_names_that_people_use(page):
    body = page(PIPELINE_HEALTH)
    assert '<option value="Unknown">No close date</option>' in body
    assert '<option value="All">All quarters</option>' in body


def test_the_printed_filters_name_a_quarter_as_its_filter_does(page):
    printed = page(PIPELINE_HEALTH, quarter="Unknown").partition('<p class="printed">')[2].partition("</p>")[0]
    assert printed.startswith("Quarter: No close date · Team: All")


def test_an_open_deal_has_a_panel_beside_the_page_with_a_link_that_closes_it(page):
    body = page(PIPELINE_HEALTH, team="Lee", deal="D1")
    assert '<a class="tool close" href="/?quarter=Q4+2024&amp;team=Lee" id="close">Close</a>' in body
    assert 'id="deal"' not in page(PIPELINE_HEALTH)


def test_a_filter_keeps_how_tables_are_sorted_and_returns_to_their_first_page(tables, page):
    from revops_dashboards.filters import choice_of

    body = dashboard(PIPELINE_HEALTH, tables, choice_of({"stuck_deals.sort": "amount", "stuck_deals.page": "2"}), {})
    assert '<input type="hidden" name="stuck_deals.sort" value="amount">' in body
    assert 'name="stuck_deals.page"' not in body


def test_the_csv_of_closed_deals_has_their_columns():
    assert "loss_reason" in [column.name for column in csv_listing("deals", Choice(status="lost")).columns]
    assert csv_listing("passwords", Choice()) is None
