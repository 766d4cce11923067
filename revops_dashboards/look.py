"""The dark look of all pictures: colours by what they mean, and Vega-Lite's settings."""

from __future__ import annotations

from typing import Any

from transforms_api import catalog

BACKGROUND, CARD, LINE = catalog.BACKGROUND, catalog.CARD, catalog.BORDER
TEXT, QUIET = catalog.TEXT, catalog.FAINT_TEXT
HEALTHY, MONITOR, AT_RISK, CRITICAL = catalog.GREEN, catalog.YELLOW, catalog.ORANGE, catalog.RED
BLUE, VIOLET = catalog.BLUE, catalog.VIOLET

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
