"""KPI Cards: quota, AI forecast, commit, and the gap with coverage and risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import KPIS, SETTING, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return the row of the KPIs for the choice as `kpis`."""
    rows = tables.query(f"SELECT * FROM kpis WHERE quarter = $quarter AND {SETTING}", choice.values, kpis=KPIS)
    return {"kpis": rows[0]} if rows else None


WIDGET = Widget("kpi_cards", "Key figures", (KPIS,), content)
