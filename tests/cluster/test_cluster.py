"""The same build on a Spark cluster with the warehouse on S3: as users run it, and with a machine that is lost."""

import os
import time
from importlib.metadata import version
from pathlib import Path

import pyspark

from transforms_api.engines.spark.jars import SPARK_JARS, cache_folder
from transforms_api.warehouse.arrow_rows import read_slice
from transforms_api.warehouse.branches import list_branches
from transforms_api.warehouse.paths import storage_path
from transforms_api.warehouse.table import full_view
from transforms_api.warehouse.warehouse import Warehouse

HALF = 13
"""Datasets of the pipeline's 26."""

SPARK = Path(pyspark.__file__).parent
[HADOOP] = [jar.stem.removeprefix("hadoop-client-api-") for jar in SPARK_JARS.glob("hadoop-client-api-*.jar")]
[SCALA] = [jar.stem.split("-")[2].rpartition(".")[0] for jar in SPARK_JARS.glob("scala-library-*.jar")]
PACKAGES = (
    "--packages", f"io.delta:delta-spark_{SCALA}:{version('delta-spark')},org.apache.hadoop:hadoop-aws:{HADOOP}",
    "--conf", f"spark.jars.ivy={cache_folder() / 'with-s3'}",
)  # fmt: skip

PARSER = """
def lines_of(file, letters):
    with letters.open(file.path) as stream:
        return [(file.path, line.strip()) for line in stream]
"""
TRANSFORM = """
from transforms.api import Input, Output, transform

from letters.parser import lines_of


@transform(letters=Input("/Post/raw/letters"), lines=Output("/Post/clean/lines"))
def compute(ctx, letters, lines):
    files = letters.filesystem()
    rows = files.files().rdd.flatMap(lambda file: lines_of(file, files))
    lines.write_dataframe(ctx.spark_session.createDataFrame(rows, "file string, line string"))
"""


def rows(warehouse, dataset):
    """A dataset's rows in an order that does not depend on how they were computed."""
    return sorted(map(str, read_slice(full_view(warehouse.latest(dataset))).to_table().to_pylist()))


def tables(root):
    """dataset → its rows, of everything in a warehouse."""
    [branch] = list_branches(root)
    return {dataset: rows(Warehouse(root), dataset) for dataset in branch.tables}


def logs_below(folder):
    logs = (*folder.rglob("*.log"), *folder.rglob("stderr"), *folder.rglob("stdout"))
    return "".join(log.read_text(errors="replace") for log in logs)


def test_the_whole_pipeline_completes_though_a_worker_is_killed_half_way_and_its_tables_are_those_of_a_laptop(
    s3, cluster, run_local, built, tmp_path
):
    build = ["build", "--profile", "cluster", "--warehouse", s3("pipeline")]
    on_cluster = run_local(*build, environment=cluster.environment, output="cluster.txt")
    printed = tmp_path / "cluster.txt"
    while printed.read_text().count("✓") < HALF and on_cluster.poll() is None:
        time.sleep(0.1)
    cluster.kill_a_worker()
    assert on_cluster.wait(300) == 0, printed.read_text()

    built_there, expected = tables(storage_path(s3("pipeline"))), tables(built[0])
    assert built_there.keys() == expected.keys()
    assert [dataset for dataset in expected if built_there[dataset] != expected[dataset]] == []
    assert "Lost executor" in logs_below(cluster.folder)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in printed.read_text() + logs_below(cluster.folder)


def test_user_code_that_parses_files_reaches_the_executors_of_a_build_under_spark_submit(
    s3, cluster, run_local, tmp_path
):
    modules = tmp_path / "post" / "src" / "letters"
    modules.mkdir(parents=True)
    for name, text in {"__init__": "", "parser": PARSER, "lines": TRANSFORM}.items():
        (modules / f"{name}.py").write_text(text)
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "a.txt").write_text("Dear A,\nyours\n")
    (letters / "b.txt").write_text("Dear B,\n")
    options = ["--repo", tmp_path / "post", "--warehouse", s3("post")]
    imported = run_local("import", letters, "--files", "--dataset", "/Post/raw/letters", *options, output="import.txt")
    assert imported.wait(60) == 0, (tmp_path / "import.txt").read_text()

    submit = [SPARK / "bin" / "spark-submit", "--master", cluster.master, *PACKAGES]
    built = run_local(
        "build", "--profile", "cluster", *options, environment=cluster.environment, launcher=submit, output="built.txt"
    )
    assert built.wait(300) == 0, (tmp_path / "built.txt").read_text()
    assert rows(Warehouse(storage_path(s3("post"))), "/Post/clean/lines") == [
        "{'file': 'a.txt', 'line': 'Dear A,'}",
        "{'file': 'a.txt', 'line': 'yours'}",
        "{'file': 'b.txt', 'line': 'Dear B,'}",
    ]
