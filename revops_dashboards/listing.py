"""Tables of a page: sorted, searched and paged by the address, and the same rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from revops_dashboards.filters import Choice, View
from revops_dashboards.tables import Row, Tables, Value

NUMBERS = {
    "money", "money_change", "effect", "percent", "days", "days_change", "decimal", "whole", "health", "waiting",
    "fall_back", "pipeline", "contact",
}  # fmt: skip
"""Kinds of columns that are aligned to the right, and sorted from the largest value on first."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: the column of the query; also its name in `sort=` and in the CSV.
        label: its heading.
        kind: how its values are written: a macro of cells.html.jinja.
        order: SQL to sort by; None: the column itself.
        metric: name of the metric in docs/metrics.md that explains it; None: the heading says it all.
        is_long: takes a line of its own on a narrow screen.
        is_minor: left out on a narrow screen or beside an open deal; the CSV has it.
    """

    name: str
    label: str
    kind: str = "text"
    order: str | None = None
    metric: str | None = None
    is_long: bool = False
    is_minor: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in NUMBERS

    def next_sort(self, view: View) -> str:
        """Return the sort that a click on the heading chooses: the other direction if it is sorted by already.

        Args:
            view: how the table is shown.
        """
        first = f"-{self.name}" if self.is_number else self.name
        other = self.name if self.is_number else f"-{self.name}"
        return other if view.sort == first else first

    def direction(self, view: View) -> str | None:
        """Return 'ascending' or 'descending' if the table is sorted by this column.

        Args:
            view: how the table is shown.
        """
        return {self.name: "ascending", f"-{self.name}": "descending"}.get(view.sort)


@dataclass(frozen=True)
class Listing:
    """A table of a page.

    Attributes:
        name: of its CSV file.
        title: what the table contains, as its accessible name.
        columns: the columns that are shown, the first one names the row.
        sql: the query; it may use the values of a choice as `$name`.
        sources: name in the SQL → dataset.
        order: SQL of the order without a choice.
        noun: what a row is: 'deal'.
        key: of its view in the address; empty: it is the main table of its page.
        searched: columns that the search looks into; empty: no search.
        amount: column of amounts whose sum is shown; None: no sum.
        more: columns that the CSV has beside those shown.
        page_rows: rows of a page unless the address states another number.
    """

    name: str
    title: str
    columns: Sequence[Column]
    sql: str
    sources: Mapping[str, str]
    order: str
    noun: str = "deal"
    key: str = ""
    searched: Sequence[str] = ()
    amount: str | None = None
    more: Sequence[str] = ()
    page_rows: int = 25

    @property
    def matches(self) -> str:
        """SQL: rows that contain the text `$q` in one of the searched columns."""
        text = " || ' ' || ".join(f"coalesce(\"{column}\", '')" for column in self.searched)
        return f"contains(lower({text}), lower($q))" if self.searched else "true"

    def order_by(self, sort: str) -> str:
        """Return the SQL of an order; rows without a value stand last in both directions. Unknown: its own order.

        Args:
            sort: name of a column, '-' before it for the largest first.
        """
        column = next((candidate for candidate in self.columns if candidate.name == sort.removeprefix("-")), None)
        if column is None:
            return self.order
        direction = "DESC" if sort.startswith("-") else "ASC"
        expression = column.order or f'"{column.name}"'
        return f"{expression} {direction} NULLS LAST, {self.order}"


@dataclass(frozen=True)
class Listed:
    """The rows of a table that a page shows.

    Attributes:
        rows: of this page.
        count: of all pages, after the search.
        total: sum of the amounts of all pages; None without amounts.
        view: how they are chosen.
    """

    listing: Listing
    rows: Sequence[Row]
    count: int
    total: float | None
    view: View = field(default_factory=View)

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-self.count // self.page_rows) if self.page_rows else 1

    @property
    def page_rows(self) -> int:
        """Rows of a page; 0: all."""
        return self.listing.page_rows if self.view.rows is None else self.view.rows

    @property
    def first(self) -> int:
        """Number of the first row that is shown, from 1."""
        return (self.view.page - 1) * self.page_rows + 1

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return len(self.rows) < self.count


def read_listing(listing: Listing, tables: Tables, choice: Choice) -> Listed | None:
    """Return the rows of a table for a choice; None if there are none even without a search.

    Args:
        listing: the table.
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.

    Raises:
        StoreError: a dataset cannot be read.
    """
    view = choice.view(listing.key)
    rows = _rows(listing, tables, choice, view)
    if not rows and view.page > 1:  # the address names a page that is no longer there
        view = View(view.sort, 1, view.rows, view.q)
        rows = _rows(listing, tables, choice, view)
    if not rows:
        return Listed(listing, [], 0, None, view) if view.q else None
    count, total = rows[0]["row_count"], rows[0]["row_total"]
    assert isinstance(count, int)
    return Listed(listing, rows, count, None if listing.amount is None else _number(total), view)


def _rows(listing: Listing, tables: Tables, choice: Choice, view: View) -> Sequence[Row]:
    total = f'sum("{listing.amount}") OVER ()' if listing.amount else "NULL"
    size = listing.page_rows if view.rows is None else view.rows
    limit = f"LIMIT {size} OFFSET {(view.page - 1) * size}" if size else ""
    return tables.query(
        f"""WITH listed AS ({listing.sql})
            SELECT *, count(*) OVER () AS row_count, {total} AS row_total FROM listed WHERE {listing.matches}
            ORDER BY {listing.order_by(view.sort)} {limit}""",
        {**choice.values, "q": view.q},
        **listing.sources,
    )


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def csv_of(listing: Listing, tables: Tables, choice: Choice) -> str:
    """Return all rows of a table for a choice as CSV, in the order and with the search of its view.

    Texts that a spreadsheet would run as a formula begin with an apostrophe.

    Args:
        listing: the table.
        tables: the tables of the warehouse.
        choice: the filters and views that the page shows.

    Raises:
        StoreError: a dataset cannot be read.
    """
    view = choice.view(listing.key)
    rows = _rows(listing, tables, choice, View(view.sort, 1, 0, view.q))
    names = [*dict.fromkeys([*(column.name for column in listing.columns), *listing.more])]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, Sequence):
        return "; ".join(_cell(item) for item in value)
    return str(value)
