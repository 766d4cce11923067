"""A repository of Python and SQL: each reads what the other writes. Built by run_local.py in a process of its own."""

from datetime import date
from decimal import Decimal

SQL = "transforms-sql/src/main/sql"
TOTALS = "/Market/marts/Umsätze je Kunde & Region"


def built(report):
    """Return the datasets of the jobs that ran."""
    assert {job["state"] for job in report["jobs"]} <= {"completed", "ignored"}
    return {job["outputs"][0] for job in report["jobs"] if job["state"] == "completed"}


def test_python_and_sql_build_in_one_graph_and_then_only_what_a_changed_line_made_stale(repository):
    market = repository("market")

    assert len(built(market.run("build"))) == 18

    assert market.rows("/Market/clean/orders") == [
        (1, "Ada", "apple", date(2024, 2, 5), 3.0, ["red", "sweet"]),
        (2, "Ada", "pear", date(2024, 2, 6), 5.0, ["green"]),
        (3, "Bob", "apple", date(2024, 2, 6), 2.0, None),
    ]
    assert market.rows(TOTALS) == [("Ada", "North", 8.0, 2), ("Bob", "South", 2.0, 1)]
    assert market.rows("/Market/scores") == [("Ada", "high"), ("Bob", "low"), ("Eve", "none")]
    assert market.rows("/Market/marts/board") == [("high", 1, 3), ("low", 1, 3), ("none", 1, 3)]
    assert market.rows("/Market/marts/latest_orders") == [
        ("Ada", "pear", date(2024, 2, 6)),
        ("Bob", "apple", date(2024, 2, 6)),
    ]
    assert market.rows("/Market/marts/inactive") == [("Eve",)]
    assert market.rows("/Market/marts/prices") == [
        (1, Decimal("3.00"), "small"),
        (2, Decimal("12.50"), "big"),
        (3, Decimal("2.00"), "small"),
    ]
    assert market.rows("/Market/marts/tags") == [("green", 1), ("red", 1), ("sweet", 1)]
    assert len(market.rows("/Market/marts/names")) == 7
    assert market.rows("/Market/exports/orders")[0] == (1, "Ada", "2024-02-05")

    assert built(market.run("build")) == set()

    orders = market.folder / SQL / "clean" / "orders.sql"
    orders.write_text(f"-- reviewed\n{orders.read_text().replace('    id,', 'id ,')}")
    assert built(market.run("build")) == set(), "comments and layout make nothing stale"

    inactive = market.folder / SQL / "marts" / "inactive.sql"
    inactive.write_text(f"{inactive.read_text()} AND region <> 'S'")
    regions = market.folder / SQL / "reference" / "regions.sql"
    regions.write_text(regions.read_text().replace("'North'", "'The North'"))
    assert built(market.run("build")) == {
        "/Market/marts/inactive",
        "/Market/reference/regions",
        "/Market/marts/names",
        TOTALS,
        "/Market/team b/totals",
        "/Market/scores",
        "/Market/marts/board",
    }
    assert market.rows("/Market/team b/totals") == [("South", 2.0), ("The North", 8.0), ("all", 10.0)]
