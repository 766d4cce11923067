"""Which columns the parts of pages read: of queries on small tables, and of the dashboards on the demo."""

import pytest

from revops_dashboards.pages import DASHBOARDS
from revops_dashboards.reads import _columns_of, _Recorder, page_reads
from transforms_api.warehouse.warehouse import Warehouse

DEALS, OWNERS = "/RevOps/deals", "/RevOps/owners"


@pytest.fixture
def read(write, warehouse):
    """read(sql, value=…) → the columns that a query on `deals` and `owners` reads, as 'deals.amount'."""
    write(DEALS, [{"deal": "A", "owner": "R1", "amount": 5.0, "stage": "won"}])
    write(OWNERS, [{"owner": "R1", "name": "Ann"}])
    recorder, empty = _Recorder(warehouse), _Recorder(warehouse, is_empty=True)

    def columns(sql, **values):
        columns = _columns_of(lambda tables: tables.query(sql, values, deals=DEALS, owners=OWNERS), recorder, empty)
        return {str(column).removeprefix("/RevOps/") for column in columns}

    return columns


def test_a_query_reads_the_columns_that_it_selects_and_filters_by(read):
    assert read("SELECT deal FROM deals WHERE amount > $least", least=1) == {"deals.deal", "deals.amount"}


def test_a_join_reads_its_column_of_both_tables(read):
    assert read("SELECT name FROM deals JOIN owners USING (owner)") == {"owners.name", "deals.owner", "owners.owner"}


def test_a_column_that_is_only_named_like_a_result_is_not_read(read):
    assert read("SELECT 1 AS stage FROM deals") == set()


def test_a_query_that_fails_reads_nothing(read):
    assert read("SELECT lost FROM deals") == set()


def test_what_a_widget_reads_for_no_rows_counts_too(read, warehouse):
    def widget(tables):
        rows = tables.query("SELECT deal FROM deals", deals=DEALS)
        if not rows:
            tables.query("SELECT stage FROM deals", deals=DEALS)

    columns = _columns_of(widget, _Recorder(warehouse), _Recorder(warehouse, is_empty=True))
    assert {column.column for column in columns} == {"deal", "stage"}


def test_a_warehouse_without_the_datasets_has_no_reads(warehouse):
    assert page_reads(warehouse) == []


@pytest.fixture(scope="module")
def parts(built):
    """(page, part) → the columns that it reads on the demo, as 'dataset.column'."""

    reads = page_reads(Warehouse(built[0]))
    return {(read.page, read.part): {str(column).rpartition("/")[2] for column in read.columns} for read in reads}


def test_every_widget_of_every_page_reads_something(parts):
    assert {(page.title, widget.title) for page in DASHBOARDS for widget in page.widgets} <= parts.keys()


@pytest.mark.parametrize(
    "page, part, column",
    [
        ("Pipeline health", "Stuck deals", "stuck_deals_view.urgency"),
        ("Pipeline health", "Stuck deals", "deal_forecast.quarter"),  # the filter narrows by it
        ("Pipeline health", "Key figures", "dashboard_kpis_by_filter.commit_confidence"),
        ("Deals", "Deals", "deal_forecast.win_chance"),  # in the table of open deals
        ("Deals", "Deals", "deal_forecast.loss_reason"),  # in the table of closed deals
        ("Deals", "Filters", "deal_forecast.stage_name"),
        ("Rep coaching", "Next best actions", "next_best_actions.deal_health"),
        ("All pages", "Deal", "deal_health_scores.health_score_1w_ago"),
    ],
)
def test_a_part_of_a_page_reads_the_column_that_it_shows(parts, page, part, column):
    assert column in parts[page, part]


def test_a_column_that_no_part_shows_is_not_read(parts):
    assert not any("deal_health_scores.created_at" in columns for columns in parts.values())
