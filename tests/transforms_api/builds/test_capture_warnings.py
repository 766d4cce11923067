"""Warnings that a transform logs are notes of its job."""

import logging
import threading

import polars

from transforms.api import Output, transform
from transforms_api.builds.job import capture_warnings

log = logging.getLogger(__name__)


def noted(run_without_spark, *acts):
    @transform.using(out=Output("/A/out"))
    def compute(out):
        for act in acts:
            act()
        out.write_table(polars.DataFrame({"n": [1]}))

    return run_without_spark(compute).notes


def test_a_warning_and_an_error_are_notes(run_without_spark):
    acts = [lambda: log.warning("%d rows are odd", 3), lambda: log.error("the worst")]
    assert noted(run_without_spark, *acts) == ["3 rows are odd", "the worst"]


def test_a_log_message_of_level_info_is_no_warning_of_a_job(run_without_spark):
    assert noted(run_without_spark, lambda: log.info("all is well")) == []


def test_a_warning_of_a_library_is_no_warning_of_a_job(run_without_spark):
    assert noted(run_without_spark, lambda: logging.getLogger("urllib3").warning("retrying")) == []


def test_secrets_are_taken_out_of_notes(run_without_spark, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key-0123456789")
    assert noted(run_without_spark, lambda: log.warning("sk-very-secret-key-0123456789")) == ["***"]


def test_jobs_side_by_side_have_their_own_notes():
    @transform.using(out=Output("/A/out"))
    def compute(out): ...

    with capture_warnings(compute) as ours:
        other = threading.Thread(target=lambda: log.warning("of another thread"))
        other.start()
        other.join()
        log.warning("of this one")
    assert ours == ["of this one"]
