"""Stuck deals: which deals wait too long, how urgent each is and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.filters import DEALS, HEALTH, IN_QUARTER, NARROWED, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

STUCK = "/RevOps/Analytics/stuck_deals_view"
URGENCY = "list_position(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'], urgency)"
"""SQL: 1 for the most urgent deals."""

LISTING = Listing(
    "stuck_deals", "Stuck deals",
    (
        Column("account_name", "Deal", "deal"),
        Column("urgency", "Urgency", "urgency", order=URGENCY, metric="urgency"),
        Column("amount", "Amount", "money"),
        Column("stage_name", "Stage"),
        Column("days_in_stage", "In stage", "days", is_minor=True),
        Column("health_score", "Health", "health", metric="health_score"),
        Column("close_date", "Closes", "closes"),
        Column("risk_flags", "Flags", "flags", order="len(risk_flags)", metric="risk_flags", is_long=True),
        Column("primary_action", "Next step", "action", metric="next_action", is_long=True),
    ),
    f"""SELECT opportunity_id, stuck.account_name, stuck.opportunity_name, stuck.owner_name, urgency, stuck.amount,
               stuck.stage_name, stuck.days_in_stage, stuck.health_score, deals.health_band, stuck.close_date,
               stuck.days_until_close, slip_risk, stuck.risk_flags, primary_action, action_target, action_reason
        FROM stuck JOIN (FROM deals WHERE {IN_QUARTER} AND {NARROWED}) AS deals USING (opportunity_id)""",
    {"stuck": STUCK, "deals": DEALS}, f"{URGENCY}, amount DESC NULLS LAST, opportunity_id", key="stuck_deals",
    page_rows=10, searched=("account_name", "opportunity_name", "owner_name", "stage_name", "action_reason"),
    amount="amount",
    more=("opportunity_id", "opportunity_name", "owner_name", "slip_risk", "action_reason", "action_target"),
)  # fmt: skip
AT_RISK = Listing(
    "commits_at_risk", "Commits at risk",
    (
        Column("account_name", "Deal", "deal"),
        Column("amount", "Amount", "money"),
        Column("stage_name", "Stage"),
        Column("health_score", "Health", "health", metric="health_score"),
        Column("close_date", "Closes", "closes"),
        Column("risk_flags", "Flags", "flags", order="len(risk_flags)", is_long=True),
    ),
    f"""SELECT opportunity_id, deals.account_name, deals.opportunity_name, deals.owner_name, deals.amount,
               deals.stage_name, deals.health_score, deals.health_band, deals.close_date, days_until_close, risk_flags
        FROM (FROM deals WHERE commit_at_risk AND {IN_QUARTER} AND {NARROWED}) AS deals
        JOIN health USING (opportunity_id)""",
    {"deals": DEALS, "health": HEALTH}, "amount DESC NULLS LAST, opportunity_id", key="commits_at_risk",
    amount="amount", more=("opportunity_id", "opportunity_name", "owner_name"),
)  # fmt: skip


NO_HISTORY = "No stage history is recorded, so stuck deals are not known."
NO_COMMITMENTS = "The source records no commitments, so commits at risk are not known."


@dataclass(frozen=True)
class DealTable(Content):
    """A table of deals."""

    listed: Listed


def content(tables: Tables, choice: Choice) -> DealTable | str | None:
    """Return the stuck deals of the choice, the most urgent first; a text if the source does not record stages.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(LISTING, tables, choice)
    if listed:
        return DealTable(listed)
    [known] = tables.query("SELECT count(days_in_stage) AS stages, count(*) AS deals FROM health", health=HEALTH)
    return NO_HISTORY if known["deals"] and not known["stages"] else None


def at_risk(tables: Tables, choice: Choice) -> DealTable | str | None:
    """Return the Commit deals of the choice whose health is below 60; a text if the source records no commitments.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(AT_RISK, tables, choice)
    if listed:
        return DealTable(listed)
    [known] = tables.query(
        "SELECT bool_or(forecast_category IN ('Commit', 'Best Case')) AS commits FROM health", health=HEALTH
    )
    return NO_COMMITMENTS if known["commits"] is False else None


WIDGET = Widget(
    "stuck_deals",
    "Stuck deals",
    (STUCK, DEALS, HEALTH),
    content,
    "No stuck deals match these filters.",
    12,
    (LISTING,),
    needs=("days_in_stage",),
)
AT_RISK_WIDGET = Widget(
    "commits_at_risk", "Commits at risk", (DEALS, HEALTH), at_risk, "No Commit deal scores below 60.", 6, (AT_RISK,),
    "commit_at_risk_amount", needs=("forecast_categories", "activities"),
)  # fmt: skip
