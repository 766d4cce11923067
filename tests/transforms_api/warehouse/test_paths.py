"""Datasets and columns may be called anything, and everybody who reads Delta can open the table."""

import subprocess
import sys
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from transforms.api import Input, Output, transform, transform_df, transform_polars
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.errors import EnvironmentProblem, LightweightTypeError, StoreError, WriteError
from transforms_api.warehouse.branches import branch_named
from transforms_api.warehouse.paths import decode_name, encode_name, folder_of_branch, storage_of, storage_path
from transforms_api.warehouse.warehouse import Warehouse


@pytest.mark.parametrize("location", ["warehouse", "./warehouse", "/data/warehouse", "a:b", "C:/warehouse"])
def test_a_location_without_a_scheme_is_a_folder(tmp_path, location):
    path = storage_path(location, tmp_path)
    assert isinstance(path, Path)
    assert path == tmp_path / location
    assert storage_of(path).spark_uri(path) == str(tmp_path / location)


@pytest.mark.parametrize("url", ["s3a://lake/tables", "s3://lake/tables/", "s3n://lake/tables"])
def test_a_url_is_a_path_on_an_object_store_with_a_uri_for_spark(url):
    path = storage_path(url)
    assert storage_of(path).is_remote
    assert (str(path), storage_of(path).spark_uri(path)) == ("s3://lake/tables", "s3a://lake/tables")
    assert storage_of(path).spark_uri(path / "master" / "A") == "s3a://lake/tables/master/A"


def test_a_url_that_a_shell_s_path_has_shortened_is_meant_all_the_same():
    assert str(storage_path(Path("s3a://lake/tables"))) == "s3://lake/tables"


def test_a_url_with_an_unknown_scheme_is_refused():
    with pytest.raises(EnvironmentProblem, match="https://lake/tables cannot be a warehouse"):
        storage_path("https://lake/tables")


def test_a_store_whose_library_is_missing_names_what_to_install():
    with pytest.raises(EnvironmentProblem, match="adlfs"):
        storage_path("abfss://lake@account.dfs.core.windows.net/tables")


def test_a_build_on_a_disk_imports_no_library_for_object_stores():
    code = "import sys, transforms_api.cli.build; print(sorted({'upath', 'fsspec', 's3fs'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"


NAMES = [
    "/My Project/R&D 50%",
    "/A/%20 #1 a:b?c=d",
    "/A/Umsätze 日本 😀",
    "/A/deals/_delta_log",
    "/A/" + "ä" * 200,
    "/A/deals",
    "/A/Deals",
]
COLUMNS = ["a b", "R&D", "#", "100%", "ünï 日本", "😀", "a.b", "a`b", "a,b;c=d", "{x}(y)", "'q' \"q\"", "x" * 200]


@pytest.fixture(scope="module")
def written(spark, tmp_path_factory):
    """A warehouse in which a Spark job wrote each dataset: one row with its name, and the odd columns."""
    warehouse = Warehouse(tmp_path_factory.mktemp("names"))
    for name in NAMES:
        row = spark.createDataFrame([(name, *range(len(COLUMNS)))], ["name", *COLUMNS])
        run_job(transform_df(Output(name))(lambda row=row: row), BuildEnvironment(lambda: spark, warehouse, "build"))
    return warehouse


def in_a_job(make):
    """Return a reader: a job that writes the result of `make` on an input."""

    def read(spark, warehouse, dataset):
        run_job(make(dataset), BuildEnvironment(lambda: spark, warehouse, "build"))
        return DeltaTable(warehouse.table("/copy")).to_pyarrow_table().to_pylist()

    return read


READERS = {
    "delta-rs": lambda _, warehouse, dataset: DeltaTable(warehouse.table(dataset)).to_pyarrow_table().to_pylist(),
    "Polars": lambda _, warehouse, dataset: polars.read_delta(str(warehouse.table(dataset))).to_dicts(),
    "DuckDB": lambda _, warehouse, dataset: (
        duckdb.read_parquet(list(warehouse.latest(dataset).files)).to_arrow_table().to_pylist()
    ),
    "Spark": lambda spark, warehouse, dataset: [
        row.asDict() for row in spark.read.format("delta").load(str(warehouse.table(dataset))).collect()
    ],
    "a job on Spark": in_a_job(lambda dataset: transform_df(Output("/copy"), rows=Input(dataset))(lambda rows: rows)),
    "a job without": in_a_job(
        lambda dataset: transform_polars(Output("/copy"), rows=Input(dataset))(lambda rows: rows)
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_opens_datasets_and_columns_with_any_name(spark, written, reader):
    read = {name: READERS[reader](spark, written, name) for name in NAMES}
    numbers = dict(zip(COLUMNS, range(len(COLUMNS)), strict=True))
    assert read == {name: [{"name": name, **numbers}] for name in NAMES}


def test_a_branch_knows_its_datasets_by_their_names(written):
    assert set(NAMES) <= set(branch_named(written.root, "master").tables)


def test_a_warehouse_may_lie_in_a_folder_with_spaces_and_umlauts(spark, tmp_path):
    environment = BuildEnvironment(lambda: spark, Warehouse(tmp_path / "Jörg's R&D 100%"), "build")
    make = transform_df(Output("/A/rows"))(lambda ctx: ctx.spark_session.range(2))
    count = transform_polars(Output("/A/count"), rows=Input("/A/rows"))(lambda rows: rows.select(polars.len()))
    for action in (make, count):
        run_job(action, environment)
    assert DeltaTable(environment.warehouse.table("/A/count")).to_pyarrow_table().to_pylist() == [{"len": 2}]


# Folders


@given(st.text(min_size=1))
def test_a_name_can_be_read_back_from_its_folder_which_every_disk_has_room_for(name):
    folder = encode_name(name)
    assert decode_name(folder) == name
    assert folder.isascii()
    assert all(0 < len(part) <= 255 for part in folder.split("/"))


def test_simple_names_are_their_folders():
    assert encode_name("dashboard_kpis-2024.v1") == "dashboard_kpis-2024.v1"


def test_a_long_name_goes_on_in_a_folder_inside():
    assert encode_name("x" * 300) == "x" * 254 + "~/" + "x" * 46


def test_a_dataset_below_another_never_takes_a_folder_of_its_table():
    assert [encode_name(name) for name in ("_delta_log", "_files")] == ["~5f~delta_log", "~5f~files"]


@given(st.text(min_size=1))
def test_a_branch_s_name_can_be_read_back_from_its_folder_which_is_none_of_the_warehouse_s_own(name):
    folder = folder_of_branch(name)
    assert decode_name(folder) == name
    assert not folder.startswith(("_", "."))
    assert all(0 < len(part) <= 255 for part in folder.split("/"))


def test_a_branch_has_to_have_one_folder(tmp_path):
    with pytest.raises(StoreError, match="the branch's name is too long"):
        Warehouse(tmp_path, "x" * 300).table("/A")


def test_a_warehouse_whose_path_delta_would_decode_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"Delta's libraries take .*/a%20b for .*/a b\. Rename the folder"):
        Warehouse(tmp_path / "a%20b").table("/A")


# Case


@pytest.fixture
def disk_ignoring_case(monkeypatch, tmp_path):
    def exists(path):
        return str(path).casefold() in {str(entry).casefold() for entry in tmp_path.rglob("*")}

    monkeypatch.setattr(Path, "exists", exists)


@pytest.mark.usefixtures("disk_ignoring_case")
@pytest.mark.parametrize(("dataset", "taken"), [("/A/Deals", "master/A/deals"), ("/a/rates", "master/A")])
def test_a_disk_that_ignores_case_does_not_mix_up_two_datasets(warehouse, dataset, taken):
    warehouse.table("/A/deals").mkdir(parents=True)
    with pytest.raises(StoreError, match=rf"this disk takes it for .*/{taken}, whose name differs in case only"):
        warehouse.table(dataset)


def test_columns_that_differ_in_case_only_are_refused_before_spark_trips_over_them(run_without_spark, warehouse):
    same = polars.DataFrame({"deal": ["A"], "Deal": ["B"]})
    with pytest.raises(WriteError, match="/A/out cannot have the columns 'deal' and 'Deal': Spark, which ignores case"):
        run_without_spark(transform.using(out=Output("/A/out"))(lambda out: out.write_table(same)))
    assert warehouse.latest("/A/out") is None


@pytest.mark.parametrize("inside", [lambda name: name, lambda name: [name], lambda name: {"deeper": [name]}])
def test_fields_of_a_struct_that_differ_in_case_only_are_refused_at_any_depth(run_without_spark, warehouse, inside):
    same = pa.table({"payload": [inside({"id": 1, "ID": 2})]})
    with pytest.raises(LightweightTypeError, match=r"Column 'payload.*' has the fields '(id|ID)' and '(id|ID)'"):
        run_without_spark(transform.using(out=Output("/A/out"))(lambda out: out.write_table(same)))
    assert warehouse.latest("/A/out") is None


def test_rows_without_columns_are_refused_when_they_are_written(run_without_spark, warehouse):
    with pytest.raises(WriteError, match="/A/out cannot be written without columns"):
        run_without_spark(transform.using(out=Output("/A/out"))(lambda out: out.write_table(polars.DataFrame())))
    assert warehouse.latest("/A/out") is None


def test_columns_that_differ_in_case_only_are_refused_by_a_transform_on_spark(run):
    same = transform_df(Output("/A/out"))(lambda ctx: ctx.spark_session.sql("select 1 as deal, 2 as Deal"))
    with pytest.raises(WriteError, match="cannot have the columns 'deal' and 'Deal'"):
        run(same)
    payload = "from_json('{}', 'id int, ID int') as payload"
    nested = transform_df(Output("/A/out"))(lambda ctx: ctx.spark_session.sql(f"select {payload}"))
    with pytest.raises(WriteError, match="the column 'payload': it has the fields 'id' and 'ID'"):
        run(nested)
    everything = transform(out=Output("/A/out"))(
        lambda ctx, out: out.write_dataframe(ctx.spark_session.range(1), partition_cols=["id"])
    )
    with pytest.raises(WriteError, match="partitioned by all of its columns"):
        run(everything)


def test_a_column_that_differs_in_case_from_one_that_stays_is_refused(run_without_spark):
    def add(out, **columns):
        out.set_mode("append")
        out.write_table(polars.DataFrame(columns))

    run_without_spark(transform.using(out=Output("/A/out"))(lambda out: add(out, deal=["A"])))
    with pytest.raises(WriteError, match="cannot have the columns 'Deal' and 'deal'"):
        run_without_spark(transform.using(out=Output("/A/out"))(lambda out: add(out, Deal=["B"])))
