"""Builds of a project on the engine Sail, as a user sees them."""

import importlib.util
import os
import signal
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from deltalake import DeltaTable

from transforms_api import JobState
from transforms_api.errors import EnvironmentProblem

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")

ORDERS = """
from transforms.api import transform_df, Input, Output
from pyspark.sql import functions as F, types as T


@transform_df(Output("/Shop/orders"))
def orders(ctx):
    rows = [("A", 1, 1.5), ("B", 2, None), ("A", 3, 4.0)]
    return ctx.spark_session.createDataFrame(rows, "customer string, n int, amount double")


@transform_df(Output("/Shop/totals"), orders=Input("/Shop/orders"))
def totals(orders):
    return orders.groupBy("customer").agg(F.sum("amount").alias("amount"), F.count(F.lit(1)).alias("orders"))
"""


@pytest.fixture
def build(open_modules):
    """build(code, *targets) → the report of a build on Sail of a repository with this module."""

    def run(code, *targets, engine="sail"):
        return open_modules({"orders": code}, engine=engine).build(*targets)

    run.opened = open_modules.opened
    return run


@pytest.fixture
def table(tmp_path):
    """table(dataset) → the Delta table in the repository's warehouse."""

    def open_table(dataset):
        logs = list((tmp_path / "repository" / "warehouse").rglob(f"{dataset}*/_delta_log"))
        return DeltaTable(str(logs[0].parent))

    return open_table


def reasons(report):
    return {job.transform.__name__: (job.state, job.reason) for job in report.jobs}


def test_transforms_that_sail_computes_have_their_rows(build, table):
    report = build(ORDERS)
    report.raise_for_failures()
    rows = sorted(table("totals").to_pyarrow_table().to_pylist(), key=lambda row: row["customer"])
    assert rows == [
        {"customer": "A", "amount": 5.5, "orders": 2},
        {"customer": "B", "amount": None, "orders": 1},
    ]


def test_no_java_process_starts(build, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/no/java/here")
    monkeypatch.setattr("transforms_api.engines.spark.session.start_session", None)
    build(ORDERS).raise_for_failures()
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_a_commit_names_the_engine_and_its_version(build, table):
    build(ORDERS)
    made = table("orders").history(1)[0]["userMetadata"]
    assert '"engine": "sail"' in made
    assert '"engine_version": "0.7' in made


def test_lists_of_structs_that_polars_wrote_are_read(build, table):
    report = build("""
import polars as pl
from transforms.api import Input, Output, transform, transform_df
from pyspark.sql import functions as F


@transform.using(output=Output("/Shop/quotas"))
def quotas(output):
    quarters = [{"quarter": "Q1", "quota": 1.5}, {"quarter": "Q2", "quota": 2.0}]
    path = output.path_for_write_table
    pl.DataFrame({"rep": ["Ann"], "quarters": [quarters]}).write_parquet(path + "/rows.parquet")
    output.write_table(path)


@transform_df(Output("/Shop/sums"), quotas=Input("/Shop/quotas"))
def sums(quotas):
    of = quotas.select("rep", F.explode("quarters").alias("of"))
    return of.groupBy("rep").agg(F.sum("of.quota").alias("quota"))
""")
    report.raise_for_failures()
    assert table("sums").to_pyarrow_table().to_pylist() == [{"rep": "Ann", "quota": 3.5}]


def test_types_are_stored_as_spark_stores_them(build, table):
    build("""
from transforms.api import transform_df, Output
from pyspark.sql import functions as F


@transform_df(Output("/Shop/types"))
def types(ctx):
    return ctx.spark_session.range(1).select(
        F.lit(1).cast("tinyint").alias("tiny"),
        F.lit("1.25").cast("decimal(10,2)").alias("price"),
        F.lit("2024-02-29").cast("date").alias("day"),
        F.lit("2024-02-29 12:30:00").cast("timestamp").alias("time"),
        F.array(F.struct(F.lit("x").alias("name"))).alias("parts"),
        F.lit(None).cast("float").alias("nothing"),
    )
""").raise_for_failures()
    assert table("types").to_pyarrow_table().to_pylist() == [
        {
            "tiny": 1,
            "price": Decimal("1.25"),
            "day": date(2024, 2, 29),
            "time": datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
            "parts": [{"name": "x"}],
            "nothing": None,
        }
    ]
    types = {field.name: str(field.type.to_json()).strip('"') for field in table("types").schema().fields}
    assert {name: types[name] for name in ("tiny", "price", "day", "time", "nothing")} == {
        "tiny": "byte",
        "price": "decimal(10,2)",
        "day": "date",
        "time": "timestamp",
        "nothing": "float",
    }


def test_partitioned_rows_are_written_and_read(build, table):
    build("""
from transforms.api import transform, transform_df, Input, Output
from pyspark.sql import functions as F


@transform(out=Output("/Shop/by_day"))
def by_day(ctx, out):
    rows = [("2024-01-01", 1), ("2024-01-02", 2), (None, 3)]
    frame = ctx.spark_session.createDataFrame(rows, "day string, n int").withColumn("day", F.col("day").cast("date"))
    out.write_dataframe(frame, partition_cols=["day"])


@transform_df(Output("/Shop/days"), rows=Input("/Shop/by_day"))
def days(rows):
    return rows.filter("n <> 1")
""").raise_for_failures()
    assert list(table("by_day").metadata().partition_columns) == ["day"]
    assert sorted(table("days").to_pyarrow_table().to_pylist(), key=lambda row: row["n"]) == [
        {"day": date(2024, 1, 2), "n": 2},
        {"day": None, "n": 3},
    ]


def test_a_check_that_does_not_hold_stops_the_job(build):
    report = build("""
from transforms.api import transform_df, Check, Output
from transforms import expectations as E


@transform_df(Output("/Shop/orders", checks=Check(E.col("n").gt(1), "n is more than one")))
def orders(ctx):
    return ctx.spark_session.createDataFrame([(1,), (2,)], "n int")
""")
    [(state, reason)] = reasons(report).values()
    assert state is JobState.FAILED
    assert "1 row breaks it" in reason


def test_an_error_that_a_call_of_the_transform_raises_has_its_line(build):
    [job] = build("""
from transforms.api import transform_df, Output


@transform_df(Output("/Shop/orders"))
def orders(ctx):
    frame = ctx.spark_session.range(1).select("no_such_column")
    return frame.select(frame.columns)
""").jobs
    assert job.state is JobState.FAILED
    assert "orders.py:8 in orders" in job.where


def test_a_spark_context_is_refused_with_the_remedy(build):
    [job] = build("""
from pyspark import SparkContext
from transforms.api import transform_df, Output


@transform_df(Output("/Shop/orders"))
def orders(ctx):
    SparkContext.getOrCreate()
    return ctx.spark_session.range(1)
""").jobs
    assert job.state is JobState.FAILED
    assert "--engine spark" in job.reason


def test_a_job_that_kills_sail_fails_and_the_next_one_completes(build):
    report = build(
        f"""
import os
from transforms.api import transform_df, Output
from pyspark.sql import functions as F


def kill(n):
    os.kill(os.getpid(), {int(signal.SIGKILL)})


@transform_df(Output("/Shop/killer"))
def killer(ctx):
    return ctx.spark_session.range(1).select(F.udf(kill, "long")("id").alias("n"))


@transform_df(Output("/Shop/after"))
def after(ctx):
    return ctx.spark_session.range(3)
""",
        "/Shop/killer",
    )
    [(state, reason)] = reasons(report).values()
    assert state is JobState.FAILED
    assert "Sail is no longer there" in reason
    build.opened[0].build("/Shop/after").raise_for_failures()


KILLED_TOGETHER = """
import os, time
from pathlib import Path
from transforms.api import transform_df, Output
from pyspark.sql import functions as F

FOLDER = Path({folder!r})


def wait_for(name):
    for _ in range(300):
        if (FOLDER / name).exists():
            return
        time.sleep(0.05)


def slow_function(n):
    (FOLDER / "slow runs").touch()
    wait_for("killed")
    return n


def kill(n):
    wait_for("slow runs")
    (FOLDER / "killed").touch()
    os.kill(os.getpid(), {signal})


@transform_df(Output("/Shop/killer"))
def killer(ctx):
    return ctx.spark_session.range(1).select(F.udf(kill, "long")("id").alias("n"))


@transform_df(Output("/Shop/slow"))
def slow(ctx):
    return ctx.spark_session.range(1).select(F.udf(slow_function, "long")("id").alias("n"))
"""


def test_a_job_that_runs_when_another_one_kills_sail_runs_again_and_completes(build, tmp_path):
    report = build(KILLED_TOGETHER.format(folder=str(tmp_path), signal=int(signal.SIGKILL)))
    states = {job.transform.__name__: job.state for job in report.jobs}
    assert states == {"killer": JobState.FAILED, "slow": JobState.COMPLETED}
    [note] = next(job.notes for job in report.jobs if job.state is JobState.COMPLETED)
    assert note == "Sail's process ended while this job and others ran on it; this job then completed alone"


def test_a_missing_library_is_one_sentence_with_the_extra(build, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == "pysail" else find(name, *more))
    with pytest.raises(EnvironmentProblem, match=r"needs pysail, .*transforms-anywhere\[sail\]"):
        build(ORDERS)
