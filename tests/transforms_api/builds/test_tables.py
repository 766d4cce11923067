"""Transforms that declare Iceberg tables: what they read and write, and what the catalog shows to other tools."""

import datetime as dt
import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from deltalake import write_deltalake

from transforms import expectations as E
from transforms.api import Check, Input, Output, incremental, transform, transform_pandas, transform_polars
from transforms.tables import DeltaTable, TableInput, TableOutput
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.errors import (
    ChecksFailedError,
    ComputeError,
    EnvironmentProblem,
    LightweightTypeError,
    NotSupportedLocallyError,
    StoreError,
    WriteError,
)
from transforms_api.warehouse.branches import delete_branch, remove_unused_files
from transforms_api.warehouse.history import find_version
from transforms_api.warehouse.paths import open_delta
from transforms_api.warehouse.restore import restore_version

DATA = Path(__file__).parents[2] / "data"
sql = pytest.importorskip("pyiceberg.catalog.sql", reason="pip install 'transforms-anywhere[iceberg]'")

READINGS = pa.table({"station": ["Aare", "Aare", "Reuss"], "level": [3, 4, 9]})


@pytest.fixture
def catalog(warehouse):
    """catalog() → the warehouse's catalog as another program opens it."""
    return lambda: sql.SqlCatalog("warehouse", uri=f"sqlite:///{warehouse.root}/_iceberg/catalog.db")


@pytest.fixture
def stored(rows):
    """stored(dataset) → its committed rows as tuples, sorted."""
    return lambda dataset: [tuple(row.values()) for row in rows(dataset)]


def rows_of(table, snapshot=None):
    return table.scan(snapshot_id=snapshot).to_arrow().to_pylist()


def writer(rows, **settings):
    """Return a transform that writes Arrow rows to the Iceberg table /Rivers/readings."""

    @transform.using(out=TableOutput("/Rivers/readings", **settings))
    def readings(out):
        out.iceberg().write(rows)

    return readings


def reader(read):
    """Return a transform that writes `read(source)`, Arrow rows, to the dataset /Rivers/read."""

    @transform.using(source=TableInput("/Rivers/readings"), out=Output("/Rivers/read"))
    def copy(source, out):
        out.write_table(read(source))

    return copy


# Reading and writing


def test_arrow_rows_written_by_iceberg_are_a_dataset_and_a_table_of_the_catalog(run_without_spark, stored, catalog):
    assert run_without_spark(writer(READINGS)).rows == {"/Rivers/readings": 3}
    assert stored("/Rivers/readings") == [("Aare", 3), ("Aare", 4), ("Reuss", 9)]
    assert rows_of(catalog().load_table("master.Rivers.readings")) == READINGS.to_pylist()


@pytest.mark.parametrize(
    "read",
    [
        lambda source: source.iceberg().table().scan().to_arrow(),
        lambda source: source.iceberg().table().scan().to_polars(),
        lambda source: source.iceberg().table().scan().to_pandas(),
        lambda source: source.iceberg().table().scan().to_arrow_batch_reader(),
        lambda source: source.arrow(),
        lambda source: source.polars(lazy=True),
        lambda source: source.pandas(),
    ],
)
def test_a_table_is_read_by_pyiceberg_and_like_a_dataset(run_without_spark, stored, read):
    run_without_spark(writer(READINGS))
    run_without_spark(reader(read))
    assert stored("/Rivers/read") == [("Aare", 3), ("Aare", 4), ("Reuss", 9)]


def test_pyiceberg_selects_columns_and_rows_of_a_table(run_without_spark, stored):
    run_without_spark(writer(READINGS))
    run_without_spark(
        reader(lambda source: source.iceberg().table().scan("level > 3", selected_fields=("station",)).to_arrow())
    )
    assert stored("/Rivers/read") == [("Aare",), ("Reuss",)]


def test_a_dataset_that_no_table_output_wrote_is_read_as_a_table(write, run_without_spark, stored, warehouse):
    write("/Rivers/readings", station=["Aare"], level=[3])
    run_without_spark(reader(lambda source: source.iceberg().table().scan().to_arrow()))
    assert stored("/Rivers/read") == [("Aare", 3)]
    assert not (warehouse.root / "_iceberg").exists()


def test_a_scan_of_a_dataset_outlives_its_table(write, run_without_spark, stored):
    def read(source):
        scan = source.iceberg().table().scan()
        gc.collect()
        return scan.to_arrow_batch_reader()

    write("/Rivers/readings", station=["Aare"], level=[3])
    run_without_spark(reader(read))
    assert stored("/Rivers/read") == [("Aare", 3)]


def test_duckdb_has_a_table_by_the_name_of_its_parameter(run_without_spark, stored):
    @transform.using(readings=TableInput("/Rivers/readings"), out=TableOutput("/Rivers/highest"))
    def highest(ctx, readings, out):
        out.write_table(ctx.duckdb().conn.sql("SELECT station, max(level) AS level FROM readings GROUP BY station"))

    run_without_spark(writer(READINGS))
    run_without_spark(highest)
    assert stored("/Rivers/highest") == [("Aare", 4), ("Reuss", 9)]


@pytest.mark.parametrize("decorate", [transform_polars, transform_pandas], ids=["polars", "pandas"])
def test_a_returned_frame_becomes_a_table(run_without_spark, stored, catalog, decorate):
    run_without_spark(writer(READINGS))
    run_without_spark(
        decorate(TableOutput("/Rivers/same"), source=TableInput("/Rivers/readings"))(lambda source: source)
    )
    assert stored("/Rivers/same") == [("Aare", 3), ("Aare", 4), ("Reuss", 9)]
    assert len(rows_of(catalog().load_table("master.Rivers.same"))) == 3


def test_a_spark_transform_reads_and_writes_tables(run, stored, catalog):
    @transform.spark.using(source=TableInput("/Rivers/readings"), out=TableOutput("/Rivers/doubled"))
    def doubled(source, out):
        out.write_dataframe(source.dataframe().selectExpr("station", "cast(level * 2 as smallint) as level"))

    run(writer(READINGS))
    run(doubled)
    assert stored("/Rivers/doubled") == [("Aare", 6), ("Aare", 8), ("Reuss", 18)]
    table = catalog().load_table("master.Rivers.doubled")
    assert str(table.schema().find_type("level")) == "int"  # Iceberg has no integers of 16 bits
    assert sorted(row["level"] for row in rows_of(table)) == [6, 8, 18]


def test_an_incremental_spark_transform_adds_to_a_table_and_reads_its_earlier_rows(run, write, stored, catalog):
    counted = []

    @incremental()
    @transform.spark.using(source=TableInput("/Rivers/raw"), out=TableOutput("/Rivers/all"))
    def gather(source, out):
        added = source.dataframe()
        counted.append((added.count(), out.dataframe("previous", added.schema).count()))
        out.write_dataframe(added)

    write("/Rivers/raw", level=[3, 4])
    run(gather)
    write("/Rivers/raw", adds=True, level=[9])
    run(gather)
    assert counted == [(2, 0), (1, 2)]
    assert stored("/Rivers/all") == [(3,), (4,), (9,)]
    assert sorted(row["level"] for row in rows_of(catalog().load_table("master.Rivers.all"))) == [3, 4, 9]


# Types


def test_a_table_may_get_its_first_time_without_a_zone_later(run_without_spark, catalog, stored):
    noon = dt.datetime(2026, 11, 30, 12)
    run_without_spark(writer(READINGS))
    run_without_spark(writer(pa.table({"at": pa.array([noon], pa.timestamp("us"))})))
    assert rows_of(catalog().load_table("master.Rivers.readings")) == [{"at": noon}]
    assert stored("/Rivers/readings") == [(noon,)]


def test_types_are_those_of_iceberg(run_without_spark, catalog, warehouse):
    noon = dt.datetime(2026, 11, 30, 12)
    nested = pa.struct([("codes", pa.list_(pa.int16())), ("by_day", pa.map_(pa.string(), pa.decimal128(4, 1)))])
    rows = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "price": pa.array([Decimal("12.30")], pa.decimal128(12, 2)),
            "local": pa.array([noon], pa.timestamp("us")),
            "moment": pa.array([noon], pa.timestamp("ms", "Europe/Zurich")),
            "day": pa.array([noon.date()]),
            "more": pa.array([{"codes": [7], "by_day": [("mon", Decimal("1.5"))]}], nested),
        }
    )
    run_without_spark(writer(rows))
    table = catalog().load_table("master.Rivers.readings")
    kinds = {field.name: str(field.field_type) for field in table.schema().fields if field.name != "more"}
    assert kinds == {
        "small": "int",
        "price": "decimal(12, 2)",
        "local": "timestamp",
        "moment": "timestamptz",
        "day": "date",
    }
    [row] = rows_of(table)
    assert (row["local"], row["moment"]) == (noon, noon.replace(tzinfo=dt.UTC))
    assert (row["price"], row["more"]) == (
        Decimal("12.30"),
        {"codes": [7], "by_day": [("mon", Decimal("1.5"))]},
    )
    assert '"timestamp_ntz"' in warehouse.latest("/Rivers/readings").schema


def test_descriptions_of_columns_are_the_docs_of_the_table(run_without_spark, catalog):
    @transform.using(out=TableOutput("/Rivers/readings"))
    def readings(out):
        out.write_table(READINGS, column_descriptions={"level": "metres above the sea"})

    run_without_spark(readings)
    assert catalog().load_table("master.Rivers.readings").schema().find_field("level").doc == "metres above the sea"


def test_rows_that_pyiceberg_read_keep_no_field_ids_in_the_files_of_the_next_table(run_without_spark, catalog):
    @transform.using(source=TableInput("/Rivers/readings"), out=TableOutput("/Rivers/turned"))
    def turned(source, out):
        out.iceberg().write(source.iceberg().table().scan().to_arrow().select(["level", "station"]))

    run_without_spark(writer(READINGS))
    run_without_spark(turned)
    assert rows_of(catalog().load_table("master.Rivers.turned"))[0] == {"level": 3, "station": "Aare"}


@pytest.mark.parametrize("partitions", [("station",), ()])
def test_a_dataset_with_partitions_is_read_as_a_table(warehouse, run_without_spark, stored, partitions):
    write_deltalake(str(warehouse.table("/Rivers/readings")), READINGS, partition_by=list(partitions))
    run_without_spark(reader(lambda source: source.iceberg().table().scan("level < 9").to_arrow()))
    assert stored("/Rivers/read") == [("Aare", 3), ("Aare", 4)]


def test_a_dataset_with_times_in_96_bits_is_read_as_a_table(warehouse, run_without_spark, catalog):
    seen = []
    shutil.copytree(DATA / "int96_times" / "plain", warehouse.table("/Rivers/readings"))
    run_without_spark(reader(lambda source: seen.append(source.iceberg().table().scan().to_arrow()) or source.arrow()))
    [table] = seen
    plain = open_delta(warehouse.table("/Rivers/read")).to_pyarrow_table()
    assert {name: table[name].to_pylist() for name in "tsam"} == {name: plain[name].to_pylist() for name in "tsam"}


def test_a_dataset_of_files_is_no_table(write, run_without_spark):
    write("/Rivers/readings", files=["a.txt"])
    with pytest.raises(StoreError, match="/Rivers/readings holds files and no table"):
        run_without_spark(reader(lambda source: source.iceberg().table().scan().to_arrow()))


def test_names_of_columns_may_have_dots_spaces_and_quotes(run_without_spark, catalog):
    names = ["a.b", "Höhe in m", 'the "level"', "_file"]
    run_without_spark(writer(pa.table({name: [1] for name in names})))
    assert rows_of(catalog().load_table("master.Rivers.readings")) == [dict.fromkeys(names, 1)]


def test_times_of_duckdb_and_polars_keep_that_they_have_no_zone_and_those_of_pandas_are_utc(run_without_spark, catalog):
    noon = dt.datetime(2026, 11, 30, 12)
    frames = [
        pl.DataFrame({"at": [noon]}),
        duckdb.sql("SELECT TIMESTAMP '2026-11-30 12:00:00' AS at"),
        pl.DataFrame({"at": [noon]}).to_pandas(),
    ]
    types = []
    for frame in frames:

        @transform.using(out=TableOutput("/Rivers/readings"))
        def readings(out, frame=frame):
            out.write_table(frame)

        run_without_spark(readings)
        table = catalog().load_table("master.Rivers.readings")
        types.append((str(table.schema().find_type("at")), rows_of(table)[0]["at"]))
    assert types == [("timestamp", noon), ("timestamp", noon), ("timestamptz", noon.replace(tzinfo=dt.UTC))]


def test_parquet_files_of_the_transform_become_a_table_with_types_of_iceberg(run_without_spark, catalog):
    noon = dt.datetime(2026, 11, 30, 12)

    @transform.using(out=TableOutput("/Rivers/readings"))
    def readings(out):
        rows = pl.DataFrame({"small": [1], "at": [noon]}, schema={"small": pl.Int8, "at": pl.Datetime("ms")})
        rows.write_parquet(f"{out.path_for_write_table}/rows.parquet")
        out.write_table(out.path_for_write_table)

    run_without_spark(readings)
    table = catalog().load_table("master.Rivers.readings")
    assert [str(field.field_type) for field in table.schema().fields] == ["int", "timestamp"]
    assert rows_of(table) == [{"small": 1, "at": noon}]


def test_an_empty_table_has_its_columns(run_without_spark, catalog):
    run_without_spark(writer(READINGS.slice(0, 0)))
    table = catalog().load_table("master.Rivers.readings")
    assert (rows_of(table), table.schema().column_names) == ([], ["station", "level"])


# Versions


def test_each_version_is_a_snapshot_and_old_ones_stay_readable(run_without_spark, catalog):
    run_without_spark(writer(READINGS))
    run_without_spark(writer(READINGS.slice(2).append_column("wet", pa.array([True]))))
    table = catalog().load_table("master.Rivers.readings")
    first, second = table.metadata.snapshots
    assert rows_of(table) == [{"station": "Reuss", "level": 9, "wet": True}]
    assert rows_of(table, first.snapshot_id) == READINGS.to_pylist()
    assert [snapshot.summary["transforms.version"] for snapshot in (first, second)] == ["0", "1"]


def test_columns_that_are_removed_and_come_back_are_right_in_every_snapshot(run_without_spark, catalog):
    for rows in (READINGS, READINGS.select(["level"]), READINGS.select(["level", "station"])):
        run_without_spark(writer(rows))
    table = catalog().load_table("master.Rivers.readings")
    first, second, _ = table.metadata.snapshots
    assert rows_of(table, first.snapshot_id) == READINGS.to_pylist()
    assert rows_of(table, second.snapshot_id) == READINGS.select(["level"]).to_pylist()
    assert rows_of(table) == READINGS.select(["level", "station"]).to_pylist()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": [1]}, {"a": ["x"]}),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}),
        ({"a": [{"b": 1}]}, {"a": [[1]]}),
        ({"a": [[1]]}, {"a": [["x"]]}),
    ],
)
def test_snapshots_begin_anew_if_a_name_gets_a_type_that_iceberg_cannot_promote(
    run_without_spark, catalog, before, after
):
    run_without_spark(writer(pa.table(before)))
    run_without_spark(writer(pa.table(after)))
    table = catalog().load_table("master.Rivers.readings")
    assert rows_of(table) == pa.table(after).to_pylist()
    assert len(table.metadata.snapshots) == 1


def test_a_wider_type_and_a_new_nested_field_keep_the_snapshots(run_without_spark, catalog):
    narrow = pa.table({"level": pa.array([3], pa.int32()), "more": [{"a": 1}]})
    run_without_spark(writer(narrow))
    run_without_spark(writer(pa.table({"level": [2**40], "more": [{"b": "x", "a": 1}]})))
    table = catalog().load_table("master.Rivers.readings")
    assert rows_of(table) == [{"level": 2**40, "more": {"b": "x", "a": 1}}]
    assert rows_of(table, table.metadata.snapshots[0].snapshot_id) == [{"level": 3, "more": {"a": 1}}]


def test_an_incremental_transform_adds_to_a_table_and_reads_what_was_added(run_without_spark, stored, catalog):
    @incremental()
    @transform.using(source=TableInput("/Rivers/readings"), out=TableOutput("/Rivers/all"))
    def gather(source, out):
        out.iceberg().write(source.arrow())

    @incremental()
    @transform.using(out=TableOutput("/Rivers/readings"))
    def grow(out):
        out.iceberg().write(READINGS.slice(0, 1))

    for _ in range(2):
        run_without_spark(grow)
        run_without_spark(gather)
    assert stored("/Rivers/all") == [("Aare", 3), ("Aare", 3)]
    table = catalog().load_table("master.Rivers.all")
    assert [snapshot.summary.operation.value for snapshot in table.metadata.snapshots] == ["append", "append"]
    assert len(rows_of(table)) == 2


def test_a_reader_sees_the_version_that_its_job_read_and_those_before(run_without_spark, warehouse):
    seen = []
    run_without_spark(writer(READINGS))
    run_without_spark(writer(READINGS.slice(2)))
    restore_version(warehouse, "/Rivers/readings", 0)
    table = reader(lambda source: seen.append(source.iceberg().table()) or source.arrow())
    run_without_spark(table)
    [table] = seen
    assert len(rows_of(table)) == 3
    assert [snapshot.summary["transforms.version"] for snapshot in table.metadata.snapshots] == ["0", "1", "2"]
    assert rows_of(table, table.metadata.snapshots[1].snapshot_id) == READINGS.slice(2).to_pylist()


def test_a_restored_version_is_the_current_snapshot(run_without_spark, warehouse, catalog):
    run_without_spark(writer(READINGS))
    run_without_spark(writer(READINGS.slice(2)))
    restore_version(warehouse, "/Rivers/readings", 0)
    assert rows_of(catalog().load_table("master.Rivers.readings")) == READINGS.to_pylist()


def test_a_branch_has_tables_of_its_own(run_without_spark, warehouse, catalog, write):
    run_without_spark(writer(READINGS))
    feature = replace(warehouse, branch="feature/x", fallback_branches=("master",))
    run_job(writer(READINGS.slice(2)), BuildEnvironment(lambda: None, feature, "build-2"))
    assert len(rows_of(catalog().load_table("master.Rivers.readings"))) == 3
    assert len(rows_of(catalog().load_table("feature~2f~x.Rivers.readings"))) == 1
    delete_branch(warehouse.root, "feature/x", "master")
    assert catalog().list_tables(("feature~2f~x", "Rivers")) == []


def test_vacuum_leaves_snapshots_whose_files_exist(run_without_spark, warehouse, catalog):
    run_without_spark(writer(READINGS))
    run_without_spark(writer(READINGS.slice(2)))
    remove_unused_files(warehouse, ["/Rivers/readings"], dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    table = catalog().load_table("master.Rivers.readings")
    assert [rows_of(table, snapshot.snapshot_id) for snapshot in table.metadata.snapshots] == [
        READINGS.slice(2).to_pylist()
    ]


def test_a_copied_warehouse_has_no_paths_of_the_first_after_its_next_build(run_without_spark, warehouse, tmp_path):
    run_without_spark(writer(READINGS))
    copied = replace(warehouse, root=warehouse.root.rename(tmp_path / "elsewhere"))
    environment = BuildEnvironment(lambda: None, copied, "build-2")
    run_job(reader(lambda source: source.iceberg().table().scan().to_arrow()), environment)
    run_job(writer(READINGS.slice(2)), environment)
    catalog = sql.SqlCatalog("warehouse", uri=f"sqlite:///{copied.root}/_iceberg/catalog.db")
    assert rows_of(catalog.load_table("master.Rivers.readings")) == READINGS.slice(2).to_pylist()


def test_a_table_that_becomes_a_dataset_leaves_the_catalog(run_without_spark, catalog):
    @transform.using(out=Output("/Rivers/readings"))
    def as_dataset(out):
        out.write_table(READINGS)

    run_without_spark(writer(READINGS))
    run_without_spark(as_dataset)
    assert catalog().list_tables(("master", "Rivers")) == []


# Jobs


def test_a_job_that_fails_changes_no_table(run_without_spark, warehouse, catalog):
    @transform.using(out=TableOutput("/Rivers/readings"), other=TableOutput("/Rivers/other"))
    def failing(out, other):
        out.iceberg().write(READINGS.slice(2))
        other.iceberg().write(READINGS)
        raise RuntimeError("the river is dry")

    run_without_spark(writer(READINGS))
    with pytest.raises(ComputeError):
        run_without_spark(failing)
    assert find_version(warehouse, "/Rivers/readings").version == 0
    assert catalog().list_tables(("master", "Rivers")) == [("master", "Rivers", "readings")]


def test_a_check_that_fails_keeps_the_last_snapshot(run_without_spark, catalog):
    low = Check(E.col("level").lt(9), "levels are low", on_error="FAIL")
    run_without_spark(writer(READINGS.slice(0, 2), checks=low))
    with pytest.raises(ChecksFailedError):
        run_without_spark(writer(READINGS, checks=low))
    assert rows_of(catalog().load_table("master.Rivers.readings")) == READINGS.slice(0, 2).to_pylist()


def test_an_output_that_is_aborted_keeps_its_last_snapshot(run_without_spark, catalog):
    @transform.using(out=TableOutput("/Rivers/readings"))
    def aborting(out):
        out.iceberg().write(READINGS)
        out.abort()

    run_without_spark(writer(READINGS.slice(2)))
    run_without_spark(aborting)
    assert rows_of(catalog().load_table("master.Rivers.readings")) == READINGS.slice(2).to_pylist()


def test_jobs_that_run_at_the_same_time_write_tables_of_one_catalog(run_without_spark, catalog):
    def grow(number):
        @incremental()
        @transform.using(out=TableOutput(f"/Rivers/{number}"))
        def table(out):
            out.iceberg().write(READINGS)

        return [run_without_spark(table) for _ in range(12)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(grow, range(4)))
    tables = [catalog().load_table(f"master.Rivers.{number}") for number in range(4)]
    assert [len(rows_of(table)) for table in tables] == [36] * 4
    assert [len(table.metadata.snapshots) for table in tables] == [12] * 4


def test_the_table_of_an_input_cannot_be_written(run_without_spark, catalog):
    run_without_spark(writer(READINGS))
    with pytest.raises(WriteError, match=r"write to an output of the transform, output.iceberg\(\).write\(rows\)"):
        run_without_spark(reader(lambda source: source.iceberg().table().append(READINGS)))
    assert len(rows_of(catalog().load_table("master.Rivers.readings"))) == 3


def test_rows_of_other_types_are_not_added_to_a_table(run_without_spark, catalog):
    @incremental()
    @transform.using(out=TableOutput("/Rivers/readings"))
    def changing(out):
        levels = ["high"] if out.state.previous else [3]
        out.iceberg().write(pa.table({"level": levels}))

    run_without_spark(changing)
    with pytest.raises(WriteError, match="level"):
        run_without_spark(changing)
    assert rows_of(catalog().load_table("master.Rivers.readings")) == [{"level": 3}]


@pytest.mark.parametrize("written", [pl.DataFrame({"a": [1]}).to_pandas(), [1, 2], "rows"])
def test_iceberg_takes_arrow_rows_only(run_without_spark, written):
    with pytest.raises(LightweightTypeError, match=r"/Rivers/readings: iceberg\(\).write\(\) takes Arrow rows, not a"):
        run_without_spark(writer(written))


@pytest.mark.parametrize(
    "written",
    [READINGS.to_batches()[0], READINGS.to_reader(), pyarrow.dataset.dataset(READINGS), pl.from_arrow(READINGS)],
)
def test_iceberg_takes_rows_of_arrow_in_any_form(run_without_spark, stored, written):
    run_without_spark(writer(written))
    assert len(stored("/Rivers/readings")) == 3


def test_a_table_output_on_the_format_delta_is_a_dataset_here_and_the_report_says_so(run_without_spark, stored):
    @transform.using(out=TableOutput("/Rivers/readings", "ri.source", DeltaTable("rivers/readings")))
    def readings(out):
        out.write_table(READINGS)

    assert run_without_spark(readings).notes == [
        "/Rivers/readings is stored in the warehouse; DeltaTable('rivers/readings') is not written"
    ]
    assert len(stored("/Rivers/readings")) == 3


def test_a_delta_table_has_no_iceberg(run_without_spark):
    @transform.using(out=TableOutput("/Rivers/readings", "ri.source", DeltaTable("rivers/readings")))
    def readings(out):
        out.iceberg().write(READINGS)

    with pytest.raises(WriteError, match="declared as a Delta table"):
        run_without_spark(readings)


def test_without_the_extra_a_job_that_writes_an_iceberg_table_says_what_to_install(run_without_spark, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyiceberg", None)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'transforms-anywhere\[iceberg\]'"):
        run_without_spark(writer(READINGS))


def test_an_iceberg_table_needs_a_warehouse_on_a_disk(tmp_path):
    from transforms_api.warehouse import require_iceberg, storage_path

    with pytest.raises(NotSupportedLocallyError, match="needs a warehouse on a disk"):
        require_iceberg(storage_path("s3a://bucket/warehouse"))


def test_a_snapshot_that_cannot_be_made_is_made_by_the_next_job(run_without_spark, warehouse, monkeypatch, catalog):
    from transforms_api.warehouse import iceberg_catalog

    with monkeypatch.context() as patched:
        patched.setattr(iceberg_catalog, "parquet_file_to_data_file", lambda *_: 1 / 0)
        with pytest.raises(StoreError, match="its Iceberg snapshot cannot be made"):
            run_without_spark(writer(READINGS))
    run_without_spark(reader(lambda source: source.arrow()))
    from transforms_api.warehouse.multi_table_commit import recover

    recover(warehouse.root)
    assert len(rows_of(catalog().load_table("master.Rivers.readings"))) == 3


def test_inputs_may_be_datasets_and_outputs_tables(write, run_without_spark, catalog):
    @transform.using(source=Input("/Rivers/raw"), out=TableOutput("/Rivers/readings"), copy=Output("/Rivers/copy"))
    def both(source, out, copy):
        out.iceberg().write(source.arrow())
        copy.write_table(source.polars())

    write("/Rivers/raw", station=["Aare"])
    assert run_without_spark(both).rows == {"/Rivers/readings": 1, "/Rivers/copy": 1}
    assert rows_of(catalog().load_table("master.Rivers.readings")) == [{"station": "Aare"}]
