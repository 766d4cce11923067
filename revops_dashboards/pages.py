"""The pages, and which widgets each is made of."""

from __future__ import annotations

from dataclasses import dataclass

from revops_dashboards.widget import Widget
from revops_dashboards.widgets import (
    activity_analysis,
    coaching_insights,
    deal_detail,
    forecast_trend,
    funnel,
    health_distribution,
    kpi_cards,
    next_best_actions,
    performance_summary,
    pipeline_review,
    stage_velocity,
    stuck_deals,
    win_rate_drivers,
)


@dataclass(frozen=True)
class Page:
    """A page with the filters and some widgets.

    Attributes:
        path: of its address.
        has_reps: one of its choices is a rep.
    """

    path: str
    title: str
    widgets: tuple[Widget, ...]
    has_reps: bool = False


PIPELINE_HEALTH = Page(
    "/",
    "Pipeline health",
    (
        kpi_cards.WIDGET,
        forecast_trend.WIDGET,
        health_distribution.WIDGET,
        funnel.WIDGET,
        stage_velocity.WIDGET,
        stuck_deals.WIDGET,
        deal_detail.WIDGET,
    ),
)
REP_COACHING = Page(
    "/coaching",
    "Rep coaching",
    (
        performance_summary.WIDGET,
        coaching_insights.WIDGET,
        win_rate_drivers.WIDGET,
        activity_analysis.WIDGET,
        next_best_actions.WIDGET,
        pipeline_review.WIDGET,
    ),
    has_reps=True,
)
DASHBOARDS = (PIPELINE_HEALTH, REP_COACHING)
SHOWN = sorted({dataset for page in DASHBOARDS for widget in page.widgets for dataset in widget.datasets})
"""The datasets that the dashboards show."""
