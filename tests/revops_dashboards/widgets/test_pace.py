"""Widgets about pace: slipping deals, pacing, pipeline to create, and forecasts of reps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from revops_dashboards.filters import DEALS, HEALTH, Choice
from revops_dashboards.widget import IMPORT_SIGNALS
from revops_dashboards.widgets import pace
from revops_dashboards.widgets.deal_detail import Deal, DealHealth

CHOICE = Choice(quarter="Q4 2024")
SETTING = {"team_filter": "All", "segment_filter": "All", "region_filter": "All"}


@dataclass
class Slippage:
    """A row of deal_slippage."""

    opportunity_id: str
    push_count: int | None
    pushed_days: int | None
    last_pushed_on: date | None
    is_pushed: bool | None
    regression_count: int | None
    last_regressed_on: date | None
    fell_back_from: str | None
    is_regressed: bool | None


@pytest.fixture
def slipping(write_as, text_of):
    """slipping(rows of deal_slippage) → the text of the widget; every deal is open in Q4 2024."""

    def text(*rows):
        write_as(pace.SLIPPAGE, [Slippage], rows)
        ids = [row["opportunity_id"] for row in rows]
        write_as(DEALS, [Deal], [
            {"opportunity_id": deal, "account_name": f"Account {deal}", "quarter": "Q4 2024", "stage_name": "Discovery",
             "amount": 50_000.0, "close_date": date(2024, 12, 20)} for deal in ids
        ])  # fmt: skip
        write_as(HEALTH, [DealHealth], [{"opportunity_id": deal, "risk_flags": ["PUSHED"]} for deal in ids],
                 opportunity_id="", days_until_close=35)  # fmt: skip
        return text_of(pace.SLIPPING_WIDGET, CHOICE)

    return text


def test_slipping_deals_are_those_pushed_or_back_a_stage_the_furthest_pushed_first(slipping):
    text = slipping(
        {"opportunity_id": "A", "push_count": 1, "pushed_days": 5, "is_pushed": False},
        {"opportunity_id": "B", "push_count": 2, "pushed_days": 9, "is_pushed": True,
         "last_pushed_on": date(2024, 11, 15)},
        {"opportunity_id": "C", "push_count": 0, "pushed_days": 0, "is_regressed": True, "fell_back_from": "Proposal"},
        {"opportunity_id": "D", "push_count": 3, "pushed_days": 40, "is_pushed": True},
    )  # fmt: skip
    assert "Account A" not in text and "3 deals, $150K" in text
    assert text.index("Account D") < text.index("Account B") < text.index("Account C")
    assert "Account B" in text and "Discovery – 2 9d Nov 15, 2024 Dec 20, 2024" in text
    assert "Discovery Proposal 0 0d" in text


def test_without_a_record_of_earlier_days_the_widget_says_what_would_fill_it(slipping):
    assert "they take an earlier export of the CRM" in slipping({"opportunity_id": "A"})


def test_deals_that_kept_their_dates_and_stages_are_no_slipping_deals(slipping):
    text = slipping({"opportunity_id": "A", "push_count": 0, "pushed_days": 0, "is_pushed": False})
    assert "No deal of these filters was pushed or fell back." in text


@dataclass
class Paced:
    """The columns of pipeline_pacing that the table shows beside those of the widget."""

    as_of: date
    is_current: bool
    won_share: float | None
    final_amount: float | None
    won_count: int | None
    pipeline_count: int | None
    pipeline_basis: str
    won_change_pct: float | None
    pipeline_change_pct: float | None


NOW = {
    "quarter": "Q4 2024", "is_current": True, "as_of": date(2024, 11, 15), "day_of_quarter": 46, "won_amount": 60e3,
    "pipeline_amount": 540e3, "quarter_target": 300e3,
}  # fmt: skip


@pytest.fixture
def pacing(write_as, text_of):
    """pacing(rows of pipeline_pacing) → the text of the widget."""

    def text(*quarters):
        write_as(pace.PACING, [pace.Quarter, Paced], quarters, **SETTING)
        return text_of(pace.PACING_WIDGET, Choice(quarter="Q1 2025"))

    return text


def test_the_current_quarter_is_listed_with_earlier_ones_for_any_chosen_quarter(pacing):
    before = {"quarter": "Q3 2024", "as_of": date(2024, 8, 15), "won_amount": 100e3, "won_share": 0.25,
              "final_amount": 400e3, "pipeline_amount": 800e3}  # fmt: skip
    text = pacing({**NOW, "projected_amount": 240e3}, before)
    assert "Day 46 of Q4 2024: $60K won of $300K quota, $540K open in all quarters." in text
    assert "At the pace of the earlier quarters, Q4 2024 ends at $240K ." in text
    assert "Q4 2024 Nov 15, 2024 $60K – – $540K $300K Q3 2024 Aug 15, 2024 $100K 25% $400K $800K –" in text


def test_a_source_of_one_quarter_has_nothing_to_compare_with(pacing):
    assert "no closed deal of an earlier quarter to compare with" in pacing(NOW)


def test_earlier_quarters_of_which_only_the_results_are_recorded_say_so(pacing):
    text = pacing(NOW, {"quarter": "Q3 2024", "as_of": date(2024, 8, 15), "final_amount": 400e3})
    assert "Of earlier quarters only the results are recorded" in text
    assert "Q3 2024 Aug 15, 2024 – – $400K – –" in text


NEEDED = {
    "quarter": "Q4 2024", "quarter_target": 13e6, "target_state": "open", "closed_won_amount": 8.2e6,
    "expected_amount": 2e6, "missing_amount": 2.8e6, "closed_count": 319, "rate_basis": "setting", "win_rate": 0.28,
    "avg_deal_size": 100_000.0, "avg_cycle_days": 60.4, "pipeline_to_create": 1e7, "deals_to_create": 100,
    "create_by": date(2024, 11, 1), "is_late": True,
}  # fmt: skip


@pytest.fixture
def to_create(write_as, text_of):
    """to_create(field=value, …) → the text of the widget about one quarter, whose other values are NEEDED."""

    def text(choice=CHOICE, **values):
        write_as(pace.TO_CREATE, [pace.ToCreate], [{**NEEDED, **values}, {**NEEDED, "quarter": "Q1 2025"}], **SETTING)
        return text_of(pace.TO_CREATE_WIDGET, choice)

    return text


def test_the_formula_is_shown_with_its_numbers(to_create):
    text = to_create()
    assert "$10.0M = ($13.0M quota − $8.2M won − $2.0M expected from open deals) ÷ 28% win rate" in text
    assert "Win rate of 319 deals closed in the last 365 days. At $100K a won deal, 100 deals. Deals are won" in text


def test_the_time_that_a_deal_takes_says_until_when_it_has_to_be_created(to_create):
    late = "Deals are won after 60 days on average: to be won in Q4 2024 they had to be created by Nov 1, 2024"
    assert late in to_create()
    assert "60 days on average: create them by Dec 1, 2024." in to_create(create_by=date(2024, 12, 1), is_late=False)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"target_state": "no_quota", "quarter_target": 0.0, "missing_amount": None}, "No quota set for Q4 2024"),
        ({"target_state": "missed", "missing_amount": None}, "Q4 2024 is over, and $13.0M was not reached."),
        ({"target_state": "met", "missing_amount": 0.0}, "Nothing: $8.2M won and $2.0M expected from open deals reach"),
        ({"win_rate": None, "pipeline_to_create": None, "closed_count": 0}, "No deal was closed in the last 365 days"),
        ({"win_rate": 0.0, "pipeline_to_create": None, "closed_count": 3}, "None of the 3 deals closed in the last"),
        ({"rate_basis": "company"}, "of the company: the selection has too few"),
    ],
)
def test_what_is_missing_or_unknown_is_said(to_create, values, words):
    assert words in to_create(**values)


@pytest.mark.parametrize("quarter", ["All", "Unknown"])
def test_quarters_without_an_end_ask_for_one(to_create, quarter):
    assert pace.CHOOSE_A_QUARTER in to_create(Choice(quarter=quarter))


@pytest.fixture
def import_without(write):
    """import_without(signal, …): the last import records none of these facts, and an owner of each deal."""

    def write_signals(*signals):
        write(IMPORT_SIGNALS, [
            {"signal": signal, "is_recorded": False, "lack": f"No {signal}.", "advice": f"Add {signal}."}
            for signal in signals
        ] + [{"signal": "owners", "is_recorded": True, "lack": "No owners.", "advice": "Add owners."}])  # fmt: skip

    return write_signals


def test_pacing_names_the_facts_of_an_import_that_its_quota_and_pipelines_need(pacing, import_without):
    import_without("opening_days", "amounts", "quotas", "close_dates")
    text = pacing({**NOW, "quarter_target": 0.0})
    assert text.endswith("No quotas. Add quotas. No amounts. Add amounts. No opening_days. Add opening_days.")


def test_pipeline_to_create_names_the_facts_of_an_import_that_its_formula_needs(to_create, import_without):
    import_without("opening_days", "amounts", "quotas", "close_dates")
    text = to_create(target_state="no_quota", quarter_target=0.0, missing_amount=None)
    assert text.endswith(
        "so nothing is known to be missing. No quotas. Add quotas. No amounts. Add amounts. "
        "No close_dates. Add close_dates. No opening_days. Add opening_days."
    )


@dataclass
class Forecast:
    """A row of rep_forecast_accuracy."""

    quarter: str
    week_number: int
    snapshot_date: date
    rep_id: str
    rep_name: str
    manager_name: str
    segment: str
    region: str
    closed_won_amount: float
    forecast_amount: float
    commit_amount: float | None
    final_amount: float | None
    forecast_accuracy: float | None
    forecast_bias: float | None
    commit_accuracy: float | None


RECORDED = {
    "quarter": "Q3 2024", "week_number": 6, "snapshot_date": date(2024, 8, 9), "rep_id": "R1", "rep_name": "Ann Lee",
    "manager_name": "Torres", "forecast_amount": 130e3, "commit_amount": 100e3,
}  # fmt: skip
MEASURED = {**RECORDED, "final_amount": 200e3, "forecast_accuracy": 0.65, "forecast_bias": -0.35}


def test_a_forecast_is_listed_with_the_amount_that_the_rep_won_in_the_end(write_as, text_of):
    newest = {**RECORDED, "quarter": "Q4 2024", "week_number": 7, "snapshot_date": date(2024, 11, 15)}
    write_as(pace.REP_ACCURACY, [Forecast], [MEASURED, newest])
    text = text_of(pace.FORECASTS_WIDGET, CHOICE, "/team")
    assert "Ann Lee Q3 2024 6 $130K $100K $200K 65% -35%" in text
    assert "Ann Lee Q4 2024 7 $130K $100K – – –" in text
    assert text.index("Q4 2024") < text.index("Q3 2024")
    assert "Accuracy is known once" not in text


def test_before_a_quarter_is_over_the_widget_says_when_accuracy_is_known(write_as, text_of):
    write_as(pace.REP_ACCURACY, [Forecast], [RECORDED])
    assert "Accuracy is known once a quarter" in text_of(pace.FORECASTS_WIDGET, CHOICE, "/team")


def test_forecasts_follow_the_filters_of_the_page(write_as, text_of):
    write_as(pace.REP_ACCURACY, [Forecast], [RECORDED])
    assert "No forecast is recorded" in text_of(pace.FORECASTS_WIDGET, Choice(team="Adams"), "/team")
