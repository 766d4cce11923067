"""The dark look of all pictures: colours by what they mean, and Vega-Lite's settings."""

from __future__ import annotations

from typing import Any

BACKGROUND, CARD, LINE = "#0a0a0a", "#1a1a1a", "#2e2e2e"
TEXT, QUIET = "#ffffff", "#a3a3a3"
HEALTHY, MONITOR, AT_RISK, CRITICAL = "#22c55e", "#eab308", "#f97316", "#ef4444"
BLUE, VIOLET = "#3b82f6", "#8b5cf6"

BANDS = {"healthy": HEALTHY, "monitor": MONITOR, "at_risk": AT_RISK, "critical": CRITICAL}
"""Band of a deal's health → its colour."""

VEGA: dict[str, Any] = {
    "background": CARD,
    "font": "system-ui, 'DejaVu Sans', sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET, "titleColor": QUIET, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": TEXT, "titleColor": QUIET, "labelFontSize": 12, "orient": "top", "title": None, "symbolSize": 120,
        "symbolOpacity": 1,
    },
    "text": {"color": TEXT, "fontSize": 12},
    "bar": {"cornerRadius": 3},
}  # fmt: skip
"""`config` of every chart."""
