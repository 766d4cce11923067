"""Step by step or at once: whatever comes in whatever portions, incremental runs end where one full run does."""

import tempfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from transforms.api import Input, Output, incremental, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.sandbox import write_dataset
from transforms_api.testing.run_transform import engine_of_tests
from transforms_api.warehouse.arrow_rows import read_slice
from transforms_api.warehouse.table import full_view
from transforms_api.warehouse.warehouse import Warehouse

SOURCE, NAMES, OUT = "/A/source", "/A/names", "/A/out"
SUMS = {"key": pl.Int64, "total": pl.Int64}


@incremental()
@transform.using(source=Input(SOURCE), out=Output(OUT))
def row_by_row(source, out):
    """Append a row for each new one."""
    out.write_table(source.polars().with_columns(value=pl.col("value") * 10))


@incremental()
@transform.using(source=Input(SOURCE), out=Output(OUT))
def sums(source, out):
    """Add what is new to the sums so far, and replace these."""
    before = out.polars(mode="previous", schema=SUMS)
    new = source.polars().rename({"value": "total"})
    out.set_mode("replace")
    out.write_table(pl.concat([before, new]).group_by("key").agg(pl.col("total").sum()))


@incremental()
@transform.using(source=Input(SOURCE), out=Output(OUT))
def keys_once(source, out):
    """Append each key when it comes for the first time."""
    known = out.polars(mode="previous", schema={"key": pl.Int64})
    out.write_table(source.polars().select("key").unique().join(known, "key", how="anti"))


@incremental(snapshot_inputs=["names"])
@transform.using(source=Input(SOURCE), names=Input(NAMES), out=Output(OUT))
def named(source, names, out):
    """Join what is new with all of another dataset."""
    out.write_table(source.polars().join(names.polars(), "key"))


@incremental(strict_append=True)
@transform.using(source=Input(SOURCE), out=Output(OUT))
def keys_not_read_before(source, out):
    """Append each key that is in no row of earlier runs."""
    before = source.polars(mode="previous").select("key").unique()
    out.write_table(source.polars().select("key").unique().join(before, "key", how="anti"))


@incremental()
@transform(source=Input(SOURCE), out=Output(OUT))
def sums_on_spark(source, out):
    """Add what is new to the sums so far, on Spark."""
    new = source.dataframe().withColumnRenamed("value", "total")
    before = out.dataframe("previous", schema=new.schema)
    out.set_mode("replace")
    out.write_dataframe(before.unionByName(new).groupBy("key").agg(F.sum("total").alias("total")))


ON_A_SINGLE_NODE = [row_by_row, sums, keys_once, named, keys_not_read_before]
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-9, 9)), max_size=4)
STEPS = st.lists(st.tuples(ROWS, st.booleans()), min_size=1, max_size=4)
"""What is appended, and whether the transform runs after it, or only later."""


class Trial:
    """A warehouse of its own, the transform, and what comes in."""

    def __init__(self, folder, spark=None):
        self.warehouse, self.spark = Warehouse(Path(folder)), lambda: spark
        self.hand_over(NAMES, [(key, f"no {key}") for key in range(3)], "name")

    def hand_over(self, dataset, rows, column, before=None):
        types = {"value": pa.int64(), "name": pa.string()}
        table = pa.table({"key": pa.array([row[0] for row in rows], pa.int64()),
                          column: pa.array([row[1] for row in rows], types[column])})  # fmt: skip
        write_dataset(dataset, table, self.warehouse, self.spark, before)

    def append(self, rows):
        self.hand_over(SOURCE, rows, "value", self.warehouse.latest(SOURCE))

    def run(self, transform):
        return run_job(
            transform, BuildEnvironment(self.spark, self.warehouse, "build", other_engine=engine_of_tests())
        ).notes

    def made(self):
        return sorted(map(str, read_slice(full_view(self.warehouse.latest(OUT))).to_table().to_pylist()))


def step_by_step(transform, steps, spark=None):
    """Return what the transform has written after all steps, and how many of its runs were incremental."""
    with tempfile.TemporaryDirectory() as folder:
        trial, notes = Trial(folder, spark), []
        for rows, runs in steps:
            trial.append(rows)
            notes += trial.run(transform) if runs else []
        notes += trial.run(transform)
        return trial.made(), notes.count("ran incrementally")


def at_once(transform, steps, spark=None):
    """Return what one full run writes after all steps."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(folder, spark)
        trial.append([row for rows, _ in steps for row in rows])
        trial.run(transform)
        return trial.made()


@pytest.mark.parametrize("transform", ON_A_SINGLE_NODE, ids=lambda transform: transform.__name__)
@settings(max_examples=6, deadline=None)
@given(steps=STEPS)
def test_runs_after_any_appends_write_what_one_full_run_does(transform, steps):
    written, incremental_runs = step_by_step(transform, steps)
    assert written == at_once(transform, steps)
    assert incremental_runs == sum(runs for _, runs in steps)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(ROWS, st.just(True)), min_size=1, max_size=2))
def test_runs_on_spark_after_any_appends_write_what_one_full_run_does(spark, steps):
    assert step_by_step(sums_on_spark, steps, spark)[0] == at_once(sums_on_spark, steps, spark)
