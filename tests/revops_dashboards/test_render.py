from datetime import date
from types import SimpleNamespace

import pytest

from revops_dashboards.filters import HEALTH, KPIS, Choice
from revops_dashboards.render import address, render_widget
from revops_dashboards.widget import Widget
from revops_dashboards.widgets import kpi_cards, stuck_deals
from revops_dashboards.widgets.stuck_deals import STUCK

CHOICE = Choice(quarter="Q4 2024")
KPI = {
    "quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All",
    "quarter_target": 8_500_000.0, "ai_forecast": 7_200_000.0, "ai_forecast_confidence": 0.85,
    "commit_amount": 6_800_000.0, "commit_confidence": 0.9, "closed_won_amount": 2_800_000.0,
    "gap_to_target": -1_300_000.0, "gap_pct": 0.153, "coverage_ratio": 2.04, "risk_level": "High",
    "forecast_change_1w": -15_000.0, "commit_change_1w": 250_000.0,
}  # fmt: skip


def text_of(widget, tables, choice=CHOICE, states=None):
    return render_widget(widget, tables, choice, states or {}, "/").html.striptags()


def state(dataset, name, reason):
    return {dataset: SimpleNamespace(dataset=dataset, state=SimpleNamespace(value=name), reason=reason)}


def test_the_kpi_cards_say_quota_forecast_commit_and_gap(tables, write):
    write(KPIS, [KPI, {**KPI, "team_filter": "Lee", "quarter_target": 1.0}])
    assert text_of(kpi_cards.WIDGET, tables) == (
        "Key figures Quota$8.5M $2.8M closed won AI forecast$7.2M 85% confidence · -$15K this week "
        "Commit$6.8M 90% confidence · +$250K this week "
        "Gap to quota-$1.3M 15% short · coverage 2.0× · High risk"
    )


def test_a_choice_that_has_no_rows_is_said_in_the_widget(tables, write):
    write(KPIS, [KPI])
    assert text_of(kpi_cards.WIDGET, tables, Choice(quarter="Q1 2025")) == (
        "Key figures No deals for this choice of filters."
    )


def test_a_dataset_that_was_never_built_is_said_with_the_command_that_builds_it(tables):
    assert text_of(kpi_cards.WIDGET, tables) == (
        f"Key figures {KPIS} has not been built yet. Build it: `build dashboard_kpis_by_filter`."
    )


@pytest.mark.parametrize("name", ["stale", "failed"])
def test_a_stale_or_failed_dataset_is_said_above_the_rows_of_its_last_version(tables, write, name):
    write(KPIS, [KPI])
    text = text_of(kpi_cards.WIDGET, tables, states=state(KPIS, name, "its code has changed"))
    assert text.startswith(f"Key figures {name} dashboard_kpis_by_filter: its code has changed Quota$8.5M")


def test_a_fresh_dataset_needs_no_word(tables, write):
    write(KPIS, [KPI])
    assert "fresh" not in text_of(kpi_cards.WIDGET, tables, states=state(KPIS, "fresh", None))


def test_a_table_of_another_shape_is_said_in_the_widget(tables, write):
    write(KPIS, [{"quarter": "Q4 2024"}])
    assert f"{KPIS} cannot be shown" in text_of(kpi_cards.WIDGET, tables)


def test_names_in_tables_are_text_and_never_markup(tables, write):
    deal = {
        "opportunity_id": "<b>1", "account_name": "<script>alert(1)</script>", "opportunity_name": "x",
        "owner_name": "o", "amount": 10.0, "stage_name": "Proposal", "days_in_stage": 3, "health_score": 50.0,
        "close_date": date(2024, 12, 1), "urgency": "HIGH", "risk_flags_display": "Stuck", "days_until_close": 3,
        "slip_risk": "HIGH", "primary_action": "call", "action_target": "t", "action_reason": "r",
        "urgency_icon": "!", "amount_display": "$10",
    }  # fmt: skip
    write(STUCK, [deal])
    write(HEALTH, [
        {"opportunity_id": "<b>1", "quarter": "Q4 2024", "manager_name": "m", "segment": "s", "region": "r"}
    ])  # fmt: skip
    html = render_widget(stuck_deals.WIDGET, tables, CHOICE, {}, "/").html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "deal=%3Cb%3E1" in html


def test_a_repeated_widget_of_a_report_has_an_id_of_its_own(tables):
    html = render_widget(Widget("kpi_cards", "Key figures", (), lambda *_: None), tables, CHOICE, {}, suffix="-R1").html
    assert 'id="kpi_cards-R1"' in html


def test_an_address_keeps_the_choice_and_changes_what_is_asked():
    assert address("/", Choice(quarter="Q4 2024"), deal="O & 1") == (
        "/?quarter=Q4+2024&team=All&segment=All&region=All&deal=O+%26+1&period=30d"
    )


def test_a_character_of_data_that_turns_the_direction_of_writing_is_shown_as_an_escape(tables, write):
    write(KPIS, [{**KPI, "risk_level": "H\u202eigh"}])
    assert "H\\u202eigh risk" in text_of(kpi_cards.WIDGET, tables)
