"""Coaching insights: what the rep does well, could do better, and is to do first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from revops_dashboards.filters import DEALS, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

INSIGHTS = "/RevOps/Analytics/rep_coaching_insights"


@dataclass(frozen=True)
class Insights:
    """A row of rep_coaching_insights; the lists have the fields of docs/dashboard_data_contracts.md."""

    strengths: Sequence[Mapping[str, str]] | None
    improvements: Sequence[Mapping[str, str]] | None
    priority_actions: Sequence[Mapping[str, str | float]] | None
    overall_assessment: str
    primary_focus_area: str
    model_version: str
    generated_at: date


@dataclass(frozen=True)
class NamedDeal:
    """An open deal by its names."""

    opportunity_id: str
    opportunity_name: str
    account_name: str
    amount: float | None


@dataclass(frozen=True)
class CoachingInsights(Content):
    """The insights about a rep; `deals` has the deal of each action, None if no open deal has its name."""

    insights: Insights
    deals: Sequence[NamedDeal | None]


def content(tables: Tables, choice: Choice) -> CoachingInsights | None:
    """Return the insights about the chosen rep.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    insights = tables.select_one(Insights, "FROM insights WHERE rep_id = $rep", choice.values, insights=INSIGHTS)
    if insights is None:
        return None
    actions = insights.priority_actions or []
    deals = tables.select(
        NamedDeal, "FROM deals WHERE owner_id = $rep AND deal_state = 'open' ORDER BY opportunity_id", choice.values,
        deals=DEALS,
    ) if actions else []  # fmt: skip
    return CoachingInsights(insights, [_deal_of(action, deals) for action in actions])


def _deal_of(action: Mapping[str, str | float], deals: Sequence[NamedDeal]) -> NamedDeal | None:
    name = str(action["deal_name"])
    named = [
        deal for deal in deals if name in (deal.account_name, deal.opportunity_name) or deal.opportunity_id in name
    ]
    named.sort(key=lambda deal: deal.amount != action["deal_amount"])  # an account may have several deals
    return named[0] if named else None


WIDGET = Widget(
    "coaching_insights", "Coaching insights", (INSIGHTS, DEALS), content, "There are no insights about this rep.",
    metric="coaching_insights", needs=("activities", "stage_history"),
)  # fmt: skip
