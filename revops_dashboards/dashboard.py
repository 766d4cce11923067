"""The body of a dashboard: its filters, with a rep where the page has one, and its widgets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from revops_dashboards.filters import Choice, Options, default_quarter, options_of, reps_of
from revops_dashboards.pages import Page
from revops_dashboards.render import States, render, render_widget
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError


def dashboard(page: Page, tables: Tables, choice: Choice, states: States) -> Markup:
    """Return a page's body for a choice; without the filters' table the widgets still say what they can."""
    options, problem = None, None
    try:
        options = options_of(tables)
    except StoreError as error:
        problem = f"The filters have nothing to choose from: {error}"
    chosen, reps = settled(page, tables, choice, options)
    widgets = [render_widget(widget, tables, chosen, states, page.path) for widget in page.widgets]
    return render("dashboard", page=page, choice=chosen, options=options, reps=reps, widgets=widgets, problem=problem)


def settled(page: Page, tables: Tables, choice: Choice, options: Options | None) -> tuple[Choice, list[dict[str, Any]]]:
    """Return the choice with a quarter and, on a page about reps, one of the reps that the filters show; and these."""
    default = default_quarter(options) if options else None
    chosen = replace(choice, quarter=choice.quarter or default)
    if not page.has_reps:
        return chosen, []
    try:
        reps = reps_of(tables, chosen)
    except StoreError:
        return chosen, []  # the widgets say it
    shown = [rep["rep_id"] for rep in reps]
    rep = choice.rep if choice.rep in shown else next(iter(shown), None)
    return replace(chosen, rep=rep), reps
