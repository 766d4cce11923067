import pytest
from pyspark.sql import functions as F

from transforms.api import Input, Output, configure, incremental, transform, transform_df
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import BuildListener, JobState
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.project.graph import build_graph


def fails():
    raise RuntimeError("no luck")


@pytest.fixture
def build(environment):
    """build(*transforms) → the report of a build of these, and the watched events."""

    def run(*transforms, **options):
        graph, watched = build_graph(transforms), []

        class Watch(BuildListener):
            def on_job_started(self, transform):
                watched.append((transform, None))

            def on_job_ended(self, result):
                watched.append((result.transform, result.state))

        plan = make_plan(graph, environment(), strict=False)
        return run_build(plan, BuildOptions(**options), [Watch()]), watched

    return run


def states(report):
    return {job.transform.outputs["output"].alias: job.state for job in report.jobs}


def copy(output, source):
    return transform_df(Output(output), source=Input(source))(lambda source: source)


def test_jobs_run_after_what_they_read(build):
    report, _ = build(
        copy("/c", "/b"), copy("/b", "/a"), transform_df(Output("/a"))(lambda ctx: ctx.spark_session.range(3))
    )
    assert report.succeeded
    assert [job.rows for job in report.jobs] == [{"/a": 3}, {"/b": 3}, {"/c": 3}]


def test_of_the_jobs_that_can_run_the_one_with_the_longest_chain_behind_it_starts_first(build):
    alone, before_one, before_two = (transform_df(Output(f"/{name}"))(fails) for name in ("a", "b", "c"))
    chain = [copy("/d", "/b"), copy("/e", "/c"), copy("/f", "/e")]
    _, watched = build(alone, before_one, before_two, *chain, side_by_side=1)
    assert [job for job, state in watched if state is None] == [before_two, before_one, alone]


def test_a_failed_job_stops_what_depends_on_it_and_nothing_else(build):
    good = transform_df(Output("/good"))(lambda ctx: ctx.spark_session.range(1))
    report, _ = build(transform_df(Output("/bad"))(fails), copy("/after", "/bad"), copy("/last", "/after"), good)
    assert not report.succeeded
    assert states(report) == {
        "/bad": JobState.FAILED,
        "/after": JobState.ABORTED,
        "/last": JobState.ABORTED,
        "/good": JobState.COMPLETED,
    }


def test_each_job_is_watched_from_begin_to_end(build):
    first = transform_df(Output("/one"))(lambda ctx: ctx.spark_session.range(1))
    _, watched = build(first)
    assert watched == [(first, None), (first, JobState.COMPLETED)]


def test_the_report_as_json_says_state_rows_and_reason(build):
    report, _ = build(transform_df(Output("/bad"))(fails))
    [job] = report.as_json()["jobs"]
    assert (job["state"], job["rows"], job["reason"]) == ("failed", {}, "RuntimeError: no luck")


def test_jobs_that_a_fault_stops_are_aborted_with_the_reason_and_the_others_run(build):
    good = transform_df(Output("/good"))(lambda ctx: ctx.spark_session.range(1))
    report, watched = build(copy("/b", "/a"), copy("/c", "/b"), good)
    assert states(report) == {"/b": JobState.ABORTED, "/c": JobState.ABORTED, "/good": JobState.COMPLETED}
    assert not report.succeeded
    assert "reads /a, which no transform writes" in report.jobs[0].reason
    assert report.jobs[1].reason.startswith("what it needs cannot be built: ")
    assert [fault["kind"] for fault in report.as_json()["faults"]] == ["MissingInputError"]
    assert [state for transform, state in watched if transform is not good] == [JobState.ABORTED] * 2


def test_the_report_has_the_notes_of_each_job(build):
    ones = incremental()(transform_df(Output("/ones"))(lambda ctx: ctx.spark_session.range(1)))
    report, _ = build(ones)
    assert report.as_json()["jobs"][0]["notes"] == ["not running incrementally: no output has been built yet"]


def test_an_input_that_may_be_older_does_not_stop_its_reader_where_its_own_job_fails(build, warehouse):
    working = transform_df(Output("/a"))(lambda ctx: ctx.spark_session.range(3))
    build(working)
    tolerant = transform_df(Output("/b"), source=Input("/a", failure_strategy="continue"))(lambda source: source)
    report, _ = build(transform_df(Output("/a"))(fails), tolerant, copy("/c", "/a"))
    assert states(report) == {"/a": JobState.FAILED, "/b": JobState.COMPLETED, "/c": JobState.ABORTED}


def test_an_input_that_may_be_older_but_never_was_there_stops_its_reader(build):
    tolerant = transform_df(Output("/b"), source=Input("/a", failure_strategy="continue"))(lambda source: source)
    report, _ = build(transform_df(Output("/a"))(fails), tolerant)
    assert states(report) == {"/a": JobState.FAILED, "/b": JobState.ABORTED}


def test_unknown_profiles_cause_one_warning(build):
    first, second = (
        configure(profile=["THEIRS", "NUM_EXECUTORS_8"])(
            transform_df(Output(f"/{n}"))(lambda ctx: ctx.spark_session.range(1))
        )
        for n in (1, 2)
    )
    [warning] = build(first, second)[0].as_json()["warnings"]
    assert warning.startswith("Unknown Spark profiles have no effect: THEIRS. ")


def test_the_session_is_there_before_a_function_builds_its_first_column(spark, warehouse):
    started = []

    def session():
        started.append(True)
        return spark

    def compute(ctx, out):
        assert started  # F.lit(1) needs it
        out.write_dataframe(ctx.spark_session.range(1).select(F.lit(1).alias("one")))

    graph = build_graph([transform(out=Output("/one"))(compute)])
    environment = BuildEnvironment(session, warehouse, "build-1")
    report = run_build(make_plan(graph, environment), BuildOptions())
    assert report.succeeded
