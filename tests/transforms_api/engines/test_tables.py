"""How Spark plans the write of a frame, by the number of rows from which it is computed."""

import math
import re
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from transforms_api.engines.engine import CancelToken
from transforms_api.engines.spark.job_session import job_session
from transforms_api.engines.spark.tables import FEW_ROWS, estimated_rows, planned_by_size, read_slice
from transforms_api.errors import WriteError
from transforms_api.warehouse import full_view

COMPILED, ADAPTIVE = "*(1)", "AdaptiveSparkPlan"


@pytest.fixture
def dataset(spark, write, warehouse):
    """A dataset of 3 rows as Spark reads it."""
    write("/deals", id=[1, 2, 3])
    return read_slice(spark, full_view(warehouse.latest("/deals")))


MADE = {
    "a range": (lambda spark: spark.range(7), 7),
    "each row of a range beside each of a range": (lambda spark: spark.range(7).crossJoin(spark.range(3)), 2 * 21),
    "two ranges joined": (lambda spark: spark.range(7).join(spark.range(3), "id"), 2 * 21),
    "a filter of a range": (lambda spark: spark.range(7).where("id < 2"), 7),
    "an array of three as rows": (lambda spark: spark.range(7).select(F.explode(F.array(*map(F.lit, "abc")))), 21),
    "a sequence as rows": (lambda spark: spark.range(1).select(F.explode(F.sequence(F.lit(11), F.lit(20)))), 10),
    "a rollup of two columns": (lambda spark: spark.range(7).rollup("id", F.col("id") % 2).count(), 7 * 3),
    "values in SQL": (lambda spark: spark.sql("SELECT * FROM VALUES (1), (2), (3)"), 3),
    "a common table read twice": (lambda spark: spark.sql("WITH t AS (VALUES (1), (2)) TABLE t UNION TABLE t"), 2),
    "a subquery": (lambda spark: spark.sql("SELECT (SELECT max(x) FROM VALUES (1), (2) AS t(x))"), 1 + 2),
    "a query without rows": (lambda spark: spark.sql("SELECT 1"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_rows_that_a_plan_makes_are_counted(spark, name):
    make, rows = MADE[name]
    assert estimated_rows(make(spark)) == rows


def test_rows_of_a_dataset_are_those_of_its_version(dataset):
    assert estimated_rows(dataset) == 3


def test_a_dataset_that_is_read_twice_counts_twice(dataset):
    assert estimated_rows(dataset.join(dataset.withColumnRenamed("id", "other"), F.col("id") == F.col("other"))) == 6


def test_a_list_counts_as_its_rows_or_some_more(spark):
    rows = [(number,) for number in range(1000)]
    assert 1000 <= estimated_rows(spark.createDataFrame(rows, "id long")) < 2000


UNKNOWN = {
    "files that the transform reads itself": lambda spark, folder: spark.read.parquet(folder),
    "lines of a text": lambda spark, folder: spark.sparkContext.textFile(folder).map(lambda x: (x,)).toDF("x string"),
    "rows of a function on Arrow batches": lambda spark, _: spark.range(1).mapInArrow(lambda rows: rows, "id long"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_other_rows_are_unknown(spark, tmp_path, name):
    spark.range(3).write.parquet(str(tmp_path / "files"))
    assert estimated_rows(UNKNOWN[name](spark, str(tmp_path / "files"))) == math.inf


@pytest.fixture
def plan_of_write(request, spark):
    """plan_of_write(rows, {setting: value}) → the plan of a count of a range by a job with these settings."""
    suite = request.config.pluginmanager.get_plugin(str(Path(__file__).parents[2] / "conftest.py"))

    def plan(rows, settings, **own):
        with suite.compiled(spark), job_session(lambda: spark, settings, CancelToken()) as session:
            for name, value in own.items():
                session().conf.set(name, value)
            frame = session().range(rows).groupBy(F.col("id") % 3).count()
            with planned_by_size(frame):
                planned = frame.select("*")._jdf.queryExecution().executedPlan().toString()
            after = frame.select("*")._jdf.queryExecution().executedPlan().toString()
        return planned, after

    return plan


def test_few_rows_are_planned_once_and_nothing_is_compiled_for_them(plan_of_write):
    planned, _ = plan_of_write(10, {FEW_ROWS: "10"})
    assert not planned.startswith(ADAPTIVE)
    assert COMPILED not in planned
    assert re.search(r"hashpartitioning\(.*, 1\)", planned)


def test_other_queries_of_the_job_keep_the_settings_of_the_build(plan_of_write):
    _, after = plan_of_write(10, {FEW_ROWS: "10"})
    assert after.startswith(ADAPTIVE)


@pytest.mark.parametrize("most", ["9", "0"])
def test_more_rows_than_the_setting_says_are_planned_as_spark_does(plan_of_write, most):
    planned, _ = plan_of_write(10, {FEW_ROWS: most})
    assert planned.startswith(ADAPTIVE)


def test_a_job_with_a_setting_of_its_own_keeps_it(plan_of_write):
    planned, _ = plan_of_write(10, {FEW_ROWS: "10", "spark.sql.shuffle.partitions": "5"})
    assert planned.startswith(ADAPTIVE)
    assert re.search(r"hashpartitioning\(.*, 5\)", planned)


def test_a_setting_that_is_no_number_is_an_error_with_what_to_write(plan_of_write):
    with pytest.raises(WriteError, match=r"'spark\.transforms\.fewRows' is 'many'"):
        plan_of_write(10, {FEW_ROWS: "many"})
