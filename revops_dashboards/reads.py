"""Which columns each part of the dashboards reads, for `impact`, `diff` and the data dictionary.

Each widget runs on the rows of the warehouse, and on empty tables of the same columns, so that the queries of both
cases are seen. A column counts as read if DuckDB refuses the query without it, which is what dropping it does.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from revops_dashboards.filters import DEALS, Choice, options_of
from revops_dashboards.pages import DASHBOARDS, Page, settled
from revops_dashboards.tables import Tables
from revops_dashboards.widget import Widget
from revops_dashboards.widgets import deal_detail, deals
from transforms_api.api import PageReads
from transforms_api.errors import StoreError
from transforms_api.warehouse import ColumnName, TableVersion, Warehouse

FILTERS = "Filters"
"""The part of a page that has the choices of its filters."""


@dataclass(frozen=True)
class _Query:
    """A query that a widget has run.

    Attributes:
        sql: text of the query.
        datasets: name in the SQL and path of each dataset.
        values: the values of `$name`.
    """

    sql: str
    datasets: tuple[tuple[str, str], ...]
    values: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True)
class _Recorder(Tables):
    """Tables that note the queries on them.

    Attributes:
        is_empty: whether the tables have the columns of the datasets and no rows.
        queries: query → None, in the order of the first run.
        known: query → the columns that it reads.
    """

    is_empty: bool = False
    queries: dict[_Query, None] = field(default_factory=dict, repr=False, compare=False)
    known: dict[_Query, frozenset[ColumnName]] = field(default_factory=dict, repr=False, compare=False)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None, **datasets: str) -> list[dict[str, Any]]:
        """Note a query, and return its rows.

        Args:
            sql: the query.
            parameters: values of its `$name`.
        """
        self.queries[_Query(sql, tuple(sorted(datasets.items())), dict(parameters or {}))] = None
        return super().query(sql, parameters, **datasets)

    def _relation_of(self, version: TableVersion) -> str:
        relation = super()._relation_of(version)
        if not self.is_empty:
            return relation
        with self._database.cursor() as database:
            database.execute(f"CREATE TABLE empty_{relation} AS FROM {relation} LIMIT 0")
        return f"empty_{relation}"

    def columns_read(self, query: _Query) -> frozenset[ColumnName]:
        """Return the columns without which DuckDB refuses a query; none if it refuses the query with all columns.

        Args:
            query: the query.
        """
        if query not in self.known:
            self.known[query] = frozenset(self._columns_read(query))
        return self.known[query]

    def _columns_read(self, query: _Query) -> Iterator[ColumnName]:
        words = set(re.findall(r"\w+", query.sql))
        parameters = set(re.findall(r"\$(\w+)", query.sql))
        values = {name: value for name, value in query.values.items() if name in parameters}
        relations = {name: self._open(dataset).relation for name, dataset in query.datasets}
        with self._database.cursor() as database:
            database.execute("PRAGMA disable_optimizer")

            def show(name: str, columns: str = "*") -> None:
                database.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT {columns} FROM {relations[name]}')

            def is_refused() -> bool:
                try:
                    database.execute(f"EXPLAIN {query.sql}", values)
                except duckdb.Error:
                    return True
                return False

            for name in relations:
                show(name)
            if is_refused():
                return
            for name, dataset in query.datasets:
                columns = [column for column, *_ in database.execute(f"DESCRIBE {relations[name]}").fetchall()]
                for column in columns:
                    if not words.issuperset(re.findall(r"\w+", column)):
                        continue  # the query does not name it
                    if len(columns) > 1:
                        quoted = column.replace('"', '""')
                        show(name, f'* EXCLUDE ("{quoted}")')
                    if len(columns) == 1 or is_refused():
                        yield ColumnName(dataset, column)
                show(name)


def page_reads(warehouse: Warehouse) -> list[PageReads]:
    """Return which columns each part of each page reads; `pages` in conf/run.toml names this function.

    Args:
        warehouse: the warehouse on its branch; parts whose datasets have not been built are left out.
    """
    with_rows = _Recorder(warehouse)
    empty = _Recorder(warehouse, is_empty=True)
    facts = []
    for page in DASHBOARDS:
        chosen = Choice()
        with contextlib.suppress(StoreError):
            chosen = settled(page, with_rows, chosen, options_of(with_rows))[0]
        parts: list[tuple[str, Callable[..., Any], Callable[[Tables], object]]] = [
            (FILTERS, settled, lambda tables, page=page: _filters(page, tables)),  # type: ignore[misc]
            *((widget.title, widget.content, _shown(widget, chosen)) for widget in page.widgets),
        ]
        for title, code, run in parts:
            if columns := _columns_of(run, with_rows, empty):
                facts.append(PageReads(page.title, title, columns, _location(code)))
    if columns := _columns_of(_shown(deal_detail.WIDGET, Choice()), with_rows, empty):
        location = _location(deal_detail.WIDGET.content)
        facts.append(PageReads("All pages", deal_detail.WIDGET.title, columns, location))
    return facts


def _filters(page: Page, tables: Tables) -> None:
    settled(page, tables, Choice(), options_of(tables))
    if page.has_deals:
        deals.deal_options(tables, Choice())


def _shown(widget: Widget, choice: Choice) -> Callable[[Tables], object]:
    """Return a function that runs a widget for each kind of choice that has queries of its own."""
    statuses: Iterable[Choice] = [replace(choice, status=status) for status in deals.STATUSES]
    choices = [choice, *statuses, replace(choice, waits_in="")] if widget is deals.WIDGET else [choice]

    def run(tables: Tables) -> None:
        for candidate in choices:
            widget.content(
                tables, replace(candidate, deal=_any_deal(tables)) if widget is deal_detail.WIDGET else candidate
            )

    return run


def _any_deal(tables: Tables) -> str:
    rows = Tables.query(tables, "SELECT min(opportunity_id) AS deal FROM deals", deals=DEALS)
    return str(rows[0]["deal"])


def _columns_of(run: Callable[[Tables], object], *recorders: _Recorder) -> frozenset[ColumnName]:
    columns: set[ColumnName] = set()
    for tables in recorders:
        tables.queries.clear()
        with contextlib.suppress(StoreError):  # a dataset has not been built, or lacks a column
            run(tables)
        with contextlib.suppress(StoreError):
            for query in tables.queries:
                columns.update(recorders[-1].columns_read(query))
    return frozenset(columns)


def _location(code: Callable[..., Any]) -> str:
    function = inspect.unwrap(code)
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
