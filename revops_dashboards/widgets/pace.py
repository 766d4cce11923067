"""Pace: deals that slip, this quarter beside earlier ones, pipeline to create, and forecasts against results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from revops_dashboards.filters import ALL, DEALS, HEALTH, IN_QUARTER, NARROWED, SETTING, UNDATED, Choice
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget
from revops_dashboards.widgets.stuck_deals import DealTable

SLIPPAGE = "/RevOps/Analytics/deal_slippage"
PACING = "/RevOps/Analytics/pipeline_pacing"
TO_CREATE = "/RevOps/Analytics/pipeline_to_create"
REP_ACCURACY = "/RevOps/Analytics/rep_forecast_accuracy"

SLIPPING = Listing(
    "slipping_deals", "Slipping deals",
    (
        Column("account_name", "Deal", "deal"),
        Column("amount", "Amount", "money"),
        Column("stage_name", "Stage"),
        Column("fell_back_from", "Fell back from"),
        Column("push_count", "Pushes", "whole"),
        Column("pushed_days", "Pushed by", "days"),
        Column("last_pushed_on", "Last push", "date", is_minor=True),
        Column("close_date", "Closes", "closes"),
        Column("risk_flags", "Flags", "flags", order="len(risk_flags)", metric="risk_flags", is_long=True),
    ),
    f"""SELECT opportunity_id, deals.account_name, deals.opportunity_name, deals.owner_name, deals.amount,
               deals.stage_name, fell_back_from, push_count, pushed_days, last_pushed_on, regression_count,
               last_regressed_on, deals.close_date, days_until_close, risk_flags
        FROM (FROM deals WHERE {IN_QUARTER} AND {NARROWED}) AS deals
        JOIN (FROM slippage WHERE is_pushed OR is_regressed) USING (opportunity_id)
        JOIN health USING (opportunity_id)""",
    {"slippage": SLIPPAGE, "deals": DEALS, "health": HEALTH},
    "pushed_days DESC NULLS LAST, amount DESC NULLS LAST, opportunity_id", key="slipping_deals", page_rows=10,
    searched=("account_name", "opportunity_name", "owner_name", "stage_name"), amount="amount",
    more=("opportunity_id", "opportunity_name", "owner_name", "regression_count", "last_regressed_on"),
)  # fmt: skip
QUARTERS = Listing(
    "pacing", "Quarters on the same day",
    (
        Column("quarter", "Quarter", order="as_of"),
        Column("as_of", "Day", "date"),
        Column("won_amount", "Won by then", "money"),
        Column("won_share", "Of final", "percent"),
        Column("final_amount", "Final", "money"),
        Column("pipeline_amount", "Open pipeline", "money"),
        Column("quarter_target", "Quota", "money"),
    ),
    f"""SELECT quarter, as_of, won_amount, won_share, final_amount, pipeline_amount, pipeline_basis,
               CASE WHEN quarter_target > 0 THEN quarter_target END AS quarter_target, won_count, pipeline_count,
               won_change_pct, pipeline_change_pct
        FROM pacing WHERE {SETTING}""",
    {"pacing": PACING}, "as_of DESC", noun="quarter", key="pacing",
    more=("won_count", "pipeline_count", "pipeline_basis", "won_change_pct", "pipeline_change_pct"),
)  # fmt: skip
FORECASTS = Listing(
    "rep_forecast_accuracy", "Forecasts of reps",
    (
        Column("rep_name", "Rep", "rep"),
        Column("quarter", "Quarter", order="snapshot_date"),
        Column("week_number", "Week", "whole"),
        Column("forecast_amount", "Forecast", "money"),
        Column("commit_amount", "Commit", "money"),
        Column("final_amount", "Won in the end", "money"),
        Column("forecast_accuracy", "Accuracy", "percent"),
        Column("forecast_bias", "Too high by", "percent"),
    ),
    f"FROM forecasts WHERE {NARROWED}",
    {"forecasts": REP_ACCURACY}, "snapshot_date DESC, rep_name, rep_id", noun="forecast",
    key="rep_forecast_accuracy", searched=("rep_name", "quarter"), page_rows=10,
    more=("rep_id", "manager_name", "snapshot_date", "closed_won_amount", "commit_accuracy"),
)  # fmt: skip
NO_EARLIER_RECORD = (
    "Pushes and regressions are not known: they take an earlier export of the CRM, or its history of stages and close "
    "dates."
)
CHOOSE_A_QUARTER = "Choose a quarter with an end: pipeline has to be created in time for it."


def slipping(tables: Tables, choice: Choice) -> DealTable | str | None:
    """Return the pushed and regressed deals of the choice; a text if the source has no record of earlier days.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(SLIPPING, tables, choice)
    if listed:
        return DealTable(listed)
    [known] = tables.query(
        "SELECT count(push_count) + count(regression_count) AS known, count(*) AS deals FROM slippage",
        slippage=SLIPPAGE,
    )
    return NO_EARLIER_RECORD if known["deals"] and not known["known"] else None


@dataclass(frozen=True)
class Quarter:
    """The row of the current quarter in pipeline_pacing; see docs/metrics.md."""

    quarter: str
    day_of_quarter: int
    won_amount: float | None
    pipeline_amount: float | None
    quarter_target: float
    projected_amount: float | None


@dataclass(frozen=True)
class Pacing(Content):
    """The current quarter, and all that are compared.

    Attributes:
        now: the current quarter.
        has_earlier: some earlier quarter is known.
        has_days: of some earlier quarter it is known what was won by the same day.
        listed: the quarters, the current one first.
    """

    now: Quarter
    has_earlier: bool
    has_days: bool
    listed: Listed


def pacing(tables: Tables, choice: Choice) -> Pacing | None:
    """Return the quarters of the choice's team, segment and region; the chosen quarter changes nothing.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    now = tables.select_one(Quarter, f"FROM pacing WHERE is_current AND {SETTING}", choice.values, pacing=PACING)
    listed = read_listing(QUARTERS, tables, choice)
    if now is None or listed is None:
        return None
    [earlier] = tables.query(
        f"SELECT count(*) AS known, count(won_amount) AS days FROM pacing WHERE NOT is_current AND {SETTING}",
        choice.values, pacing=PACING,
    )  # fmt: skip
    return Pacing(now, earlier["known"] > 0, earlier["days"] > 0, listed)


@dataclass(frozen=True)
class ToCreate:
    """A row of pipeline_to_create; see docs/metrics.md."""

    quarter: str
    quarter_target: float
    target_state: str
    closed_won_amount: float
    expected_amount: float
    missing_amount: float | None
    closed_count: int
    rate_basis: str
    win_rate: float | None
    avg_deal_size: float | None
    avg_cycle_days: float | None
    pipeline_to_create: float | None
    deals_to_create: int | None
    create_by: date | None
    is_late: bool | None


@dataclass(frozen=True)
class PipelineToCreate(Content):
    """The parts of the calculation for a choice."""

    need: ToCreate


def pipeline_to_create(tables: Tables, choice: Choice) -> PipelineToCreate | str | None:
    """Return the calculation of the choice; a text for quarters that have no end.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    need = tables.select_one(
        ToCreate, f"FROM needed WHERE quarter = $quarter AND {SETTING}", choice.values, needed=TO_CREATE
    )
    if need is None:
        return CHOOSE_A_QUARTER if choice.quarter in (None, ALL, UNDATED) else None
    return PipelineToCreate(need)


@dataclass(frozen=True)
class Forecasts(Content):
    """The recorded forecasts of reps.

    Attributes:
        listed: the forecasts, the newest first.
        has_results: a quarter of these is over, so that its accuracy is known.
    """

    listed: Listed
    has_results: bool


def rep_forecasts(tables: Tables, choice: Choice) -> Forecasts | None:
    """Return the recorded forecasts of the choice's reps.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    listed = read_listing(FORECASTS, tables, choice)
    if listed is None:
        return None
    [known] = tables.query("SELECT count(final_amount) AS results FROM forecasts", forecasts=REP_ACCURACY)
    return Forecasts(listed, known["results"] > 0)


SLIPPING_WIDGET = Widget(
    "slipping_deals", "Slipping deals", (SLIPPAGE, DEALS, HEALTH), slipping,
    "No deal of these filters was pushed or fell back.", 12, (SLIPPING,), "deal_slippage",
)  # fmt: skip
PACING_WIDGET = Widget(
    "pacing", "Pacing", (PACING,), pacing, "No deals match these filters.", 12, (QUARTERS,), "pipeline_pacing",
    needs=("quotas", "amounts", "opening_days"),
)  # fmt: skip
TO_CREATE_WIDGET = Widget(
    "pipeline_to_create", "Pipeline to create", (TO_CREATE,), pipeline_to_create, metric="pipeline_to_create",
    needs=("quotas", "amounts", "close_dates", "opening_days"),
)  # fmt: skip
FORECASTS_WIDGET = Widget(
    "rep_forecast_accuracy", "Forecast accuracy", (REP_ACCURACY,), rep_forecasts,
    "No forecast is recorded for these filters yet. Each build records one.", 12, (FORECASTS,), "rep_forecast_accuracy",
)  # fmt: skip
