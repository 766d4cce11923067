"""The choice that a page's address makes: filters, a deal, a rep, narrowing of the deal list, order of tables.

The filters quarter, team, segment and region are those of docs/dashboard_data_contracts.md.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError

ALL = "All"
UNDATED = "Unknown"
"""The quarter of deals without a close date, as datasets write it."""
KPIS = "/RevOps/Analytics/dashboard_kpis_by_filter"
REPS = "/RevOps/Analytics/rep_performance_view"
HEALTH = "/RevOps/Enriched/deal_health_scores"
DEALS = "/RevOps/Analytics/deal_forecast"
"""Every deal, open or closed, with its rep's team, segment and region."""
PERIODS = {"30d": "Last 30 days", "7d": "Last 7 days", "today": "Today"}


@dataclass(frozen=True)
class View:
    """Sort, search and page of a table.

    Attributes:
        sort: name of the column to sort by, after a minus for descending order; empty: the table's own order.
        page: number of the page, from 1.
        rows: rows of a page; 0: all; None: as many as the table shows by itself.
        q: text that a row must contain in one of the searched columns.
    """

    sort: str = ""
    page: int = 1
    rows: int | None = None
    q: str = ""


@dataclass(frozen=True)
class Choice:
    """The values that an address chooses; the defaults leave nothing out. None: not chosen.

    Attributes:
        quarter, team, segment, region: the filters of every page.
        deal, rep, period, dataset: what a panel or a page shows.
        status: 'open', 'won', 'lost' or 'all', of the deal list.
        category, band, stage, flag, owner, waits_in, competitor, loss_reason, moved, risk: narrow the deal list.
        since, part: period of what moved, 'last' or '1w', and the part of it whose deals are shown.
        views: name of a table → how it is shown.
    """

    quarter: str | None = None
    team: str = ALL
    segment: str = ALL
    region: str = ALL
    deal: str | None = None
    rep: str | None = None
    period: str = "30d"
    dataset: str | None = None
    status: str = "open"
    category: str | None = None
    band: str | None = None
    stage: str | None = None
    flag: str | None = None
    owner: str | None = None
    waits_in: str | None = None
    competitor: str | None = None
    loss_reason: str | None = None
    moved: str | None = None
    risk: str | None = None
    since: str | None = None
    part: str | None = None
    views: Mapping[str, View] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """The values by name, for SQL and for templates."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "views"}

    def view(self, table: str) -> View:
        """Return how a table is shown.

        Args:
            table: key of the table.
        """
        return self.views.get(table, View())

    def with_view(self, table: str, **changes: str | int | None) -> Choice:
        """Return the choice with a table shown in another way.

        Args:
            table: key of the table.
        """
        return replace(self, views={**self.views, table: replace(self.view(table), **changes)})  # type: ignore[arg-type]

    @property
    def parameters(self) -> dict[str, str]:
        """Content of a page's address: all values that differ from the defaults.

        A table's view is written as `table.sort`; that of the page's main table, which has no name, as `sort`.
        """
        chosen, default = self.values, Choice().values
        values = {name: str(value) for name, value in chosen.items() if value not in (None, default[name])}
        for table, view in self.views.items():
            for attribute in fields(View):
                if (value := getattr(view, attribute.name)) != attribute.default:
                    values[f"{table}.{attribute.name}" if table else attribute.name] = (
                        "all" if value == 0 else str(value)
                    )
        return values


NARROWING = ("category", "band", "stage", "flag", "owner", "waits_in", "competitor", "loss_reason", "moved", "risk")
"""The fields of a choice that narrow the deal list alone."""


def choice_of(query: Mapping[str, str]) -> Choice:
    """Return the choice of a page's address; unknown names, empty values and impossible numbers are ignored.

    Args:
        query: names and values of the address.
    """
    names = {field.name for field in fields(Choice)} - {"views"}
    known: dict[str, str] = {name: value for name, value in query.items() if name in names and value}
    choice = Choice(**known)  # type: ignore[arg-type]
    for key, text in query.items():
        table, _, name = key.rpartition(".")
        if name in {field.name for field in fields(View)} and text:
            value = _number(text, smallest=1) if name in ("page", "rows") else text
            choice = choice.with_view(table, **{name: value}) if value is not None else choice
    return choice


def _number(text: str, smallest: int) -> int | None:
    if text == "all":
        return 0
    return max(smallest, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else None


def address(path: str, choice: Choice, **changes: str | None) -> str:
    """Return the address of a page with a choice, some of it changed.

    Args:
        path: path of the page.
        choice: the filters and views that the page shows.
    """
    parameters = replace(choice, **changes).parameters if changes else choice.parameters  # type: ignore[arg-type]
    return f"{path}?{urlencode(parameters)}" if parameters else path


def filters_only(choice: Choice) -> Choice:
    """Return the part of a choice that holds on every page: the filters, the rep and the period.

    Args:
        choice: the filters and views that the page shows.
    """
    return Choice(choice.quarter, choice.team, choice.segment, choice.region, rep=choice.rep, period=choice.period)


@dataclass(frozen=True)
class Options:
    """Values of each filter; 'All' comes first in filters that can be left open.

    Attributes:
        quarters: in the order of time, then 'Unknown' if there are deals without a close date, then 'All'.
        today: the day of the data.
        open_quarters: the quarters with open deals.
    """

    quarters: list[str]
    teams: list[str]
    segments: list[str]
    regions: list[str]
    today: date | None
    open_quarters: list[str] = field(default_factory=list)

    def unknown(self, choice: Choice) -> list[str]:
        """Return a sentence for each filter of the choice whose value does not exist.

        Args:
            choice: the filters and views that the page shows.
        """
        known = {"quarter": [*self.quarters, ALL], "team": self.teams, "segment": self.segments, "region": self.regions}
        return [
            f"There is no {name} “{choice.values[name]}”."
            for name, values in known.items()
            if choice.values[name] is not None and choice.values[name] not in values
        ]


def options_of(tables: Tables) -> Options:
    """Return the values of the filters: those that the KPIs have rows for, or, where these are lost, the open deals.

    Args:
        tables: the tables of the warehouse.

    Raises:
        StoreError: neither can be read.
    """
    try:
        return _options(tables, KPIS, "team_filter", "segment_filter", "region_filter", "open_count > 0")
    except StoreError:
        with contextlib.suppress(StoreError):
            return _options(tables, HEALTH, "manager_name", "segment", "region", "true")
        raise


def _options(tables: Tables, dataset: str, team: str, segment: str, region: str, is_open: str) -> Options:
    [options] = tables.query(
        f"""SELECT list(DISTINCT quarter) AS quarters, list(DISTINCT {team}) AS teams,
                   list(DISTINCT {segment}) AS segments, list(DISTINCT {region}) AS regions,
                   max(data_freshness) AS today, list(DISTINCT quarter) FILTER ({is_open}) AS open_quarters
            FROM rows""",
        rows=dataset,
    )
    quarters, open_quarters = (sorted(options[name] or [], key=_in_time) for name in ("quarters", "open_quarters"))
    teams, segments, regions = (_all_first(options[name] or []) for name in ("teams", "segments", "regions"))
    return Options(quarters, teams, segments, regions, options["today"], open_quarters)


def _in_time(quarter: str) -> tuple[bool, bool, str, str]:
    return quarter == ALL, quarter == UNDATED, quarter.split()[-1], quarter


def quarter_of(day: date) -> str:
    """Return a day's quarter as datasets write it: 'Q4 2024'.

    Args:
        day: a date.
    """
    return f"Q{(day.month - 1) // 3 + 1} {day.year}"


def default_quarter(options: Options) -> str | None:
    """Return the current quarter if it has open deals, else all quarters; without an 'All', the last quarter.

    Args:
        options: the values of the filters.
    """
    current = quarter_of(options.today) if options.today else None
    if current in options.quarters and (current in options.open_quarters or ALL not in options.quarters):
        return current
    return ALL if ALL in options.quarters else next(reversed(options.quarters), None)


@dataclass(frozen=True)
class RepName:
    """A rep that can be chosen."""

    rep_id: str
    rep_name: str
    overall_rank: int | None


def reps_of(tables: Tables, choice: Choice) -> list[RepName]:
    """Return the reps that the filters show, the best first.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.

    Raises:
        StoreError: the reps' table cannot be read.
    """
    return tables.select(
        RepName, f"FROM reps WHERE {NARROWED} ORDER BY overall_rank NULLS LAST, rep_name", choice.values, reps=REPS
    )


NARROWED = "$team IN ('All', manager_name) AND $segment IN ('All', segment) AND $region IN ('All', region)"
"""SQL: rows with the columns manager_name, segment and region that the filters show."""
IN_QUARTER = "$quarter IN ('All', quarter)"
"""SQL: rows with a column quarter that the filters show."""
SETTING = "team_filter = $team AND segment_filter = $segment AND region_filter = $region"
"""SQL: the rows of a `…_by_filter` dataset for the chosen setting."""


def _all_first(values: list[str]) -> list[str]:
    return [ALL, *sorted(set(values) - {ALL})]
