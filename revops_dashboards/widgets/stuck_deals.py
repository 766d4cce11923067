"""Stuck Deals Table: which deals wait too long, how urgent each is and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import HEALTH, NARROWED, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget

STUCK = "/RevOps/Analytics/stuck_deals_view"
MOST = 25
"""How many deals are shown, the most urgent first."""


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `deals`, the most urgent stuck deals, and of all that the filters show `count` and `amount` (USD)."""
    shown = f"FROM stuck JOIN health USING (opportunity_id) WHERE health.quarter = $quarter AND {NARROWED}"
    sources = {"stuck": STUCK, "health": HEALTH}
    [total] = tables.query(f"SELECT count(*) AS count, sum(stuck.amount) AS amount {shown}", choice.values, **sources)
    if not total["count"]:
        return None
    deals = tables.query(
        f"""SELECT stuck.* {shown}
            ORDER BY list_position(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'], urgency), stuck.amount DESC, opportunity_id
            LIMIT {MOST}""",
        choice.values,
        **sources,
    )
    return {"deals": deals, **total}


WIDGET = Widget("stuck_deals", "Stuck deals", (STUCK, HEALTH), content, "No stuck deals for this choice of filters.")
