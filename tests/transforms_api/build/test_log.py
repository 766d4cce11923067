import os

import pytest

from transforms_api.build.last_jobs import last_jobs
from transforms_api.build.log import build_log, events_in
from transforms_api.errors import StoreError


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_built(tmp_path):
    (tmp_path / "_logs").write_text("a file where a folder should be")
    with (
        pytest.raises(StoreError, match="The log of the build cannot be written"),
        build_log(tmp_path / "_logs", "build-1", str),
    ):
        pass


def test_a_build_removes_all_but_the_newest_logs(tmp_path, monkeypatch):
    monkeypatch.setattr("transforms_api.build.log._KEPT", 3)
    for number in range(5):
        (tmp_path / f"build-{number}.jsonl").touch()
        os.utime(tmp_path / f"build-{number}.jsonl", (number, number))
    (tmp_path / "spark.log").touch()
    with build_log(tmp_path, "build-5", str):
        pass
    left = ["build-3.jsonl", "build-4.jsonl", "build-5.jsonl", "spark.log"]
    assert sorted(file.name for file in tmp_path.iterdir()) == left


def test_a_log_that_another_build_has_removed_has_no_events(tmp_path):
    assert list(events_in(tmp_path / "build-1.jsonl")) == []
    assert list(last_jobs(tmp_path, "master", {"a:b": {}})) == []
