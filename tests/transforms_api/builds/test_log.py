import json
import os
import re

import pytest

from transforms_api.builds.log import _LogFile, build_log, events_in, last_jobs, logs_in
from transforms_api.errors import StoreError


def test_a_folder_that_cannot_be_written_is_reported_before_anything_is_built(tmp_path):
    (tmp_path / "_logs").write_text("a file where a folder should be")
    with (
        pytest.raises(StoreError, match="The log of the build cannot be written"),
        build_log(tmp_path / "_logs", "build-1", str),
    ):
        pass


def test_a_build_removes_all_but_the_newest_logs(tmp_path, monkeypatch):
    monkeypatch.setattr("transforms_api.builds.log._MAX_LOGS", 3)
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


def test_a_disk_that_fills_up_ends_the_log_and_not_the_build_and_is_said_once(tmp_path, monkeypatch):
    warnings, opened = [], []
    begin = _LogFile.__init__
    monkeypatch.setattr(_LogFile, "__init__", lambda log, *arguments: opened.append(log) or begin(log, *arguments))
    with build_log(tmp_path, "build-1", str, warnings.append) as log:
        log.on_wait("first")
        monkeypatch.setattr(opened[0], "_stream", FullDisk())
        log.on_wait("second")
        log.on_wait("third")
    file = tmp_path / "build-1.jsonl"
    assert [event.text for event in events_in(file)] == ["first"]
    assert warnings == [
        f"The log of the build ends early: {file} cannot be written: [Errno 28] No space left on device"
    ]


class FullDisk:
    """A file on a full disk, which fails when it is written and when it is closed."""

    def write(self, _):
        raise OSError(28, "No space left on device")

    close = flush = lambda self: self.write(b"")


def test_a_log_is_written_line_by_line(tmp_path):
    with build_log(tmp_path, "build-1", str) as log:
        log.on_wait("first")
        assert [event.text for event in events_in(tmp_path / "build-1.jsonl")] == ["first"]


def test_each_line_of_a_log_has_the_build_the_event_the_level_and_the_time_in_utc(tmp_path):
    with build_log(tmp_path, "build-1", str) as log:
        log.on_wait("it waits")
    [line] = (tmp_path / "build-1.jsonl").read_text().splitlines()
    written = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", written.pop("timestamp"))
    assert written == {"build": "build-1", "text": "it waits", "event": "message", "level": "info"}


def test_a_log_that_is_a_link_is_neither_written_nor_read(tmp_path):
    (tmp_path / "elsewhere").write_text('{"event": "message", "text": "secret"}')
    (tmp_path / "_logs").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "_logs" / "build-1.jsonl")
    assert logs_in(tmp_path / "_logs") == {}
    with pytest.raises(StoreError, match="is a link"), build_log(tmp_path / "_logs", "build-1", str):
        pass
    assert "secret" in (tmp_path / "elsewhere").read_text()
