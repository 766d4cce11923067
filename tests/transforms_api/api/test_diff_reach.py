"""What removed and changed columns of a comparison reach downstream, by the lineage of both sides."""

import pytest

from transforms_api.api.diff import _reaches
from transforms_api.api.impact import PageUse
from transforms_api.catalog.column_graph import ColumnGraph
from transforms_api.comparing import DatasetDiff, Difference, Status
from transforms_api.warehouse.column_lineage import ColumnLineage, ColumnName, Influence
from transforms_api.warehouse.provenance import InputVersion, Provenance

DEALS, REPORT = "/Shop/deals", "/Shop/report"
AMOUNT, TOTAL, MEAN = ColumnName(DEALS, "amount"), ColumnName(REPORT, "total"), ColumnName(REPORT, "mean")


def graph(columns, rows=None):
    lineage = ColumnLineage.of(columns, rows or {})
    read = {DEALS: InputVersion(branch="master", version=0, transaction="t")}
    return ColumnGraph({REPORT: Provenance(transform="shop:report", inputs=read, columns=lineage)})


BEFORE = graph({"total": {Influence.AGGREGATION: [AMOUNT]}})
AFTER = graph({"total": {}, "mean": {Influence.AGGREGATION: [AMOUNT]}})


class Pages:
    """Stands for what pages read: one part that shows `total`."""

    def pages_of(self, columns):
        return (PageUse("Sales", "Total", (TOTAL,)),) if TOTAL in columns else ()


def reached(before, after, with_pages=True, **difference):
    dataset = DatasetDiff(DEALS, Status.CHANGED, "", difference=Difference(rows={}, **difference))
    return list(_reaches(dataset, before, after, Pages(), with_pages))


def test_a_removed_column_reaches_what_the_base_computes_from_it():
    [reach] = reached(BEFORE, AFTER, columns_removed={"amount": "double"})
    assert (reach.column, reach.change, reach.direct) == ("amount", "removed", (TOTAL,))


def test_a_changed_column_reaches_what_either_side_computes_from_it():
    [reach] = reached(BEFORE, AFTER, key=("deal",), values={"amount": 3})
    assert (reach.change, reach.direct) == ("changed", (MEAN, TOTAL))


def test_a_retyped_column_is_said_to_be():
    [reach] = reached(BEFORE, AFTER, columns_retyped={"amount": ("double", "long")})
    assert reach.change == "retyped"


def test_the_parts_of_pages_that_show_what_is_reached_are_listed_by_page():
    [reach] = reached(BEFORE, AFTER, columns_removed={"amount": "double"})
    assert reach.pages == {"Sales": ("Total",)}


def test_without_knowledge_of_pages_the_columns_are_listed_all_the_same():
    [reach] = reached(BEFORE, AFTER, with_pages=False, columns_removed={"amount": "double"})
    assert (reach.pages, reach.direct) == ({}, (TOTAL,))


@pytest.mark.parametrize("kind, listed", [("columns_removed", True), ("values", False)])
def test_a_column_that_reaches_nothing_is_listed_if_it_was_removed(kind, listed):
    changes = {"columns_removed": {"note": "string"}, "values": {"note": 1}}
    assert bool(reached(BEFORE, AFTER, key=("deal",), **{kind: changes[kind]})) is listed
