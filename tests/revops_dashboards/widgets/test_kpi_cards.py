"""The key figures: unknown is not zero, met is not empty."""

from datetime import date

import pytest

from revops_dashboards.filters import KPIS, Choice
from revops_dashboards.widgets.kpi_cards import WIDGET, Kpis, tone

CHOICE = Choice(quarter="Q4 2024")
SETTING = {"quarter": "Q4 2024", "team_filter": "All", "segment_filter": "All", "region_filter": "All"}
KPI = {
    "quarter_target": 8_500_000.0, "target_basis": "recorded", "target_state": "open", "ai_forecast": 7_200_000.0,
    "ai_forecast_confidence": 0.85, "commit_amount": 6_800_000.0, "commit_confidence": 0.9,
    "closed_won_amount": 2_800_000.0, "gap_to_target": -1_300_000.0, "gap_pct": 0.153, "coverage_ratio": 2.04,
    "risk_level": "High", "forecast_change_1w": -150_000.0, "change_basis": "recorded", "commit_change_1w": 250_000.0,
    "commit_recorded": True, "commit_change_known": True, "recorded_since": date(2024, 11, 1),
}  # fmt: skip


@pytest.fixture
def cards(write_as, text_of):
    """cards(**figures) → the text of the cards."""

    def text(choice=CHOICE, **figures):
        write_as(KPIS, [Kpis], [{**SETTING, **KPI, **figures}], **SETTING)
        return text_of(WIDGET, choice)

    return text


def test_the_cards_show_quota_forecast_commit_and_gap(cards):
    assert cards() == (
        "Key figures Quota $8.5M $2.8M closed won · 33% AI forecast $7.2M 85% confidence · -$150K this week "
        "Commit $6.8M 90% confidence · +$250K this week "
        "Gap to quota -$1.3M 15% short · 2.0× coverage · High risk"
    )


def test_without_a_quota_there_is_no_gap_no_coverage_and_no_risk(cards):
    text = cards(target_state="no_quota", quarter_target=0.0, gap_to_target=7e6, risk_level="Low", coverage_ratio=0.0)
    assert text.count("No quota set") == 2
    assert "risk" not in text.replace("coverage and risk need a quota", "")
    assert "×" not in text


def test_a_met_target_is_said_instead_of_an_empty_gap(cards):
    text = cards(target_state="met", closed_won_amount=9e6, gap_to_target=1e6, risk_level="Low", coverage_ratio=0.0)
    assert "Gap to quota Target met $500K over quota" in text
    assert "risk" not in text


def test_a_change_that_cannot_be_known_is_not_shown_as_zero(cards):
    text = cards(commit_change_known=False, commit_change_1w=0.0)
    assert "90% confidence · weekly change not known yet" in text
    assert "$0" not in text


def test_a_reconstructed_change_says_so(cards):
    assert "-$150K this week (reconstructed)" in cards(change_basis="reconstructed")


def test_no_change_is_said_in_words(cards):
    assert "85% confidence · no change this week" in cards(forecast_change_1w=0.0)


def test_a_source_without_commitments_has_no_commit(cards):
    assert "Commit Not recorded" in cards(commit_recorded=False)


def test_an_allocated_quota_says_so(cards):
    assert "allocated from the company quota" in cards(target_basis="allocated")


def test_deals_without_a_close_date_are_counted_beside_a_quarter(cards):
    text = cards(undated_count=2089, undated_amount=4_966_215.0)
    assert "2,089 more open deals, $5.0M, have no close date, so no quarter counts them. Show them" in text


def test_deals_without_a_close_date_are_part_of_all_quarters(cards):
    assert "no close date" not in cards(Choice(quarter="All"), quarter="All", undated_count=2089)


@pytest.mark.parametrize(
    ("change", "expected"), [(15_000, "even"), (-15_000, "even"), (200_000, "good"), (-200_000, "bad"), (0, "even")]
)
def test_only_a_change_of_a_percent_of_the_figure_is_good_or_bad_news(change, expected):
    assert tone(change, 11_000_000) == expected
