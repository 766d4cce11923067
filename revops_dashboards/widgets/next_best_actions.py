"""Next best actions: what the rep is to do, by rank."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.filters import DEALS, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

ACTIONS = "/RevOps/Analytics/next_best_actions"
LISTING = Listing(
    "next_best_actions", "Next best actions",
    (
        Column("priority_rank", "Rank", "whole"),
        Column("account_name", "Deal", "deal_only"),
        Column("action_type", "Action", "words"),
        Column("action_reason", "Reason"),
        Column("urgency", "When", "urgency", order="list_position(['today', 'this_week', 'soon'], urgency)"),
        Column("deal_amount", "Amount", "money"),
    ),
    """SELECT action_id, data_freshness, opportunity_id, opportunity_name, priority_rank, account_name, contact_name,
              contact_role, action_type, action_reason, urgency, deal_amount, deal_health, days_since_contact,
              risk_if_delayed, time_display
       FROM actions LEFT JOIN (SELECT opportunity_id, opportunity_name FROM deals) USING (opportunity_id)
       WHERE rep_id = $rep""",
    {"actions": ACTIONS, "deals": DEALS}, "priority_rank", noun="action", key="next_best_actions",
    searched=("account_name", "contact_name", "action_reason"),
    more=("opportunity_id", "contact_name", "contact_role", "deal_health", "days_since_contact", "risk_if_delayed"),
)  # fmt: skip


@dataclass(frozen=True)
class NextBestActions(Content):
    """The rep's actions."""

    listed: Listed


def content(tables: Tables, choice: Choice) -> NextBestActions | None:
    """Return the chosen rep's actions, the most important first.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(LISTING, tables, choice)
    return NextBestActions(listed) if listed else None


WIDGET = Widget(
    "next_best_actions", "Next best actions", (ACTIONS, DEALS), content, "No actions are open for this rep.", 5,
    (LISTING,), "priority_score", needs=("contacts", "activities"),
)  # fmt: skip
