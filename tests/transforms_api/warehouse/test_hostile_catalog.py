"""A warehouse from elsewhere: what its Iceberg catalog and metadata name is neither read, run, written nor removed."""

import json
import shutil
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from transforms_api.errors import StoreError
from transforms_api.warehouse.arrow_rows import stage
from transforms_api.warehouse.iceberg import iceberg_table
from transforms_api.warehouse.multi_table_commit import open_multi_table_transaction
from transforms_api.warehouse.provenance import Provenance

sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

DATASET = "/Rivers/readings"


@pytest.fixture
def table(warehouse):
    return warehouse.table(DATASET)


@pytest.fixture
def commit(warehouse, table):
    """commit(level) → a new version of the Iceberg table with one row."""

    def write(level):
        with open_multi_table_transaction(warehouse.root, [table], "a test") as job:
            [transaction] = job.transactions.values()
            job.publish(
                [
                    transaction.stage_commit(
                        stage(pa.table({"level": [level]}), transaction), (), Provenance(table_format="iceberg")
                    )
                ]
            )

    write(1)
    return write


@pytest.fixture
def change(warehouse):
    """change(function) → change the JSON of the table's last metadata."""

    def edit(function):
        with sqlite3.connect(warehouse.root / "_iceberg" / "catalog.db") as database:
            [[file]] = database.execute("SELECT metadata_location FROM iceberg_tables")
        with open(file) as stream:
            metadata = json.load(stream)
        function(metadata)
        with open(file, "w") as stream:
            json.dump(metadata, stream)

    return edit


def levels(warehouse):
    return iceberg_table(DATASET, warehouse.latest(DATASET)).scan().to_arrow()["level"].to_pylist()


def test_files_of_the_metadata_log_outside_of_the_table_are_not_removed(warehouse, table, commit, change, tmp_path):
    victim = tmp_path / "victim.json"
    victim.write_text("{}")
    files = [victim, *(table / "_iceberg" / "metadata" / f"{number}.metadata.json" for number in range(25))]
    log = [{"metadata-file": str(file), "timestamp-ms": 1} for file in files]  # the oldest are removed
    change(lambda metadata: metadata.update({"metadata-log": log}))
    commit(2)
    assert victim.exists()
    assert levels(warehouse) == [2]


def test_a_class_that_the_metadata_name_is_not_imported(warehouse, commit, change, tmp_path, monkeypatch):
    (tmp_path / "hostile_files.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    change(lambda metadata: metadata["properties"].update({"py-io-impl": "hostile_files.Files"}))
    assert levels(warehouse) == [1]
    commit(2)
    assert levels(warehouse) == [2]


@pytest.mark.parametrize("name", ["write.metadata.path", "write.data.path"])
def test_nothing_is_written_to_a_folder_that_the_metadata_name(warehouse, commit, change, tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    change(lambda metadata: metadata["properties"].update({name: str(elsewhere)}))
    commit(2)
    assert list(elsewhere.iterdir()) == []


def test_nothing_is_written_to_another_location(warehouse, commit, change, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    change(lambda metadata: metadata.update(location=str(elsewhere)))
    commit(2)
    assert list(elsewhere.iterdir()) == []


def test_a_snapshot_with_files_from_elsewhere_is_not_read(warehouse, table, commit, tmp_path):
    pq.write_table(pa.table({"level": [99]}), tmp_path / "secret.parquet")
    catalog = sql.SqlCatalog("warehouse", uri=f"sqlite:///{warehouse.root}/_iceberg/catalog.db")
    listed = catalog.load_table("master.Rivers.readings")
    summary = listed.current_snapshot().summary
    properties = {name: summary[name] for name in ("transforms.version", "transforms.transaction")}
    listed.add_files([str(tmp_path / "secret.parquet")], snapshot_properties=properties)
    assert levels(warehouse) == [1]


def test_a_folder_of_metadata_that_is_a_link_is_not_written(warehouse, table, commit, tmp_path):
    shutil.rmtree(table / "_iceberg")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (table / "_iceberg").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="is a link"):
        commit(2)
    assert list(elsewhere.iterdir()) == []
