"""PySpark's Connect client as Sail needs it."""

import importlib.util

import pytest
from pyspark.sql import types as T

from transforms_api.testing.run_transform import session_on_sail

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pysail") is None, reason="the extra [sail] is not installed")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with session_on_sail(tmp_path_factory.mktemp("sail") / "sail.log", []) as on_sail:
        yield on_sail


@pytest.mark.parametrize("rows", [[("won", 1, [("A",)])], []], ids=["rows", "no rows"])
def test_a_frame_may_be_created_with_metadata_that_is_no_text(session, rows):
    part = T.StructType([T.StructField("name", T.StringType(), True, {"values": ["A"]})])
    schema = T.StructType(
        [
            T.StructField("stage", T.StringType(), True, {"comment": "where it is", "values": ["won", "lost"]}),
            T.StructField("deals", T.IntegerType(), True, {"most": 3}),
            T.StructField("parts", T.ArrayType(part)),
        ]
    )
    frame = session.createDataFrame(rows, schema)
    assert [tuple(row) for row in frame.collect()] == rows
    assert frame.schema["stage"].metadata == {"comment": "where it is"}
    assert frame.dtypes == [("stage", "string"), ("deals", "int"), ("parts", "array<struct<name:string>>")]


def test_the_quoted_name_of_a_view_means_the_name_without_quotes(session):
    session.range(3).createOrReplaceTempView("`/Shop/a ``b```")
    assert session.sql("SELECT * FROM `/Shop/a ``b```").count() == 3
    session.range(2).createOrReplaceTempView("plain")
    assert session.table("plain").count() == 2
