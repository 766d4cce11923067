"""The chosen deal: what its health is made of, what threatens it, and what happened last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, labelled_bars
from revops_dashboards.filters import HEALTH, NARROWED, Choice
from revops_dashboards.formats import words
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget
from revops_dashboards.widgets.stuck_deals import STUCK

ACTIVITIES = "/RevOps/Scenario/activities"
EVENTS = "/RevOps/Scenario/process_events"
SIGNALS = ("recency", "frequency", "champion", "stakeholder", "economic_buyer", "momentum")
MOST_CHOICES = 200
LAST_ACTIVITIES = 8
MOST_POINTS = 30
"""The edge of the picture: more than any signal of the health gives."""


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `choices`, the deals to choose from, and of the chosen one, or else the largest, all that is known."""
    choices = tables.query(
        f"""SELECT opportunity_id, account_name, opportunity_name, health.amount, stuck.stuck_id IS NOT NULL AS is_stuck
            FROM health LEFT JOIN (SELECT opportunity_id AS stuck_id FROM stuck) AS stuck
              ON opportunity_id = stuck.stuck_id
            WHERE quarter = $quarter AND {NARROWED}
            ORDER BY opportunity_id = $deal DESC NULLS LAST, health.amount DESC NULLS LAST, opportunity_id
            LIMIT {MOST_CHOICES}""",
        choice.values,
        health=HEALTH,
        stuck=STUCK,
    )
    if not choices:
        return None
    chosen = replace(choice, deal=choices[0]["opportunity_id"])
    [deal] = tables.query("SELECT * FROM health WHERE opportunity_id = $deal", chosen.values, health=HEALTH)
    choices.sort(key=lambda row: (-(row["amount"] or 0), row["opportunity_id"]))
    return {"choices": choices, "deal": deal, "signals": _signals(deal), **_past(tables, chosen)}


def _past(tables: Tables, choice: Choice) -> dict[str, Any]:
    stuck = tables.query("SELECT * FROM stuck WHERE opportunity_id = $deal", choice.values, stuck=STUCK)
    activities = tables.query(
        f"""SELECT activity_date, activity_type, contact_name, contact_role FROM activities WHERE opportunity_id = $deal
            ORDER BY activity_date DESC, activity_id DESC LIMIT {LAST_ACTIVITIES}""",
        choice.values,
        activities=ACTIVITIES,
    )
    events = tables.query(
        "SELECT * FROM events WHERE opportunity_id = $deal ORDER BY sequence", choice.values, events=EVENTS
    )
    return {"advice": stuck[0] if stuck else None, "activities": activities, "events": events}


def _signals(deal: Mapping[str, Any]) -> Picture:
    points = {words(name): deal[f"{name}_score"] for name in SIGNALS if deal[f"{name}_score"] is not None}
    bars = [{"name": name, "value": value, "label": f"{value:.0f}"} for name, value in points.items()]
    told = ", ".join(f"{bar['name']} {bar['label']}" for bar in bars)

    def draw(width: int) -> Chart:
        return labelled_bars(bars, MOST_POINTS * 1.2, alt.value(look.VIOLET), width, 26)

    return Picture("deal-health", draw, f"Points of {deal['account_name']}'s health: {told}")


WIDGET = Widget(
    "deal_detail",
    "Deal",
    (HEALTH, STUCK, ACTIVITIES, EVENTS),
    content,
    "No open deals for this choice of filters.",
)
