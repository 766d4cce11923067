"""compute_transform: the function of one transform called with rows in memory."""

import datetime as dt
import traceback

import polars
import pyarrow as pa
import pytest

from transforms import expectations as E
from transforms.api import (
    Check,
    Input,
    InputSet,
    IntegerParam,
    Output,
    OutputSet,
    incremental,
    transform,
    transform_df,
    transform_pandas,
    transform_polars,
)
from transforms_api.errors import NotSupportedLocallyError, StoreError, TrialError, WriteError
from transforms_api.testing import compute_transform

DOUBLED = transform_df(Output("/A/doubled"), source=Input("/A/source"))(
    lambda source: source.selectExpr("id * 2 AS id")
)
COPIED = transform_df(Output("/A/copied"), source=Input("/A/source"))(lambda source: source)


def ids(frame):
    return sorted(row.id for row in frame.collect())


def test_rows_of_an_input_are_dicts_and_the_only_output_is_a_dataframe(spark):
    assert ids(compute_transform(DOUBLED, {"source": [{"id": 1}, {"id": 2}]}).only) == [2, 4]


def test_an_output_is_found_by_its_parameter_and_by_the_path_of_its_dataset(spark):
    @transform(source=Input("/A/source"), small=Output("/A/small"), big=Output("/A/big"))
    def split(source, small, big):
        small.write_dataframe(source.dataframe().where("id < 2"))
        big.write_dataframe(source.dataframe().where("id >= 2"))

    computed = compute_transform(split, {"source": spark.range(4)})
    assert {name: ids(frame) for name, frame in computed.items()} == {"small": [0, 1], "big": [2, 3]}
    assert ids(computed["/A/big"]) == [2, 3]
    with pytest.raises(TrialError, match=r"'split' wrote small, big: name one output"):
        computed.only  # noqa: B018
    with pytest.raises(KeyError, match="'/A/huge': 'split' wrote small, big"):
        computed["/A/huge"]


def test_the_only_output_as_dicts_has_the_types_of_a_dataset(spark):
    row = {
        "text": "a", "whole": 1, "flag": True, "day": dt.date(2024, 11, 15),
        "time": dt.datetime(2024, 11, 15, 12, tzinfo=dt.UTC), "list": [1, 2], "struct": {"a": 1},
        "unknown": None,
    }  # fmt: skip
    computed = compute_transform(COPIED, {"source": [row]})
    assert computed.rows() == [row]
    assert computed.only.schema["unknown"].dataType.simpleString() == "string"


def test_no_rows_have_the_columns_of_their_schema(spark):
    computed = compute_transform(COPIED, {"source": ("id long, tags map<string, int>", [])})
    assert (computed.only.columns, computed.rows()) == (["id", "tags"], [])


def test_an_input_set_takes_a_list_and_an_output_set_returns_one(spark):
    @transform(parts=InputSet(["/A/a", "/A/b"]), copies=OutputSet(["/A/x", "/A/y"]))
    def copy(parts, copies):
        for part, written in zip(parts, copies, strict=True):
            written.write_dataframe(part.dataframe())

    computed = compute_transform(copy, {"parts": [[{"id": 1}], [{"id": 2}]]})
    assert [ids(frame) for frame in computed["copies"]] == [[1], [2]]
    with pytest.raises(TrialError, match="'parts' of transform 'copy' stands for 2 datasets: pass a list"):
        compute_transform(copy, {"parts": [[{"id": 1}]]})


def test_a_parameter_is_a_keyword_or_has_its_default_also_in_the_context(spark):
    @transform(out=Output("/A/out"), rows=IntegerParam(2), first=IntegerParam(5))
    def count(ctx, out, rows, first):
        assert ctx.parameters == {"rows": rows.value, "first": first.value}
        out.write_dataframe(ctx.spark_session.range(first.value, first.value + rows.value))

    assert ids(compute_transform(count).only) == [5, 6]
    assert ids(compute_transform(count, rows=1).only) == [5]
    with pytest.raises(TrialError, match=r"'row' is no parameter .* Did you mean rows"):
        compute_transform(count, row=1)


def test_an_input_that_is_missing_or_unknown_is_an_error(spark):
    with pytest.raises(TrialError, match="There are no rows for the input 'source'"):
        compute_transform(DOUBLED)
    with pytest.raises(TrialError, match="'sauce' is no input"):
        compute_transform(DOUBLED, {"source": [{"id": 1}], "sauce": [{"id": 1}]})


def test_a_single_node_transform_computes_without_spark(monkeypatch):
    monkeypatch.setattr("transforms_api.testing.in_memory.running_session", lambda: pytest.fail("Spark was needed"))
    tripled = transform_polars(Output("/A/out"), source=Input("/A/in"))(lambda source: source * 3)
    computed = compute_transform(tripled, {"source": [{"id": 1}]})
    assert isinstance(computed.only, pa.Table)
    assert computed.rows("/A/out") == [{"id": 3}]


def test_a_single_node_transform_reads_its_inputs_in_every_library(tmp_path):
    @transform.using(source=Input("/A/in"), out=Output("/A/out"))
    def read_all(ctx, source, out):
        assert source.pandas()["id"].tolist() == source.polars(lazy=True).collect()["id"].to_list() == [1]
        assert polars.read_parquet(f"{source.path()}/*")["id"].to_list() == [1]
        out.write_table(ctx.duckdb().conn.sql("SELECT id + 1 AS id FROM source"))

    assert compute_transform(read_all, {"source": polars.DataFrame({"id": [1]})}).rows() == [{"id": 2}]


def test_a_pandas_transform_receives_rows_of_a_spark_dataframe(spark):
    tripled = transform_pandas(Output("/A/out"), source=Input("/A/in"))(lambda source: source * 3)
    assert compute_transform(tripled, {"source": spark.range(1, 2)}).rows() == [{"id": 3}]
    assert compute_transform(tripled, {"source": spark.range(0)}).rows() == []


def test_a_folder_is_the_input_of_a_dataset_of_files(spark, tmp_path):
    @transform(source=Input("/A/in"), out=Output("/A/out"))
    def shout(source, out):
        with source.filesystem().open("a.txt") as text, out.filesystem().open("b.txt", "w") as written:
            written.write(text.read().upper())

    (tmp_path / "a.txt").write_text("hello")
    computed = compute_transform(shout, {"source": tmp_path})
    assert (computed.files() / "b.txt").read_text() == "HELLO"
    with pytest.raises(WriteError, match="/A/out has not been written"):
        computed.only  # noqa: B018
    with pytest.raises(TrialError, match="/A/in stands for rows in memory and has no files"):
        compute_transform(shout, {"source": [{"id": 1}]})
    with pytest.raises(StoreError, match="/A/source holds files and no table"):
        compute_transform(COPIED, {"source": tmp_path})


def test_checks_are_not_evaluated(spark):
    few = transform_df(Output("/A/out", checks=Check(E.count().lt(1), "few")), source=Input("/A/in"))(
        lambda source: source
    )
    assert ids(compute_transform(few, {"source": [{"id": 1}]}).only) == [1]


def test_an_incremental_transform_computes_in_full(spark):
    seen = {}

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def look(ctx, source, out):
        seen.update({mode: ids(source.dataframe(mode)) for mode in ("added", "previous", "current")})
        assert (ctx.is_incremental, ids(out.dataframe("previous", source.dataframe().schema))) == (False, [])
        out.write_dataframe(source.dataframe())

    assert ids(compute_transform(look, {"source": [{"id": 2}]}).only) == [2]
    assert seen == {"added": [2], "previous": [], "current": [2]}


def test_a_second_write_replaces_the_first_and_adds_to_it_in_the_mode_append(spark):
    @transform(out=Output("/A/out"), adds=IntegerParam(0))
    def write(ctx, out, adds):
        if adds.value:
            out.set_mode("append")
        out.write_dataframe(ctx.spark_session.range(1))
        out.write_dataframe(ctx.spark_session.range(1, 2), column_descriptions={"id": "a number"})

    assert ids(compute_transform(write).only) == [1]
    assert ids(compute_transform(write, adds=1).only) == [0, 1]
    assert compute_transform(write).only.schema["id"].metadata == {"comment": "a number"}


def test_an_output_that_the_transform_aborts_is_not_there(spark):
    assert dict(compute_transform(transform(out=Output("/A/x"))(lambda out: out.abort()))) == {}
    assert dict(compute_transform(transform(out=Output("/A/x"))(lambda ctx, out: ctx.abort_job()))) == {}


def test_an_error_of_the_function_is_raised_unchanged(spark):
    def divide(source):
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as error:
        compute_transform(transform_df(Output("/A/x"), source=Input("/A/in"))(divide), {"source": [{"id": 1}]})
    assert traceback.extract_tb(error.value.__traceback__)[-1].name == "divide"


def test_compute_transform_refuses_outputs_that_a_build_refuses(spark):
    two = transform_df(Output("/A/x"), source=Input("/A/in"))(lambda source: source.selectExpr("id", "id AS ID"))
    with pytest.raises(WriteError):
        compute_transform(two, {"source": [{"id": 1}]})
    with pytest.raises(NotSupportedLocallyError, match="Snowflake"):
        compute_transform(transform.snowflake.using(out=Output("/A/x"))(lambda out: None))
