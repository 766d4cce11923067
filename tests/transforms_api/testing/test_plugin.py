import importlib.util
import os
import subprocess
import sys
from unittest.mock import MagicMock

import pytest

from transforms.api import Input, Output, transform, transform_df


def test_the_fixture_uses_the_session_that_is_running(spark, spark_session):
    assert spark_session.sparkContext is spark.sparkContext


def test_the_fixture_s_session_computes_as_a_build_does(spark, spark_session):
    assert spark_session.sql("SELECT CAST('x' AS INT) IS NULL, current_timezone()").first() == (True, "UTC")


def test_transforms_are_called_with_dataframes_and_mocks(spark, spark_session):
    doubled = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source.selectExpr("id * 2 AS id"))
    write = transform(source=Input("/A/in"), out=Output("/A/out"))(
        lambda source, out: out.write_dataframe(doubled(source.dataframe()))
    )
    source, out = Input(), MagicMock()
    source.dataframe = MagicMock(return_value=spark_session.range(2))
    write(source=source, out=out)
    [written] = out.write_dataframe.call_args.args
    assert [row.id for row in written.collect()] == [0, 2]


def test_a_run_that_uses_no_spark_does_not_import_it():
    code = "import sys, transforms_api.testing.plugin; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_run_transform_is_a_fixture_that_has_a_session(spark, run_transform):
    doubled = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source.selectExpr("id * 2 AS id"))
    assert run_transform(doubled, {"source": [{"id": 1}]}).rows() == [{"id": 2}]


ON_SAIL = """
import pytest
from pyspark.sql import functions as F
from transforms.api import Input, Output, transform_df


@transform_df(Output("/Shop/revenue"), orders=Input("/Shop/orders"))
def revenue(orders):
    return orders.groupBy("customer").agg(F.sum("amount").alias("revenue"))


ORDERS = [{"customer": "A", "amount": 1.5}, {"customer": "A", "amount": 2.0}]


def test_the_session_is_one_of_sail(spark_session):
    assert type(spark_session).__module__ == "pyspark.sql.connect.session"
    assert spark_session.range(3).where(F.col("id") > 0).count() == 2


def test_run_transform_runs_a_job_on_sail(run_transform):
    written = run_transform(revenue, {"orders": ORDERS})
    assert written.rows() == [{"customer": "A", "revenue": 3.5}]
    assert written.only.where(F.col("revenue") > 3).count() == 1


def test_rows_may_be_a_frame_of_the_session(run_transform, spark_session):
    orders = spark_session.createDataFrame([("A", 1.0)], "customer string, amount double")
    assert run_transform(revenue, {"orders": orders}).rows() == [{"customer": "A", "revenue": 1.0}]


def test_compute_transform_computes_on_sail(compute_transform):
    [row] = compute_transform(revenue, {"orders": ORDERS}).only.collect()
    assert (row.customer, row.revenue) == ("A", 3.5)
"""


@pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")
@pytest.mark.parametrize("setting", ["option", "file"])
def test_the_engine_of_tests_may_be_sail_which_starts_no_java(tmp_path, setting):
    (tmp_path / "test_on_sail.py").write_text(ON_SAIL)
    (tmp_path / "pytest.ini").write_text("[pytest]\n" + ("transforms_engine = sail\n" if setting == "file" else ""))
    option = ["--transforms-engine", "sail"] if setting == "option" else []
    environment = {**os.environ, "JAVA_HOME": str(tmp_path / "no java")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *option, str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr


def test_an_unknown_engine_of_tests_is_wrong_use(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it(spark_session): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntransforms_engine = flink\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "transforms_engine is 'flink', but has to be spark or sail." in ended.stdout
