"""compute_transform: the function of one transform called with rows in memory."""

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
    incremental,
    transform,
    transform_df,
    transform_pandas,
    transform_polars,
)
from transforms_api.errors import StoreError, TrialError, WriteError
from transforms_api.testing import compute_transform

DOUBLED = transform_df(Output("/A/doubled"), source=Input("/A/source"))(
    lambda source: source.selectExpr("id * 2 AS id")
)
COPIED = transform_df(Output("/A/copied"), source=Input("/A/source"))(lambda source: source)


def ids(frame):
    return sorted(row.id for row in frame.collect())


def test_an_output_is_also_named_by_the_path_of_its_dataset(spark):
    computed = compute_transform(COPIED, {"source": [{"id": 1}]})
    assert ids(computed["/A/copied"]) == [1]
    with pytest.raises(KeyError, match="'/A/huge': '<lambda>' wrote"):
        computed["/A/huge"]


def test_no_rows_have_the_columns_of_their_schema(spark):
    computed = compute_transform(COPIED, {"source": ("id long, tags map<string, int>", [])})
    assert (computed.only.columns, computed.rows()) == (["id", "tags"], [])


def test_an_input_set_takes_as_many_elements_as_it_has_datasets(spark):
    @transform(parts=InputSet(["/A/a", "/A/b"]), out=Output("/A/out"))
    def copy(parts, out):
        out.write_dataframe(parts[0].dataframe())

    with pytest.raises(TrialError, match="'parts' of transform 'copy' stands for 2 datasets: pass a list"):
        compute_transform(copy, {"parts": [[{"id": 1}]]})


def test_parameters_are_in_the_context_and_an_unknown_one_is_an_error(spark):
    @transform(out=Output("/A/out"), rows=IntegerParam(2), first=IntegerParam(5))
    def count(ctx, out, rows, first):
        out.write_dataframe(ctx.spark_session.range(ctx.parameters["first"], ctx.parameters["first"] + rows.value))

    assert ids(compute_transform(count).only) == [5, 6]
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


def test_rows_and_files_are_not_exchangeable(spark, tmp_path):
    @transform(source=Input("/A/in"), out=Output("/A/out"))
    def shout(source, out):
        with source.filesystem().open("a.txt") as text, out.filesystem().open("b.txt", "w") as written:
            written.write(text.read().upper())

    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(WriteError, match="/A/out has not been written"):
        compute_transform(shout, {"source": tmp_path}).only  # noqa: B018
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


def test_a_job_that_is_aborted_returns_no_output(spark):
    assert dict(compute_transform(transform(out=Output("/A/x"))(lambda out: out.abort()))) == {}
    assert dict(compute_transform(transform(out=Output("/A/x"))(lambda ctx, out: ctx.abort_job()))) == {}


def test_compute_transform_refuses_outputs_that_a_build_refuses(spark):
    two = transform_df(Output("/A/x"), source=Input("/A/in"))(lambda source: source.selectExpr("id", "id AS ID"))
    with pytest.raises(WriteError):
        compute_transform(two, {"source": [{"id": 1}]})
