"""Funnel: the open pipeline by stage, and how many deals go on from each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from revops_dashboards import look
from revops_dashboards.charts import Chart, chart, labelled_bars, names
from revops_dashboards.filters import Choice
from revops_dashboards.formats import money, percent
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Picture, Widget
from revops_dashboards.widgets.stage_velocity import VELOCITY, stages_of


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `stages`, the stages of the choice in order, and `funnel`, their picture."""
    stages = stages_of(tables, choice)
    if not any(stage["deals_in_stage"] for stage in stages):
        return None
    return {"stages": stages, "funnel": Picture("funnel", _drawing(stages), _told(stages))}


def _told(stages: Sequence[Mapping[str, Any]]) -> str:
    return "Open pipeline by stage: " + "; ".join(
        f"{stage['stage_name']} {stage['deals_in_stage']} deals, {money(stage['amount_in_stage'])}" for stage in stages
    )


def _drawing(stages: Sequence[Mapping[str, Any]]) -> Callable[[int], Chart]:
    bars = [
        {
            "name": stage["stage_name"],
            "value": stage["amount_in_stage"],
            "label": f"{money(stage['amount_in_stage'])} · {stage['deals_in_stage']} deals",
            "goes_on": f"{percent(stage['conversion_rate'])} go on",
        }
        for stage in stages
    ]
    most = 1.9 * max(bar["value"] for bar in bars) or 1

    def draw(width: int) -> Chart:
        shapes = labelled_bars(bars, most, alt.value(look.BLUE), width, 34)
        if width < 320:
            return shapes
        fates = chart(bars).mark_text(align="right", color=look.QUIET)
        return alt.layer(shapes, fates.encode(y=names("name"), x=alt.value(width), text="goes_on:N"))

    return draw


WIDGET = Widget("funnel", "Funnel", (VELOCITY,), content, span=6)
