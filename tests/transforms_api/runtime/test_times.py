"""Times and dates far from today: what Spark writes has one value for all readers, and so have files of INT96."""

import itertools
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner

from transforms.api import Input, Output, configure, transform, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.cli import app
from transforms_api.runtime.context import connect
from transforms_api.runtime.inputs import LightweightInput, TransformInput
from transforms_api.warehouse.table import InputView
from transforms_api.warehouse.warehouse import Warehouse

INT96 = Path(__file__).parents[2] / "data" / "int96_times"
"""Two tables that version 0.1.0 wrote by Spark 3.5 with Spark's own settings: /Times/plain and /Times/partitioned."""
TIMES = {
    "0001-01-01 00:00:00": datetime(1, 1, 1, tzinfo=UTC),
    "1582-10-04 12:00:00": datetime(1582, 10, 4, 12, tzinfo=UTC),
    "1582-10-15 00:00:00": datetime(1582, 10, 15, tzinfo=UTC),
    "1677-09-21 00:12:43": datetime(1677, 9, 21, 0, 12, 43, tzinfo=UTC),
    "1899-12-30 00:00:00": datetime(1899, 12, 30, tzinfo=UTC),
    "2024-02-29 12:34:56.789012": datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC),
    "2262-04-12 00:00:00": datetime(2262, 4, 12, tzinfo=UTC),
    "9999-12-31 23:59:59": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
}
"""Text in SQL → the same time in Python."""
OLD_TIMES = ["9999-12-31 23:59:59", "2262-04-12 00:00:00", "2024-02-29 12:34:56.789012", "1900-01-01 00:00:00"]
"""The times of the tables of INT96, by their ids, from 1 on; that with the id 5 is null."""
ROWS = " union all ".join(f"select {n} id, timestamp'{text}' t" for n, text in enumerate(TIMES))
BY_ID = dict(enumerate(TIMES))
OLD_BY_ID = dict(enumerate(OLD_TIMES, start=1))
NESTED = ("s", "a", "m")
COLUMNS = {
    "t": "t",
    "d": "cast(t as date)",
    "n": "cast(t as timestamp_ntz)",
    "s": "struct(t as t, array(cast(t as date)) as ds)",
    "a": "array(t)",
    "m": "map('k', t)",
}
"""Columns of /T/plain made of a time `t`."""


def expected(text):
    time = datetime.fromisoformat(text).replace(tzinfo=UTC)
    day = time.date()
    return {"t": time, "d": day, "n": time.replace(tzinfo=None), "s": {"t": time, "ds": [day]}, "a": [time], "m": time}


def light(version):
    return LightweightInput(InputView("/T/x", version))


def from_spark(spark, version):
    """Rows as Arrow, which do not pass through the zone of Python."""
    frame = TransformInput(InputView("/T/x", version), lambda: spark).dataframe()
    return pa.Table.from_batches(frame._collect_as_arrow()).to_pylist()


def from_pandas(version):
    """Rows of pandas, whose times in columns are `Timestamp`s."""
    frame = light(version).pandas()
    return [{k: v.to_pydatetime() if hasattr(v, "to_pydatetime") else v for k, v in row.items()}
            for row in frame.to_dict("records")]  # fmt: skip


def from_duckdb(version):
    relation = connect({"x": light(version)}, {}).conn.sql("select * from x")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def from_files(version):
    """Rows by DuckDB's own reader of Parquet, as the dashboards have them."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        relation = database.read_parquet(list(version.files))
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


OUR_READERS = {
    "Arrow": lambda version: light(version).arrow().to_pylist(),
    "Polars": lambda version: light(version).polars().to_dicts(),
    "lazy Polars": lambda version: light(version).polars(lazy=True).collect().to_dicts(),
    "pandas": from_pandas,
    "DuckDB": from_duckdb,
}
FOREIGN_READERS = {
    "polars.read_delta": lambda version: polars.read_delta(str(version.table)).to_dicts(),
    "deltalake": lambda version: DeltaTable(str(version.table)).to_pyarrow_table().to_pylist(),
    "DuckDB's Parquet": from_files,
}


def cells_of(readers, columns):
    """Return the pairs of reader and column that compare: NumPy's arrays in pandas have times without a zone."""
    lacking = {("pandas", column) for column in NESTED}
    return [pair for pair in itertools.product(readers, columns) if pair not in lacking]


def plain(value):
    """Return a value without what differs between libraries: classes of zones, and lists of pairs for maps."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo and UTC)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def the_only_value(column):
    """Return the value of a map with one key, as any library has it."""
    if isinstance(column, dict):
        return next(iter(column.values()))
    [pair] = column
    return pair["value"] if isinstance(pair, dict) else pair[1]


def demand(rows, column, texts):
    times = {row["id"]: plain(the_only_value(row["m"]) if column == "m" else row[column]) for row in rows}
    assert {key: times[key] for key in texts} == {key: expected(text)[column] for key, text in texts.items()}


def built(spark, warehouse, *transforms):
    environment = BuildEnvironment(lambda: spark, warehouse, "build-1", profiles={"INT96": {
        "spark.sql.parquet.outputTimestampType": "INT96", "spark.sql.session.timeZone": "America/New_York",
    }})  # fmt: skip
    for job in transforms:
        run_job(job, environment)
    return warehouse


@pytest.fixture(scope="module")
def tables(spark, tmp_path_factory):
    """A warehouse with /T/plain, /T/by_day (of the parts d and p, a date and a time) and /T/int96 (see `built`)."""

    @transform(plain=Output("/T/plain"), by_day=Output("/T/by_day"))
    def write(ctx, plain, by_day):
        rows = ctx.spark_session.sql(ROWS).coalesce(1)
        plain.write_dataframe(rows.selectExpr("id", *[f"{sql} {name}" for name, sql in COLUMNS.items()]))
        by_day.write_dataframe(rows.selectExpr("id", "t p", "cast(t as date) d", "t"), partition_cols=["d", "p"])

    @configure(["INT96", "LEGACY_DATETIME_REBASE_MODE"])
    @transform(plain=Output("/T/int96"), by_day=Output("/T/int96_by_day"))
    def write_otherwise(ctx, plain, by_day):
        assert ctx.spark_session.conf.get("spark.sql.parquet.datetimeRebaseModeInWrite") == "LEGACY"
        rows = ctx.spark_session.sql(ROWS.replace("' t", "Z' t")).coalesce(1)
        plain.write_dataframe(rows.selectExpr("id", "t"))
        by_day.write_dataframe(rows.selectExpr("id", "t p"), partition_cols=["p"])

    return built(spark, Warehouse(tmp_path_factory.mktemp("times")), write, write_otherwise)


@pytest.fixture(scope="module")
def old_tables(tmp_path_factory):
    root = tmp_path_factory.mktemp("int96")
    shutil.copytree(INT96, root / "master" / "Times")
    return Warehouse(root)


@pytest.mark.parametrize(("reader", "column"), cells_of([*OUR_READERS, *FOREIGN_READERS], COLUMNS))
def test_each_reader_has_the_times_and_dates_that_spark_wrote(tables, reader, column):
    demand((OUR_READERS | FOREIGN_READERS)[reader](tables.latest("/T/plain")), column, BY_ID)


@pytest.mark.parametrize("column", COLUMNS)
def test_spark_has_the_times_and_dates_that_it_wrote(spark, tables, column):
    demand(from_spark(spark, tables.latest("/T/plain")), column, BY_ID)


def test_spark_s_pandas_has_the_times_and_dates_that_spark_wrote(spark, tables):
    frame = TransformInput(InputView("/T/plain", tables.latest("/T/plain")), lambda: spark).pandas()
    for column in ("t", "n"):
        assert [time.to_pydatetime() for time in frame[column]] == [
            time.replace(tzinfo=None) for time in TIMES.values()
        ]
    assert list(frame["d"]) == [time.date() for time in TIMES.values()]


def test_times_that_spark_collects_are_in_utc(spark, tables):
    frame = TransformInput(InputView("/T/plain", tables.latest("/T/plain")), lambda: spark).dataframe()
    rows = frame.where("id > 0").select("t").collect()  # Python's fromtimestamp does not have the year 1
    assert [row["t"] for row in rows] == [time.replace(tzinfo=None) for time in list(TIMES.values())[1:]]


def test_spark_writes_the_times_of_pandas_in_microseconds(spark, warehouse):
    @transform(out=Output("/T/pandas"))
    def write(out):
        out.write_pandas(pandas.DataFrame({"id": list(BY_ID), "t": [*map(datetime.fromisoformat, TIMES)]}))

    built(spark, warehouse, write)
    demand(light(warehouse.latest("/T/pandas")).arrow().to_pylist(), "t", BY_ID)


READERS_OF_PARTITIONS = OUR_READERS | {name: FOREIGN_READERS[name] for name in ("polars.read_delta", "deltalake")}


@pytest.mark.parametrize("reader", READERS_OF_PARTITIONS)
def test_each_reader_has_the_times_and_dates_that_partitions_are_named_by(tables, reader):
    rows = READERS_OF_PARTITIONS[reader](tables.latest("/T/by_day"))
    assert {row["id"]: (plain(row["p"]), row["d"]) for row in rows} == {
        number: (expected(text)["t"], expected(text)["d"]) for number, text in BY_ID.items()
    }


def test_spark_has_the_times_and_dates_that_partitions_are_named_by_in_their_order_of_columns(spark, tables):
    rows = from_spark(spark, tables.latest("/T/by_day"))
    assert list(rows[0]) == ["id", "p", "d", "t"]
    assert {row["id"]: (plain(row["p"]), row["d"]) for row in rows} == {
        number: (expected(text)["t"], expected(text)["d"]) for number, text in BY_ID.items()
    }


def test_a_session_in_another_zone_reads_the_same_times_from_the_names_of_partitions(spark, tables):
    elsewhere = spark.newSession()
    elsewhere.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    frame = TransformInput(InputView("/T/by_day", tables.latest("/T/by_day")), lambda: elsewhere).dataframe()
    seconds = {row["id"]: row["seconds"] for row in frame.selectExpr("id", "unix_seconds(p) seconds").collect()}
    assert seconds == {number: int(TIMES[text].timestamp()) for number, text in BY_ID.items()}


@pytest.mark.parametrize("reader", [*OUR_READERS, *FOREIGN_READERS])
def test_a_profile_of_int96_or_of_the_julian_calendar_changes_no_value_of_a_dataset(tables, reader):
    demand((OUR_READERS | FOREIGN_READERS)[reader](tables.latest("/T/int96")), "t", BY_ID)


@pytest.mark.parametrize("reader", READERS_OF_PARTITIONS)
def test_a_profile_with_another_zone_changes_no_value_that_partitions_are_named_by(tables, reader):
    rows = READERS_OF_PARTITIONS[reader](tables.latest("/T/int96_by_day"))
    assert {row["id"]: plain(row["p"]) for row in rows} == {n: TIMES[text] for n, text in BY_ID.items()}


def test_no_file_of_a_dataset_has_times_as_int96(tables):
    types = set()
    for version in map(tables.latest, ("/T/plain", "/T/by_day", "/T/int96")):
        for file in version.files:
            schema = pq.ParquetFile(file).schema
            types |= {schema.column(number).physical_type for number in range(len(schema))}
    assert "INT64" in types
    assert "INT96" not in types


def test_spark_reads_old_dates_that_polars_wrote_under_a_profile_of_the_julian_calendar(spark, warehouse):
    days = polars.DataFrame({"id": range(len(TIMES)), "t": list(TIMES.values())})
    source = transform.using(out=Output("/T/polars"))(lambda out: out.write_table(days))

    @configure(["LEGACY_DATETIME_REBASE_MODE"])
    @transform_df(Output("/T/copy"), rows=Input("/T/polars"))
    def copy(rows):
        return rows

    built(spark, warehouse, source, copy)
    demand(light(warehouse.latest("/T/copy")).arrow().to_pylist(), "t", BY_ID)


@pytest.mark.parametrize(("reader", "column"), cells_of(OUR_READERS, ["t", "s", "a", "m", "n", "d"]))
def test_each_of_our_readers_has_the_times_of_files_of_int96(old_tables, reader, column):
    rows = [row for row in OUR_READERS[reader](old_tables.latest("/Times/plain")) if row["id"] < 5]
    for row in rows:
        row["s"] = {"t": row["s"]["t"], "ds": [time.date() for time in row["s"]["ts"]]}
    demand(rows, column, OLD_BY_ID)


def test_spark_has_the_times_of_files_of_int96(spark, old_tables):
    rows = from_spark(spark, old_tables.latest("/Times/plain"))
    demand([row for row in rows if row["id"] < 5], "t", OLD_BY_ID)


@pytest.mark.parametrize("reader", OUR_READERS)
def test_each_of_our_readers_has_the_times_of_partitions_with_files_of_int96(old_tables, reader):
    rows = OUR_READERS[reader](old_tables.latest("/Times/partitioned"))
    actual = {row["id"]: (plain(row["t"]), plain(row["p"]), row["d"]) for row in rows if row["id"] < 5}
    times = {number: expected(text) for number, text in OLD_BY_ID.items()}
    assert actual == {number: (time["t"], time["t"], time["d"]) for number, time in times.items()}


def test_new_files_of_int64_and_old_ones_of_int96_are_read_as_one_table(spark, old_tables, tmp_path):
    root = tmp_path / "both"
    shutil.copytree(old_tables.root, root)
    warehouse = Warehouse(root)

    @transform(out=Output("/Times/plain"))
    def add(ctx, out):
        out.set_mode("append")
        row = f"select 6 id, 'new' name, timestamp'{OLD_TIMES[0]}' t"
        out.write_dataframe(ctx.spark_session.sql(row))

    built(spark, warehouse, add)
    demand(light(warehouse.latest("/Times/plain")).arrow().select(["id", "t"]).to_pylist(), "t", {
        **OLD_BY_ID, 6: OLD_TIMES[0]
    })  # fmt: skip


NANOSECONDS = {
    "nanoseconds": lambda frame, file: frame.astype({"t": "datetime64[ns, UTC]"}).to_parquet(file),
    "INT96": lambda frame, file: frame.to_parquet(file, use_deprecated_int96_timestamps=True),
}


@pytest.mark.parametrize("kind", NANOSECONDS)
def test_files_that_a_transform_writes_itself_are_stored_in_microseconds(spark, warehouse, kind):
    times = {number: text for number, text in BY_ID.items() if text[:4] in ("1899", "2024")}

    @transform.using(out=Output("/T/files"))
    def write(out):
        frame = pandas.DataFrame({"id": list(times), "t": [TIMES[text] for text in times.values()]})
        NANOSECONDS[kind](frame, f"{out.path_for_write_table}/part.parquet")
        out.write_table(out.path_for_write_table)

    version = built(spark, warehouse, write).latest("/T/files")
    assert str(pq.read_schema(version.files[0]).field("t").type) == "timestamp[us, tz=UTC]"
    demand(from_spark(spark, version), "t", times)


def test_the_folder_of_path_has_the_times_of_files_of_int96(old_tables):
    source = light(old_tables.latest("/Times/plain"))
    rows = polars.read_parquet(f"{source.path()}/**/*.parquet").to_dicts()
    demand([row for row in rows if row["id"] < 5], "t", OLD_BY_ID)


def test_show_prints_times_of_files_of_int96(old_tables):
    shown = CliRunner().invoke(app.app, ["show", "/Times/plain", "--json", "--warehouse", str(old_tables.root)])
    assert shown.exception is None
    assert json.loads(shown.stdout)["sample"][0]["t"] == "9999-12-31 23:59:59+00:00"
