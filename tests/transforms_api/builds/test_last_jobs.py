import json
import os
from datetime import UTC, datetime

import pytest

from transforms_api.builds.log import LastJob, last_jobs


def at(minute):
    return datetime(2026, 1, 1, 12, minute, tzinfo=UTC)


def began(minute, branch="master", fresh=()):
    return {"event": "build began", "timestamp": at(minute).isoformat(), "branch": branch, "fresh": list(fresh)}


def ended(minute, state, reason=None, where=None, transform="shop:orders", **others):
    event = {"transform": transform, "state": state, "reason": reason, "where": where, **others}
    return {"event": "job ended", "timestamp": at(minute).isoformat(), **event}


@pytest.fixture
def log(tmp_path):
    """log(name, event, …) → a log with these events, last changed when the last of them happened."""

    def write(name, *events):
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(f"{json.dumps(event)}\n" for event in events))
        last = datetime.fromisoformat(events[-1]["timestamp"]).timestamp()
        os.utime(file, (last, last))
        return file

    return write


@pytest.fixture
def last(tmp_path):
    """last(branch) → how the last job of shop:orders ended there; its dataset's last transaction is 't2'."""
    return lambda branch="master": last_jobs(tmp_path, branch, {"shop:orders": {"/orders": "t2"}}).get("shop:orders")


def test_a_failed_job_has_its_reason_and_location(log, last):
    log("build", began(0), ended(1, "failed", "ValueError: no price", "orders.py:7"))
    assert last() == LastJob(at(1), "ValueError: no price\norders.py:7")


def test_a_later_job_that_completed_is_the_last_one(log, last):
    log("first", began(0), ended(1, "failed", "no price"))
    log("second", began(2), ended(3, "completed"))
    assert last() == LastJob(at(3), None)


def test_of_two_builds_at_once_the_later_event_counts_whichever_build_ended_last(log, last):
    log("long", began(0), ended(1, "failed", "no price"), ended(9, "completed", transform="shop:others"))
    log("short", began(2), ended(3, "completed"))
    assert last() == LastJob(at(3), None)


def test_a_build_that_left_a_transform_out_as_fresh_counts_as_a_job_that_completed(log, last):
    log("first", began(0), ended(1, "failed", "no price"))
    log("second", began(2, fresh=["shop:orders"]))
    assert last() == LastJob(at(2), None)


@pytest.mark.parametrize("state", ["aborted", "of another release"])
def test_a_job_that_was_not_run_leaves_the_one_before_it_the_last(log, last, state):
    log("first", began(0), ended(1, "failed", "no price"))
    log("second", began(2), ended(3, state))
    assert last() == LastJob(at(1), "no price")


def test_jobs_on_another_branch_do_not_count(log, last):
    log("build", began(0, branch="feature"), ended(1, "failed", "no price"))
    assert last() is None
    assert last("feature") == LastJob(at(1), "no price")


@pytest.mark.parametrize("line", [b'{"event": "job en', b"[]", b"\xff\xfe", b'{"event": "job ended", "transform": {}}'])
def test_lines_that_are_no_events_are_passed_over(log, last, line):
    file = log("build", began(0), ended(1, "failed", "no price"))
    file.write_bytes(file.read_bytes() + line)
    assert last() == LastJob(at(1), "no price")


def test_without_logs_nothing_is_known(last):
    assert last() is None


# The clock was set back between two builds


def failed_at(minute, transaction):
    return ended(minute, "failed", "no price", transactions={"/orders": transaction})


def committed_at(minute):
    return ended(minute, "completed", rows={"/orders": 5})


def test_a_failure_that_names_an_earlier_version_is_over_although_the_clock_says_that_it_is_later(log, last):
    log("first", began(0), committed_at(1))
    log("second", began(40), failed_at(41, "t1"))
    log("third-with-the-clock-set-back", began(10), committed_at(11))
    assert last().failure is None


def test_a_failure_that_names_the_last_version_came_after_it_although_the_clock_says_before(log, last, monkeypatch):
    monkeypatch.setattr("time.time", lambda: at(20).timestamp())
    log("first", began(40), committed_at(41))
    log("second-with-the-clock-set-back", began(10), failed_at(11, "t2"))
    assert last() == LastJob(at(11), "no price", is_since_last_version=True)


def test_a_build_that_left_a_transform_out_as_fresh_ends_a_failure_that_names_the_last_version(log, last):
    log("first", began(0), failed_at(1, "t2"))
    log("second", began(2, fresh=["shop:orders"]))
    assert last() == LastJob(at(2), None)
