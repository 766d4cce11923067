"""A build whose Spark ends in the middle: the jobs that used it fail and say why, later jobs have a new Spark."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN_LOCAL = Path(__file__).parents[3] / "run_local.py"
SETTINGS = "jobs_side_by_side = 1\n"
TRANSFORMS = """
import os
import signal

import polars
from pyspark.sql import functions as F
from pyspark.sql import types as T
from transforms import expectations as E
from transforms.api import Check, Input, Output, transform, transform_df


@transform.using(out=Output("/A/rows"))
def a_source(out):
    out.write_table(polars.DataFrame({"n": [1]}))


@F.udf(T.LongType())
def plus_one(n):
    return n + 1


@transform_df(Output("/A/before"), rows=Input("/A/rows"))
def a_before(rows):
    return rows.select(plus_one("n").alias("n"))


@transform_df(Output("/A/killer"), rows=Input("/A/rows"), after=Input("/A/before"))
def b_killer(ctx, rows, after):
    os.kill(ctx.spark_session.sparkContext._gateway.proc.pid, signal.SIGKILL)
    return rows.groupBy().count()


@transform_df(Output("/A/reader"), rows=Input("/A/rows"), after=Input("/A/before"))
def c_reader(rows, after):
    return rows.select(plus_one("n").alias("n"))


@transform_df(Output("/A/stopper"), rows=Input("/A/rows"), after=Input("/A/before"))
def d_stopper(ctx, rows, after):
    ctx.spark_session._jsparkSession.stop()
    return rows


@transform_df(
    Output("/A/checked"),
    rows=Input("/A/rows", checks=Check(E.col("n").gt(0), "positive")),
    after=Input("/A/before"),
)
def e_checked(rows, after):
    return rows.select(plus_one("n").alias("n"))


@transform_df(Output("/A/polite"), rows=Input("/A/rows"), after=Input("/A/before"))
def f_polite(ctx, rows, after):
    ctx.spark_session.stop()
    return rows


@transform.using(rows=Input("/A/rows"), out=Output("/A/single"))
def g_single(rows, out):
    out.write_table(rows.polars())
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed_spark")
    for name, text in {"src/shop/transforms.py": TRANSFORMS, "conf/run.toml": SETTINGS}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    command = [sys.executable, RUN_LOCAL, "build", "--repo", folder, "--json"]
    build = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert build.returncode == 1, build.stderr
    return {job["outputs"][0]: job for job in json.loads(build.stdout)["jobs"]}


def test_the_job_in_which_java_was_killed_says_that_it_has_ended_and_what_to_do(report):
    assert report["/A/killer"]["state"] == "failed"
    assert report["/A/killer"]["reason"].startswith("Spark is no longer there: its Java process has ended")
    assert "spark.driver.memory" in report["/A/killer"]["reason"]
    assert report["/A/killer"]["reason"].endswith("build --retry.")


def test_the_job_in_which_spark_was_stopped_by_java_says_so(report):
    assert report["/A/stopper"]["state"] == "failed"
    assert report["/A/stopper"]["reason"].startswith("Spark was stopped while this job ran")


@pytest.mark.parametrize("dataset", ["/A/reader", "/A/checked"])
def test_later_jobs_run_in_a_new_spark_with_the_functions_of_their_modules(report, dataset):
    assert report[dataset]["state"] == "completed", report[dataset]["reason"]


def test_a_job_that_calls_stop_completes_with_a_note(report):
    assert report["/A/polite"]["state"] == "completed"
    assert report["/A/polite"]["notes"][0].startswith("stop() has no effect in a transform")


def test_jobs_without_spark_go_on(report):
    assert report["/A/single"]["state"] == "completed"
