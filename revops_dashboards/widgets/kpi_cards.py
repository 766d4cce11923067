"""KPI cards: quota, AI forecast, commit, and the gap with coverage and risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from revops_dashboards.filters import ALL, KPIS, SETTING, UNDATED, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

NOTABLE = 0.01
"""Fraction of a figure from which on its weekly change is good or bad news; smaller changes have no colour."""


@dataclass(frozen=True)
class Kpis:
    """A row of dashboard_kpis_by_filter; see docs/metrics.md."""

    quarter_target: float
    target_basis: str
    target_state: str
    closed_won_amount: float
    ai_forecast: float
    ai_forecast_confidence: float
    forecast_change_1w: float
    change_basis: str
    commit_amount: float
    commit_confidence: float
    commit_recorded: bool
    commit_change_1w: float
    commit_change_known: bool
    recorded_since: date | None
    gap_to_target: float
    gap_pct: float
    coverage_ratio: float
    risk_level: str
    undated_count: int
    undated_amount: float

    @property
    def has_quota(self) -> bool:
        """Whether a quota is set."""
        return self.target_state != "no_quota"

    @property
    def is_met(self) -> bool:
        """Whether the won deals reach the quota."""
        return self.target_state == "met"

    @property
    def attainment(self) -> float:
        """Won as a fraction of the quota; only with one."""
        return self.closed_won_amount / self.quarter_target


@dataclass(frozen=True)
class KpiCards(Content):
    """The figures of a choice.

    Attributes:
        shows_undated: deals without a close date exist and are not among those of the chosen quarter.
    """

    kpis: Kpis
    shows_undated: bool
    forecast_tone: str
    commit_tone: str


def content(tables: Tables, choice: Choice) -> KpiCards | None:
    """Return the figures of the choice.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    kpis = tables.select_one(Kpis, f"FROM kpis WHERE quarter = $quarter AND {SETTING}", choice.values, kpis=KPIS)
    if kpis is None:
        return None
    return KpiCards(
        kpis,
        kpis.undated_count > 0 and choice.quarter not in (ALL, UNDATED),
        tone(kpis.forecast_change_1w, kpis.ai_forecast),
        tone(kpis.commit_change_1w, kpis.commit_amount),
    )


def tone(change: float, figure: float) -> str:
    """Return the class of a change's colour: 'good', 'bad', or 'even' if it is small beside the figure.

    Args:
        change: change of the figure in a week.
        figure: the figure today.
    """
    if abs(change) < NOTABLE * max(abs(figure), 1):
        return "even"
    return "good" if change > 0 else "bad"


WIDGET = Widget(
    "kpi_cards", "Key figures", (KPIS,), content, needs=("quotas", "forecast_categories", "amounts", "close_dates")
)
