"""run_transform: one transform on rows that a test states, as a build runs it."""

import datetime as dt
import math

import pytest

from transforms import expectations as E
from transforms.api import (
    Check,
    Input,
    Output,
    incremental,
    transform,
    transform_df,
)
from transforms_api.errors import ChecksFailedError, TrialError
from transforms_api.testing import run_transform

DOUBLED = transform_df(Output("/A/doubled"), source=Input("/A/source"))(
    lambda source: source.selectExpr("id * 2 AS id")
)


def ids(frame):
    return sorted(row.id for row in frame.collect())


def test_inputs_and_outputs_need_no_dataset_s_name(spark):
    copy = transform(source=Input(), out=Output())(lambda source, out: out.write_dataframe(source.dataframe()))
    assert ids(run_transform(copy, {"source": [{"id": 1}]}).only) == [1]


def test_checks_have_to_hold_as_in_a_build_unless_they_are_left_out(spark):
    few = transform_df(Output("/A/out", checks=Check(E.count().lt(1), "few")), source=Input("/A/in"))(
        lambda source: source
    )
    with pytest.raises(ChecksFailedError, match="few"):
        run_transform(few, {"source": [{"id": 1}]})
    assert ids(run_transform(few, {"source": [{"id": 1}]}, checks=False).only) == [1]


def test_checks_of_inputs_have_to_hold_too(spark):
    some = transform_df(Output("/A/out"), source=Input("/A/in", checks=Check(E.count().gt(1), "some")))(
        lambda source: source
    )
    with pytest.raises(ChecksFailedError, match="some"):
        run_transform(some, {"source": [{"id": 1}]})


def test_a_warning_that_a_transform_logs_is_noted(spark):
    import logging

    @transform_df(Output("/A/out"), source=Input("/A/in"))
    def warn(source):
        logging.getLogger(__name__).warning("3 rows are odd")
        return source

    assert run_transform(warn, {"source": [{"id": 1}]}).notes == ["3 rows are odd"]


@incremental(snapshot_inputs=["names"])
@transform(source=Input("/A/source"), names=Input("/A/names"), out=Output("/A/out"))
def keep(ctx, source, names, out):
    """Write the new ids; and, where the run is incremental, the highest id before."""
    new = source.dataframe().join(names.dataframe(), "id")
    if ctx.is_incremental:
        highest = max(ids(out.dataframe("previous")))
        new = new.selectExpr(f"id + 100 * {highest} AS id", "name")
    out.write_dataframe(new)


NAMES = [{"id": number, "name": f"no {number}"} for number in range(5)]


def test_without_previous_rows_an_incremental_transform_runs_as_a_whole(spark):
    outputs = run_transform(keep, {"source": [{"id": 1}, {"id": 2}], "names": NAMES})
    assert ids(outputs.only) == [1, 2]
    assert outputs.notes == ["not running incrementally: no output has been built yet"]


def test_with_previous_rows_of_its_output_it_adds_what_came_since(spark):
    outputs = run_transform(keep, {"source": [{"id": 3}], "names": NAMES}, previous={"out": NAMES[1:2]})
    assert ids(outputs.only) == [1, 103]
    assert outputs.notes == ["ran incrementally"]


def test_previous_rows_of_an_input_are_what_the_last_run_had_read(spark):
    seen = {}

    @incremental()
    @transform(source=Input("/A/source"), out=Output("/A/out"))
    def look(source, out):
        seen.update({mode: ids(source.dataframe(mode)) for mode in ("added", "previous", "current")})
        out.write_dataframe(source.dataframe())

    run_transform(look, {"source": [{"id": 2}]}, previous={"source": [{"id": 1}], "out": [{"id": 1}]})
    assert seen == {"added": [2], "previous": [1], "current": [1, 2]}


def test_require_incremental_is_demanded_as_in_a_build(spark):
    copy = incremental(require_incremental=True)(
        transform(source=Input("/A/in"), out=Output("/A/out"))(
            lambda source, out: out.write_dataframe(source.dataframe())
        )
    )
    assert ids(run_transform(copy, {"source": [{"id": 2}]}, previous={"out": [{"id": 1}]}).only) == [1, 2]


@pytest.mark.parametrize(
    ("inputs", "parameters", "message"),
    [
        ({}, {}, r"There are no rows for the input 'source' of transform '<lambda>' \(.*test_run_transform\.py:\d+\)"),
        ({"source": [], "sauce": []}, {}, "columns of 'source' are not known"),
        ({"source": [{"id": 1}], "sauce": [{"id": 1}]}, {}, "'sauce' is no input .* Did you mean source"),
        ({"source": [{"id": 1}]}, {"scale": 3}, "'scale' is no parameter of transform .* There are: none"),
        ({"source": [(1,)]}, {}, "columns of 'source' are not known"),
        ({"source": ("id long", [(1, 2)])}, {}, r"row of 'source' does not fit its columns id: \(1, 2\)"),
        ({"source": ("id long", [("a",)])}, {}, "rows of 'source' cannot be read: "),
        ({"source": 7}, {}, "'source' cannot be read: .*not from a int"),
        ({"source": [{"id": 1}]}, {"previous": {"out": [{"id": 1}]}}, "not under @incremental"),
    ],
)
def test_inputs_and_parameters_that_the_transform_does_not_have_are_named(spark, inputs, parameters, message):
    with pytest.raises(TrialError, match=message):
        run_transform(DOUBLED, inputs, **parameters)


def test_types_of_dicts_are_inferred(spark):
    copy = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source)
    row = {
        "text": "a", "whole": 1, "number": 1.5, "flag": True, "day": dt.date(2024, 11, 15),
        "time": dt.datetime(2024, 11, 15, 12, tzinfo=dt.UTC),
        "list": [1, 2], "struct": {"a": 1}, "unknown": None,
    }  # fmt: skip
    outputs = run_transform(copy, {"source": [row]})
    assert outputs.rows() == [row]
    assert outputs.only.schema.simpleString() == (
        "struct<text:string,whole:bigint,number:double,flag:boolean,day:date,time:timestamp,"
        "list:array<bigint>,struct:struct<a:bigint>,unknown:string>"
    )


def test_a_schema_says_types_that_no_row_tells(spark):
    copy = transform_df(Output("/A/out"), source=Input("/A/in"))(lambda source: source)
    outputs = run_transform(copy, {"source": ("amount decimal(10,2), ids array<int>", [(1, [2]), {"amount": 3}])})
    assert outputs.only.schema.simpleString() == "struct<amount:decimal(10,2),ids:array<int>>"
    assert [tuple(row) for row in outputs.only.collect()] == [(1, [2]), (3, None)]
    assert run_transform(copy, {"source": ("id long", [])}).only.count() == 0


COPY = transform.using(source=Input("/A/in"), out=Output("/A/out"))(lambda source, out: out.write_table(source.arrow()))


def test_nan_goes_in_and_comes_out():
    [row, nested] = run_transform(COPY, {"source": [{"v": float("nan")}, {"v": 1.0, "l": [float("nan")]}]}).rows()
    assert math.isnan(row["v"])
    assert math.isnan(nested["l"][0])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**64 - 1, "'v' .* more than 64 bits"),
        (dt.timedelta(1), "'v' is of Python's timedelta"),
        ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 5)], r"'v\[\]' has dates and datetimes"),
    ],
)
def test_values_that_no_dataset_holds_are_refused_by_input_and_column(value, problem):
    with pytest.raises(TrialError, match=f"rows of 'source' cannot be read: .*{problem}"):
        run_transform(COPY, {"source": [{"v": value}]})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("v long", 1.5),
        ("v date", dt.datetime(2024, 1, 1, 5)),
        ("v binary", "a"),
        ("v array<int>", [1, 2.5]),
        ("v struct<a:int>", {"a": 1, "b": 2}),
        ("v map<string,int>", [("k", 1.5)]),
    ],
)
def test_a_value_that_the_stated_type_would_change_is_refused(spark, schema, value):
    with pytest.raises(TrialError, match="A value of column 'v' of 'source' is no "):
        run_transform(COPY, {"source": (schema, [(value,)])})


def test_values_of_a_stated_schema_are_kept(spark):
    day, noon = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 12)
    schema = "f float, t timestamp, d date, m map<string,double>, s struct<a:int,l:array<long>>, n long"
    stated = (0.1, noon, day, {"k": 2}, {"l": [1, None]}, None)
    [row] = run_transform(COPY, {"source": (schema, [stated])}).rows()
    assert row.pop("f") == pytest.approx(0.1)
    moment = noon.replace(tzinfo=dt.UTC)
    assert row == {"t": moment, "d": day, "m": {"k": 2.0}, "s": {"a": None, "l": [1, None]}, "n": None}
