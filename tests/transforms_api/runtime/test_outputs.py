from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import types as T

from transforms_api.errors import SchemaMismatchError, WriteError
from transforms_api.runtime.inputs import TransformInput
from transforms_api.runtime.output_state import OutputState
from transforms_api.runtime.outputs import IncrementalTransformOutput, TransformOutput
from transforms_api.warehouse.table import InputView, latest_version
from transforms_api.warehouse.transaction import Transaction


@pytest.fixture
def output(spark, tmp_path):
    return TransformOutput(OutputState("/A/out", "master", Transaction(tmp_path / "out")), lambda: spark)


@pytest.fixture
def deals(spark):
    return spark.createDataFrame([(1, 5.0), (2, None)], "id long, amount double")


def published(output, spark):
    """Return what a later job reads of the output."""
    state = output.state
    state.transaction.publish(state.schema, state.partition_columns)
    return TransformInput(InputView("/A/out", latest_version(state.transaction.table)), lambda: spark)


def test_rows_that_a_job_wrote_are_read_by_the_next_job(output, deals, spark):
    output.write_dataframe(deals)
    assert_df_equality(published(output, spark).dataframe(), deals, ignore_row_order=True)


def test_an_input_returns_the_same_dataframe_at_every_call(output, deals, spark):
    output.write_dataframe(deals)
    source = published(output, spark)
    assert source.dataframe() is source.dataframe()


def test_every_column_is_stored_nullable_at_every_depth(output, spark):
    output.write_dataframe(spark.sql("select 1 as id, array(named_struct('x', 1)) as parts"))
    schema = published(output, spark).dataframe().schema
    assert schema["id"].nullable
    assert schema["parts"].dataType.containsNull
    assert schema["parts"].dataType.elementType["x"].nullable


def test_partitioned_rows_keep_all_their_columns(output, deals, spark):
    output.write_dataframe(deals, partition_cols=["id"])
    rows = published(output, spark).dataframe().select("id", "amount")
    assert_df_equality(rows, deals, ignore_row_order=True, ignore_nullable=True)


def test_no_rows_keep_their_columns(output, deals, spark):
    output.write_dataframe(deals.limit(0))
    assert published(output, spark).dataframe().columns == ["id", "amount"]


def test_a_second_write_replaces_the_first(output, deals, spark):
    output.write_dataframe(deals)
    output.write_dataframe(deals.filter("id = 1"))
    assert published(output, spark).dataframe().count() == 1


def test_an_output_can_be_read_back_in_its_own_job(output, deals):
    output.write_dataframe(deals)
    assert output.dataframe().count() == 2


def test_an_output_that_was_not_written_cannot_be_read(output):
    with pytest.raises(WriteError, match="/A/out has not been written"):
        output.dataframe()


def test_descriptions_of_columns_are_kept_and_those_of_absent_columns_dropped(output, deals, spark):
    output.write_dataframe(deals, column_descriptions={"amount": "USD", "gone": "nothing"})
    assert published(output, spark).column_descriptions == {"amount": "USD"}


def test_a_pandas_frame_is_written_by_write_pandas_and_refused_elsewhere(output, spark):
    frame = pd.DataFrame({"id": [1, 2]})
    output.write_pandas(frame)
    assert published(output, spark).pandas()["id"].tolist() == [1, 2]
    with pytest.raises(WriteError, match="Use write_pandas"):
        output.write_dataframe(frame)


def test_the_mode_is_chosen_before_the_first_write(output, deals):
    output.set_mode("replace")
    output.write_dataframe(deals)
    with pytest.raises(WriteError, match="before the first write"):
        output.set_mode("replace")


def test_an_output_refuses_a_mode_that_is_none_of_replace_modify_and_append(output):
    with pytest.raises(WriteError, match="one of replace, modify, append, not 'overwrite'"):
        output.set_mode("overwrite")


def test_typeclasses_are_kept(output, deals, spark):
    output.write_dataframe(deals, column_typeclasses={"amount": [{"name": "currency", "kind": "usd"}]})
    assert published(output, spark).column_typeclasses == {"amount": [{"name": "currency", "kind": "usd"}]}


def test_typeclasses_have_a_name_and_a_kind_and_nothing_else(output, deals):
    with pytest.raises(WriteError, match="typeclasses of 'amount'"):
        output.write_dataframe(deals, column_typeclasses={"amount": [{"name": "currency"}]})


def test_an_input_has_the_path_branch_and_rids_of_its_dataset(output, deals, spark):
    output.write_dataframe(deals)
    source = published(output, spark)
    assert (source.path, source.branch) == ("/A/out", "master")
    assert source.rid.startswith("ri.foundry.main.dataset.")
    assert source.start_transaction_rid == source.end_transaction_rid == output.end_transaction_rid


def test_buckets_are_stated_with_their_number(output, deals):
    with pytest.raises(WriteError, match="go together"):
        output.write_dataframe(deals, bucket_cols=["id"])


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("interval 1 day as x", "column 'x' is interval day"),
        ("interval 1 month as x", "column 'x' is interval month"),
        ("make_interval(1, 2, 3) as x", r"(x: interval|'x' is interval)"),
        ("array(interval 1 day) as x", r"column 'x\[\]' is interval day"),
        ("map('k', named_struct('wait', interval 1 day)) as x", r"column 'x\.value\.wait' is interval day"),
        ("null as x", "column 'x' is void.*cast"),
        ("array() as x", r"column 'x\[\]' is void"),
    ],
)
def test_a_type_that_datasets_do_not_have_is_refused_by_dataset_column_and_remedy(output, spark, columns, named):
    with pytest.raises(WriteError, match=f"/A/out: .*{named}"):
        output.write_dataframe(spark.sql(f"select {columns}"))
    assert output.state.schema is None


@pytest.mark.parametrize(
    ("column", "type_", "values"),
    [
        (pd.Series([2**64 - 1], dtype="uint64"), "decimal(20,0)", [Decimal(2**64 - 1)]),
        (pd.Series([2**53 + 1, None], dtype="Int64"), "bigint", [2**53 + 1, None]),
        (pd.Series([Decimal("1.5")]), "decimal(38,18)", [Decimal("1.5")]),
        (pd.Series([{"k": 1}, {"l": 2}]), "map<string,bigint>", [{"k": 1}, {"l": 2}]),
        (pd.Series([[1, None]]), "array<bigint>", [[1, None]]),
    ],
    ids=["uint64", "Int64", "decimal", "dict", "list"],
)
def test_pandas_values_are_stored_by_spark_as_they_are(output, spark, column, type_, values):
    output.write_pandas(pd.DataFrame({"x": column}))
    assert output.dataframe().schema["x"].dataType.simpleString() == type_
    assert sorted((row.x for row in output.dataframe().collect()), key=str) == sorted(values, key=str)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([2**70], "more than 64 bits"),
        (["a", b"b"], "bytes and text"),
        ([pd.Period("2024-01")], "Python's Period|pandas' period"),
        ([pd.Timedelta(1)], "duration"),
        ([{"a": 1, "b": "x"}], "dicts with values of several types"),
        ([pd.Timestamp("2024-01-01 00:00:00.000000001")], "parts of a microsecond"),
    ],
)
def test_pandas_values_that_spark_would_change_are_refused(output, values, problem):
    with pytest.raises(WriteError, match=f"/A/out: [Cc]olumn 'x' .*({problem})"):
        output.write_pandas(pd.DataFrame({"x": values}))


def column(kind, name="n", nullable=True, metadata=None):
    return T.StructType([T.StructField(name, kind, nullable, metadata)])


@pytest.mark.parametrize(
    "stored, expected, difference",
    [
        (column(T.LongType()), column(T.LongType(), nullable=False), "'n' is nullable and has nullable=False"),
        (column(T.LongType()), column(T.IntegerType()), "'n' is bigint, not int"),
        (column(T.LongType()), column(T.LongType(), "m"), "the columns are n, not m"),
        (
            column(column(T.LongType(), "x")),
            column(column(T.LongType(), "x", nullable=False)),
            "'n.x' is nullable and has nullable=False",
        ),
        (
            column(T.ArrayType(T.LongType())),
            column(T.ArrayType(T.LongType(), containsNull=False)),
            "an element of 'n' is nullable and has nullable=False",
        ),
        (
            column(T.MapType(T.StringType(), T.LongType())),
            column(T.MapType(T.StringType(), T.LongType(), valueContainsNull=False)),
            "a value of 'n' is nullable and has nullable=False",
        ),
        (
            column(T.ArrayType(column(T.LongType(), "x"))),
            column(T.ArrayType(column(T.LongType(), "y"))),
            "the fields of 'n.element' are x, not y",
        ),
    ],
)
def test_a_schema_that_previous_rows_do_not_have_is_refused_with_the_difference(stored, expected, difference):
    with pytest.raises(SchemaMismatchError) as refused:
        with_previous(stored).dataframe("previous", schema=expected)
    assert f": {difference}" in str(refused.value)


def test_an_error_about_schemas_counts_the_differences_that_it_leaves_out():
    stored = T.StructType([T.StructField(name, T.LongType()) for name in "abcde"])
    expected = T.StructType([T.StructField(name, T.LongType(), nullable=False) for name in "abcde"])
    with pytest.raises(SchemaMismatchError, match="2 more differences"):
        with_previous(stored).dataframe("previous", schema=expected)


def test_descriptions_of_columns_and_of_fields_are_no_difference(monkeypatch):
    monkeypatch.setattr("transforms_api.runtime.outputs.read_slice", lambda *_: "rows")
    monkeypatch.setattr("transforms_api.runtime.outputs.full_view", lambda version: version)
    stored = column(column(T.LongType(), metadata={"comment": "a field"}), metadata={"comment": "a column"})
    assert with_previous(stored).dataframe("previous", schema=column(column(T.LongType()))) == "rows"


def with_previous(schema):
    """Return the output of an incremental run whose dataset has rows with these columns. No Spark."""
    previous = SimpleNamespace(schema=schema.json(), holds_files_only=False)
    state = SimpleNamespace(dataset="/A/out", branch="master", previous=previous, is_incremental=True)
    return IncrementalTransformOutput(state, lambda: None)
