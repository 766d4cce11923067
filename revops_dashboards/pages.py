"""The pages: which widgets each consists of, and its body for a choice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from revops_dashboards.currency import Currency, currency_of
from revops_dashboards.filters import (
    Choice,
    Options,
    RepName,
    address,
    default_quarter,
    options_of,
    reps_of,
)
from revops_dashboards.formats import amounts_in
from revops_dashboards.listing import Listing
from revops_dashboards.render import COACHING, DEALS, Links, Rendered, States, render, render_widget
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget
from revops_dashboards.widgets import (
    activity_analysis,
    coaching_insights,
    deal_detail,
    deals,
    forecast_trend,
    funnel,
    health_distribution,
    kpi_cards,
    losses,
    next_best_actions,
    pace,
    performance_summary,
    pipeline_review,
    stage_velocity,
    stuck_deals,
    what_moved,
    win_rate_drivers,
)
from transforms_api.errors import StoreError


@dataclass(frozen=True)
class Page:
    """A page with the filters and some widgets.

    Attributes:
        path: of its address.
        filters: the filters that change something on it.
        has_reps: one of its choices is a rep.
        has_deals: it lists deals, which its form narrows.
    """

    path: str
    title: str
    widgets: tuple[Widget, ...]
    filters: tuple[str, ...] = ("quarter", "team", "segment", "region")
    has_reps: bool = False
    has_deals: bool = False


PIPELINE_HEALTH = Page(
    "/",
    "Pipeline health",
    (
        kpi_cards.WIDGET,
        forecast_trend.WIDGET,
        health_distribution.WIDGET,
        funnel.ROLL_UP,
        funnel.WIDGET,
        what_moved.WIDGET,
        what_moved.CHANGED_WIDGET,
        stuck_deals.WIDGET,
        pace.SLIPPING_WIDGET,
        stuck_deals.AT_RISK_WIDGET,
        losses.WIDGET,
        stage_velocity.WIDGET,
        stage_velocity.BOTTLENECK_WIDGET,
        pace.PACING_WIDGET,
        pace.TO_CREATE_WIDGET,
    ),
)
DEAL_LIST = Page(DEALS, "Deals", (deals.WIDGET,), has_deals=True)
REP_COACHING = Page(
    COACHING,
    "Rep coaching",
    (
        performance_summary.WIDGET,
        coaching_insights.WIDGET,
        next_best_actions.WIDGET,
        pipeline_review.WIDGET,
        win_rate_drivers.WIDGET,
        activity_analysis.WIDGET,
    ),
    ("team", "segment", "region"),
    has_reps=True,
)
TEAM = Page("/team", "Team", (performance_summary.TEAM_WIDGET, pace.FORECASTS_WIDGET), ("team", "segment", "region"))
DASHBOARDS = (PIPELINE_HEALTH, DEAL_LIST, REP_COACHING, TEAM)
SHOWN = sorted(
    {name for page in DASHBOARDS for widget in (*page.widgets, deal_detail.WIDGET) for name in widget.datasets}
)
"""The datasets that the dashboards show."""
LISTINGS = {listing.name: listing for page in DASHBOARDS for widget in page.widgets for listing in widget.listings}
"""The tables by the names of their CSV files."""
_LABELS = {"quarter": "Quarter", "team": "Team", "segment": "Segment", "region": "Region"}
_NOT_KEPT = {"deal", "page"}
"""Values that a change of a filter gives up."""


def dashboard(page: Page, tables: Tables, choice: Choice, states: States) -> Markup:
    """Return a page's body for a choice; without the filters' table the widgets still show what they can.

    Args:
        page: the page.
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
        states: dataset → its state.
    """
    currency = currency_of(tables)
    with amounts_in(currency.currency_sign, currency.currency):
        return _dashboard(page, tables, choice, states, currency)


def _dashboard(page: Page, tables: Tables, choice: Choice, states: States, currency: Currency) -> Markup:
    options, problem = None, None
    try:
        options = options_of(tables)
    except StoreError as error:
        problem = f"The filters have nothing to choose from: {error}"
    chosen, reps = settled(page, tables, choice, options)
    unknown = options.unknown(chosen) if options else []
    if page.has_reps and choice.rep and choice.rep not in {rep.rep_id for rep in reps} and reps:
        unknown.append(f"The chosen rep is not in this selection. This page shows {reps[0].rep_name}.")
    drawer = render_widget(deal_detail.WIDGET, tables, chosen, states, page.path) if choice.deal else None
    widgets = [render_widget(widget, tables, chosen, states, page.path) for widget in page.widgets]
    problems = [*unknown, *([problem] if problem else [])]
    return _body(page, tables, chosen, options, reps, widgets, drawer, problems, currency.note)


def _body(
    page: Page, tables: Tables, choice: Choice, options: Options | None, reps: list[RepName], widgets: list[Rendered],
    drawer: Rendered | None, problems: list[str], currency_note: str,
) -> Markup:  # fmt: skip
    values = {name: getattr(options, f"{name}s") for name in page.filters} if options else {}
    controls = {*page.filters, *(["rep", "period"] if page.has_reps else [])}
    if what_moved.WIDGET in page.widgets:
        controls.add("since")
    narrowing = None
    if page.has_deals and options:
        controls |= {"status", "category", "band", "stage", "owner"}
        try:
            narrowing = deals.deal_options(tables, choice)
        except StoreError:
            narrowing = None  # the widget says it
    hidden = {
        name: value
        for name, value in choice.parameters.items()
        if name not in controls | _NOT_KEPT and name.rpartition(".")[2] not in ("page", "q")
    }
    return render(
        "dashboard", page=page, choice=choice, options=options, filters=values, labels=_LABELS, reps=reps,
        widgets=widgets, drawer=drawer, problems=problems, hidden=hidden, currency_note=currency_note,
        narrowing=narrowing, statuses=deals.STATUSES,
        close=address(page.path, replace(choice, deal=None)), report=address("/report.html", choice_for_report(choice)),
        **Links(page.path, choice).values,
    )  # fmt: skip


def choice_for_report(choice: Choice) -> Choice:
    """Return the part of a choice that a report has.

    Args:
        choice: the filters and views that the page shows.
    """
    return Choice(choice.quarter, choice.team, choice.segment, choice.region)


def settled(page: Page, tables: Tables, choice: Choice, options: Options | None) -> tuple[Choice, list[RepName]]:
    """Return the choice with a quarter and, on a page about reps, one of the reps that the filters show; and these.

    Args:
        page: the page.
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
        options: the values of the filters.
    """
    default = default_quarter(options) if options else None
    chosen = replace(choice, quarter=choice.quarter or default)
    if not page.has_reps:
        return chosen, []
    try:
        reps = reps_of(tables, chosen)
    except StoreError:
        return chosen, []  # the widgets say it
    shown = [rep.rep_id for rep in reps]
    rep = choice.rep if choice.rep in shown else next(iter(shown), None)
    return replace(chosen, rep=rep), reps


def csv_listing(name: str, choice: Choice) -> Listing | None:
    """Return the table of a CSV file; None if there is none of that name.

    Args:
        name: name of the table.
        choice: the filters and views that the page shows.
    """
    return deals.listing_of(choice) if name == deals.OPEN.name else LISTINGS.get(name)
