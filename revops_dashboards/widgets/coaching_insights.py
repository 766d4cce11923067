"""AI Coaching Insights: what the rep does well, could do better, and is to do first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget

INSIGHTS = "/RevOps/Analytics/rep_coaching_insights"


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the chosen rep's row as `insights`."""
    rows = tables.query("SELECT * FROM insights WHERE rep_id = $rep", choice.values, insights=INSIGHTS)
    return {"insights": rows[0]} if rows else None


WIDGET = Widget("coaching_insights", "Coaching insights", (INSIGHTS,), content, "There are no insights about this rep.")
