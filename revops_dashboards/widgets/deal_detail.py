"""The chosen deal: its facts, what its health consists of, and what happened last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import ALL, DEALS, HEALTH, Choice
from revops_dashboards.formats import rounded, words
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget
from revops_dashboards.widgets.deals import EVENTS

ACTIVITIES = "/RevOps/Scenario/activities"
SIGNALS = {"recency": 30, "frequency": 18, "champion": 15, "stakeholder": 16, "economic_buyer": 7, "momentum": 14}
"""Signal of a deal's health → its most points, see `health_score` in docs/metrics.md."""
LAST_ACTIVITIES = 8


@dataclass(frozen=True)
class Deal:
    """A row of deal_forecast; see docs/metrics.md."""

    opportunity_id: str
    opportunity_name: str
    account_name: str
    owner_id: str
    owner_name: str
    manager_name: str
    segment: str
    region: str
    quarter: str
    deal_state: str
    amount: float | None
    stage_name: str
    forecast_category: str
    close_date: date | None
    age_days: int | None
    loss_reason: str | None
    competitor: str | None
    win_chance: float | None
    expected_amount: float | None


@dataclass(frozen=True)
class DealHealth:
    """A row of deal_health_scores, as far as the panel shows it; of open deals only."""

    days_until_close: int | None
    days_in_stage: int | None
    benchmark_days: float | None
    days_since_contact: int | None
    primary_contact_name: str | None
    primary_contact_role: str | None
    champion_status: str | None
    recency_score: float | None
    frequency_score: float | None
    champion_score: float | None
    stakeholder_score: float | None
    economic_buyer_score: float | None
    momentum_score: float | None
    health_score: float | None
    health_score_1w_ago: float | None
    health_band: str | None
    risk_flags: list[str] | None
    contact_status: str
    next_action: str | None
    action_reason: str | None
    act_by: date | None
    urgency: str | None


@dataclass(frozen=True)
class Activity:
    """A recorded activity."""

    activity_date: date
    activity_type: str
    contact_name: str | None
    contact_role: str | None


@dataclass(frozen=True)
class Event:
    """A step of the deal's way through the sales process."""

    activity: str
    started_on: date | None
    duration_days: int | None


@dataclass(frozen=True)
class DealDetail(Content):
    """A deal.

    Attributes:
        health: None for a closed deal.
        signals: the points of its health; None without a score.
        outside: the filters that do not show this deal, as 'team Michael Torres'.
    """

    deal: Deal
    health: DealHealth | None
    signals: Bars | None
    activities: Sequence[Activity]
    events: Sequence[Event]
    outside: Sequence[str]


def content(tables: Tables, choice: Choice) -> DealDetail | None:
    """Return the chosen deal, also if the filters do not show it; None if there is no such deal.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    of_deal = "WHERE opportunity_id = $deal"
    deals = tables.select(Deal, f"FROM deals {of_deal}", choice.values, deals=DEALS)
    if not deals:
        return None
    health = next(iter(tables.select(DealHealth, f"FROM health {of_deal}", choice.values, health=HEALTH)), None)
    latest = f"{of_deal} ORDER BY activity_date DESC, activity_id DESC LIMIT {LAST_ACTIVITIES}"
    activities = tables.select(Activity, f"FROM activities {latest}", choice.values, activities=ACTIVITIES)
    events = tables.select(Event, f"FROM events {of_deal} ORDER BY sequence", choice.values, events=EVENTS)
    signals = _signals(health) if health else None
    return DealDetail(deals[0], health, signals, activities, events, _outside(deals[0], choice))


def _outside(deal: Deal, choice: Choice) -> list[str]:
    shown = {"quarter": deal.quarter, "team": deal.manager_name, "segment": deal.segment, "region": deal.region}
    return [
        f"{name} {choice.values[name]}"
        for name, value in shown.items()
        if choice.values[name] not in (ALL, None, value)
    ]


def _signals(health: DealHealth) -> Bars | None:
    bars = [
        Bar(words(name), value, f"{rounded(value)} of {most}", "violet", more=max(0, most - value))
        for name, most in SIGNALS.items()
        if (value := getattr(health, f"{name}_score")) is not None
    ]
    return Bars("deal-health", "Points of the deal's health", bars) if bars else None


WIDGET = Widget("deal_detail", "Deal", (DEALS, HEALTH, ACTIVITIES, EVENTS), content, "There is no such deal.")
