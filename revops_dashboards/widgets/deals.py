"""The list of deals: all open ones, or those behind a figure of another page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import DEALS, HEALTH, IN_QUARTER, NARROWED, NARROWING, Choice
from revops_dashboards.formats import deals_of, words
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

EVENTS = "/RevOps/Scenario/process_events"
CATEGORIES = {"Commit": "violet", "Best Case": "blue", "Pipeline": "none", "Omitted": "none"}
"""Forecast category → class of its colour."""
STATUSES = {"open": "Open", "won": "Won", "lost": "Lost", "all": "All deals"}
BELOW_60 = "below_60"
"""Band of the choice that stands for 'at_risk' and 'critical'."""

_CONDITIONS = f"""
    {IN_QUARTER} AND {NARROWED} AND $status IN ('all', deal_state)
    AND ($category IS NULL OR deals.forecast_category = $category)
    AND ($band IS NULL OR deals.health_band = $band
         OR ($band = 'Unknown' AND deals.health_band IS NULL)
         OR ($band = '{BELOW_60}' AND deals.health_band IN ('at_risk', 'critical')))
    AND ($stage IS NULL OR stage_name = $stage) AND ($owner IS NULL OR owner_id = $owner)
    AND ($competitor IS NULL OR competitor = $competitor) AND ($loss_reason IS NULL OR loss_reason = $loss_reason)
    AND ($risk IS NULL OR commit_at_risk)
    AND ($moved IS NULL OR ($moved = 'opened' AND state_1w_ago = 'none')
         OR ($moved IN ('won', 'lost') AND deal_state = $moved AND state_1w_ago <> $moved))
"""


def _listing(name: str, columns: Sequence[Column], sources: dict[str, str], joined: str, condition: str) -> Listing:
    picked = ", ".join(
        f'deals."{column}"'
        for column in (
            "opportunity_id", "account_name", "opportunity_name", "owner_id", "owner_name", "manager_name",
            "segment", "region", "quarter", "deal_state", "amount", "stage_name", "forecast_category", "close_date",
            "health_score", "health_band", "win_chance", "expected_amount", "age_days", "competitor", "loss_reason",
        )
    )  # fmt: skip
    of_health = ("days_until_close", "days_since_contact", "contact_status", "days_in_stage", "risk_flags")
    more = ", ".join(f"health.{column}" if joined else f"NULL AS {column}" for column in of_health)
    return Listing(
        name, "Deals", columns,
        f"""SELECT {picked}, {more}
            FROM (FROM deals WHERE {_CONDITIONS}) AS deals {joined} WHERE {condition}""",
        {"deals": DEALS, **sources}, "amount DESC NULLS LAST, opportunity_id", amount="amount",
        searched=("account_name", "opportunity_name", "owner_name", "stage_name"),
        more=(
            "opportunity_id", "opportunity_name", "owner_name", "manager_name", "segment", "region", "quarter",
            "deal_state", "win_chance", "expected_amount", "age_days", "days_in_stage", "days_since_contact",
            "competitor", "loss_reason",
        ),
    )  # fmt: skip


_NAME, _AMOUNT = Column("account_name", "Deal", "deal"), Column("amount", "Amount", "money")
OPEN = _listing(
    "deals",
    (
        _NAME,
        _AMOUNT,
        Column("forecast_category", "Category"),
        Column("stage_name", "Stage"),
        Column("win_chance", "Chance", "percent", metric="win_chance"),
        Column("health_score", "Health", "health", metric="health_score"),
        Column("close_date", "Closes", "closes"),
        Column("age_days", "Age", "days", is_minor=True),
        Column("days_since_contact", "Last contact", "contact", is_minor=True),
        Column("risk_flags", "Flags", "flags", order="len(risk_flags)", is_long=True),
    ),
    {"health": HEALTH},
    "LEFT JOIN health USING (opportunity_id)",
    "($flag IS NULL OR list_contains(health.risk_flags, $flag))",
)
WAITING = replace(
    OPEN,
    sql=f"""{OPEN.sql} AND opportunity_id IN
            (SELECT opportunity_id FROM events WHERE ended_on IS NULL AND activity = $waits_in)""",
    sources={**OPEN.sources, "events": EVENTS},
)
CLOSED = _listing(
    "deals",
    (
        _NAME,
        _AMOUNT,
        Column("deal_state", "Result", "words"),
        Column("close_date", "Closed", "date"),
        Column("age_days", "Days open", "days"),
        Column("competitor", "Competitor"),
        Column("loss_reason", "Loss reason", "loss_reason"),
    ),
    {},
    "",
    "true",
)


@dataclass(frozen=True)
class Narrowing:
    """A value that narrows the list beside the filters.

    Attributes:
        name: the field of the choice.
        text: what it leaves.
    """

    name: str
    text: str


@dataclass(frozen=True)
class DealList(Content):
    """The deals of a choice, what narrows them, and for open deals their amounts by forecast category."""

    listed: Listed | None
    narrowed: Sequence[Narrowing]
    roll_up: Bars | None


def listing_of(choice: Choice) -> Listing:
    """Return the table that shows the chosen deals: open ones have a future, closed ones a result.

    Args:
        choice: the filters and views that the page shows.
    """
    if choice.waits_in:
        return WAITING
    return OPEN if choice.status == "open" else CLOSED


def content(tables: Tables, choice: Choice) -> DealList:
    """Return the deals of the choice, the largest first.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    narrowed = [
        Narrowing(name, narrowing_text(name, value))
        for name in NARROWING
        if (value := choice.values[name]) is not None and name not in ("category", "band", "stage", "owner")
    ]
    listing = listing_of(choice)
    roll_up = _roll_up(listing, tables, choice) if choice.status == "open" else None
    return DealList(read_listing(listing, tables, choice), narrowed, roll_up)


@dataclass(frozen=True)
class _Category:
    forecast_category: str
    deals: int
    dollars: float | None


def _roll_up(listing: Listing, tables: Tables, choice: Choice) -> Bars | None:
    """Return the amounts of the chosen deals by forecast category, also those that the chosen category leaves out."""
    rows = tables.select(
        _Category,
        f"""FROM (SELECT forecast_category, count(*) AS deals, sum(amount) AS dollars FROM ({listing.sql})
                  WHERE {listing.matches} GROUP BY ALL)
            ORDER BY list_position({list(CATEGORIES)}, forecast_category)""",
        {**replace(choice, category=None).values, "q": choice.view(listing.key).q},
        **listing.sources,
    )
    bars = [
        Bar(
            row.forecast_category, row.dollars, deals_of(row.deals, row.dollars),
            CATEGORIES.get(row.forecast_category, "none"),
            {**narrowing_of(choice), "category": row.forecast_category},
        )
        for row in rows
    ]  # fmt: skip
    return Bars("deal-roll-up", "Open deals by forecast category", bars) if bars else None


def narrowing_of(choice: Choice) -> dict[str, str]:
    """Return the values of a choice that narrow the deal list.

    Args:
        choice: the filters and views that the page shows.
    """
    return {name: choice.values[name] for name in NARROWING if choice.values[name] is not None}


def narrowing_text(name: str, value: str) -> str:
    """Return what a narrowing leaves, in words.

    Args:
        name: name of the narrowing filter.
        value: its value.
    """
    return {
        "flag": words(value),
        "waits_in": f"In {value}",
        "competitor": f"Competitor: {value}",
        "loss_reason": f"Lost on: {value}",
        "moved": f"{words(value)} in the last 7 days",
        "risk": "Commits at risk",
    }.get(name, value)


@dataclass(frozen=True)
class DealOptions:
    """Values by which the deal list can be narrowed."""

    categories: list[str]
    stages: list[str]
    owners: list[tuple[str, str]]


def deal_options(tables: Tables, choice: Choice) -> DealOptions:
    """Return the categories, stages and owners of the deals that the filters show.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.

    Raises:
        StoreError: the deals cannot be read.
    """
    shown = f"FROM deals WHERE $status IN ('all', deal_state) AND {IN_QUARTER} AND {NARROWED}"
    [row] = tables.query(
        f"""SELECT list(DISTINCT forecast_category) AS categories, list(DISTINCT stage_name) AS stages,
                   list(DISTINCT [owner_id, owner_name]) AS owners {shown}""",
        choice.values,
        deals=DEALS,
    )
    owners = sorted(((owner[0], owner[1]) for owner in row["owners"] or []), key=lambda owner: owner[1])
    categories = [category for category in CATEGORIES if category in (row["categories"] or [])]
    return DealOptions(categories, sorted(row["stages"] or []), owners)


WIDGET = Widget("deals", "Deals", (DEALS, HEALTH), content, listings=(OPEN,))
