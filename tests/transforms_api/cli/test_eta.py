import json
import os

import pytest

from transforms_api.cli.progress import eta, in_words, last_durations

NOON = "2026-01-01T12:00:00Z"


@pytest.fixture
def log(tmp_path):
    """log(name, age, (transform, state, seconds), …): the log of a build that ended `age` seconds before another."""

    def write(name, age, *jobs):
        lines = [
            json.dumps(
                {"event": "job ended", "timestamp": NOON, "transform": transform, "state": state, "seconds": seconds}
            )
            for transform, state, seconds in jobs
        ]
        file = tmp_path / f"{name}.jsonl"
        file.write_text(
            "\n".join(
                [
                    json.dumps({"event": "build began", "timestamp": NOON, "branch": "master"}),
                    *lines,
                    '{"event": "job end',
                ]
            )
        )
        os.utime(file, (1_000_000 - age, 1_000_000 - age))

    return write


def test_a_job_is_expected_to_take_as_long_as_the_last_time_it_completed(log, tmp_path):
    log("old", 20, ("a", "completed", 5.0), ("b", "completed", 7.0))
    log("new", 10, ("a", "completed", 3.0), ("b", "failed", 0.5))
    assert last_durations(tmp_path, ["a", "b", "c"]) == {"a": 3.0, "b": 7.0}


def test_without_logs_the_time_is_unknown(tmp_path):
    assert last_durations(tmp_path / "none", ["a"]) == {}


def test_the_remaining_time_is_shared_by_the_jobs_that_run_side_by_side():
    assert eta(waiting=[4.0, 6.0], running=[(10.0, 8.0)], side_by_side=2) == 6.0
    assert eta(waiting=[4.0, 6.0, 6.0], running=[(10.0, 8.0)], side_by_side=2) == 9.0


def test_a_job_that_takes_longer_than_expected_may_end_at_any_moment():
    assert eta(waiting=[3.0], running=[(10.0, 60.0)], side_by_side=1) == 3.0


def test_the_remaining_time_is_unknown_if_the_time_of_one_job_is():
    assert eta(waiting=[4.0, None], running=[], side_by_side=2) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s left"), (41.3, "about 41 s left"), (100, "about 2 min left"), (7500, "about 2 h 5 min left")],
)
def test_an_estimate_is_said_as_roughly_as_it_is_known(seconds, words):
    assert in_words(seconds) == words
