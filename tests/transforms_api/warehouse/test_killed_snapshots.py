"""Processes that are killed while they commit two Iceberg tables: the next one completes commits and snapshots."""

import multiprocessing
import os
import signal

import pyarrow as pa
import pytest

from transforms_api.warehouse import iceberg_catalog, multi_table_commit, publish
from transforms_api.warehouse.arrow_rows import stage
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction, recover
from transforms_api.warehouse.provenance import Provenance
from transforms_api.warehouse.warehouse import Warehouse

sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

TABLES = ("/Rivers/readings", "/Rivers/stations")
STEPS = {
    "before its commits are recorded": (multi_table_commit, "_write", "before", 2),
    "after its commits are recorded": (multi_table_commit, "_write", "after", 2),
    "after its first commit": (publish.DeltaCommit, "commit", "after", 1),
    "before its first snapshot": (iceberg_catalog, "publish", "before", 1),
    "while its first snapshot is made": (iceberg_catalog, "_replace_files", "before", 1),
    "after its first snapshot": (iceberg_catalog, "publish", "after", 1),
    "after its second snapshot": (iceberg_catalog, "publish", "after", 2),
}


def write(root, number):
    """Write a row with a number to both tables, in one transaction."""
    warehouse = Warehouse(root)
    tables = [warehouse.table(dataset) for dataset in TABLES]
    with open_multi_table_transaction(root, tables, "a test") as job:
        rows = pa.table({"number": [number]})
        made = Provenance(kind="build", table_format="iceberg")
        job.publish(
            [transaction.stage_commit(stage(rows, transaction), (), made) for transaction in job.transactions.values()]
        )


def write_and_die(root, number, step):
    """Write, and kill this very process at a step."""
    owner, name, when, nth = STEPS[step]
    original, calls = getattr(owner, name), []

    def wrapped(*args, **kwargs):
        calls.append(1)
        if when == "before" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)
    write(root, number)


def in_catalog(root):
    """Return the numbers that a program reads which knows the catalog alone."""
    catalog = sql.SqlCatalog("warehouse", uri=f"sqlite:///{root}/_iceberg/catalog.db")
    names = [("master", *dataset.strip("/").split("/")) for dataset in TABLES]
    return [catalog.load_table(name).scan().to_arrow()["number"].to_pylist() for name in names]


@pytest.fixture(scope="module")
def server():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["transforms_api.warehouse.iceberg_catalog"])
    return context


@pytest.mark.parametrize("step", STEPS)
def test_two_tables_of_a_killed_job_are_undone_or_completed_together(server, tmp_path, step):
    root = tmp_path / "warehouse"
    write(root, 1)
    process = server.Process(target=write_and_die, args=(root, 2, step))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert all(numbers in ([1], [2]) for numbers in in_catalog(root))

    recover(root)
    assert in_catalog(root) == ([[1], [1]] if step == "before its commits are recorded" else [[2], [2]])
    assert list((root / "_jobs").iterdir()) == []
    write(root, 3)
    assert in_catalog(root) == [[3], [3]]
