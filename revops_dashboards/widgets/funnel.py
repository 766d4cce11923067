"""Pipeline of open deals: by forecast category for a forecast call, by stage, and what changed in the last week."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import KPIS, SETTING, Choice
from revops_dashboards.formats import deals_of, percent
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget, missing_facts
from revops_dashboards.widgets.stage_velocity import VELOCITY


@dataclass(frozen=True)
class Stage:
    """A row of stage_velocity_by_filter, as far as the funnel shows it; see docs/metrics.md."""

    stage_name: str
    deals_in_stage: int
    amount_in_stage: float
    conversion_rate: float | None
    decided_count: int
    win_rate: float | None


@dataclass(frozen=True)
class Funnel(Content):
    """The open deals by stage."""

    stages: Sequence[Stage]
    funnel: Bars


def content(tables: Tables, choice: Choice) -> Funnel | None:
    """Return the stages of the choice; None without an open deal.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    stages = tables.select(
        Stage, f"FROM velocity WHERE quarter_filter = $quarter AND {SETTING} ORDER BY stage_order", choice.values,
        velocity=VELOCITY,
    )  # fmt: skip
    if not any(stage.deals_in_stage for stage in stages):
        return None
    return Funnel(stages, Bars("funnel", "Open pipeline by stage", [_bar(stage) for stage in stages]))


def _bar(stage: Stage) -> Bar:
    text = deals_of(stage.deals_in_stage, stage.amount_in_stage)
    goes_on = f"{percent(stage.conversion_rate)} advance · " if stage.decided_count else ""
    return Bar(
        stage.stage_name, stage.amount_in_stage, text, "blue",
        {"stage": stage.stage_name} if stage.deals_in_stage else None,
        note=f"{goes_on}{percent(stage.win_rate)} win",
    )  # fmt: skip


WIDGET = Widget(
    "funnel",
    "Pipeline by stage",
    (VELOCITY,),
    content,
    "No open deals match these filters.",
    6,
    metric="deals_in_stage",
    needs=("amounts",),
)


@dataclass(frozen=True)
class Amounts:
    """A row of dashboard_kpis_by_filter, as far as the roll-up shows it; see docs/metrics.md."""

    won_count: int
    closed_won_amount: float
    commit_open_count: int
    commit_open_amount: float
    best_case_open_count: int
    best_case_open_amount: float
    pipeline_open_count: int
    pipeline_open_amount: float
    omitted_count: int
    omitted_amount: float
    best_case_amount: float
    commit_amount: float
    commit_recorded: bool
    opened_1w_count: int
    opened_1w_amount: float
    won_1w_count: int
    won_1w_amount: float
    lost_1w_count: int
    lost_1w_amount: float


@dataclass(frozen=True)
class RollUp(Content):
    """Won and open deals by forecast category, and the deals that were opened, won and lost in the last week."""

    amounts: Amounts
    categories: Bars
    movement: Bars


def roll_up(tables: Tables, choice: Choice) -> RollUp | None:
    """Return the roll-up of the choice; None without a deal.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    amounts = tables.select_one(Amounts, f"FROM kpis WHERE quarter = $quarter AND {SETTING}", choice.values, kpis=KPIS)
    if amounts is None:
        return None
    lines = [
        ("Closed won", amounts.won_count, amounts.closed_won_amount, "healthy", {"status": "won"}),
        ("Commit", amounts.commit_open_count, amounts.commit_open_amount, "violet", {"category": "Commit"}),
        ("Best case", amounts.best_case_open_count, amounts.best_case_open_amount, "blue", {"category": "Best Case"}),
        ("Pipeline", amounts.pipeline_open_count, amounts.pipeline_open_amount, "none", {"category": "Pipeline"}),
        ("Omitted", amounts.omitted_count, amounts.omitted_amount, "none", {"category": "Omitted"}),
    ]
    moved = [
        ("Opened", amounts.opened_1w_count, amounts.opened_1w_amount, "blue", {"moved": "opened"}),
        ("Won", amounts.won_1w_count, amounts.won_1w_amount, "healthy", {"status": "won", "moved": "won"}),
        ("Lost", amounts.lost_1w_count, amounts.lost_1w_amount, "critical", {"status": "lost", "moved": "lost"}),
    ]
    if not any(number for _, number, *_ in lines):
        return None
    missing = {fact.signal for fact in missing_facts(("forecast_categories", "opening_days"), tables)}
    unknown = {"Commit", "Best case"} if "forecast_categories" in missing else set()
    unknown |= {"Opened"} if "opening_days" in missing else set()
    return RollUp(
        amounts,
        _bars("roll-up", "Forecast roll-up", lines, unknown),
        _bars("movement", "Changes of the last 7 days", moved, unknown),
    )


def _bars(
    name: str, title: str, lines: Sequence[tuple[str, int, float, str, Mapping[str, str]]], unknown: Container[str]
) -> Bars:
    """Return the bars of lines; one whose name is in `unknown` says so instead of 0."""
    return Bars(
        name,
        title,
        [
            Bar(label, None, "Not recorded", kind)
            if label in unknown and not number
            else Bar(label, amount, deals_of(number, amount), kind, link if number else None)
            for label, number, amount, kind, link in lines
            if number or label != "Omitted"
        ],
    )


ROLL_UP = Widget(
    "roll_up",
    "Forecast roll-up",
    (KPIS,),
    roll_up,
    span=6,
    metric="best_case_amount",
    needs=("forecast_categories", "opening_days"),
)
