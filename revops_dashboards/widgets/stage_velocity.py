"""Stage Velocity Table: how long deals stay in each stage, against its benchmark, and whether that gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revops_dashboards.filters import SETTING, Choice
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget

VELOCITY = "/RevOps/Analytics/stage_velocity_by_filter"


def stages_of(tables: Tables, choice: Choice) -> list[dict[str, Any]]:
    """Return the rows of the open stages for the choice, in their order.

    Raises:
        StoreError: the table cannot be read.
    """
    return tables.query(
        f"SELECT * FROM velocity WHERE quarter_filter = $quarter AND {SETTING} ORDER BY stage_order",
        choice.values,
        velocity=VELOCITY,
    )


def content(tables: Tables, choice: Choice) -> Mapping[str, Any] | None:
    """Return `stages`."""
    stages = stages_of(tables, choice)
    return {"stages": stages} if stages else None


WIDGET = Widget("stage_velocity", "Stage velocity", (VELOCITY,), content, span=6)
