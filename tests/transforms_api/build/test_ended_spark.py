"""A build whose Java process is killed, as the operating system does when memory runs out: it ends, and says why."""

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
from transforms import expectations as E
from transforms.api import Check, Input, Output, transform, transform_df


@transform.using(out=Output("/A/rows"))
def a_source(out):
    out.write_table(polars.DataFrame({"n": [1]}))


@transform_df(Output("/A/killer"), rows=Input("/A/rows"))
def b_killer(ctx, rows):
    os.kill(ctx.spark_session.sparkContext._gateway.proc.pid, signal.SIGKILL)
    return rows.groupBy().count()


@transform_df(Output("/A/reader"), rows=Input("/A/rows"))
def c_reader(rows):
    return rows


@transform_df(Output("/A/checked"), rows=Input("/A/rows", checks=Check(E.col("n").gt(0), "positive")))
def d_checked(rows):
    return rows


@transform.using(rows=Input("/A/rows"), out=Output("/A/single"))
def e_single(rows, out):
    out.write_table(rows.polars())
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed_spark")
    for name, text in {"src/shop/transforms.py": TRANSFORMS, "conf/run.toml": SETTINGS}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    command = [sys.executable, RUN_LOCAL, "build", "--repo", folder, "--json"]
    build = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert build.returncode == 1, build.stderr
    return {job["outputs"][0]: job for job in json.loads(build.stdout)["jobs"]}


@pytest.mark.parametrize("dataset", ["/A/killer", "/A/reader", "/A/checked"])
def test_every_job_that_needs_spark_says_that_it_has_ended_and_what_to_do(report, dataset):
    assert report[dataset]["state"] == "failed"
    assert report[dataset]["reason"].startswith("Spark is no longer there: its Java process has ended")
    assert "spark.driver.memory" in report[dataset]["reason"]
    assert report[dataset]["reason"].endswith("build --retry.")


def test_jobs_without_spark_go_on(report):
    assert report["/A/single"]["state"] == "completed"
