import subprocess
import sys
from unittest.mock import MagicMock

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
