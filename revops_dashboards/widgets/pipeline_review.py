"""Pipeline review: the rep's open deals, those in danger first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import HEALTH, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget

MOST = 25
"""How many deals are shown."""


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the chosen rep's open `deals` of the quarter, the least healthy first, and of all `count` and `amount`."""
    shown = "FROM health WHERE owner_id = $rep AND quarter = $quarter"
    [total] = tables.query(f"SELECT count(*) AS count, sum(amount) AS amount {shown}", choice.values, health=HEALTH)
    if not total["count"]:
        return None
    deals = tables.query(
        f"SELECT * {shown} ORDER BY health_score NULLS LAST, amount DESC NULLS LAST, opportunity_id LIMIT {MOST}",
        choice.values,
        health=HEALTH,
    )
    return {"deals": deals, **total}


WIDGET = Widget(
    "pipeline_review", "Pipeline review", (HEALTH,), content, "This rep has no open deals in this quarter.", 7
)
