import pytest
from deltalake import DeltaTable

from transforms import expectations as E
from transforms.api import Check, Input, IntegerParam, Output, transform, transform_df
from transforms_api.build.job import run_job
from transforms_api.errors import ChecksFailedError, ComputeError, WriteError
from transforms_api.store.delta_log import is_table, provenance


@pytest.fixture
def run(spark, warehouse):
    """run(transform, **parameters) → what the job published."""

    def run_transform(transform, **parameters):
        return run_job(transform, spark, warehouse, "build-1", parameters)

    return run_transform


@pytest.fixture
def rows(warehouse):
    """rows(dataset) → its committed rows."""
    return lambda dataset: DeltaTable(str(warehouse.table(dataset))).to_pyarrow_table().to_pylist()


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
    made_from = provenance(warehouse.table("/A/copy"))
    assert made_from["inputs"] == {"/A/numbers": 1}
    assert (made_from["kind"], made_from["build"], made_from["branch"]) == ("build", "build-1", "master")


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


def test_an_output_that_is_never_written_loses_its_rows_as_on_foundry(run, rows):
    silent = transform(out=Output("/A/numbers"))(lambda out: None)
    with pytest.raises(WriteError, match="was never written"):
        run(silent)
    run(numbers(2))
    assert run(silent).rows == {"/A/numbers": 0}
    assert rows("/A/numbers") == []
