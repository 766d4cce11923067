"""Next Best Actions: what the rep is to do, by rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget

ACTIONS = "/RevOps/Analytics/next_best_actions"
MOST = 10


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the chosen rep's `actions`, the most important first."""
    actions = tables.query(
        f"SELECT * FROM actions WHERE rep_id = $rep ORDER BY priority_rank LIMIT {MOST}",
        choice.values,
        actions=ACTIONS,
    )
    return {"actions": actions} if actions else None


WIDGET = Widget(
    "next_best_actions", "Next best actions", (ACTIONS,), content, "There is nothing to do for this rep.", 5
)
