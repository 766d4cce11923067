import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from transforms.api import Output, transform
from transforms_api.builds.environment import BuildEnvironment
from transforms_api.builds.report import JobResult, JobState, lineage_listeners
from transforms_api.errors import EnvironmentProblem


@transform.using(out=Output("/A/deals"))
def deals(out):
    pass


DONE = JobResult(deals, JobState.COMPLETED)


@pytest.fixture
def warnings_of(warehouse, tmp_path):
    """warnings_of(target) → the warnings of a build that begins and ends one job."""
    environment = BuildEnvironment(lambda: pytest.fail("Spark"), warehouse, "0123456789abcdef0123456789abcdef")

    def build(target):
        warnings = []
        with lineage_listeners(target, tmp_path, environment, warnings.append) as listeners:
            for listener in listeners:
                listener.on_job_started(deals)
                listener.on_job_ended(DONE)
        return warnings

    return build


@contextmanager
def server(status=201):
    """Yield the URL of a server that answers with `status`, and the requests that it got: path, key, event."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append((self.path, self.headers["Authorization"], event["eventType"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", requests
    running.shutdown()
    running.server_close()


def test_without_a_target_no_event_is_sent(warnings_of, tmp_path):
    assert warnings_of("") == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_gets_a_line_for_each_event_after_those_of_earlier_builds(warnings_of, tmp_path):
    assert warnings_of("file:lineage.jsonl") == warnings_of("file:lineage.jsonl") == []
    events = [json.loads(line)["eventType"] for line in (tmp_path / "lineage.jsonl").read_text().splitlines()]
    assert events == ["START", "COMPLETE", "START", "COMPLETE"]


def test_a_server_gets_each_event_in_order(warnings_of):
    with server() as (url, requests):
        assert warnings_of(url) == []
    assert [(path, event) for path, _, event in requests] == [
        ("/api/v1/lineage", "START"),
        ("/api/v1/lineage", "COMPLETE"),
    ]


def test_a_server_that_wants_a_key_gets_that_of_the_environment(warnings_of, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "k3y")
    with server() as (url, requests):
        warnings_of(url)
    assert {key for _, key, _ in requests} == {"Bearer k3y"}


def test_a_refused_event_causes_one_warning_and_ends_the_sending(warnings_of):
    with server(status=403) as (url, requests):
        [warning] = warnings_of(url)
    assert "an event could not be sent: 403" in warning
    assert [event for _, _, event in requests] == ["START"]


def test_a_file_that_cannot_be_written_fails_no_build(warnings_of):
    [warning] = warnings_of("file:no-such-folder/lineage.jsonl")
    assert "no-such-folder" in warning


def test_without_the_library_the_text_says_what_to_install(warnings_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "openlineage.client.transport", None)
    monkeypatch.delitem(sys.modules, "transforms_api.builds.lineage", raising=False)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'transforms-anywhere\[lineage\]'"):
        warnings_of("file:lineage.jsonl")
