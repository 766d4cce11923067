"""What a viewer has chosen: the filters of docs/dashboard_data_contracts.md, a deal, a rep, a period."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError

ALL = "All"
KPIS = "/RevOps/Analytics/dashboard_kpis_by_filter"
REPS = "/RevOps/Analytics/rep_performance_view"
HEALTH = "/RevOps/Enriched/deal_health_scores"
PERIODS = {"30d": "Last 30 days", "7d": "Last 7 days", "today": "Today"}


@dataclass(frozen=True)
class Choice:
    """The chosen values; the defaults leave nothing out. None: nothing is chosen yet."""

    quarter: str | None = None
    team: str = ALL
    segment: str = ALL
    region: str = ALL
    deal: str | None = None
    rep: str | None = None
    period: str = "30d"
    dataset: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """All of them by name, for SQL."""
        return asdict(self)


def choice_of(query: Mapping[str, str]) -> Choice:
    """Return what a page's address asks for; names that no choice has are left out, and so are empty values."""
    known = {name: value for name, value in query.items() if name in Choice.__dataclass_fields__ and value}
    return Choice(**known)


@dataclass(frozen=True)
class Options:
    """What there is to choose from; 'All' first in those that may leave nothing out."""

    quarters: list[str]
    teams: list[str]
    segments: list[str]
    regions: list[str]
    today: date | None


def options_of(tables: Tables) -> Options:
    """Return the values of the filters: those that the KPIs have rows for, or, where these are lost, the open deals.

    Raises:
        StoreError: neither can be read.
    """
    try:
        return _options(tables, KPIS, "team_filter", "segment_filter", "region_filter")
    except StoreError:
        with contextlib.suppress(StoreError):
            return _options(tables, HEALTH, "manager_name", "segment", "region")
        raise


def _options(tables: Tables, dataset: str, team: str, segment: str, region: str) -> Options:
    [found] = tables.query(
        f"""SELECT list(DISTINCT quarter) AS quarters, list(DISTINCT {team}) AS teams,
                   list(DISTINCT {segment}) AS segments, list(DISTINCT {region}) AS regions,
                   max(data_freshness) AS today
            FROM rows""",
        rows=dataset,
    )
    quarters = sorted(found["quarters"] or [], key=lambda name: (name.split()[-1], name))
    teams, segments, regions = (_all_first(found[name] or []) for name in ("teams", "segments", "regions"))
    return Options(quarters, teams, segments, regions, found["today"])


def quarter_of(day: date) -> str:
    """Return a day's quarter as datasets write it: 'Q4 2024'."""
    return f"Q{(day.month - 1) // 3 + 1} {day.year}"


def default_quarter(options: Options) -> str | None:
    """Return the quarter that goes on, or else the last one that there is."""
    current = quarter_of(options.today) if options.today else None
    return current if current in options.quarters else next(reversed(options.quarters), None)


def reps_of(tables: Tables, choice: Choice) -> list[dict[str, Any]]:
    """Return rep_id, rep_name and overall_rank of the reps that the filters show, the best first.

    Raises:
        StoreError: the reps' table cannot be read.
    """
    return tables.query(
        f"""SELECT rep_id, rep_name, overall_rank FROM reps WHERE {NARROWED} ORDER BY overall_rank, rep_name""",
        choice.values,
        reps=REPS,
    )


NARROWED = "$team IN ('All', manager_name) AND $segment IN ('All', segment) AND $region IN ('All', region)"
"""SQL: rows with the columns manager_name, segment and region that the filters show."""
SETTING = "team_filter = $team AND segment_filter = $segment AND region_filter = $region"
"""SQL: the rows of a `…_by_filter` dataset for the chosen setting."""


def _all_first(values: list[str]) -> list[str]:
    return [ALL, *sorted(set(values) - {ALL})]
