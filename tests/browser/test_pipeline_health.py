"""The Pipeline Health dashboard: what the page says is what the tables say, for every filter."""

import pytest

from revops_dashboards.filters import HEALTH, KPIS, SETTING
from revops_dashboards.formats import days, money, percent
from revops_dashboards.widgets.forecast_trend import HISTORY
from revops_dashboards.widgets.health_distribution import DISTRIBUTION
from revops_dashboards.widgets.stage_velocity import VELOCITY
from revops_dashboards.widgets.stuck_deals import STUCK

ALL = {"quarter": "Q4 2024", "team": "All", "segment": "All", "region": "All"}


def shown(page, widget):
    return page.locator(f"#{widget}").inner_text()


def demand_page_equals_tables(page, query, chosen):
    [kpis] = query(f"SELECT * FROM kpis WHERE quarter = $quarter AND {SETTING}", chosen, kpis=KPIS)
    cards = shown(page, "kpi_cards")
    for amount in ("quarter_target", "ai_forecast", "commit_amount", "gap_to_target"):
        assert money(kpis[amount]) in cards, amount
    assert f"{kpis['risk_level']} risk" in cards
    [health] = query(f"SELECT * FROM rows WHERE quarter = $quarter AND {SETTING}", chosen, rows=DISTRIBUTION)
    drawn = page.locator("#health_distribution figure").first.get_attribute("aria-label")
    for band in ("healthy", "monitor", "at_risk", "critical"):
        assert f"{percent(health[f'{band}_pct'])} · {health[f'{band}_count']} · " in drawn, band
    stages = query(
        f"SELECT * FROM rows WHERE quarter_filter = $quarter AND {SETTING} ORDER BY stage_order", chosen, rows=VELOCITY
    )
    table = [row.inner_text().split() for row in page.locator("#stage_velocity tbody tr").all()]
    for stage, cells in zip(stages, table, strict=True):
        assert days(stage["avg_duration_days"]) in cells
    funnel = page.locator("#funnel figure").get_attribute("aria-label")
    for stage in stages:
        assert f"{stage['stage_name']} {stage['deals_in_stage']} deals, {money(stage['amount_in_stage'])}" in funnel
    [last] = query(
        f"SELECT * FROM rows WHERE quarter = $quarter AND {SETTING} AND snapshot_date = data_freshness",
        chosen,
        rows=HISTORY,
    )
    trend = page.locator("#forecast_trend figure").get_attribute("aria-label")
    assert f"forecast {money(last['cumulative_forecast'])}, closed {money(last['cumulative_closed'])}" in trend
    [stuck] = query(
        """SELECT count(*) AS count FROM stuck JOIN health USING (opportunity_id)
           WHERE quarter = $quarter AND $team IN ('All', manager_name) AND $segment IN ('All', segment)
             AND $region IN ('All', region)""",
        chosen,
        stuck=STUCK,
        health=HEALTH,
    )
    expected = f"{stuck['count']} deals" if stuck["count"] else "No stuck deals"
    assert expected in shown(page, "stuck_deals")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_says_what_the_tables_say(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    demand_page_equals_tables(page, dashboards.query, ALL)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("name", "value"), [("team", "Michael Torres"), ("segment", "Enterprise"), ("region", "West")])
def test_every_widget_follows_each_filter(open_page, choose, dashboards, name, value, width):
    page = open_page(dashboards.url, width)
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
        values = page.locator(f"#{name} option").all_inner_texts()
        assert len(values) > 1, name
        for value in [*values[1:], values[0]]:
            choose(page, name, value)
            assert page.locator(f"#{name}").input_value() == value
            assert page.locator("section.problem").count() == 0, (name, value)


def test_a_quarter_to_come_has_no_history_and_says_so(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "quarter", "Q1 2025")
    assert "the quarter has not begun" in shown(page, "forecast_trend")
    [kpis] = dashboards.query(
        f"SELECT * FROM kpis WHERE quarter = $quarter AND {SETTING}", {**ALL, "quarter": "Q1 2025"}, kpis=KPIS
    )
    assert money(kpis["ai_forecast"]) in shown(page, "kpi_cards")


@pytest.mark.parametrize("width", [1280, 390])
def test_each_stuck_deal_leads_to_its_detail(open_page, dashboards, width):
    page = open_page(dashboards.url, width)
    links = [link.get_attribute("href") for link in page.locator("#stuck_deals tbody a").all()]
    assert len(links) > 10
    for link in links:
        page.locator(f'#stuck_deals a[href="{link}"]').click()
        page.locator("main:not([aria-busy])").wait_for()
        deal = page.url.split("deal=")[1].split("&")[0]
        [row] = dashboards.query("SELECT * FROM rows WHERE opportunity_id = $deal", {"deal": deal}, rows=HEALTH)
        detail = shown(page, "deal_detail")
        assert row["opportunity_name"] in detail
        assert f"health {row['health_score']:.0f}" in detail


def test_acme_tells_its_story(open_page, dashboards):
    page = open_page(dashboards.url)
    page.get_by_role("link", name="Acme Corporation").click()
    page.locator("main:not([aria-busy])").wait_for()
    detail = shown(page, "deal_detail")
    assert "$1.2M health 48" in " ".join(detail.split())
    assert "Health a week ago\n78" in detail
    assert "last contact 8d ago" in detail


def test_a_deal_can_be_chosen_by_the_keyboard_alone(open_page, dashboards):
    page = open_page(dashboards.url)
    page.locator("#deal").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => new URLSearchParams(location.search).get('deal')")
    page.locator("main:not([aria-busy])").wait_for()
    assert page.evaluate("document.activeElement.id") == "deal"


def test_back_leads_to_the_choice_before(open_page, choose, dashboards):
    page = open_page(dashboards.url)
    choose(page, "team", "Michael Torres")
    page.go_back()
    page.wait_for_function("() => document.getElementById('team').value === 'All'")
