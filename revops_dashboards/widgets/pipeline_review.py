"""Pipeline review: the rep's open deals, the least healthy first."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.filters import HEALTH, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

LISTING = Listing(
    "pipeline_review", "Pipeline review",
    (
        Column("account_name", "Deal", "deal_only"),
        Column("amount", "Amount", "money"),
        Column("stage_name", "Stage"),
        Column("health_score", "Health", "health", metric="health_score"),
        Column("close_date", "Closes", "closes"),
        Column("risk_flags", "Flags", "flags", order="len(risk_flags)", is_long=True),
    ),
    """SELECT opportunity_id, account_name, opportunity_name, owner_name, amount, stage_name, forecast_category,
              health_score, health_band, close_date, days_until_close, risk_flags
       FROM health WHERE owner_id = $rep""",
    {"health": HEALTH}, "health_score NULLS LAST, amount DESC NULLS LAST, opportunity_id", key="pipeline_review",
    page_rows=10, searched=("account_name", "opportunity_name", "stage_name"), amount="amount",
    more=("opportunity_id", "opportunity_name", "forecast_category"),
)  # fmt: skip


@dataclass(frozen=True)
class PipelineReview(Content):
    """The rep's open deals."""

    listed: Listed


def content(tables: Tables, choice: Choice) -> PipelineReview | None:
    """Return the chosen rep's open deals of all quarters.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(LISTING, tables, choice)
    return PipelineReview(listed) if listed else None


WIDGET = Widget(
    "pipeline_review",
    "Pipeline review",
    (HEALTH,),
    content,
    "This rep has no open deals.",
    7,
    (LISTING,),
    needs=("days_in_stage",),
)
