"""What moved and changed deals in Chromium; and, after an import, its currency and what would fill panels."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from revops_dashboards.formats import count, money
from revops_dashboards.widgets.what_moved import CHANGES, MOVEMENT, MOVEMENT_DEALS, PARTS, TOTALS
from transforms_api.cli.crm_import import Statements, look_at
from transforms_api.importing import run_import

SAMPLES = Path(__file__).parents[1] / "data" / "crm_exports"
OF_ALL = "team_filter = 'All' AND segment_filter = 'All' AND region_filter = 'All'"


def movement(dashboards, quarter="Q4 2024"):
    [row] = dashboards.query(
        f"FROM movement WHERE period = '1w' AND quarter = $quarter AND {OF_ALL}",
        {"quarter": quarter},
        movement=MOVEMENT,
    )
    return row


@pytest.mark.parametrize("width", [1280, 390])
def test_the_bars_of_the_waterfall_are_the_figures_of_the_movement(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    figures = movement(dashboards)
    texts = page.locator("#what_moved .bars li").all_inner_texts()
    assert len(texts) == len(PARTS)
    for part, text in zip(PARTS, texts, strict=True):
        number, amount = figures[f"{part}_count"], figures[f"{part}_amount"]
        sign = "+" if amount > 0 and part not in TOTALS else ""
        expected = f"{sign}{money(amount)} · {count(number, 'deal')}" if number else "None"
        assert " ".join(text.split()) == f"{PARTS[part][0]} {expected}"


@pytest.mark.parametrize("quarter", ["Q4 2024", "Q1 2025", "All"])
def test_each_bar_opens_its_deals_which_add_up_to_it(open_page, choose, dashboards, quarter):
    page = open_page(dashboards.url)
    choose(page, "quarter", quarter)
    figures = movement(dashboards, quarter)
    shown = [part for part in PARTS if figures[f"{part}_count"]]
    assert len(shown) > 3
    for part in shown:
        page.locator("#what_moved .bars a", has_text=PARTS[part][0]).click()
        page.locator("#what_moved-deals", has_text=PARTS[part][0]).wait_for()
        number, amount = figures[f"{part}_count"], figures[f"{part}_amount"]
        summary = page.locator("#deals_of_change-table p").inner_text()
        assert summary.startswith(f"{count(number, 'deal')}, {money(amount)}"), (part, summary)
        rows = dashboards.query(
            "FROM deals WHERE period = '1w' AND part = $part AND quarter = $quarter",
            {"part": part, "quarter": quarter},
            deals=MOVEMENT_DEALS,
        )
        assert round(sum(row["part_amount"] for row in rows), 2) == amount
        assert page.locator("#what_moved tbody tr").count() == min(10, number)
    page.get_by_role("link", name="Hide deals").click()
    expect(page.locator("#what_moved-deals")).to_have_count(0)


def test_a_deal_of_a_bar_opens_in_the_panel(open_page, dashboards):
    page = open_page(f"{dashboards.url}/?part=pushed_out")
    name = page.locator("#what_moved tbody th a").first.inner_text()
    page.locator("#what_moved tbody th a").first.click()
    expect(page.locator("#deal")).to_contain_text(name)
    assert page.locator("#what_moved-deals").inner_text().startswith("Pushed out")


def test_the_changed_deals_are_those_of_the_week_with_what_was_before_and_is_now(open_page, dashboards):
    page = open_page(f"{dashboards.url}/?quarter=All")
    changes = dashboards.query("FROM changes WHERE period = '1w'", changes=CHANGES)
    assert page.locator("#changes-table p").inner_text().startswith(f"{len(changes)} changes")
    assert "Since last week, Nov 8, 2024." in page.locator("#changed_deals").inner_text()
    page.locator("#changes-q").press_sequentially("pushed_out")
    moves = [change for change in changes if change["kind"] == "pushed_out"]
    page.locator("#changes-table p", has_text=re.compile(f"^{count(len(moves), 'change')}")).wait_for()
    assert page.locator("#changed_deals tbody tr", has_text="Pushed out").count() == min(10, len(moves))


@pytest.fixture
def imported(changing):
    """imported(sample): the dashboards of the demo's tables after an import of a sample without a build."""

    def run(sample):
        look = look_at(SAMPLES / sample, Statements(date(2024, 11, 15), None))
        mapping = tomllib.loads(look.toml)
        run_import(SAMPLES / sample, mapping, changing.warehouse, None, look.toml)
        return changing.url, mapping

    return run


def test_a_page_of_an_import_in_another_currency_has_no_dollar(open_page, imported):
    url, mapping = imported("pipedrive/deals.csv")
    assert mapping["currency"] == "EUR"
    page = open_page(url)
    text = page.locator("main").inner_text()
    assert "€13.0M" in text
    assert "$" not in text
    assert "Amounts are in EUR" in page.locator("#currency").inner_text()


@pytest.mark.parametrize(
    ("path", "widget", "file"),
    [
        ("/", "stage_velocity", "stage history"),
        ("/", "kpi_cards", "quotas"),
        ("/coaching", "activity_analysis", "activities"),
    ],
)
def test_a_panel_names_the_file_that_would_fill_it(open_page, imported, path, widget, file):
    url, _ = imported("pipedrive/deals.csv")
    advice = open_page(url + path).locator(f"#{widget} .missing").first.inner_text()
    assert f"Add a file of {file} with the columns" in advice
    assert "import FOLDER --crm" in advice
