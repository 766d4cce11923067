"""The Rep Coaching dashboard: every rep's page says what the tables say of the rep."""

import pytest

from revops_dashboards.filters import REPS
from revops_dashboards.widgets.activity_analysis import METRICS
from revops_dashboards.widgets.coaching_insights import INSIGHTS
from revops_dashboards.widgets.next_best_actions import ACTIONS
from revops_dashboards.widgets.win_rate_drivers import DRIVERS


@pytest.mark.parametrize("width", [1280, 390])
def test_each_reps_page_says_what_the_tables_say(open_page, choose, dashboards, width):
    page = open_page(f"{dashboards.url}/coaching", width)
    reps = dashboards.query("FROM reps ORDER BY overall_rank", reps=REPS)
    assert len(reps) == 10
    for rep in reps:
        chosen = {"rep": rep["rep_id"]}
        choose(page, "rep", rep["rep_id"])
        summary = page.locator("#performance_summary").inner_text()
        for column in (
            "rep_name",
            "ytd_attainment_display",
            "rank_display",
            "performance_tier",
        ):
            assert rep[column] in summary, (rep["rep_name"], column)
        [insight] = dashboards.query("FROM rows WHERE rep_id = $rep", chosen, rows=INSIGHTS)
        shown = page.locator("#coaching_insights").inner_text()
        for part in ("strengths", "improvements"):
            for item in insight[part]:
                assert item["title"] in shown
        assert insight["overall_assessment"] in shown
        drivers = page.locator("#win_rate_drivers").inner_text()
        for driver in dashboards.query("FROM rows WHERE rep_id = $rep", chosen, rows=DRIVERS):
            assert driver["metric_label"] in drivers
        actions = [row["action_reason"] for row in dashboards.query(
            "FROM rows WHERE rep_id = $rep ORDER BY priority_rank LIMIT 10", chosen, rows=ACTIONS
        )]  # fmt: skip
        listed = page.locator("#next_best_actions li").all_inner_texts()
        assert all(reason in text for reason, text in zip(actions, listed, strict=True))


def test_periods_and_low_days_follow_the_choice(open_page, choose, dashboards):
    page = open_page(f"{dashboards.url}/coaching?rep=REP-00000007")
    for period in ("7d", "today", "30d"):
        choose(page, "period", period)
        [row] = dashboards.query(
            "FROM rows WHERE rep_id = 'REP-00000007' AND period = $period", {"period": period}, rows=METRICS
        )
        widget = page.locator("#activity_analysis")
        assert f"{row['total_activities']} activities" in widget.inner_text()
        low = widget.locator(".note-of-bar", has_text="low").count()
        assert low == (0 if period == "today" else len(row["low_activity_days"]))


def test_the_filters_narrow_the_reps(open_page, choose, dashboards):
    page = open_page(f"{dashboards.url}/coaching")
    choose(page, "team", "Rachel Green")
    assert page.locator("[data-rep]").inner_text() == "Kevin Brown"
    assert page.locator("#rep option").all_inner_texts() == ["Kevin Brown, #10"]


def test_each_deal_on_the_page_opens_beside_it(open_page, dashboards):
    page = open_page(f"{dashboards.url}/coaching?rep=REP-00000004")
    for widget in ("coaching_insights", "next_best_actions", "pipeline_review"):
        page.locator(f"#{widget} a[href*='deal=']").first.click()
        page.locator("[data-deal]").wait_for()
        page.locator("#close").click()
        page.locator("#deal").wait_for(state="detached")


def test_an_action_that_is_done_stays_so_in_this_browser(open_page, dashboards):
    page = open_page(f"{dashboards.url}/coaching")
    page.locator("#next_best_actions .done").first.click()
    page.reload()
    pressed = page.locator("#next_best_actions .done").evaluate_all(
        "buttons => buttons.map(button => button.getAttribute('aria-pressed'))"
    )
    assert pressed == ["true"] + ["false"] * (len(pressed) - 1)


def test_the_team_page_lists_every_rep_and_leads_to_their_coaching(open_page, dashboards):
    page = open_page(f"{dashboards.url}/team")
    reps = [rep["rep_name"] for rep in dashboards.query("FROM reps ORDER BY overall_rank, rep_name", reps=REPS)]
    assert page.locator("#team tbody th a").all_inner_texts() == reps
    page.locator("#team thead a", has_text="Win rate").click()
    page.locator("#team th[aria-sort=descending]", has_text="Win rate").wait_for()
    page.locator("#team tbody th a").first.click()
    page.locator("h1", has_text="Rep coaching").wait_for()
