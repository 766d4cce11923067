"""What moved: the open pipeline of an earlier day, each kind of change since, and the open pipeline today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from revops_dashboards.charts import Bar, Bars
from revops_dashboards.filters import NARROWED, SETTING, Choice
from revops_dashboards.formats import count, day, money, money_change
from revops_dashboards.listing import Column, Listed, Listing, read_listing
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Content, Widget

MOVEMENT = "/RevOps/Analytics/pipeline_movement"
MOVEMENT_DEALS = "/RevOps/Analytics/pipeline_movement_deals"
CHANGES = "/RevOps/Analytics/pipeline_changes"
PARTS = {
    "opening": ("Opening pipeline", "none"),
    "created": ("Created", "blue"),
    "pulled_in": ("Pulled in", "blue"),
    "increased": ("Increased", "blue"),
    "won": ("Won", "healthy"),
    "lost": ("Lost", "critical"),
    "decreased": ("Decreased", "at_risk"),
    "pushed_out": ("Pushed out", "at_risk"),
    "removed": ("Removed", "critical"),
    "closing": ("Closing pipeline", "none"),
}
"""Part of the movement → its name, and the class of its bar's colour."""
TOTALS = ("opening", "closing")
SINCE = {"1w": "A week ago", "last": "The last import"}
"""Period of the movement → when it starts, as a choice says it."""
NO_EARLIER_DAY = (
    "There is no earlier day to compare with: each build records the deals of its day. Import the next export when you "
    "have it, `import FOLDER --crm`, and build again."
)
IS_PERIOD = "period = coalesce($since, (SELECT min(period) FROM movement))"
"""SQL: rows of the chosen period; without a choice of '1w', or of 'last' if no snapshot is a week old."""

DEALS_OF_PART = Listing(
    "deals_of_change", "Deals of the change",
    (
        Column("account_name", "Deal", "moved_deal"),
        Column("part_amount", "Change", "money_change"),
        Column("from_amount", "Amount before", "money"),
        Column("to_amount", "Amount now", "money"),
        Column("from_close_date", "Close date before", "date"),
        Column("to_close_date", "Close date now", "date"),
        Column("to_stage", "Stage now", is_minor=True),
    ),
    f"FROM deals WHERE {IS_PERIOD} AND part = $part AND quarter = $quarter AND {NARROWED}",
    {"deals": MOVEMENT_DEALS, "movement": MOVEMENT}, "abs(part_amount) DESC, opportunity_id", key="deals_of_change",
    amount="part_amount", searched=("account_name", "opportunity_name", "owner_name"), page_rows=10,
    more=("part", "opportunity_id", "opportunity_name", "owner_name", "from_stage", "from_date", "to_date"),
)  # fmt: skip
CHANGE_LIST = Listing(
    "changes", "Changes",
    (
        Column("account_name", "Deal", "moved_deal"),
        Column("kind", "Change", "change_kind"),
        Column("from_stage", "Before", "change_from"),
        Column("to_stage", "Now", "change_to"),
        Column("amount_effect", "Open pipeline", "effect"),
    ),
    f"""FROM changes WHERE {IS_PERIOD} AND $quarter IN ('All', coalesce(from_quarter, ''), coalesce(to_quarter, ''))
            AND {NARROWED}""",
    {"changes": CHANGES, "movement": MOVEMENT},
    "abs(amount_effect) + abs(moved_amount) DESC, opportunity_id, kind", noun="change", key="changes", page_rows=10,
    searched=("account_name", "opportunity_name", "owner_name", "kind"),
    more=(
        "opportunity_id", "opportunity_name", "owner_name", "moved_amount", "from_quarter", "to_quarter", "from_amount",
        "to_amount", "from_close_date", "to_close_date", "from_owner", "to_owner", "from_date", "to_date",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Movement:
    """A row of pipeline_movement; see docs/metrics.md, "What moved"."""

    period: str
    from_date: date
    to_date: date
    opening_count: int
    opening_amount: float
    created_count: int
    created_amount: float
    pulled_in_count: int
    pulled_in_amount: float
    increased_count: int
    increased_amount: float
    won_count: int
    won_amount: float
    lost_count: int
    lost_amount: float
    decreased_count: int
    decreased_amount: float
    pushed_out_count: int
    pushed_out_amount: float
    removed_count: int
    removed_amount: float
    closing_count: int
    closing_amount: float

    def number(self, part: str) -> int:
        """Return how many deals a part counts.

        Args:
            part: name of the part.
        """
        return int(getattr(self, f"{part}_count"))

    def amount(self, part: str) -> float:
        """Return what a part adds to the pipeline; negative: it lessens it.

        Args:
            part: name of the part.
        """
        return float(getattr(self, f"{part}_amount"))


@dataclass(frozen=True)
class WhatMoved(Content):
    """The movement of a choice.

    Attributes:
        periods: the periods that there are → their names as a choice says them.
        waterfall: a bar for each part.
        part: name of the part whose deals are shown; None: none is chosen.
        listed: these deals.
    """

    movement: Movement
    periods: dict[str, str]
    waterfall: Bars
    part: str | None
    listed: Listed | None


@dataclass(frozen=True)
class ChangedDeals(Content):
    """The changes of a choice, and the period in which they were made."""

    movement: Movement
    listed: Listed


def content(tables: Tables, choice: Choice) -> WhatMoved | str | None:
    """Return the movement of the choice; a text without an earlier day, None if no deal was open or changed.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    periods = _periods(tables)
    if not periods:
        return NO_EARLIER_DAY
    movement = _movement(tables, choice)
    if movement is None:
        return None
    name, _ = PARTS.get(choice.part or "", (None, ""))
    listed = read_listing(DEALS_OF_PART, tables, choice) if name else None
    return WhatMoved(movement, periods, _waterfall(movement), name, listed)


def changed_deals(tables: Tables, choice: Choice) -> ChangedDeals | str | None:
    """Return the changes of the choice, the largest first; a text without an earlier day, None if nothing changed.

    Args:
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.
    """
    if not _periods(tables):
        return NO_EARLIER_DAY
    movement, listed = _movement(tables, choice), read_listing(CHANGE_LIST, tables, choice)
    return ChangedDeals(movement, listed) if movement and listed else None


def _periods(tables: Tables) -> dict[str, str]:
    """Return the periods with their names; of two that start on one day the week alone."""
    rows = tables.query(
        "SELECT min(period) AS period, from_date FROM movement GROUP BY from_date ORDER BY from_date", movement=MOVEMENT
    )
    return {row["period"]: f"{SINCE.get(row['period'], row['period'])}: {day(row['from_date'])}" for row in rows}


def _movement(tables: Tables, choice: Choice) -> Movement | None:
    return tables.select_one(
        Movement, f"FROM movement WHERE {IS_PERIOD} AND quarter = $quarter AND {SETTING}", choice.values,
        movement=MOVEMENT,
    )  # fmt: skip


def _waterfall(movement: Movement) -> Bars:
    """Return the bars: totals from zero on, each change from where the one before it ends."""
    spans, level = {}, 0.0
    for part in PARTS:
        begin = 0.0 if part in TOTALS else level
        level = begin + movement.amount(part)
        spans[part] = min(begin, level), max(begin, level)
    least = min(0.0, *(low for low, _ in spans.values()))
    bars = []
    for part, (name, kind) in PARTS.items():
        low, high = spans[part]
        number, amount = movement.number(part), movement.amount(part)
        link = {"part": part, "since": movement.period} if number else None
        bars.append(Bar(name, high - low, _text(part, number, amount), kind, link, start=low - least, at="what_moved"))
    return Bars("what-moved", f"Open pipeline from {day(movement.from_date)} to {day(movement.to_date)}", bars)


def _text(part: str, number: int, amount: float) -> str:
    if not number:
        return "None"
    if part in ("pulled_in", "pushed_out") and not amount:
        return f"{count(number, 'deal')} between quarters"
    return f"{money(amount) if part in TOTALS else money_change(amount)} · {count(number, 'deal')}"


WIDGET = Widget(
    "what_moved", "What moved", (MOVEMENT, MOVEMENT_DEALS), content, listings=(DEALS_OF_PART,),
    metric="pipeline_changes",
)  # fmt: skip
CHANGED_WIDGET = Widget(
    "changed_deals", "Changed deals", (CHANGES, MOVEMENT), changed_deals, "No deal of these filters changed.",
    listings=(CHANGE_LIST,), metric="pipeline_changes",
)  # fmt: skip
