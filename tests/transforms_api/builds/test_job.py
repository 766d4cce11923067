import os

import pytest
from pyspark.sql import functions as F

from transforms import expectations as E
from transforms.api import Check, Input, InputSet, IntegerParam, Output, OutputSet, configure, transform, transform_df
from transforms_api.errors import ChecksFailedError, ComputeError, NotSupportedLocallyError, StoreError, WriteError
from transforms_api.warehouse.table import is_table


def numbers(count, dataset="/A/numbers", **output):
    """Return a transform that writes the numbers below `count`."""
    return transform_df(Output(dataset, **output))(lambda ctx: ctx.spark_session.range(count))


def test_transform_df_writes_what_its_function_returns(run, rows):
    assert run(numbers(2)).rows == {"/A/numbers": 2}
    assert rows("/A/numbers") == [{"id": 0}, {"id": 1}]


def test_transform_reads_inputs_and_writes_outputs_and_ignores_what_it_returns(run, rows):
    @transform(source=Input("/A/numbers"), big=Output("/A/big"), small=Output("/A/small"))
    def split(small, source, big):
        small.write_dataframe(source.dataframe().filter("id < 2"))
        return big.write_dataframe(source.dataframe().filter("id >= 2"))

    run(numbers(3))
    run(split)
    assert (rows("/A/small"), rows("/A/big")) == ([{"id": 0}, {"id": 1}], [{"id": 2}])


def test_parameters_have_their_default_unless_the_build_sets_them(run):
    @transform(n=IntegerParam(2), out=Output("/A/out"))
    def compute(ctx, n, out):
        out.write_dataframe(ctx.spark_session.range(n.value))

    assert run(compute).rows == {"/A/out": 2}
    assert run(compute, n=5).rows == {"/A/out": 5}


def test_the_commit_says_what_the_dataset_was_made_from(run, warehouse):
    copy = transform_df(Output("/A/copy"), source=Input("/A/numbers"))(lambda source: source)
    run(numbers(1))
    run(numbers(2))
    run(copy)
    made = warehouse.latest("/A/copy").commit.provenance
    assert (made.inputs["/A/numbers"].branch, made.inputs["/A/numbers"].version) == ("master", 1)
    assert (made.kind, made.build, made.branch) == ("build", "build-1", "master")


def test_a_failing_check_keeps_the_last_good_version_and_leaves_no_files(run, rows, warehouse):
    at_most_two = Check(E.count().lte(2), "at most two")
    run(numbers(2, checks=at_most_two))
    with pytest.raises(ChecksFailedError, match="/A/numbers: at most two: the number of rows is 3, expected <= 2"):
        run(numbers(3, checks=at_most_two))
    assert len(rows("/A/numbers")) == 2
    assert len(list(warehouse.table("/A/numbers").glob("transaction-*"))) == 1


def test_a_failing_check_on_one_output_keeps_all_outputs(run, warehouse):
    @transform(good=Output("/A/good"), bad=Output("/A/bad", checks=Check(E.count().gt(9), "many")))
    def both(ctx, good, bad):
        good.write_dataframe(ctx.spark_session.range(1))
        bad.write_dataframe(ctx.spark_session.range(1))

    with pytest.raises(ChecksFailedError):
        run(both)
    assert not is_table(warehouse.table("/A/good"))


def test_a_check_that_warns_is_recorded_and_stops_nothing(run, rows):
    published = run(numbers(3, checks=Check(E.count().lte(2), "at most two", on_error="WARN")))
    assert [result.problem for result in published.checks] == ["the number of rows is 3, expected <= 2"]
    assert len(rows("/A/numbers")) == 3


def test_a_check_on_an_input_stops_the_job_before_it_computes(run):
    ran = []
    guarded = transform_df(Output("/A/x"), source=Input("/A/numbers", checks=Check(E.count().gt(5), "enough")))(
        lambda source: ran.append(1)
    )
    run(numbers(1))
    with pytest.raises(ChecksFailedError, match="enough"):
        run(guarded)
    assert not ran


def test_an_error_of_the_function_is_the_cause_of_the_job_s_error(run, warehouse):
    def divide():
        return 1 / 0

    with pytest.raises(ComputeError, match="ZeroDivisionError: division by zero") as error:
        run(transform_df(Output("/A/x"))(divide))
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert not is_table(warehouse.table("/A/x"))


def test_a_function_that_calls_sys_exit_fails_its_job_and_not_the_build(run):
    with pytest.raises(ComputeError, match="SystemExit"):
        run(transform_df(Output("/A/x"))(lambda: exit(3)))


def test_a_python_worker_that_ends_in_a_udf_fails_its_job_with_a_sentence(run):
    @transform_df(Output("/A/out"))
    def compute(ctx):
        return ctx.spark_session.range(1).select(F.udf(lambda _: os._exit(3), "int")("id").alias("n"))

    with pytest.raises(ComputeError, match=r"^A Python worker of Spark ended unexpectedly .* spark\.log"):
        run(compute)
    assert run(numbers(2)).rows == {"/A/numbers": 2}


def test_a_job_that_stops_spark_completes_with_a_note_and_later_jobs_run(run):
    @transform_df(Output("/A/out"))
    def compute(ctx):
        ctx.spark_session.stop()
        return ctx.spark_session.range(1)

    assert run(compute).notes[0].startswith("stop() has no effect in a transform")
    assert run(numbers(2)).rows == {"/A/numbers": 2}


def test_transform_df_that_returns_no_dataframe_is_an_error(run):
    with pytest.raises(WriteError, match="has to return a Spark DataFrame, not a NoneType"):
        run(transform_df(Output("/A/x"))(lambda: None))


def test_abort_keeps_an_output_s_last_version_and_the_job_succeeds(run, rows):
    @transform(out=Output("/A/numbers"), other=Output("/A/other"))
    def compute(ctx, out, other):
        out.abort()
        out.write_dataframe(ctx.spark_session.range(9))
        other.write_dataframe(ctx.spark_session.range(4))

    run(numbers(2))
    assert run(compute).rows == {"/A/other": 4}
    assert len(rows("/A/numbers")) == 2


def test_abort_job_ends_the_job_at_once_and_changes_nothing(run, rows):
    @transform(out=Output("/A/numbers"))
    def compute(ctx, out):
        out.write_dataframe(ctx.spark_session.range(9))
        ctx.abort_job()

    run(numbers(2))
    assert run(compute).rows == {}
    assert len(rows("/A/numbers")) == 2


def test_an_output_that_is_never_written_loses_its_rows_as_on_foundry_but_not_its_columns(run, rows, warehouse):
    silent = transform(out=Output("/A/numbers"))(lambda out: None)
    run(numbers(2))
    assert run(silent).rows == {"/A/numbers": 0}
    assert rows("/A/numbers") == []
    assert '"name":"id"' in warehouse.latest("/A/numbers").schema


def test_a_new_output_that_is_never_written_is_an_empty_dataset_as_its_note_and_its_readers_say(run, warehouse):
    published = run(transform(out=Output("/A/silent"))(lambda out: None))
    assert published.rows == {"/A/silent": 0}
    assert published.notes == ["/A/silent: the transform has not written it; it is an empty dataset without columns"]
    assert warehouse.latest("/A/silent").holds_files_only
    read = transform_df(Output("/A/out"), silent=Input("/A/silent"))(lambda silent: silent)
    with pytest.raises(StoreError, match=r"/A/silent is empty and has no columns: .* has never written it"):
        run(read)


def test_sets_hand_over_lists_in_the_order_of_their_datasets(run, rows):
    @transform(sources=InputSet(["/A/two", "/A/one"]), copies=OutputSet(["/A/copy_of_two", "/A/copy_of_one"]))
    def copy_all(sources, copies):
        for source, copied in zip(sources, copies, strict=True):
            copied.write_dataframe(source.dataframe())

    run(numbers(1, "/A/one"))
    run(numbers(2, "/A/two"))
    assert run(copy_all).rows == {"/A/copy_of_two": 2, "/A/copy_of_one": 1}
    assert rows("/A/copy_of_one") == [{"id": 0}]


def test_transform_df_receives_a_set_as_a_list_of_dataframes(run):
    union = transform_df(Output("/A/union"), sources=InputSet(["/A/one", "/A/two"]))(
        lambda sources: sources[0].unionByName(sources[1])
    )
    run(numbers(1, "/A/one"))
    run(numbers(2, "/A/two"))
    assert run(union).rows == {"/A/union": 3}


def test_settings_of_a_profile_hold_for_its_job_alone(run, spark):
    seen = []
    parse = transform_df(Output("/A/policy"))(
        lambda ctx: (
            seen.append(ctx.spark_session.conf.get("spark.sql.legacy.timeParserPolicy")) or ctx.spark_session.range(1)
        )
    )
    run(configure(profile=["DRIVER_MEMORY_LARGE", "LEGACY_TIME_PARSER_POLICY"])(parse))
    run(configure(profile=None)(parse))
    assert seen == ["LEGACY", "EXCEPTION"]


def test_views_and_settings_that_a_transform_leaves_behind_do_not_reach_the_next(run):
    @transform_df(Output("/A/first"))
    def first(ctx):
        ctx.spark_session.conf.set("spark.sql.shuffle.partitions", "3")
        ctx.spark_session.range(1).createOrReplaceTempView("left_behind")
        return ctx.spark_session.table("left_behind")

    @transform_df(Output("/A/second"))
    def second(ctx):
        assert ctx.spark_session.conf.get("spark.sql.shuffle.partitions") != "3"
        return ctx.spark_session.table("left_behind")

    run(first)
    with pytest.raises(ComputeError, match="left_behind"):
        run(second)


def test_a_feature_that_only_foundry_has_is_named_with_the_transform(run):
    pushed_down = transform.snowflake.using(out=Output("/A/out"))(lambda out: None)
    with pytest.raises(NotSupportedLocallyError, match=r"test_job\.py:\d+: .*needs computing in Snowflake"):
        run(pushed_down)
    with pytest.raises(NotImplementedError):
        run(pushed_down)
