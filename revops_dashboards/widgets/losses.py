"""Why deals are lost: by reason and by competitor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.formats import deals_of
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

LOSSES = "/RevOps/Analytics/loss_analysis_by_filter"


@dataclass(frozen=True)
class Loss:
    """A row of loss_analysis_by_filter; see docs/metrics.md."""

    dimension: str
    value: str
    lost_count: int
    lost_amount: float
    main_reason: str | None
    main_reason_count: int | None


@dataclass(frozen=True)
class Losses(Content):
    """The lost deals of a choice; a chart is None if the source records nothing for it."""

    reasons: Bars | None
    competitors: Bars | None
    total: int
    amount: float


def content(tables: Tables, choice: Choice) -> Losses | None:
    """Return the lost deals of the choice by reason and by competitor.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    losses = tables.select(
        Loss, f"FROM losses WHERE quarter_filter = $quarter AND {SETTING} ORDER BY lost_amount DESC, value",
        choice.values, losses=LOSSES,
    )  # fmt: skip
    if not losses:
        return None
    reasons = [loss for loss in losses if loss.dimension == "loss_reason"]
    competitors = [loss for loss in losses if loss.dimension == "competitor" and loss.value != "None"]
    return Losses(
        _bars("loss-reasons", "Lost deals by reason", reasons, "loss_reason"),
        _bars("lost-to-competitors", "Lost deals by competitor", competitors, "competitor"),
        sum(loss.lost_count for loss in reasons),
        sum(loss.lost_amount for loss in reasons),
    )


def _bars(name: str, title: str, losses: Sequence[Loss], field: str) -> Bars | None:
    if not any(loss.value != "Unknown" for loss in losses):
        return None
    return Bars(
        name,
        title,
        [
            Bar(
                loss.value,
                loss.lost_amount,
                deals_of(loss.lost_count, loss.lost_amount),
                "critical",
                {"status": "lost", field: loss.value},
                note=_reason(loss) if field == "competitor" else "",
            )
            for loss in losses
        ],
    )


def _reason(loss: Loss) -> str:
    if loss.main_reason in (None, "Unknown", "Competitor"):
        return ""
    return f"{loss.main_reason_count} on {str(loss.main_reason).lower()}"


WIDGET = Widget(
    "losses",
    "Why deals are lost",
    (LOSSES,),
    content,
    "No lost deals match these filters.",
    6,
    metric="loss_analysis",
    needs=("loss_reasons", "competitors"),
)
