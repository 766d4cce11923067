"""The page about the build, and how all pages follow what happens to their tables."""

import shutil
from pathlib import Path

import polars
from deltalake import DeltaTable, write_deltalake

from revops_dashboards.filters import KPIS
from revops_dashboards.widgets.stuck_deals import STUCK
from transforms_api.api import Project

DATASETS = [dataset for transform in Project.open().graph.order for dataset in transform.writes]


def card(page, dataset):
    return page.locator(f'.graph a[href*="{dataset.replace("/", "%2F")}#"]')


def test_every_dataset_is_a_card_and_fresh_after_a_build(open_page, dashboards):
    page = open_page(f"{dashboards.url}/build")
    page.locator(".graph > svg").wait_for()
    for dataset in DATASETS:
        assert "fresh" in card(page, dataset).text_content(), dataset


def test_a_click_on_a_card_shows_all_that_is_known_of_it(open_page, dashboards):
    page = open_page(f"{dashboards.url}/build")
    card(page, "/RevOps/Analytics/dashboard_kpis").click()
    detail = page.locator("#detail")
    detail.locator("#dataset-title").wait_for()
    text = detail.inner_text()
    for expected in (
        "transforms.revops.dashboard.compute_dashboard_kpis:compute",
        "compute_dashboard_kpis.py:",
        "one row per quarter and team",
        "DashboardKPIs: quarter, team_filter is its key",
        "SNAPSHOT",
    ):
        assert expected in text, expected
    assert detail.locator(".sample tbody tr").count() == 10


def test_the_neighbours_of_a_dataset_lead_on(open_page, dashboards):
    page = open_page(f"{dashboards.url}/build?dataset=/RevOps/Analytics/dashboard_kpis")
    page.locator("#detail a", has_text="forecast_history").first.click()
    page.locator("#dataset-title", has_text="/RevOps/Analytics/forecast_history").wait_for()


def test_a_dataset_can_be_chosen_without_a_mouse(open_page, dashboards):
    page = open_page(f"{dashboards.url}/build")
    page.get_by_role("combobox", name="Dataset").select_option("/RevOps/Scenario/accounts")
    page.locator("#dataset-title", has_text="/RevOps/Scenario/accounts").wait_for()


def test_a_page_follows_a_new_version_by_itself_and_says_that_it_is_not_the_builds(open_page, changing):
    page = open_page(changing.url)
    assert "$13.0M" in page.locator("#kpi_cards").inner_text()
    table = str(changing.warehouse.table(KPIS))
    rows = polars.read_delta(table).with_columns(quarter_target=polars.lit(99_000_000.0))
    write_deltalake(table, rows.to_arrow(), mode="overwrite")
    page.locator("#kpi_cards", has_text="$99.0M").wait_for()
    page.locator("#kpi_cards .stale").wait_for()


def test_a_lost_dataset_is_said_in_its_widget_and_the_rest_works(open_page, changing):
    page = open_page(changing.url)
    shutil.rmtree(changing.warehouse.table(STUCK))
    page.locator("#stuck_deals", has_text="has not been built yet").wait_for()
    assert "$13.0M" in page.locator("#kpi_cards").inner_text()
    page.goto(f"{changing.url}/build")
    card(page, STUCK).locator("text", has_text="missing").wait_for()


def test_a_damaged_dataset_is_failed_in_its_widget_and_on_the_build_page(open_page, changing):
    page = open_page(changing.url)
    for file in map(Path, DeltaTable(str(changing.warehouse.table(KPIS))).file_uris()):
        file.unlink()  # it is a link to a file that other tests read
        file.touch()
    page.reload()
    assert "is damaged" in page.locator("#kpi_cards").inner_text()
    assert "Acme" in page.locator("#stuck_deals").inner_text()
