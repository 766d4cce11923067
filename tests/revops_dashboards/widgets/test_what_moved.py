"""The waterfall of what moved, the deals of its bars, and the changed deals, of a few rows."""

from datetime import date
from types import SimpleNamespace

import pytest

from revops_dashboards.filters import Choice
from revops_dashboards.listing import csv_of
from revops_dashboards.widgets.what_moved import (
    CHANGE_LIST,
    CHANGED_WIDGET,
    CHANGES,
    DEALS_OF_PART,
    MOVEMENT,
    MOVEMENT_DEALS,
    PARTS,
    WIDGET,
    Movement,
    content,
)

SETTING = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}
BEFORE, LATER, TODAY = date(2024, 11, 8), date(2024, 11, 12), date(2024, 11, 15)
WEEK = {"period": "1w", "from_date": BEFORE, "to_date": TODAY}
MOVED = {
    "opening_count": 3, "opening_amount": 300.0, "created_count": 1, "created_amount": 50.0, "won_count": 1,
    "won_amount": -100.0, "pushed_out_count": 1, "pushed_out_amount": -80.25, "closing_count": 2,
    "closing_amount": 169.75,
}  # fmt: skip
REP = {"manager_name": "Lee", "segment": "SMB", "region": "West", "owner_name": "Ann"}
PUSHED = {
    **WEEK, **REP, "quarter": "Q4 2024", "part": "pushed_out", "opportunity_id": "D1", "opportunity_name": "Acme 1",
    "account_name": "Acme", "part_amount": -80.25, "from_amount": 80.25, "to_amount": 90.0,
    "from_close_date": date(2024, 12, 16), "to_close_date": date(2025, 1, 20), "from_stage": "Proposal",
    "to_stage": "Proposal",
}  # fmt: skip
CHANGE = {
    **WEEK, **REP, "opportunity_id": "D1", "opportunity_name": "Acme 1", "account_name": "Acme", "kind": "pushed_out",
    "amount_effect": 0.0, "moved_amount": 80.25, "from_quarter": "Q4 2024", "to_quarter": "Q1 2025",
    "from_close_date": date(2024, 12, 16), "to_close_date": date(2025, 1, 20), "from_amount": 80.25, "to_amount": 90.0,
    "from_stage": "Proposal", "to_stage": "Proposal", "from_owner": "Ann", "to_owner": "Ann",
}  # fmt: skip
REMOVED = {
    **CHANGE, "opportunity_id": "D2", "account_name": "Initech", "kind": "removed", "amount_effect": -100.0,
    "moved_amount": 0.0, "to_quarter": None, "to_close_date": None, "to_amount": None, "to_stage": None,
    "to_owner": None,
}  # fmt: skip
CHOICE = Choice(quarter="Q4 2024")


@pytest.fixture
def moved(write, write_as, text_of, tables):
    """Tables of a week with one pushed and one removed deal: `text` of a widget, and `rows` of a table."""

    def movement_of(*rows):
        write_as(MOVEMENT, [Movement], [{**SETTING, **row} for row in rows], **SETTING)

    movement_of({**WEEK, **MOVED})
    write(MOVEMENT_DEALS, [PUSHED, {**PUSHED, "opportunity_id": "D3", "part": "opening", "part_amount": 300.0}])
    write(CHANGES, [CHANGE, REMOVED])
    return SimpleNamespace(text=text_of, movement_of=movement_of, tables=tables)


def test_the_bar_of_a_change_begins_where_the_bar_before_ends(moved):
    bars = {bar.name: bar for bar in content(moved.tables, CHOICE).waterfall.bars}
    spans = {
        name: (bars[name].start, bars[name].value) for name in ("Opening pipeline", "Created", "Won", "Pushed out")
    }
    assert spans == {
        "Opening pipeline": (0, 300), "Created": (300, 50), "Won": (250, 100), "Pushed out": (169.75, 80.25),
    }  # fmt: skip
    assert (bars["Closing pipeline"].start, bars["Closing pipeline"].value) == (0, 169.75)


def test_all_parts_are_shown_in_their_order_and_one_without_deals_is_no_link(moved):
    bars = content(moved.tables, CHOICE).waterfall.bars
    assert [bar.name for bar in bars] == [name for name, _ in PARTS.values()]
    assert {bar.name for bar in bars if bar.link is None} == {"Pulled in", "Increased", "Lost", "Decreased", "Removed"}


def test_bars_below_zero_move_the_axis(moved):
    left = {"pulled_in_count": 1, "pulled_in_amount": -100.0, "pushed_out_count": 1, "pushed_out_amount": 150.0}
    moved.movement_of({**WEEK, **left, "closing_count": 1, "closing_amount": 50.0})
    bars = {bar.name: bar for bar in content(moved.tables, CHOICE).waterfall.bars}
    assert [(bars[name].start, bars[name].value) for name in ("Pulled in", "Pushed out", "Closing pipeline")] == [
        (0, 100), (0, 150), (100, 50),
    ]  # fmt: skip


def test_a_bar_opens_its_deals_on_the_same_page(moved):
    text = moved.text(WIDGET, Choice(quarter="Q4 2024", part="pushed_out"))
    assert "1 deal, -$80." in text
    assert "Acme Ann -$80 $80 $90 Dec 16, 2024 Jan 20, 2025" in text
    assert "Initech" not in text


def test_without_a_chosen_bar_no_deals_are_listed(moved):
    assert "Acme" not in moved.text(WIDGET, CHOICE)


def test_a_part_that_does_not_exist_lists_nothing(moved):
    assert content(moved.tables, Choice(quarter="Q4 2024", part="nonsense")).part is None


def test_the_csv_of_a_bar_has_the_amounts_to_the_cent(moved):
    text = csv_of(DEALS_OF_PART, moved.tables, Choice(quarter="Q4 2024", part="pushed_out"))
    header, row = text.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["part_amount"] == "-80.25"


def test_in_all_quarters_a_push_changes_nothing_and_the_bar_counts_its_deals(moved):
    moved.movement_of({**WEEK, **MOVED, "quarter": "All", "pushed_out_amount": 0.0})
    bars = {bar.name: bar.text for bar in content(moved.tables, Choice(quarter="All")).waterfall.bars}
    assert bars["Pushed out"] == "1 deal between quarters"


def test_a_change_says_what_it_was_before_and_is_now(moved):
    text = moved.text(CHANGED_WIDGET, CHOICE)
    assert "Since last week, Nov 8, 2024." in text
    assert "Pushed out Dec 16, 2024 Jan 20, 2025 $80 to Q1 2025" in text
    assert "Removed Proposal Not in the source -$100" in text


def test_a_deal_that_is_not_there_any_more_is_no_link(moved):
    rows = csv_of(CHANGE_LIST, moved.tables, CHOICE)
    assert "D2" in rows
    from revops_dashboards.render import render_widget

    html = str(render_widget(CHANGED_WIDGET, moved.tables, CHOICE, {}, "/").html)
    assert "deal=D1" in html
    assert "deal=D2" not in html


def test_without_a_week_the_last_import_is_compared(moved, write):
    last = {"period": "last", "from_date": LATER}
    moved.movement_of({**WEEK, **MOVED, **last})
    write(CHANGES, [{**CHANGE, **last}, {**REMOVED, "period": "1w"}])
    text = moved.text(CHANGED_WIDGET, CHOICE)
    assert "Since the last import, Nov 12, 2024." in text
    assert "Initech" not in text


def test_both_periods_are_offered_and_the_chosen_one_is_shown(moved):
    moved.movement_of({**WEEK, **MOVED}, {**WEEK, "period": "last", "from_date": LATER, "opening_count": 7})
    text = moved.text(WIDGET, Choice(quarter="Q4 2024", since="last"))
    assert "A week ago: Nov 8, 2024 The last import: Nov 12, 2024" in text
    assert "$0 · 7 deals" in text


def test_two_periods_that_start_on_one_day_are_one(moved):
    moved.movement_of({**WEEK, **MOVED}, {**WEEK, **MOVED, "period": "last"})
    assert list(content(moved.tables, CHOICE).periods) == ["1w"]


@pytest.mark.parametrize("widget", [WIDGET, CHANGED_WIDGET])
def test_a_first_import_says_what_a_second_day_takes(moved, widget):
    moved.movement_of()
    assert "There is no earlier day to compare with: each build records the deals of its day." in moved.text(
        widget, CHOICE
    )


def test_a_setting_without_deals_has_none(moved):
    assert moved.text(WIDGET, Choice(quarter="Q4 2024", team="Green")).endswith("No deals match these filters.")
