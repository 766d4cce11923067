"""A repository of 2026: single-node transforms in Polars, DuckDB and pandas, and an external source. No JVM."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

RAW = "station,celsius\n1,-3.5\n1,2.5\n2,\n2,7\n"


class Directory(BaseHTTPRequestHandler):
    """The external source: names of stations, for who knows the token."""

    def do_GET(self):
        is_known = self.headers["Authorization"] == "Bearer s3cret"
        self.send_response(200 if is_known else 403)
        self.end_headers()
        self.wfile.write(json.dumps([{"station": 1, "name": "Zugspitze"}] if is_known else []).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def directory():
    """The URL of a running source."""
    server = HTTPServer(("127.0.0.1", 0), Directory)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def stations(repository, tmp_path):
    stations = repository("stations")
    (tmp_path / "raw.csv").write_text(RAW)
    stations.run("import", tmp_path / "raw.csv", "--dataset", "/Stations/raw")
    return stations


def write_source(stations, url, token):
    (stations.folder / "conf").mkdir()
    (stations.folder / "conf" / "sources.toml").write_text(
        f'[sources."ri.magritte..source.station-directory"]\nurl = "{url}"\nsecrets = {{token = "{token}"}}\n'
    )


def test_the_stations_repository_builds_without_a_jvm(stations, directory):
    write_source(stations, directory, "s3cret")
    assert stations.run("build")["succeeded"]
    assert stations.rows("/Stations/warmest") == [(1, 2.5), (2, 7.0)]
    assert stations.rows("/Stations/names") == [(1, "Zugspitze")]
    assert not (stations.folder / "warehouse" / "_logs" / "spark.log").exists()


def test_a_source_that_no_local_file_provides_stops_its_own_transform_alone(stations):
    states = {job["outputs"][0]: (job["state"], job["reason"]) for job in stations.run("build", code=1)["jobs"]}
    assert states["/Stations/warmest"] == ("completed", None)
    state, reason = states["/Stations/names"]
    assert state == "failed"
    assert "talks to the external source ri.magritte..source.station-directory" in reason


def test_a_second_build_runs_only_transforms_that_read_the_source(stations, directory):
    write_source(stations, directory, "s3cret")
    stations.run("build")
    states = {job["outputs"][0]: job["state"] for job in stations.run("build")["jobs"]}
    assert states == {"/Stations/measured": "ignored", "/Stations/warmest": "ignored", "/Stations/names": "completed"}
