"""Behaviour that run_transform, which runs a transform as a build does, and compute_transform, in memory, share."""

import datetime as dt
import traceback

import pytest

from transforms.api import (
    Input,
    InputSet,
    IntegerParam,
    Output,
    OutputSet,
    transform,
    transform_df,
    transform_pandas,
    transform_polars,
)
from transforms_api.errors import NotSupportedLocallyError, StoreError, TrialError, WriteError
from transforms_api.testing import compute_transform, run_transform

DOUBLED = transform_df(Output("/A/doubled"), source=Input("/A/source"))(
    lambda source: source.selectExpr("id * 2 AS id")
)


@pytest.fixture(params=[run_transform, compute_transform], ids=lambda runner: runner.__name__)
def run(request):
    return request.param


def ids(frame):
    return sorted(row.id for row in frame.collect())


def test_rows_are_passed_by_the_name_of_the_input_and_returned_as_a_dataframe(spark, run):
    assert ids(run(DOUBLED, {"source": [{"id": 1}, {"id": 2}]}).only) == [2, 4]


def test_an_input_may_be_a_dataframe(spark, run):
    assert ids(run(DOUBLED, {"source": spark.range(3)}).only) == [0, 2, 4]


def test_the_output_of_one_transform_may_be_the_input_of_the_next(spark, run):
    once = run(DOUBLED, {"source": [{"id": 1}]}).only
    assert ids(run(DOUBLED, {"source": once}).only) == [4]


def test_several_outputs_are_returned_by_their_names(spark, run):
    @transform(source=Input("/A/source"), small=Output("/A/small"), big=Output("/A/big"))
    def split(source, small, big):
        small.write_dataframe(source.dataframe().where("id < 2"))
        big.write_dataframe(source.dataframe().where("id >= 2"))

    outputs = run(split, {"source": spark.range(4)})
    assert {name: ids(frame) for name, frame in outputs.items()} == {"small": [0, 1], "big": [2, 3]}
    with pytest.raises(TrialError, match=r"'split' wrote small, big: name one output"):
        outputs.only  # noqa: B018


def test_an_input_set_takes_a_list_and_an_output_set_returns_a_list(spark, run):
    @transform(parts=InputSet(["/A/a", "/A/b"]), copies=OutputSet(["/A/x", "/A/y"]))
    def copy(parts, copies):
        for part, written in zip(parts, copies, strict=True):
            written.write_dataframe(part.dataframe())

    outputs = run(copy, {"parts": [[{"id": 1}], [{"id": 2}]]})
    assert [ids(frame) for frame in outputs["copies"]] == [[1], [2]]


def test_a_parameter_is_a_keyword_or_has_its_default(spark, run):
    @transform(out=Output("/A/out"), rows=IntegerParam(2), first=IntegerParam(5))
    def count(ctx, out, rows, first):
        out.write_dataframe(ctx.spark_session.range(first.value, first.value + rows.value))

    assert ids(run(count).only) == [5, 6]
    assert ids(run(count, rows=1).only) == [5]


def test_a_transform_of_pandas_receives_pandas(spark, run):
    tripled = transform_pandas(Output("/A/out"), source=Input("/A/in"))(lambda source: source * 3)
    assert run(tripled, {"source": [{"id": 1}]}).rows() == [{"id": 3}]


def test_a_transform_of_polars_receives_polars(run):
    tripled = transform_polars(Output("/A/out"), source=Input("/A/in"))(lambda source: source * 3)
    assert run(tripled, {"source": [{"id": 1}]}).rows() == [{"id": 3}]


def test_values_of_dicts_keep_their_types(spark, run):
    copied = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source)
    row = {
        "text": "a", "whole": 1, "number": 1.5, "flag": True, "day": dt.date(2024, 11, 15),
        "time": dt.datetime(2024, 11, 15, 12, tzinfo=dt.UTC), "list": [1, 2], "struct": {"a": 1}, "unknown": None,
    }  # fmt: skip
    outputs = run(copied, {"source": [row]})
    assert outputs.rows() == [row]
    assert outputs.only.schema["unknown"].dataType.simpleString() == "string"


def test_files_are_passed_and_returned_as_a_folder(spark, tmp_path, run):
    @transform(source=Input("/A/in"), out=Output("/A/out"))
    def shout(source, out):
        with source.filesystem().open("a.txt") as text, out.filesystem().open("b.txt", "w") as written:
            written.write(text.read().upper())

    (tmp_path / "a.txt").write_text("hello")
    outputs = run(shout, {"source": tmp_path})
    assert (outputs.files() / "b.txt").read_text() == "HELLO"
    with pytest.raises((StoreError, WriteError), match=r"holds files and no table|has not been written"):
        outputs.only  # noqa: B018


def test_an_aborted_output_is_not_returned(spark, run):
    assert dict(run(transform(out=Output("/A/x"))(lambda out: out.abort()))) == {}


def test_an_error_of_the_function_is_raised_unchanged(spark, run):
    def divide(source):
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as error:
        run(transform_df(Output("/A/x"), source=Input("/A/in"))(divide), {"source": [{"id": 1}]})
    assert traceback.extract_tb(error.value.__traceback__)[-1].name == "divide"


def test_a_feature_that_only_foundry_has_is_refused_as_in_a_build(run):
    with pytest.raises(NotSupportedLocallyError, match="Snowflake"):
        run(transform.snowflake.using(out=Output("/A/x"))(lambda out: None))
