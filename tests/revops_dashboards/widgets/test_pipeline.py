"""Widgets about the open pipeline: bands, stages, categories, stuck deals, bottlenecks and losses."""

import pytest

from revops_dashboards.filters import DEALS, HEALTH, KPIS, Choice
from revops_dashboards.widget import IMPORT_SIGNALS
from revops_dashboards.widgets import funnel, health_distribution, losses, stage_velocity, stuck_deals
from revops_dashboards.widgets.deal_detail import Deal, DealHealth

CHOICE = Choice(quarter="Q4 2024")
SETTING = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}
STAGE_SETTING = {"quarter_filter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}


@pytest.fixture
def bands(write_as, tables):
    def content(**figures):
        write_as(health_distribution.DISTRIBUTION, [health_distribution.Health], [figures], **SETTING)
        write_as(health_distribution.HISTORY, [health_distribution._Week], [], **SETTING)
        return health_distribution.content(tables, CHOICE)

    return content


def test_each_band_leads_to_its_deals(bands):
    bars = bands(at_risk_count=3, at_risk_amount=2_100_000.0, at_risk_pct=1.0)
    assert bars.bands.bars[2].text == "100% · 3 · $2.1M"
    assert [bar.link for bar in bars.bands.bars][2] == {"band": "at_risk"}


def test_deals_without_a_score_are_counted_and_not_called_healthy(bands):
    bars = bands(unknown_count=2089, unknown_amount=4_966_215.0)
    assert bars.bands.bars[-1].text == "$5.0M · 2,089 deals"
    assert not bars.is_scored


@pytest.fixture
def stages(write_as, tables):
    def content(*rows):
        write_as(funnel.VELOCITY, [funnel.Stage], rows, **STAGE_SETTING, stage_order=1)
        return funnel.content(tables, CHOICE)

    return content


def test_open_deals_by_stage_need_no_stage_history(stages):
    rows = stages({"stage_name": "Discovery", "deals_in_stage": 1589, "amount_in_stage": 3_892_229.0, "win_rate": 0.6})
    [bar] = rows.funnel.bars
    assert (bar.text, bar.note, bar.link) == ("$3.9M · 1,589 deals", "60% win", {"stage": "Discovery"})


def test_a_stage_in_which_no_deal_is_decided_has_no_rate(stages):
    decided = {"stage_name": "A", "deals_in_stage": 1, "conversion_rate": 0.4, "decided_count": 5, "win_rate": 0.3}
    rows = stages(decided, {**decided, "stage_name": "B", "decided_count": 0, "conversion_rate": 0.0})
    assert [bar.note for bar in rows.funnel.bars] == ["40% advance · 30% win", "30% win"]


def test_without_open_deals_there_is_no_funnel(stages):
    assert stages({"stage_name": "Discovery"}) is None


def test_figures_of_facts_that_the_import_lacks_are_not_recorded_instead_of_0(write, write_as, tables):
    write_as(KPIS, [funnel.Amounts], [{"pipeline_open_count": 2, "pipeline_open_amount": 8e6}], **SETTING)
    write(IMPORT_SIGNALS, [
        {"signal": name, "is_recorded": False, "lack": "", "advice": ""}
        for name in ("forecast_categories", "opening_days")
    ])  # fmt: skip
    totals = funnel.roll_up(tables, CHOICE)
    assert "Commit Not recorded; Best case Not recorded; Pipeline $8.0M · 2 deals" in totals.categories.description
    assert "Opened Not recorded; Won $0 · 0 deals" in totals.movement.description


def test_the_roll_up_has_won_commit_best_case_and_pipeline_and_last_weeks_changes(write_as, tables):
    write_as(KPIS, [funnel.Amounts], [{
        "won_count": 2, "closed_won_amount": 8e6, "commit_open_count": 1, "commit_open_amount": 1e6, "lost_1w_count": 3,
        "lost_1w_amount": 5e5,
    }], **SETTING)  # fmt: skip
    totals = funnel.roll_up(tables, CHOICE)
    assert totals.categories.description == (
        "Forecast roll-up: Closed won $8.0M · 2 deals; Commit $1.0M · 1 deal; Best case $0 · 0 deals; "
        "Pipeline $0 · 0 deals"
    )
    assert totals.movement.bars[2].text == "$500K · 3 deals"
    assert totals.movement.bars[2].link == {"status": "lost", "moved": "lost"}


def test_stuck_deals_are_sorted_by_urgency_then_amount_and_follow_the_reps_filters(write_as, write, tables):
    rows = {
        "A": ("LOW", 900.0, "Lee"),
        "B": ("CRITICAL", 10.0, "Lee"),
        "C": ("HIGH", 20.0, "Torres"),
        "D": ("HIGH", 30.0, "Lee"),
    }
    write(stuck_deals.STUCK, [
        {"opportunity_id": key, "urgency": urgency, "amount": amount, "account_name": key, "opportunity_name": key,
         "owner_name": "o", "stage_name": "s", "days_in_stage": 1, "health_score": 5.0, "close_date": "x",
         "days_until_close": 1, "slip_risk": "LOW", "risk_flags": ["STUCK"], "primary_action": "call",
         "action_target": "t", "action_reason": "r"}
        for key, (urgency, amount, _) in rows.items()
    ])  # fmt: skip
    write_as(DEALS, [Deal], [
        {"opportunity_id": key, "quarter": "Q4 2024", "manager_name": team} for key, (*_, team) in rows.items()
    ], health_band="")  # fmt: skip
    listed = stuck_deals.content(tables, CHOICE).listed
    assert [row["opportunity_id"] for row in listed.rows] == ["B", "D", "C", "A"]
    assert stuck_deals.content(tables, Choice(quarter="Q4 2024", team="Torres")).listed.count == 1
    write_as(HEALTH, [DealHealth], [{"days_in_stage": 3}])
    assert stuck_deals.content(tables, Choice(quarter="Q1 2025")) is None


def test_without_stage_history_stuck_deals_and_commits_at_risk_are_not_known(write, write_as, tables, text_of):
    columns = dict.fromkeys(("account_name", "opportunity_name", "owner_name", "urgency", "stage_name"), "x")
    write(stuck_deals.STUCK, [{
        "opportunity_id": "none", **columns, "amount": 1.0, "days_in_stage": 1, "health_score": 5.0, "close_date": "x",
        "days_until_close": 1, "slip_risk": "LOW", "risk_flags": ["STUCK"], "primary_action": "call",
        "action_target": "t", "action_reason": "r",
    }])  # fmt: skip
    write_as(DEALS, [Deal], [{"opportunity_id": "A", "quarter": "Q4 2024"}], health_band="", health_score=0.0,
             commit_at_risk=False)  # fmt: skip
    write_as(HEALTH, [DealHealth], [{"opportunity_id": "A"}], opportunity_id="", forecast_category="Pipeline")
    assert stuck_deals.NO_HISTORY in text_of(stuck_deals.WIDGET, CHOICE)
    assert stuck_deals.NO_COMMITMENTS in text_of(stuck_deals.AT_RISK_WIDGET, CHOICE)


def test_bottlenecks_come_first_and_lead_to_the_deals_that_wait(write, text_of):
    columns = {
        "sort_order": 1, "avg_duration_days": 3.0, "benchmark_days": 4.0, "deviation_days": -1.0, "deals_waiting": 0,
        "amount_waiting": 0.0, "fall_back_rate": 0.0, "fall_back_to": "", "is_bottleneck": False, **STAGE_SETTING,
    }  # fmt: skip
    write(stage_velocity.BOTTLENECKS, [
        {**columns, "activity": "Discovery"},
        {**columns, "activity": "Proposal", "sort_order": 2, "fall_back_rate": 0.4, "fall_back_to": "Discovery"},
        {**columns, "activity": "Legal Review", "sort_order": 3, "avg_duration_days": 12.0, "benchmark_days": 5.0,
         "deviation_days": 7.0, "deals_waiting": 6, "amount_waiting": 2.8e6, "is_bottleneck": True},
    ])  # fmt: skip
    text = text_of(stage_velocity.BOTTLENECK_WIDGET, CHOICE)
    assert "Legal Review Bottleneck 12d 5d +7d 6 $2.8M 0%" in text
    assert text.index("Legal Review") < text.index("Discovery 3d")
    assert "40% to Discovery" in text


def test_losses_are_shown_by_reason_and_by_competitor_with_its_main_reason(write_as, tables):
    write_as(losses.LOSSES, [losses.Loss], [
        {"dimension": "loss_reason", "value": "Price", "lost_count": 68, "lost_amount": 12_316_000.0},
        {"dimension": "competitor", "value": "TechRival", "lost_count": 4, "lost_amount": 1.2e6, "main_reason": "Price",
         "main_reason_count": 3},
        {"dimension": "competitor", "value": "None", "lost_count": 64, "lost_amount": 11e6},
    ], **STAGE_SETTING)  # fmt: skip
    panel = losses.content(tables, CHOICE)
    assert panel.reasons.description == "Lost deals by reason: Price $12.3M · 68 deals"
    [competitor] = panel.competitors.bars
    assert (competitor.name, competitor.text, competitor.note) == ("TechRival", "$1.2M · 4 deals", "3 on price")
    assert competitor.link == {"status": "lost", "competitor": "TechRival"}


def test_a_source_without_loss_reasons_says_so(write_as, text_of):
    write_as(losses.LOSSES, [losses.Loss], [
        {"dimension": dimension, "value": "Unknown", "lost_count": 789} for dimension in ("loss_reason", "competitor")
    ], **STAGE_SETTING)  # fmt: skip
    assert "The source records no loss reasons." in text_of(losses.WIDGET, CHOICE)
