"""PySpark's Connect client as Sail needs it, and what our code does with its frames."""

import importlib.util
from decimal import Decimal

import pandas as pd
import pytest
from pyspark.sql import types as T

from transforms.api import Check, Input, Output, transform_df
from transforms.expectations import col
from transforms_api.expectations import evaluate_checks
from transforms_api.runtime.outputs import frame_of_pandas
from transforms_api.testing import assert_df_equality, compute_transform
from transforms_api.testing.run_transform import session_on_sail

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pysail") is None,
    reason="the extra [sail] is not installed",
)


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


def test_rows_that_a_transform_computes_in_memory_are_dicts(session):
    doubled = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source.selectExpr("id * 2 AS id"))
    assert compute_transform(doubled, {"source": [{"id": 1}, {"id": None}]}).rows() == [{"id": 2}, {"id": None}]


def test_frames_with_arrays_are_equal_in_any_order_of_rows(session):
    rows = [(1, ["a"]), (1, ["b"]), (2, None)]
    frames = [session.createDataFrame(data, "id int, names array<string>") for data in (rows, rows[::-1], rows[:2])]
    assert_df_equality(frames[0], frames[1])
    with pytest.raises(AssertionError, match="The DataFrames differ"):
        assert_df_equality(frames[0], frames[2])


def test_rows_that_break_a_check_are_shown_with_their_nulls(session):
    frame = session.createDataFrame([(1, "a"), (-1, None)], "id int, name string")
    [result] = evaluate_checks("/d", frame, [Check(col("id").gte(0), "id is positive")])
    assert result.sample == [{"id": -1, "name": None}]


def test_an_approximate_number_of_values_is_compared(session):
    frame = session.createDataFrame([(1,), (1,), (2,)], "id int")
    checks = [Check(col("id").approx_distinct_count().equals(number), f"{number} ids") for number in (2, 3)]
    assert [result.problem is None for result in evaluate_checks("/d", frame, checks)] == [True, False]


def test_pandas_rows_have_the_types_that_spark_infers(session):
    rows = pd.DataFrame({"price": [Decimal("1.5"), None], "parts": [{"a": 1}, {"b": 2}], "sizes": [[Decimal(1)], []]})
    frame = frame_of_pandas("/A/out", session, rows)
    assert frame.dtypes == [
        ("price", "decimal(38,18)"), ("parts", "map<string,bigint>"), ("sizes", "array<decimal(38,18)>"),
    ]  # fmt: skip
    first, second = frame.collect()
    assert (first.price, first.parts, first.sizes) == (Decimal("1.5"), {"a": 1}, [Decimal(1)])
    assert (second.price, second.parts, second.sizes) == (None, {"b": 2}, [])
