"""Slipping deals, pacing, pipeline to create and forecasts of reps: the pages show what the tables contain."""

from playwright.sync_api import expect

from revops_dashboards.filters import DEALS
from revops_dashboards.formats import count, money
from revops_dashboards.widgets.pace import PACING, REP_ACCURACY, SLIPPAGE, TO_CREATE

TORRES = "team_filter = 'Michael Torres' AND segment_filter = 'All' AND region_filter = 'All'"


def shown(page, widget):
    return " ".join(page.locator(f"#{widget}").inner_text().split())


def test_slipping_deals_are_those_of_the_quarter_and_team_and_open_their_panel(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "team", "Michael Torres")
    [row] = dashboards.query(
        """SELECT count(*) AS number, sum(amount) AS amount FROM slippage JOIN deals USING (opportunity_id)
           WHERE (is_pushed OR is_regressed) AND manager_name = 'Michael Torres' AND quarter = 'Q4 2024'""",
        slippage=SLIPPAGE,
        deals=DEALS,
    )
    assert row["number"] > 0
    assert f"{count(row['number'], 'deal')}, {money(row['amount'])}" in shown(page, "slipping_deals")
    page.locator("#slipping_deals tbody a").first.click()
    expect(page.locator("#deal")).to_be_visible()


def test_pacing_and_the_formula_of_the_pipeline_to_create_have_the_numbers_of_the_team(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "team", "Michael Torres")
    [now] = dashboards.query(f"SELECT * FROM pacing WHERE is_current AND {TORRES}", pacing=PACING)
    assert f"{money(now['won_amount'])} won of {money(now['quarter_target'])} quota" in shown(page, "pacing")
    [need] = dashboards.query(f"SELECT * FROM needed WHERE quarter = 'Q4 2024' AND {TORRES}", needed=TO_CREATE)
    text = shown(page, "pipeline_to_create")
    for amount in ("quarter_target", "closed_won_amount", "expected_amount"):
        assert money(need[amount]) in text, amount


def test_the_team_page_lists_the_recorded_forecasts(open_page, dashboards):
    page = open_page(f"{dashboards.url}/team")
    [row] = dashboards.query("SELECT count(*) AS number FROM forecasts", forecasts=REP_ACCURACY)
    assert count(row["number"], "forecast") in shown(page, "rep_forecast_accuracy")
