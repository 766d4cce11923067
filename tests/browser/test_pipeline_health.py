"""The Pipeline health dashboard and the deal list: the page shows what the tables contain, for every filter."""

import re

import pytest
from playwright.sync_api import expect

from revops_dashboards.filters import DEALS, HEALTH, KPIS, SETTING
from revops_dashboards.formats import count, days, money, percent
from revops_dashboards.widgets.forecast_trend import HISTORY
from revops_dashboards.widgets.health_distribution import DISTRIBUTION
from revops_dashboards.widgets.stage_velocity import VELOCITY
from revops_dashboards.widgets.stuck_deals import STUCK

ALL = {"quarter": "Q4 2024", "team": "All", "segment": "All", "region": "All"}


def shown(page, widget):
    return " ".join(page.locator(f"#{widget}").inner_text().split())


def demand_page_equals_tables(page, query, chosen):
    [kpis] = query(f"SELECT * FROM kpis WHERE quarter = $quarter AND {SETTING}", chosen, kpis=KPIS)
    cards = shown(page, "kpi_cards")
    for amount in ("quarter_target", "ai_forecast", "commit_amount"):
        assert money(kpis[amount]) in cards, amount
    if kpis["target_state"] == "open":
        assert f"{kpis['risk_level']} risk" in cards
        assert money(kpis["gap_to_target"]) in cards
    [health] = query(f"SELECT * FROM rows WHERE quarter = $quarter AND {SETTING}", chosen, rows=DISTRIBUTION)
    bands = shown(page, "health_distribution")
    for band in ("healthy", "monitor", "at_risk", "critical"):
        assert f"{percent(health[f'{band}_pct'])} · {health[f'{band}_count']} · " in bands, band
    stages = query(
        f"SELECT * FROM rows WHERE quarter_filter = $quarter AND {SETTING} ORDER BY stage_order", chosen, rows=VELOCITY
    )
    funnel, velocity = shown(page, "funnel"), shown(page, "stage_velocity")
    for stage in stages:
        assert f"{money(stage['amount_in_stage'])} · {count(stage['deals_in_stage'], 'deal')}" in funnel
        assert days(stage["avg_duration_days"]) in velocity
    [last] = query(
        f"SELECT * FROM rows WHERE quarter = $quarter AND {SETTING} ORDER BY week_number DESC LIMIT 1",
        chosen,
        rows=HISTORY,
    )
    trend = page.locator("#forecast_trend figure").get_attribute("aria-label")
    assert f"forecast {money(last['cumulative_forecast'])}, closed {money(last['cumulative_closed'])}" in trend
    [stuck] = query(
        """SELECT count(*) AS count FROM stuck JOIN deals USING (opportunity_id)
           WHERE quarter = $quarter AND $team IN ('All', manager_name) AND $segment IN ('All', segment)
             AND $region IN ('All', region)""",
        chosen,
        stuck=STUCK,
        deals=DEALS,
    )
    expected = count(stuck["count"], "deal") if stuck["count"] else "No stuck deals"
    assert expected in shown(page, "stuck_deals")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_shows_what_the_tables_contain(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    demand_page_equals_tables(page, dashboards.query, ALL)


@pytest.mark.parametrize(("name", "value"), [("team", "Michael Torres"), ("segment", "Enterprise"), ("region", "West")])
def test_every_widget_follows_each_filter(open_page, choose, dashboards, name, value):
    page = open_page(dashboards.url)
    choose(page, name, value)
    demand_page_equals_tables(page, dashboards.query, {**ALL, name: value})


def test_filters_work_together(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "team", "Michael Torres")
    choose(page, "segment", "Enterprise")
    demand_page_equals_tables(page, dashboards.query, {**ALL, "team": "Michael Torres", "segment": "Enterprise"})


def test_every_value_of_every_filter_can_be_chosen(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    for name in ALL:
        values = page.locator(f"#{name} option").evaluate_all("options => options.map(option => option.value)")
        assert len(values) > 1, name
        for value in [*values[1:], values[0]]:
            choose(page, name, value)
            assert page.locator(f"#{name}").input_value() == value
            assert page.locator("section.problem").count() == 0, (name, value)


def test_a_future_quarter_has_no_history_and_says_so(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "quarter", "Q1 2025")
    assert "A quarter has a trend once it has begun" in shown(page, "forecast_trend")


@pytest.mark.parametrize(
    "widget", ["kpi_cards", "health_distribution", "roll_up", "funnel", "losses", "process_bottlenecks"]
)
def test_each_figure_leads_to_the_deals_that_it_counts(open_page, dashboards, widget):
    page = open_page(dashboards.url)
    links = page.locator(f"#{widget} a[href^='/deals']").evaluate_all(
        "links => links.map(link => [link.getAttribute('href'), (link.closest('li, tr') || link).innerText])"
    )
    assert links
    for link, text in links:
        page.goto(dashboards.url + link)
        counted = re.search(r"· ([\d,]+)(?: deals?\b| ·)", text)
        summary = re.match(r"([\d,]+) deals?\b", page.locator("#deals .tools p").inner_text())
        assert summary, link
        if counted:
            assert counted[1] == summary[1], (link, text)


def test_a_table_is_sorted_searched_and_shown_as_a_whole(open_page, dashboards):
    page = open_page(f"{dashboards.url}/deals?quarter=All")
    page.locator("thead a", has_text="Deal").click()
    page.locator("th[aria-sort=ascending]", has_text="Deal").wait_for()
    names = page.locator("tbody th a").all_inner_texts()
    assert names == sorted(names)
    page.get_by_role("link", name=re.compile("Show all")).click()
    page.get_by_role("link", name="Show 25 per page").wait_for()
    assert page.locator("tbody tr").count() == len(dashboards.query("FROM rows", rows=HEALTH))
    page.locator("#deals-q").press_sequentially("acme")
    page.locator(".tools p", has_text=re.compile(r"^\d deals?,")).wait_for()
    assert all("Acme" in name for name in page.locator("tbody th a").all_inner_texts())
    assert page.evaluate("document.activeElement.id") == "deals-q"


def test_a_csv_has_the_deals_of_the_choice(open_page, dashboards):
    page = open_page(f"{dashboards.url}/deals?quarter=All&category=Commit")
    with page.expect_download() as download:
        page.locator("#deals .tool", has_text="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    commits = dashboards.query("FROM rows WHERE forecast_category = 'Commit'", rows=HEALTH)
    assert len(lines) == 1 + len(commits)


def test_a_report_can_be_downloaded(open_page, dashboards):
    page = open_page(f"{dashboards.url}/?team=Rachel+Green")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report").click()
    text = download.value.path().read_text()
    assert "team Rachel Green" in text
    assert "<script" not in text


def test_a_link_is_copied(open_page, dashboards):
    page = open_page(f"{dashboards.url}/?team=Rachel+Green")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("status").filter(has_text="Link copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


@pytest.mark.parametrize("width", [1280, 390])
def test_each_stuck_deal_leads_to_its_panel(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    links = [link.get_attribute("href") for link in page.locator("#stuck_deals tbody a").all()]
    assert len(links) == 10
    for link in links:
        page.locator(f'#stuck_deals a[href="{link}"]').click()
        deal = link.split("deal=")[1].split("#")[0].split("&")[0]
        page.locator(f"[data-deal={deal}]").wait_for()
        [row] = dashboards.query("SELECT * FROM rows WHERE opportunity_id = $deal", {"deal": deal}, rows=HEALTH)
        detail = shown(page, "deal")
        assert row["opportunity_name"] in detail
        assert f"health {row['health_score']:.0f}" in detail
        assert row["action_reason"] in detail
        page.locator("#close").click()
        page.locator("#deal").wait_for(state="detached")


def test_the_panel_of_acme_shows_its_history_and_advice(open_page, dashboards):
    page = open_page(dashboards.url)
    page.locator("#stuck_deals").get_by_role("link", name="Acme Corporation").click()
    page.locator("[data-deal]").wait_for()
    detail = shown(page, "deal")
    assert "$1.2M health 48" in detail
    assert "Health a week ago 78" in detail
    assert "Last contact 8 days ago" in detail


def test_a_link_to_a_deal_outside_of_the_filters_says_so(open_page, dashboards):
    page = open_page(f"{dashboards.url}/?quarter=Q1+2025&deal=OPP-00000001")
    assert "Not in this selection (quarter Q1 2025)" in shown(page, "deal")
    assert "Acme" in shown(page, "deal")


def test_back_leads_to_the_choice_before(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "team", "Michael Torres")
    page.go_back()
    expect(page.locator("#team")).to_have_value("All")
