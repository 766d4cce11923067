"""How a build goes about jobs that fail, hang or are interrupted. No Spark."""

import os
import signal
import threading
import time
from datetime import timedelta

import polars
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, configure, transform
from transforms_api.builds import scheduler
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import JobState
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.project.graph import build_graph

ONE = polars.DataFrame({"n": [1]})


@pytest.fixture
def build(warehouse):
    """build(*transforms, **conduct) → the report of a build of them all."""

    def run(*transforms, **conduct):
        graph = build_graph(transforms)
        plan = make_plan(graph, BuildEnvironment(lambda: None, warehouse, "build-1"))
        return run_build(plan, BuildOptions(**conduct))

    return run


def making(dataset, function, **inputs):
    specs = {name: Input(path) for name, path in inputs.items()}
    return transform.using(out=Output(dataset), **specs)(lambda out, **read: function(out))


def good(out):
    out.write_table(ONE)


def bad(out):
    raise RuntimeError("no luck")


def states(report):
    return {job.transform.writes[0]: job.state for job in report.jobs}


def reasons(report):
    return {job.transform.writes[0]: job.reason for job in report.jobs}


# Outputs that their transform aborts


def test_a_reader_of_a_dataset_whose_first_version_was_aborted_says_who_aborted_it(build):
    aborting = making("/A/first", lambda out: out.abort())
    report = build(aborting, making("/A/second", good, first="/A/first"))
    assert states(report) == {"/A/first": JobState.COMPLETED, "/A/second": JobState.ABORTED}
    assert reasons(report)["/A/second"] == (
        f"{aborting.reference} aborted /A/first, which has no version yet: there is nothing to read"
    )


def test_a_reader_of_a_dataset_that_was_aborted_reads_its_earlier_version(build, rows):
    build(making("/A/first", good))
    report = build(making("/A/first", lambda out: out.abort()), making("/A/second", good, first="/A/first"))
    assert states(report) == {"/A/first": JobState.COMPLETED, "/A/second": JobState.COMPLETED}


@pytest.mark.parametrize(("earlier", "text"), [(0, "has no version yet"), (1, "keeps its last version")])
def test_the_note_on_an_aborted_output_says_whether_there_is_a_version(build, earlier, text):
    for _ in range(earlier):
        build(making("/A/first", good))
    [job] = build(making("/A/first", lambda out: out.abort())).jobs
    assert job.notes == [f"/A/first: aborted by the transform, it {text}"]


def test_checks_that_do_not_hold_in_a_first_build_promise_no_earlier_version(build):
    checked = transform.using(out=Output("/A/first", checks=Check(E.count().gt(9), "many")))(good)
    [job] = build(checked).jobs
    assert job.reason.startswith("Checks do not hold, so nothing has been published:\n")


# Failures


def test_without_fail_fast_independent_jobs_go_on_after_a_failure(build):
    report = build(making("/bad", bad), making("/good", good), side_by_side=1)
    assert states(report) == {"/bad": JobState.FAILED, "/good": JobState.COMPLETED}


def test_with_fail_fast_nothing_is_begun_after_a_failure(build):
    report = build(making("/bad", bad), making("/good", good), side_by_side=1, fail_fast=True)
    assert states(report) == {"/bad": JobState.FAILED, "/good": JobState.ABORTED}
    assert reasons(report)["/good"].startswith("the build stopped at its first failure")


def test_an_error_outside_of_the_user_s_code_fails_its_job_and_not_the_build(build, warehouse):
    warehouse.root.mkdir()
    (warehouse.root / "master").write_text("a file where the branch's folder should be")
    report = build(making("/good", good))
    assert states(report) == {"/good": JobState.FAILED}


def test_the_report_of_a_job_that_its_checks_stopped_has_all_of_them(build):
    checks = [
        Check(E.count().gt(0), "something"),
        Check(E.count().gt(5), "enough"),
        Check(E.count().gt(9), "many", "WARN"),
    ]
    few = transform.using(out=Output("/few", checks=checks))(good)
    [job] = build(few).as_json()["jobs"]
    assert job["state"] == "failed"
    assert job["checks"]["held"] == 1
    assert [broken["name"] for broken in job["checks"]["broken"]] == ["enough", "many"]


# Retries


def test_a_transient_error_is_tried_again_as_often_as_the_settings_say(build, monkeypatch):
    monkeypatch.setattr(scheduler, "_FIRST_PAUSE", 0.0)
    attempts = []

    def flaky(out):
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionResetError("the source hung up")
        good(out)

    report = build(making("/flaky", flaky), retries=2)
    assert states(report) == {"/flaky": JobState.COMPLETED}
    assert report.jobs[0].notes == ["succeeded after 2 retries"]


def test_an_error_that_is_not_transient_is_not_tried_again(build):
    attempts = []

    def wrong(out):
        attempts.append(1)
        raise ValueError("always wrong")

    assert states(build(making("/wrong", wrong), retries=5)) == {"/wrong": JobState.FAILED}
    assert len(attempts) == 1


# Jobs that hang


def test_a_job_that_takes_too_long_fails_and_the_rest_is_built(build, warehouse):
    go_on = threading.Event()

    def hang(out):
        go_on.wait(30)
        good(out)

    report = build(making("/hangs", hang), making("/after", good, source="/hangs"), making("/good", good), timeout=0.5)
    assert states(report) == {"/hangs": JobState.FAILED, "/after": JobState.ABORTED, "/good": JobState.COMPLETED}
    assert reasons(report)["/hangs"] == "it did not end within 0.5 s (--timeout, or its allowed_run_duration)"
    [overdue] = [job for job in report.jobs if job.state is JobState.FAILED]
    assert "go_on.wait(30)" in overdue.where
    go_on.set()
    _wait_for(lambda: not list((warehouse.root / "_jobs").glob("*.json")))
    assert warehouse.last_change("/hangs") is None


def test_a_transform_may_say_itself_how_long_it_may_take(build):
    go_on = threading.Event()
    hanging = configure(allowed_run_duration=timedelta(seconds=0.3))(making("/hangs", lambda out: go_on.wait(30)))
    assert states(build(hanging, making("/good", good))) == {"/hangs": JobState.FAILED, "/good": JobState.COMPLETED}
    go_on.set()


# Ctrl-C


def test_an_interrupt_ends_the_build_and_running_jobs_publish_nothing(build, warehouse):
    def interrupted(out):
        good(out)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)

    report = build(making("/a", interrupted), making("/b", good, source="/a"))
    assert report.was_interrupted
    assert states(report) == {"/a": JobState.ABORTED, "/b": JobState.ABORTED}
    assert warehouse.last_change("/a") is None
    assert not list((warehouse.root / "master").rglob("*.parquet"))


def _wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


class Strange(BaseException):
    pass


@pytest.mark.parametrize("error", [Strange("weird"), KeyboardInterrupt("by the transform"), GeneratorExit()])
def test_an_error_that_is_no_exception_fails_its_job_with_kind_and_line(build, error):
    def odd(out):
        raise error

    report = build(making("/odd", odd), making("/good", good))
    assert states(report) == {"/odd": JobState.FAILED, "/good": JobState.COMPLETED}
    assert reasons(report)["/odd"].startswith(f"{type(error).__name__}: {error}")
    [failed] = [job for job in report.jobs if job.state is JobState.FAILED]
    assert " in odd\n    raise error" in failed.where
