"""The folder of an Iceberg table as a dataset: its current snapshot, without the rows that delete files remove."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from transforms_api.errors import EnvironmentProblem, ImportSourceError
from transforms_api.importing.sources import import_source

sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

from pyiceberg.manifest import DataFile, DataFileContent, FileFormat  # noqa: E402
from pyiceberg.typedef import Record  # noqa: E402

ROWS = pa.table({"station": ["Bern", "Thun", "Brig"], "level": [300, 450, 120]})


@pytest.fixture
def lake(tmp_path):
    """An Iceberg table with three rows, in the folder lake/rivers/readings."""
    catalog = sql.SqlCatalog("lake", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=str(tmp_path / "lake"))
    catalog.create_namespace("rivers")
    table = catalog.create_table("rivers.readings", ROWS.schema)
    table.append(ROWS)
    return table


@pytest.fixture
def imported(lake, warehouse, tmp_path):
    """imported() → the rows of the table, imported as a dataset."""

    def run():
        import_source(tmp_path / "lake" / "rivers" / "readings", "/Rivers/raw", warehouse)
        return DeltaTable(str(warehouse.table("/Rivers/raw"))).to_pyarrow_table().sort_by("level").to_pylist()

    return run


def add_delete_file(table, folder, content, rows, **settings):
    """Commit a delete file, as Spark and Trino write them and pyiceberg does not."""
    path = folder / "deletes.parquet"
    pq.write_table(rows, path)
    file = DataFile.from_args(
        content=content, file_path=str(path), file_format=FileFormat.PARQUET, partition=Record(),
        record_count=rows.num_rows, file_size_in_bytes=path.stat().st_size, **settings,
    )  # fmt: skip
    with table.transaction() as changes, changes.update_snapshot().fast_append() as producer:
        producer.append_data_file(file)


def test_the_current_snapshot_is_imported_with_all_its_columns(lake, imported):
    lake.overwrite(ROWS.slice(1).select(["station", "level"]))
    assert imported() == [{"station": "Brig", "level": 120}, {"station": "Thun", "level": 450}]


def test_rows_that_a_position_delete_file_removes_are_not_imported(lake, imported, tmp_path):
    [data] = lake.inspect.files()["file_path"].to_pylist()
    deleted = pa.table({"file_path": [data], "pos": [1]})
    add_delete_file(lake, tmp_path, DataFileContent.POSITION_DELETES, deleted)
    assert imported() == [{"station": "Brig", "level": 120}, {"station": "Bern", "level": 300}]


def test_an_equality_delete_file_is_refused_and_nothing_is_imported(lake, imported, warehouse, tmp_path):
    deleted = pa.table({"level": [120]})
    add_delete_file(lake, tmp_path, DataFileContent.EQUALITY_DELETES, deleted, equality_ids=[2])
    with pytest.raises(ImportSourceError, match="equality deletes"):
        imported()
    assert warehouse.latest("/Rivers/raw") is None


def test_a_table_that_was_dropped_and_created_again_in_the_same_folder_is_the_last_one(lake, imported):
    lake.catalog.drop_table("rivers.readings")
    again = lake.catalog.create_table("rivers.readings", ROWS.schema)
    again.append(ROWS.slice(2))
    assert imported() == [{"station": "Brig", "level": 120}]


def test_a_missing_data_file_is_an_error_with_the_folder(lake, imported, tmp_path):
    for file in (tmp_path / "lake").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(ImportSourceError, match="lake/rivers/readings cannot be read"):
        imported()


def test_without_pyiceberg_the_error_says_what_to_install(imported, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyiceberg"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'transforms-anywhere\[iceberg\]'"):
        imported()
