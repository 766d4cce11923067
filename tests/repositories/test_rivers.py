"""A repository whose Python and SQL write Iceberg tables. Built by run_local.py in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from transforms_api.warehouse import Warehouse

PROJECT = Path(__file__).parents[2]
sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")


@pytest.fixture
def rivers(repository):
    return repository("rivers")


def in_catalog(rivers, table):
    """Return the rows of a table as a program reads them that knows the catalog alone, sorted."""
    catalog = sql.SqlCatalog("warehouse", uri=f"sqlite:///{rivers.folder}/warehouse/_iceberg/catalog.db")
    rows = catalog.load_table(("master", "Rivers", table)).scan().to_arrow().to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def run_local(rivers, *arguments):
    """Run a command that is expected to fail, and return the process."""
    command = [sys.executable, str(PROJECT / "run_local.py"), "--repo", str(rivers.folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def states(report):
    return {output: job["state"] for job in report["jobs"] for output in job["outputs"]}


def test_tables_are_built_changed_restored_and_shown_as_datasets(rivers):
    rivers.run("build")
    assert in_catalog(rivers, "readings") == [("Bern", 300), ("Bern", 450), ("Thun", 200)]
    assert in_catalog(rivers, "highest") == [("Bern", 450), ("Thun", 200)]
    assert in_catalog(rivers, "alarms") == rivers.rows("/Rivers/alarms") == [("Bern", 450)]
    assert rivers.rows("/Rivers/report") == [("Bern", True), ("Thun", False)]
    assert set(states(rivers.run("build")).values()) == {"ignored"}

    rivers.run("build", "--param", "round=300")
    assert in_catalog(rivers, "alarms") == [("Bern", 750), ("Thun", 500)]

    rivers.run("restore", "/Rivers/readings@0")
    assert in_catalog(rivers, "readings") == [("Bern", 300), ("Bern", 450), ("Thun", 200)]
    rivers.run("build", "/Rivers/report")
    assert in_catalog(rivers, "alarms") == [("Bern", 450)]


def test_a_build_that_is_killed_leaves_tables_at_their_last_snapshot_and_the_next_one_completes(rivers):
    rivers.run("build", "/Rivers/readings")
    killed = run_local(rivers, "build", "--param", "round=9")
    assert killed.returncode < 0
    assert in_catalog(rivers, "readings") == [("Bern", 300), ("Bern", 450), ("Thun", 200)]
    rivers.run("build", "--param", "round=1")
    assert in_catalog(rivers, "readings") == [("Bern", 301), ("Bern", 451), ("Thun", 201)]
    assert list((rivers.folder / "warehouse" / "_jobs").iterdir()) == []


def test_two_transforms_that_write_one_table_are_a_fault(rivers):
    again = rivers.folder / "transforms-sql/src/main/sql/again.sql"
    again.write_text("CREATE TABLE `/Rivers/readings` USING iceberg AS SELECT 1 AS level", encoding="utf-8")
    refused = run_local(rivers, "build")
    assert refused.returncode != 0
    assert "/Rivers/readings" in refused.stdout + refused.stderr
    assert not Warehouse(rivers.folder / "warehouse").latest("/Rivers/readings")
