import json
import os
from dataclasses import replace
from datetime import datetime, timedelta

import polars
import pytest

from transforms import expectations as E
from transforms.api import Check, Input, Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.job import run_job
from transforms_api.builds.log import build_log
from transforms_api.builds.plan import make_plan
from transforms_api.builds.report import JobResult, JobState
from transforms_api.builds.states import State, dataset_states
from transforms_api.errors import UnknownTargetError
from transforms_api.project.fingerprint import CodeFingerprint
from transforms_api.project.graph import build_graph
from transforms_api.project.settings import SourceSettings


class Logic:
    """A logic version for all transforms that a test sets by hand."""

    digest = "1"

    def of(self, transform):
        return CodeFingerprint({"shop": self.digest}, {}, {})


def written(rows):
    return lambda out, **inputs: out.write_table(polars.DataFrame({"n": list(range(rows))}))


MANY = Check(E.count().gt(5), "many orders", "WARN")
ORDERS = transform.using(raw=Input("/raw"), out=Output("/orders", checks=MANY))(written(3))
TOTALS = transform.using(orders=Input("/orders"), out=Output("/totals"))(written(1))
ORDERS.__name__, TOTALS.__name__ = "orders", "totals"
GRAPH = build_graph([ORDERS, TOTALS])


@pytest.fixture
def environment(warehouse):
    return BuildEnvironment(lambda: None, warehouse, "build-1", logic=Logic())


@pytest.fixture
def raw(write):
    """/raw, imported with four rows."""
    return write("/raw", made_from={"kind": "import"}, n=[1, 2, 3, 4])


@pytest.fixture
def built(raw, environment):
    """/orders and /totals, both built from /raw."""
    run_job(ORDERS, environment)
    run_job(TOTALS, environment)


@pytest.fixture
def states(environment, tmp_path):
    """states(target, …) → dataset → its state."""
    return lambda *targets: dataset_states(GRAPH, environment, tmp_path / "_logs", targets)


@pytest.fixture
def fails(environment, tmp_path):
    """fails(transform, reason) logs a build in which its job failed."""

    def log_failure(job, reason):
        with build_log(tmp_path / "_logs", "build-2", environment.redact) as log:
            log.on_build_started(make_plan(GRAPH, environment, strict=False))
            log.on_job_ended(JobResult(job, JobState.FAILED, reason=reason))

    return log_failure


def test_each_dataset_is_listed_after_those_that_it_is_made_from(states):
    by_dataset = states()
    assert list(by_dataset) == ["/raw", "/orders", "/totals"]
    assert [by_dataset[dataset].sources for dataset in by_dataset] == [(), ("/raw",), ("/orders",)]


def test_a_dataset_that_no_transform_writes_and_the_warehouse_lacks_is_missing(states):
    raw = states()["/raw"]
    assert raw.state is State.MISSING
    assert raw.reason == "no transform writes it and the warehouse does not have it: import it"


def test_a_dataset_whose_input_is_missing_is_missing_for_that_fault(states):
    orders = states()["/orders"]
    assert orders.state is State.MISSING
    assert "reads /raw, which no transform writes and the warehouse does not have" in orders.reason


def test_a_dataset_that_was_never_built_is_missing(raw, states):
    totals = states()["/totals"]
    assert (totals.state, totals.reason) == (State.MISSING, "it has not been built yet")
    assert (totals.version, totals.rows, totals.built) == (None, None, None)


def test_an_imported_dataset_has_a_version_and_a_number_of_rows(raw, states):
    state = states()["/raw"]
    assert (state.state, state.reason, state.transform) == (State.IMPORTED, None, None)
    assert (state.version, state.branch, state.rows) == (0, "master", 4)


def test_a_dataset_that_was_just_built_is_fresh_and_names_its_transform(built, states):
    orders = states()["/orders"]
    assert (orders.state, orders.reason, orders.rows) == (State.FRESH, None, 3)
    assert orders.transform == ORDERS.reference
    assert orders.location == ORDERS.location


def test_the_results_of_a_dataset_s_checks_are_those_of_its_last_version(built, states):
    [check] = states()["/orders"].checks
    assert (check.name, check.on_error) == ("many orders", "WARN")
    assert check.problem is not None


def test_a_new_version_of_an_input_makes_stale_what_reads_it_and_what_reads_that(built, write, states):
    write("/raw", made_from={"kind": "import"}, n=[1])
    assert states()["/orders"].state is State.STALE
    assert states()["/orders"].reason == "/raw has changed: version 1, was 0"
    assert states()["/totals"].reason == "/orders, which it reads, is stale"


def test_a_dataset_whose_job_failed_after_its_last_version_has_failed_and_keeps_that_version(built, fails, states):
    fails(ORDERS, "ValueError: no price")
    orders = states()["/orders"]
    assert (orders.state, orders.reason) == (State.FAILED, "ValueError: no price")
    assert orders.failed > orders.built
    assert orders.rows == 3


def test_a_dataset_whose_first_job_failed_has_failed_and_has_no_version(raw, fails, states):
    fails(ORDERS, "ValueError: no price")
    orders = states()["/orders"]
    assert (orders.state, orders.version) == (State.FAILED, None)


def test_a_dataset_whose_job_failed_before_its_last_version_has_not_failed(raw, fails, environment, states):
    fails(ORDERS, "ValueError: no price")
    run_job(ORDERS, environment)
    assert states()["/orders"].state is State.FRESH


@pytest.fixture
def shift_logs(tmp_path):
    """shift_logs(days) moves all that the logs say by so many days, as if the clock had been wrong by these."""

    def shift(days):
        for log in (tmp_path / "_logs").glob("*.jsonl"):
            events = [json.loads(line) for line in log.read_text().splitlines()]
            for event in events:
                moved = datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")) + timedelta(days)
                event["timestamp"] = moved.isoformat()
            log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
            os.utime(log, (moved.timestamp(), moved.timestamp()))

    return shift


def test_a_dataset_built_after_a_failure_is_fresh_although_the_clock_was_set_back(
    raw, fails, environment, states, shift_logs
):
    fails(ORDERS, "ValueError: no price")
    shift_logs(30)
    run_job(ORDERS, environment)
    assert states()["/orders"].state is State.FRESH


def test_a_dataset_whose_job_failed_after_its_last_version_has_failed_although_the_clock_was_set_back(
    built, fails, states, shift_logs
):
    fails(ORDERS, "ValueError: no price")
    shift_logs(-30)
    assert states()["/orders"].state is State.FAILED


def test_a_dataset_that_cannot_be_read_has_failed_and_leaves_the_others_alone(built, warehouse, states):
    [log] = (warehouse.table("/orders") / "_delta_log").glob("*.json")
    first = next(line for line in log.read_text().splitlines() if "commitInfo" in line)
    log.write_text(first)
    by_dataset = states()
    assert by_dataset["/orders"].state is State.FAILED
    assert "cannot be read" in by_dataset["/orders"].reason
    assert by_dataset["/totals"].rows == 1


def test_a_branch_without_a_version_of_a_dataset_shows_that_of_the_default_branch(built, environment, tmp_path):
    feature = replace(environment.warehouse, branch="feature", fallback_branches=("master",))
    by_dataset = dataset_states(GRAPH, replace(environment, warehouse=feature), tmp_path / "_logs")
    assert (by_dataset["/orders"].branch, by_dataset["/orders"].rows) == ("master", 3)


def test_states_of_targets_cover_only_the_datasets_that_the_targets_need(raw, states):
    assert list(states("/orders")) == ["/raw", "/orders"]


def test_an_imported_dataset_needs_nothing_even_if_a_transform_would_write_it(write, states):
    write("/orders", made_from={"kind": "import"}, n=[1])
    by_dataset = states("/totals")
    assert list(by_dataset) == ["/orders", "/totals"]
    assert (by_dataset["/orders"].state, by_dataset["/orders"].sources) == (State.IMPORTED, ())


def test_an_unknown_target_is_an_error(states):
    with pytest.raises(UnknownTargetError, match="No dataset or transform is called 'order'"):
        states("order")


def test_a_reason_has_no_secrets(built, fails, environment, tmp_path):
    fails(ORDERS, "the server refused s3cret")
    source = SourceSettings(url="https://example.org", secrets={"token": "s3cret"})
    careful = replace(environment, sources={"shop": source})
    assert dataset_states(GRAPH, careful, tmp_path / "_logs")["/orders"].reason == "the server refused ***"
