"""Transforms on a single node: pandas, Polars, Arrow and DuckDB on Delta tables, and no Spark anywhere."""

import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

import duckdb
import narwhals
import numpy
import pandas
import polars
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms import expectations as E
from transforms.api import (
    Check,
    Input,
    Output,
    configure,
    incremental,
    lightweight,
    transform,
    transform_df,
    transform_pandas,
    transform_polars,
)
from transforms_api.builds.job import run_job
from transforms_api.errors import (
    ComputeError,
    LightweightTypeError,
    LightweightValueError,
    NotSupportedLocallyError,
    WriteError,
)
from transforms_api.runtime.output_state import OutputState
from transforms_api.runtime.pandas_frames import MapCell, to_pandas
from transforms_api.runtime.single_node_outputs import LightweightOutput
from transforms_api.warehouse.transaction import Transaction

DEALS = {"deal": ["A", "B", "C"], "amount": [10, 20, 30]}


def deals(mode="replace", **columns):
    """A transform that makes /A/deals of these columns."""

    def make(out):
        out.set_mode(mode)
        out.write_table(polars.DataFrame(columns or DEALS))

    return transform.using(out=Output("/A/deals"))(make)


@pytest.fixture
def run(run_without_spark):
    run_without_spark(deals())
    return run_without_spark


# What is read


@pytest.mark.parametrize(
    "as_dict",
    [
        lambda deals: deals.pandas().to_dict("list"),
        lambda deals: deals.dataframe().to_dict("list"),
        lambda deals: deals.polars().to_dict(as_series=False),
        lambda deals: deals.polars(lazy=True).collect().to_dict(as_series=False),
        lambda deals: deals.arrow().to_pydict(),
        lambda deals: pq.read_table(deals.path()).to_pydict(),
    ],
    ids=["pandas", "dataframe", "polars", "lazy", "arrow", "path"],
)
def test_every_library_reads_the_same_rows(run, as_dict):
    seen = []
    run(
        transform.using(deals=Input("/A/deals"), out=Output("/A/out"))(
            lambda deals, out: (seen.append(as_dict(deals)), out.abort())
        )
    )
    assert seen == [DEALS]


def test_duckdb_has_every_input_as_a_table_under_its_parameter_s_name(run, rows):
    @transform.using(deals=Input("/A/deals"), out=Output("/A/total"))
    def total(ctx, deals, out):
        out.write_table(ctx.duckdb().conn.sql("select sum(amount)::bigint as amount from deals where deal > 'A'"))

    run(total)
    assert rows("/A/total") == [{"amount": 50}]


def test_a_file_of_sql_is_found_beside_the_code_that_names_it(run, rows, tmp_path):
    (tmp_path / "top.sql").write_text("select max(amount) as top from deals")
    (tmp_path / "module.py").write_text(
        "from transforms.api import Input, Output, transform\n"
        "@transform.using(deals=Input('/A/deals'), out=Output('/A/top'))\n"
        "def top(ctx, deals, out):\n"
        "    out.write_table(ctx.duckdb().conn.sql_from_file('top.sql'))\n"
    )
    names = {"__name__": "module"}
    exec(compile((tmp_path / "module.py").read_text(), str(tmp_path / "module.py"), "exec"), names)
    run(names["top"])
    assert rows("/A/top") == [{"top": 30}]


# What is written


@pytest.mark.parametrize(
    "table",
    [
        pandas.DataFrame(DEALS),
        polars.DataFrame(DEALS),
        polars.LazyFrame(DEALS),
        pa.table(DEALS),
        duckdb.sql("select * from (values ('A', 10::bigint), ('B', 20), ('C', 30)) as t(deal, amount)"),
    ],
    ids=["pandas", "polars", "lazy", "arrow", "duckdb"],
)
def test_every_library_writes_the_same_table(run, rows, table):
    run(transform.using(out=Output("/A/out"))(lambda out: out.write_table(table)))
    assert rows("/A/out") == [{"deal": d, "amount": a} for d, a in zip(*DEALS.values(), strict=True)]


def test_parquet_files_written_to_the_output_s_path_become_its_rows(run, rows):
    @transform.using(out=Output("/A/out"))
    def write(out):
        polars.DataFrame(DEALS).write_parquet(f"{out.path_for_write_table}/deals.parquet")
        out.write_table(out.path_for_write_table)

    run(write)
    assert len(rows("/A/out")) == 3


def test_write_table_refuses_a_path_other_than_that_of_path_for_write_table(run, tmp_path):
    with pytest.raises(LightweightValueError, match="takes the path that path_for_write_table gives"):
        run(transform.using(out=Output("/A/out"))(lambda out: out.write_table(tmp_path)))


def test_write_table_refuses_a_value_that_is_no_table(run):
    with pytest.raises(LightweightTypeError, match="not from a dict"):
        run(transform.using(out=Output("/A/out"))(lambda out: out.write_table(DEALS)))


def test_a_type_that_datasets_do_not_have_is_refused_with_the_column(run):
    times = pa.table({"wait": pa.array([1], pa.duration("s"))})
    with pytest.raises(LightweightTypeError, match="'wait' is duration"):
        run(transform.using(out=Output("/A/out"))(lambda out: out.write_table(times)))


def test_a_second_write_replaces_the_first(run, rows):
    @transform.using(out=Output("/A/out"))
    def write(out):
        out.write_table(polars.DataFrame({"n": [1, 2]}))
        out.write_table(polars.DataFrame({"n": [3]}))

    run(write)
    assert rows("/A/out") == [{"n": 3}]


def test_times_without_a_zone_count_as_utc(run, rows):
    noon = polars.DataFrame({"at": [datetime(2024, 11, 15, 12)]})
    run(transform.using(out=Output("/A/out"))(lambda out: out.write_table(noon)))
    assert rows("/A/out") == [{"at": datetime(2024, 11, 15, 12, tzinfo=UTC)}]


def test_descriptions_of_columns_are_kept(run, run_without_spark):
    described = polars.DataFrame({"n": [1]})
    run(
        transform.using(out=Output("/A/out"))(
            lambda out: out.write_table(described, column_descriptions={"n": "how many"})
        )
    )
    seen = []
    run_without_spark(
        transform.using(source=Input("/A/out"), out=Output("/A/x"))(
            lambda source, out: (seen.append(source.column_descriptions), out.abort())
        )
    )
    assert seen == [{"n": "how many"}]


# By the convention of the decorator


def test_transform_polars_passes_and_accepts_polars(run, rows):
    @transform_polars(Output("/A/out"), deals=Input("/A/deals"))
    def large(deals):
        return deals.filter(polars.col("amount") > 15).select("deal")

    run(large)
    assert rows("/A/out") == [{"deal": "B"}, {"deal": "C"}]


def test_transform_pandas_passes_and_accepts_pandas(run, rows):
    @transform_pandas(Output("/A/out"), deals=Input("/A/deals"))
    def large(deals):
        return deals[deals.amount > 15][["deal"]]

    run(large)
    assert rows("/A/out") == [{"deal": "B"}, {"deal": "C"}]


def test_the_wrong_kind_of_result_is_an_error_that_names_the_transform(run):
    @transform_polars(Output("/A/out"), deals=Input("/A/deals"))
    def large(deals):
        return deals.to_pandas()

    with pytest.raises(WriteError, match="'large' has to return a Polars DataFrame, not a DataFrame"):
        run(large)


# @lightweight


def test_lightweight_makes_a_spark_transform_run_without_spark(run, rows):
    @lightweight
    @transform(deals=Input("/A/deals"), out=Output("/A/out"))
    def copy(deals, out):
        out.write_pandas(deals.pandas())

    run(copy)
    assert len(rows("/A/out")) == 3


def test_resources_are_recorded(run):
    sized = lightweight(cpu_cores=8, memory_gb=32)(transform(out=Output("/A/out"))(lambda out: out.abort()))
    assert sized.resources == {"cpu_cores": 8, "memory_gb": 32}
    assert run(sized).rows == {}


def test_a_spark_profile_has_no_effect_on_a_single_node_as_a_note_says(run_without_spark):
    published = run_without_spark(configure(profile=["DRIVER_MEMORY_LARGE"])(deals()))
    assert published.notes == ["configure(profile=…) has no effect on a single-node transform: profiles are Spark's"]


def test_memory_has_one_unit():
    with pytest.raises(LightweightValueError, match="memory_gb or memory_mb"):
        lightweight(memory_gb=1, memory_mb=1024)


def test_a_container_needs_image_and_tag_and_cannot_be_run_here(run):
    with pytest.raises(LightweightValueError, match="both container_image and container_tag"):
        lightweight(container_image="ours")
    contained = transform.using(out=Output("/A/out")).with_container("ours", "1")(lambda out: None)
    with pytest.raises(NotSupportedLocallyError, match="containers of one's own"):
        run(contained)


def test_lightweight_on_spark_dataframes_or_a_plain_function_is_refused():
    with pytest.raises(LightweightValueError, match="takes Spark DataFrames"):
        lightweight(transform_df(Output("/A/out"))(lambda: None))
    with pytest.raises(LightweightTypeError, match="goes above @transform"):
        lightweight(lambda: None)


# Incremental


def test_an_incremental_run_reads_what_came_since_and_adds_to_its_output(run, rows):
    added = []

    @incremental()
    @transform.using(deals=Input("/A/deals"), out=Output("/A/out"))
    def copy(ctx, deals, out):
        added.append((ctx.is_incremental, deals.polars()["deal"].to_list()))
        out.write_table(deals.polars())

    run(copy)
    run(deals("append", deal=["D"], amount=[40]))
    run(copy)
    assert added == [(False, ["A", "B", "C"]), (True, ["D"])]
    assert [row["deal"] for row in rows("/A/out")] == ["A", "B", "C", "D"]


def test_previous_rows_can_be_merged_with_new_ones_and_replaced(run, rows):
    @incremental()
    @transform.using(deals=Input("/A/deals"), out=Output("/A/top"))
    def top(deals, out):
        before = out.polars(mode="previous", schema={"deal": polars.String, "amount": polars.Int64})
        merged = polars.concat([before, deals.polars()]).sort("amount").tail(1)
        out.set_mode("replace")
        out.write_table(merged)

    run(top)
    run(deals("append", deal=["D"], amount=[25]))
    run(top)
    assert rows("/A/top") == [{"deal": "C", "amount": 30}]


STRUCT, MORE = {"a": 1}, {"a": 2, "b": "x"}


@pytest.mark.parametrize(
    ("first", "then", "before", "after"),
    [
        (STRUCT, MORE, {"a": 1, "b": None}, MORE),
        ([STRUCT], [MORE], [{"a": 1, "b": None}], [MORE]),
        ({"l": [{"s": STRUCT}]}, {"l": [{"s": MORE}]}, {"l": [{"s": {"a": 1, "b": None}}]}, {"l": [{"s": MORE}]}),
        (MapCell(k=STRUCT), MapCell(k=MORE), [("k", {"a": 1, "b": None})], [("k", MORE)]),
        (MORE, STRUCT, MORE, {"a": 1, "b": None}),
        (MORE, {"c": 3}, MORE | {"c": None}, {"a": None, "b": None, "c": 3}),
    ],
    ids=["struct", "array", "deep", "map", "dropped", "both"],
)
def test_fields_of_structs_may_come_and_go_in_incremental_runs(
    run, run_without_spark, rows, first, then, before, after
):
    current = []

    @incremental()
    @transform.using(
        deals=Input("/A/deals"), out=Output("/A/out", checks=Check(E.col("run").non_null(), "run is known"))
    )
    def copy(ctx, deals, out):
        out.write_pandas(pandas.DataFrame({"x": [then if ctx.is_incremental else first], "run": [ctx.is_incremental]}))
        current.append(out.arrow("current").sort_by("run")["x"].to_pylist())

    run(copy)
    run(deals("append", deal=["D"], amount=[40]))
    run(copy)
    assert [row["x"] for row in sorted(rows("/A/out"), key=lambda row: row["run"])] == [before, after]
    assert current[-1] == [before, after]


@pytest.mark.parametrize(
    ("then", "there", "here"),
    [
        ({"a": "x"}, "struct<a:long>", "struct<a:string>"),
        ({"A": 1}, "struct<a:long>", "struct<A:long>"),
        ([{"a": 1}], "struct<a:long>", "array<struct<a:long>>"),
    ],
)
def test_a_value_that_does_not_fit_a_struct_is_refused_with_both_types_as_text(run, then, there, here):
    @incremental()
    @transform.using(deals=Input("/A/deals"), out=Output("/A/out"))
    def copy(ctx, deals, out):
        out.write_pandas(pandas.DataFrame({"x": [then if ctx.is_incremental else STRUCT]}))

    run(copy)
    run(deals("append", deal=["D"], amount=[40]))
    with pytest.raises(WriteError, match=f"column 'x' is {there} there and {here} in the new rows"):
        run(copy)


def test_previous_rows_of_a_first_run_need_a_schema(run):
    read = incremental()(
        transform.using(deals=Input("/A/deals"), out=Output("/A/out"))(lambda deals, out: out.polars(mode="previous"))
    )
    with pytest.raises(ComputeError, match="pass the schema"):
        run(read)


# Both worlds


def test_spark_reads_what_a_single_node_wrote_and_the_other_way_round(environment, rows):
    doubled = transform_df(Output("/A/doubled"), deals=Input("/A/deals"))(
        lambda deals: deals.selectExpr("deal", "amount * 2 as amount")
    )
    largest = transform_polars(Output("/A/largest"), doubled=Input("/A/doubled"))(lambda doubled: doubled.max())
    for built in (deals(), doubled, largest):
        run_job(built, environment())
    assert rows("/A/largest") == [{"deal": "C", "amount": 60}]


# Types


@dataclass(frozen=True)
class _Stream:
    """Rows of a library that is known by Arrow's stream interface alone."""

    rows: pa.Table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.rows.__arrow_c_stream__(requested_schema)


LARGEST = 2**64 - 1
UNSIGNED = {"x": [LARGEST, None], "l": [[LARGEST], None]}
WRITTEN = {
    "polars": polars.DataFrame(UNSIGNED, {"x": polars.UInt64, "l": polars.List(polars.UInt64)}),
    "lazy": polars.LazyFrame(UNSIGNED, {"x": polars.UInt64, "l": polars.List(polars.UInt64)}),
    "arrow": pa.table(UNSIGNED, pa.schema([("x", pa.uint64()), ("l", pa.list_(pa.uint64()))])),
    "pandas": pandas.DataFrame({
        "x": pandas.Series([LARGEST, None], dtype="UInt64"),
        "l": [numpy.array([LARGEST], "uint64"), None],
    }),
}  # fmt: skip
UNSIGNED_SQL = (
    "select unnest([18446744073709551615::ubigint, null]) x, unnest([[18446744073709551615::ubigint], null]) l"
)
WRITTEN |= {
    "stream": _Stream(WRITTEN["arrow"]),
    "reader": WRITTEN["arrow"].to_reader,
    "record batch": WRITTEN["arrow"].to_batches()[0],
    "arrow dataset": ds.dataset(WRITTEN["arrow"]),
    "scanner": lambda: ds.dataset(WRITTEN["arrow"]).scanner(),
    "narwhals": narwhals.from_native(WRITTEN["lazy"]),
    "duckdb": lambda: duckdb.sql(UNSIGNED_SQL),
    "duckdb reader": lambda: duckdb.sql(UNSIGNED_SQL).arrow(),
}


def writing(rows):
    """A transform that writes these rows, or those that a function returns."""
    return transform.using(out=Output("/A/out"))(lambda out: out.write_table(rows() if callable(rows) else rows))


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_unsigned_integers_of_every_library_are_stored_with_all_their_digits(run_without_spark, rows, written):
    run_without_spark(writing(written))
    assert rows("/A/out") == [{"x": Decimal(LARGEST), "l": [Decimal(LARGEST)]}, {"x": None, "l": None}]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (polars.DataFrame({"x": polars.Series([object()], dtype=polars.Object)}), "Column 'x' is Polars' Object"),
        (polars.DataFrame({"x": [[2**100]]}, {"x": polars.List(polars.Int128)}), "Column 'x[]' is Polars' Int128"),
        (polars.DataFrame({"x": [{"t": time(1)}]}), "Column 'x.t' is time64[ns]"),
        (lambda: duckdb.sql("select {'b': ['101'::bit]} x"), "Column 'x.b[]' is DuckDB's BIT"),
        (lambda: duckdb.sql("select interval 1 day x"), "Column 'x' is DuckDB's INTERVAL"),
        (lambda: duckdb.sql("select map {'k': '01:00+01'::timetz} x"), "Column 'x.value' is DuckDB's TIME WITH"),
        (lambda: duckdb.sql("select 1::uhugeint x"), "Column 'x' is DuckDB's UHUGEINT"),
        (lambda: duckdb.sql("select 170141183460469231731687303715884105727::hugeint x"), "Column 'x' (decimal128(38"),
        (lambda: duckdb.sql("select interval 1 day x").arrow(), "Column 'x' is month_day_nano_interval"),
        (pandas.DataFrame({"x": pandas.period_range("2024-01", periods=1, freq="M")}), "Column 'x' is pandas' period"),
        (pandas.Series([1]), "A dataset is written from pandas, Polars, Arrow,"),
    ],
    ids=lambda named: named if isinstance(named, str) else "",
)  # fmt: skip
def test_a_value_that_cannot_be_stored_is_refused_by_dataset_column_and_type(
    run_without_spark, warehouse, written, named
):
    with pytest.raises(LightweightTypeError) as refused:
        run_without_spark(writing(written))
    assert str(refused.value).startswith(f"/A/out: {named}")
    assert warehouse.latest("/A/out") is None


def test_parquet_files_of_the_transform_s_own_get_the_types_that_datasets_have(run_without_spark, rows):
    @transform.using(out=Output("/A/out"))
    def write(out):
        pq.write_table(WRITTEN["arrow"].append_column("at", pa.array([1_000, None], pa.timestamp("ns"))),
                       f"{out.path_for_write_table}/a.parquet")  # fmt: skip
        out.write_table(out.path_for_write_table)

    run_without_spark(write)
    moment = datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert rows("/A/out")[0] == {"x": Decimal(LARGEST), "l": [Decimal(LARGEST)], "at": moment}


def test_parquet_files_of_the_transform_s_own_with_types_that_datasets_do_not_have_are_refused(run_without_spark):
    @transform.using(out=Output("/A/out"))
    def write(out):
        pq.write_table(pa.table({"x": pa.array([1], pa.time64("us"))}), f"{out.path_for_write_table}/a.parquet")
        out.write_table(None)

    with pytest.raises(LightweightTypeError, match=r"/A/out: a\.parquet: Column 'x' is time64\[us\]"):
        run_without_spark(write)


NESTED = pa.schema([
    ("id", pa.int32()), ("ids", pa.list_(pa.int32())), ("m", pa.map_(pa.string(), pa.int64())),
    ("s", pa.struct([("m", pa.list_(pa.map_(pa.string(), pa.float32())))])), ("day", pa.date32()), ("n", pa.int16()),
])  # fmt: skip


@pytest.fixture
def nested(run_without_spark):
    values = [
        {"id": 1, "ids": [2, None], "m": [("k", 2**53 + 1)], "s": {"m": [[("a", 0.5)]]}, "day": None, "n": 7},
        {"id": None, "ids": None, "m": [], "s": None, "day": None, "n": None},
    ]
    made = transform.using(out=Output("/A/nested"))(lambda out: out.write_table(pa.Table.from_pylist(values, NESTED)))
    run_without_spark(made)
    return values


def test_transform_pandas_gives_back_the_types_and_values_that_it_read(run_without_spark, warehouse, rows, nested):
    run_without_spark(transform_pandas(Output("/A/out"), df=Input("/A/nested"))(lambda df: df.iloc[::-1]))
    assert warehouse.latest("/A/out").schema == warehouse.latest("/A/nested").schema
    assert rows("/A/out") == rows("/A/nested")


def test_decimals_of_pandas_have_one_type_in_every_run(run, warehouse, rows):
    @incremental()
    @transform_pandas(Output("/A/out"), deals=Input("/A/deals"))
    def prices(deals):
        return pandas.DataFrame({"d": [Decimal("1.50") if len(deals) == 3 else Decimal("100.25")]})

    run(prices)
    run(deals("append", deal=["D"], amount=[40]))
    run(prices)
    assert "decimal(38,18)" in warehouse.latest("/A/out").schema
    assert [row["d"] for row in rows("/A/out")] == [Decimal("1.50"), Decimal("100.25")]


# Values survive every library


NUMBERS = {
    "u": (pa.uint64(), st.integers(0, LARGEST)),
    "i": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "l": (pa.list_(pa.int64()), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=3)),
    "d": (pa.decimal128(38, 18), st.decimals(-(10**19), 10**19, places=18)),
    "t": (pa.timestamp("us", "UTC"), st.datetimes(datetime(1700, 1, 1), timezones=st.just(UTC))),
    "m": (pa.map_(pa.string(), pa.int64()), st.dictionaries(st.text(max_size=2), st.integers(-9, 9), max_size=2)),
    "s": (pa.struct([("a", pa.string())]), st.fixed_dictionaries({"a": st.text(max_size=3)})),
}
AS_LIBRARY = {
    "arrow": lambda table: table,
    "polars": lambda table: polars.from_arrow(table.drop_columns(["m"])),
    "pandas": lambda table: to_pandas(table),
    "reader": lambda table: table.to_reader(),
    "duckdb": lambda table: duckdb.from_arrow(table),
}


@pytest.mark.parametrize("library", AS_LIBRARY.values(), ids=AS_LIBRARY)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(
        st.fixed_dictionaries({name: st.none() | strategy for name, (_, strategy) in NUMBERS.items()}), max_size=4
    )
)
def test_values_that_any_library_writes_are_read_back_as_they_were(tmp_path, library, values):
    schema = pa.schema([(name, kind) for name, (kind, _) in NUMBERS.items()])
    table = pa.table({name: [row[name] and list(row[name].items()) if name == "m" else row[name] for row in values]
                      for name in NUMBERS}, schema)  # fmt: skip
    transaction = Transaction(tmp_path / uuid.uuid4().hex)
    output = LightweightOutput(OutputState("/A/out", "master", transaction))
    written = library(table)
    output.write_table(written)
    read = output.arrow()
    expected = [{name: cell for name, cell in row.items() if name in read.column_names} for row in values]
    assert [_plain(row) for row in to_pandas(read).astype(object).to_dict("records")] == [
        _plain(row) for row in expected
    ]


def _plain(row):
    return {name: None if value is None or value is pandas.NaT or value is pandas.NA or value != value
            else int(value) if name in "iu" else value for name, value in row.items()}  # fmt: skip


# A path for rows


def test_files_that_are_not_passed_to_write_table_are_no_rows(run, rows):
    def write(out):
        out.write_table(polars.DataFrame(DEALS))
        polars.DataFrame({"other": [1]}).write_parquet(f"{out.path_for_write_table}/a.parquet")

    run(transform.using(out=Output("/A/out"))(write))
    assert len(rows("/A/out")) == 3


def test_an_output_is_empty_if_its_files_are_not_passed_to_write_table(run, warehouse):
    run(
        transform.using(out=Output("/A/out"))(
            lambda out: polars.DataFrame(DEALS).write_parquet(f"{out.path_for_write_table}/a.parquet")
        )
    )
    assert warehouse.latest("/A/out").paths == ()


def test_files_replace_a_frame_that_the_job_wrote_before(run, rows):
    def write(out):
        out.write_table(polars.DataFrame({"x": ["first"]}))
        polars.DataFrame({"y": [2]}).write_parquet(f"{out.path_for_write_table}/a.parquet")
        out.write_table(out.path_for_write_table)

    run(transform.using(out=Output("/A/out"))(write))
    assert rows("/A/out") == [{"y": 2}]


def test_files_are_added_to_a_frame_with_a_file_of_the_same_name(run, rows):
    def write(out):
        out.set_mode("modify")
        out.write_table(polars.DataFrame({"x": [1]}))
        polars.DataFrame({"x": [2]}).write_parquet(f"{out.path_for_write_table}/part-00000.parquet")
        out.write_table(out.path_for_write_table)

    run(transform.using(out=Output("/A/out"))(write))
    assert sorted(row["x"] for row in rows("/A/out")) == [1, 2]


def test_files_that_are_passed_twice_are_rows_once(run, rows):
    def write(out):
        out.set_mode("modify")
        for number in (1, 2):
            polars.DataFrame({"x": [number]}).write_parquet(f"{out.path_for_write_table}/{number}.parquet")
            out.write_table(out.path_for_write_table)

    run(transform.using(out=Output("/A/out"))(write))
    assert sorted(row["x"] for row in rows("/A/out")) == [1, 2]


def test_a_failed_second_write_keeps_the_rows_of_the_first(run, rows):
    def write(out):
        out.write_table(polars.DataFrame({"x": [1]}))
        with pytest.raises(LightweightTypeError):
            out.write_table(polars.DataFrame({"x": [object()]}))

    run(transform.using(out=Output("/A/out"))(write))
    assert rows("/A/out") == [{"x": 1}]


def test_rows_can_be_made_of_those_that_they_replace(run, rows):
    def write(out):
        out.write_table(polars.DataFrame({"x": [1]}))
        out.write_table(polars.scan_parquet(f"{out.path()}/**/*.parquet").with_columns(y=polars.col("x") + 1))

    run(transform.using(out=Output("/A/out"))(write))
    assert rows("/A/out") == [{"x": 1, "y": 2}]


def test_a_link_at_the_path_is_read_as_its_file(run, rows, tmp_path):
    def write(out):
        polars.DataFrame(DEALS).write_parquet(tmp_path / "deals.parquet")
        os.symlink(tmp_path / "deals.parquet", f"{out.path_for_write_table}/a.parquet")
        out.write_table(out.path_for_write_table)

    run(transform.using(out=Output("/A/out"))(write))
    assert len(rows("/A/out")) == 3


def test_a_partition_s_column_that_its_files_do_not_have_is_an_error(run):
    def write(out):
        polars.DataFrame(DEALS).to_pandas().to_parquet(out.path_for_write_table, partition_cols=["deal"])
        out.write_table(out.path_for_write_table)

    with pytest.raises(WriteError, match=r"the folder deal=.* has been written, and its files have no such column"):
        run(transform.using(out=Output("/A/out"))(write))
