"""Listeners of a build; its one job needs no Spark."""

import pytest

from transforms.api import Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import BuildListener, EventCallback, JobState
from transforms_api.builds.scheduler import BuildOptions, run_build
from transforms_api.project import build_graph


@transform.using(out=Output("/A/out"))
def total(out):
    import polars as pl

    out.write_table(pl.DataFrame({"id": [1, 2]}))


@pytest.fixture
def build(warehouse):
    """build(*listeners) → the report of a build of one transform."""

    def run(*listeners):
        environment = BuildEnvironment(lambda: pytest.fail("Spark"), warehouse, "build-1")
        graph = build_graph([total])
        return run_build(make_plan(graph, environment), BuildOptions(), listeners)

    return run


def test_a_listener_receives_the_events_of_a_build_in_order(build):
    received = []

    class Recorder(BuildListener):
        def on_build_started(self, plan):
            received.append(("build started", plan.jobs, plan.environment.build))

        def on_job_started(self, transform):
            received.append(("job started", transform))

        def on_job_ended(self, result):
            received.append(("job ended", result.state, result.rows))

        def on_build_ended(self, report):
            received.append(("build ended", report.succeeded))

    build(Recorder())
    assert received == [
        ("build started", [total], "build-1"),
        ("job started", total),
        ("job ended", JobState.COMPLETED, {"/A/out": 2}),
        ("build ended", True),
    ]


def test_the_text_of_an_event_is_a_line_to_print(build):
    lines = []
    build(EventCallback(lambda event: lines.append(str(event))))
    assert [line.partition(" in ")[0] for line in lines] == [
        "build build-1 started: 1 jobs to run, 0 skipped",
        f"{total.reference} started",
        f"{total.reference} completed",
        "build build-1 succeeded",
    ]


def test_a_listener_that_raises_receives_no_further_events_and_the_build_goes_on(build):
    calls = []

    class Broken(BuildListener):
        def on_job_started(self, transform):
            calls.append("job started")
            raise ValueError("no screen")

        def on_job_ended(self, result):
            calls.append("job ended")

    report = build(Broken())
    assert report.succeeded
    assert calls == ["job started"]
    assert report.warnings == ["The listener Broken failed and received no further events: ValueError: no screen"]
