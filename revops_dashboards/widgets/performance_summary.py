"""Performance Summary: the rep's attainment, win rate, deal size and cycle, beside the team's, and the rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import REPS, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the chosen rep's row as `rep`."""
    rows = tables.query("SELECT * FROM reps WHERE rep_id = $rep", choice.values, reps=REPS)
    return {"rep": rows[0]} if rows else None


WIDGET = Widget("performance_summary", "Performance", (REPS,), content, "No rep for this choice of filters.")
