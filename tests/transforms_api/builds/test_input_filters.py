"""Filters of a preview, on datasets of a warehouse."""

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.api import Input, Output, transform
from transforms_api.builds import BuildEnvironment, write_dataset
from transforms_api.builds.input_filters import (
    FilterKind,
    filter_inputs,
    filtered,
    kind_of,
    parse_condition,
    parse_function,
)
from transforms_api.declare import Engine
from transforms_api.engines import SailEngine
from transforms_api.errors import TrialError
from transforms_api.runtime import FileStatus
from transforms_api.warehouse import full_view, read_slice

ORDERS = pa.table({"id": [1, 2, 3, 4], "amount": [1.0, 5.0, 7.0, 9.0]})


@transform.spark.using(orders=Input("/Shop/orders"), rates=Input("/Shop/rates"), out=Output("/Shop/out"))
def priced(orders, rates, out): ...


def no_spark():
    raise AssertionError("Spark starts")


@pytest.fixture
def orders(warehouse):
    return write_dataset("/Shop/orders", ORDERS, warehouse, no_spark)


@pytest.fixture
def functions(monkeypatch):
    """A module of filters that a project would have."""

    def recent(frame: DataFrame, least: int = 3) -> DataFrame:
        return frame.where(F.col("id") >= least)

    def large(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.filter(pl.col("amount") > 4)

    def csv_files(files: Iterator[FileStatus]) -> Iterator[FileStatus]:
        return (file for file in files if file.path.endswith(".csv"))

    def broken(rows: pl.LazyFrame) -> pl.LazyFrame:
        raise KeyError("no such shop")

    module = types.ModuleType("shop_filters")
    vars(module).update(recent=recent, large=large, csv_files=csv_files, broken=broken)
    monkeypatch.setitem(sys.modules, "shop_filters", module)
    return module


def ids(table):
    rows = table.collect() if isinstance(table, DataFrame) else table.to_pylist()
    return [row["id"] for row in rows]


def apply(texts, version, tmp_path, engine=Engine.SINGLE_NODE, spark=no_spark, sample=None, dataset="/Shop/orders"):
    filters = [
        parse_function(text, priced, Path()) if "shop_filters" in text else parse_condition(text, priced)
        for text in texts
    ]
    table, applied = filtered(dataset, version, filters, sample, engine, spark, tmp_path / "filtered")
    return table, [filter_.text for filter_ in applied]


def test_without_filters_a_dataset_is_read_where_it_is(orders, tmp_path):
    assert apply([], orders, tmp_path) == (orders, [])


def test_a_condition_without_an_input_applies_to_each_dataset_with_its_columns(orders, tmp_path):
    table, applied = apply(["amount > 4", "rate > 1"], orders, tmp_path)
    assert (ids(table), applied) == ([2, 3, 4], ["amount > 4"])


@pytest.mark.parametrize("named", ["orders", "/Shop/orders"])
def test_a_condition_applies_to_the_input_that_it_names_and_to_no_other(orders, tmp_path, named):
    text = f"{named}: amount > 4"
    assert ids(apply([text], orders, tmp_path)[0]) == [2, 3, 4]
    assert apply([text], orders, tmp_path, dataset="/Shop/rates") == (orders, [])


def test_conditions_are_in_the_sql_of_spark_for_transforms_on_spark(spark, orders, tmp_path):
    table, _ = apply(["amount <=> 5 OR id = 1L"], orders, tmp_path, Engine.SPARK, lambda: spark)
    assert ids(table) == [1, 2]


def test_functions_are_chained_and_take_arguments(orders, functions, tmp_path):
    table, applied = apply(["orders: shop_filters:large", "id < 4"], orders, tmp_path)
    assert (ids(table), len(applied)) == ([2, 3], 2)


def test_a_function_of_spark_and_one_of_polars_are_chained(spark, orders, functions, tmp_path):
    texts = ["shop_filters:large", "shop_filters:recent(least=3)", "shop_filters:large"]
    table, applied = apply(texts, orders, tmp_path, Engine.SPARK, lambda: spark)
    assert (ids(table), len(applied)) == ([3, 4], 3)


def test_a_sample_is_taken_of_what_has_passed(orders, tmp_path):
    assert ids(apply(["amount > 4"], orders, tmp_path, sample=1)[0]) == [2]


def test_a_function_of_files_chooses_files_and_conditions_leave_them_alone(warehouse, functions, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("a.csv", "b.txt"):
        (raw / name).write_text("x")
    version = write_dataset("/Shop/orders", raw, warehouse, no_spark)
    table, applied = apply(["shop_filters:csv_files", "amount > 4"], version, tmp_path)
    assert ([file.name for file in table.iterdir()], applied) == (["a.csv"], ["shop_filters:csv_files"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("order: amount > 4", "'order' is no input of transform 'priced'. Did you mean orders"),
        ("orders: nothing > 4", "does not fit /Shop/orders"),
        ("amount >", "cannot be evaluated"),
        ("shop_filters:none", "has no function 'none'"),
        ("shop_filters", "names no filter"),
        ("no_such_module_of_shop_filters:large", "cannot be imported: ModuleNotFoundError"),
        ("shop_filters:recent(least=today())", "with literals as values"),
        ("shop_filters:broken", "raised on /Shop/orders: KeyError: 'no such shop'"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said(orders, functions, tmp_path, text, message):
    with pytest.raises(TrialError) as raised:
        apply([text], orders, tmp_path)
    assert message in str(raised.value)


def test_the_kind_of_a_function_is_that_of_its_first_parameter(functions):
    kinds = [
        kind_of(function) for function in (functions.recent, functions.large, functions.csv_files, lambda rows: rows)
    ]
    assert kinds == [FilterKind.SPARK, FilterKind.POLARS, FilterKind.FILES, None]


@pytest.fixture
def sail(tmp_path):
    pytest.importorskip("pysail", reason="the extra [sail] is not installed")
    engine = SailEngine(tmp_path / "sail.log")
    yield engine
    engine.stop()


def filter_orders(texts, version, tmp_path, environment):
    filters = [
        parse_function(text, priced, Path()) if "shop_filters" in text else parse_condition(text, priced)
        for text in texts
    ]
    return filter_inputs(priced, {"/Shop/orders": version}, filters, None, environment, tmp_path / "filtered")


@pytest.mark.parametrize(
    ("texts", "passed"),
    [
        (["amount <=> 5 OR id = 1L"], [1, 2]),
        (["shop_filters:large", "shop_filters:recent(least=3)", "id < 4"], [3]),
    ],
)
def test_sail_computes_the_filters_of_a_transform_on_sail(sail, warehouse, orders, functions, tmp_path, texts, passed):
    environment = BuildEnvironment(no_spark, warehouse, "preview", other_engine=sail)
    version = filter_orders(texts, orders, tmp_path, environment)["/Shop/orders"]
    assert sorted(read_slice(full_view(version)).to_table()["id"].to_pylist()) == passed


def test_sail_says_which_filter_has_a_column_that_its_input_lacks(sail, warehouse, orders, tmp_path):
    environment = BuildEnvironment(no_spark, warehouse, "preview", other_engine=sail)
    with pytest.raises(TrialError, match="The filter 'orders: nothing > 4' does not fit /Shop/orders"):
        filter_orders(["orders: nothing > 4"], orders, tmp_path, environment)
    with pytest.raises(TrialError, match="The filter 'nothing > 4' fits no input"):
        filter_orders(["nothing > 4"], orders, tmp_path, environment)


def test_spark_computes_the_filters_of_a_preview_that_prefers_sail(sail, warehouse, orders, tmp_path):
    environment = BuildEnvironment(no_spark, warehouse, "preview", other_engine=sail, prefers_sail=True)
    with pytest.raises(TrialError, match="Spark starts"):
        filter_orders(["amount > 4"], orders, tmp_path, environment)
