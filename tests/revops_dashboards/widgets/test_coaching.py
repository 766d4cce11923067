"""Widgets about reps."""

from datetime import date

import pytest

from revops_dashboards.filters import DEALS, REPS, Choice
from revops_dashboards.widgets import (
    activity_analysis,
    coaching_insights,
    next_best_actions,
    performance_summary,
    win_rate_drivers,
)
from revops_dashboards.widgets.activity_analysis import METRICS
from revops_dashboards.widgets.deal_detail import Deal
from revops_dashboards.widgets.win_rate_drivers import DRIVERS, Driver

MONTH = {
    "rep_id": "R1", "period": "30d", "call_count": 51, "email_count": 78, "meeting_count": 0, "demo_count": 16,
    "monday_avg": 10.5, "tuesday_avg": 6.8, "wednesday_avg": 9.2, "thursday_avg": 5.4, "friday_avg": 9.0,
    "low_activity_days": ["Thursday"],
}  # fmt: skip


@pytest.fixture
def activity(write_as, tables):
    write_as(METRICS, [activity_analysis.Activity], [MONTH, {**MONTH, "period": "today"}], rep_id="", period="")
    return lambda period: activity_analysis.content(tables, Choice(rep="R1", period=period))


def test_bars_show_the_mix_and_which_weekdays_are_low(activity):
    bars = activity("30d")
    assert bars.mix.description == "Activities by kind: Calls 51; Emails 78; Meetings 0; Demos 16"
    assert [(bar.text, bar.note) for bar in bars.weekdays.bars][2:4] == [("9.2", ""), ("5.4", "low")]


def test_a_single_day_is_not_compared_by_weekdays(activity):
    assert activity("today").weekdays is None


def test_a_period_without_a_row_has_no_activities(activity):
    assert activity("7d") is None


@pytest.mark.parametrize(
    ("name", "kind", "value", "text"),
    [
        ("win_rate", "percent", 0.38, "38%"),
        ("avg_sales_cycle_days", "days", 45.2, "45d"),
        ("avg_deal_size", "decimal", 431_000.0, "$431K"),
        ("avg_stakeholders", "decimal", 4.2, "4.2"),
        ("avg_stakeholders", "decimal", None, "–"),
    ],
)
def test_a_value_of_a_driver_is_written_in_its_format(name, kind, value, text):
    assert Driver(name, "label", value, None, None, kind, "higher", None).text(value) == text


DRIVER = {
    "rep_id": "R1", "metric_name": "win_rate", "metric_label": "Win Rate", "format_type": "percent", "rep_value": 0.25,
    "top_performer_value": 0.38, "team_avg_value": 0.28, "good_direction": "higher", "gap_pct": -0.34,
}  # fmt: skip


def test_a_driver_has_bars_of_the_rep_the_team_and_the_top_performer(write_as, tables):
    write_as(DRIVERS, [Driver], [
        DRIVER,
        {**DRIVER, "metric_label": "Economic Buyer", "gap_pct": -0.54},
        {**DRIVER, "rep_id": "R2"},
    ], rep_id="", gap_pct=0.0)  # fmt: skip
    drivers = win_rate_drivers.content(tables, Choice(rep="R1"))
    assert [driver.driver.metric_label for driver in drivers.drivers] == ["Economic Buyer", "Win Rate"]
    assert drivers.drivers[0].bars.description == "Economic Buyer: Rep 25%; Team average 28%; Top performer 38%"


def test_the_top_performer_is_compared_with_the_team_alone(write_as, tables):
    write_as(DRIVERS, [Driver], [{**DRIVER, "rep_value": 0.38}], rep_id="", gap_pct=0.0)
    [only] = win_rate_drivers.content(tables, Choice(rep="R1")).drivers
    assert [bar.name for bar in only.bars.bars] == ["Rep", "Team average"]


def test_a_driver_for_which_lower_is_better_says_so(write_as, text_of):
    write_as(DRIVERS, [Driver], [{**DRIVER, "good_direction": "lower"}], rep_id="", gap_pct=0.0)
    assert "Win Rate lower is better" in text_of(win_rate_drivers.WIDGET, Choice(rep="R1"))


REP = {
    "rep_id": "R1", "rep_name": "Ann", "ytd_attainment_display": "78%", "win_rate": 0.32, "rank_display": "#4/10",
    "team_avg_win_rate": 0.28, "win_rate_vs_team": 0.04, "performance_tier": "At Risk", "avg_deal_size": 64_000.0,
    "avg_sales_cycle_days": 74.0, "cycle_vs_team": 5.0, "team_avg_cycle": 69.0,
}  # fmt: skip
COUNTS = {"rep_id": "R1", "ytd_quota": 1e6, "won_count": 3, "lost_count": 2, "open_count": 1}


@pytest.fixture
def summary(write_as, text_of):
    def text(rep=REP, counts=COUNTS):
        write_as(REPS, [performance_summary.Rep], [rep], ytd_attainment=0.0, overall_rank=1)
        write_as(performance_summary.PERFORMANCE, [performance_summary.Counts], [counts], rep_id="", closed_amount=0.0)
        return text_of(performance_summary.WIDGET, Choice(rep="R1"), "/coaching")

    return text


def test_a_rep_is_shown_beside_the_team(summary):
    text = summary()
    assert "Win rate 32% +4 points vs. team 28%" in text
    assert "Sales cycle 74d +5d vs. team 69d" in text
    assert "Rank #4/10 no rank last quarter" in text


def test_a_rep_without_deals_is_not_called_at_risk(summary):
    text = summary(counts={**COUNTS, "won_count": 0, "lost_count": 0, "open_count": 0})
    assert "Ann No deals" in text
    assert "At Risk" not in text
    for known in ("No closed deals", "No won deals", "Sales cycle Not known"):
        assert known in text


def test_a_rep_without_a_quota_has_no_attainment(summary):
    text = summary(counts={**COUNTS, "ytd_quota": 0.0})
    assert text.count("No quota set") == 2
    assert "78%" not in text


def test_the_team_page_lists_reps_and_says_what_is_not_known_of_one(summary, write_as, text_of):
    summary(counts={**COUNTS, "ytd_quota": 0.0})
    write_as(METRICS, [activity_analysis.Activity], [{**MONTH, "avg_daily_activities": 8.6}], rep_id="", period="")
    assert "Ann #1 – – $0 32% $64K 74d $0 8.6 No quota set" in text_of(
        performance_summary.TEAM_WIDGET, Choice(), "/team"
    )


def test_an_action_of_the_coach_leads_to_its_deal(tables, write, write_as):
    action = {"deal_name": "Acme", "deal_amount": 20.0, "action": "Call", "reason": "r", "deadline": "2024-11-29"}
    write(coaching_insights.INSIGHTS, [{
        "rep_id": "R1", "strengths": [{"title": "t"}], "improvements": [{"title": "t"}],
        "priority_actions": [action, {**action, "deal_name": "Gone"}], "overall_assessment": "a",
        "primary_focus_area": "f", "model_version": "template-1", "generated_at": date(2024, 11, 15),
    }])  # fmt: skip
    write_as(DEALS, [Deal], [
        {"opportunity_id": "O1", "account_name": "Acme", "owner_id": "R1", "deal_state": "open", "amount": 10.0},
        {"opportunity_id": "O2", "account_name": "Acme", "owner_id": "R1", "deal_state": "open", "amount": 20.0},
    ])  # fmt: skip
    deals, nothing = coaching_insights.content(tables, Choice(rep="R1")).deals
    assert (deals.opportunity_id, nothing) == ("O2", None)


def test_an_action_on_a_deal_without_an_account_is_done_under_the_name_of_the_deal(write, tables, text_of):
    write(DEALS, [{"opportunity_id": "O1", "opportunity_name": "GTX Plus Pro"}])
    action = {
        "action_id": "A1", "data_freshness": date(2024, 11, 15), "rep_id": "R1", "opportunity_id": "O1",
        "priority_rank": 1, "account_name": "Unknown", "contact_name": "Unknown", "contact_role": "Unknown",
        "action_type": "task", "action_reason": "Set a close date", "urgency": "soon", "deal_amount": 5482.0,
        "deal_health": 50.0, "days_since_contact": 3, "risk_if_delayed": "May stall", "time_display": "Today",
    }  # fmt: skip
    write(next_best_actions.ACTIONS, [action])
    text = text_of(next_best_actions.WIDGET, Choice(rep="R1"), "/coaching")
    assert "Done : GTX Plus Pro" in text
    assert "Unknown" not in text
