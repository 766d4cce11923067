"""The one Spark session of the whole suite; started by the first test that asks for it, after all that need none."""

import contextlib
import io
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from deltalake import DeltaTable

from transforms_api.cli import app
from transforms_api.cli.settings import read_settings
from transforms_api.runtime.session import start_session
from transforms_api.store.warehouse import Warehouse
from transforms_api.testing import frame_for

os.environ.pop("OPENAI_MODEL", None)  # no test asks the language model of whoever runs it


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "spark" in item.fixturenames)


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    session = start_session(read_settings().spark, tmp_path_factory.mktemp("logs") / "spark.log")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def frame(spark):
    """frame(contract, {field: value, …}, …) → rows that state this; the rest is null, or made up where it cannot be."""
    return lambda contract, *rows: frame_for(spark, contract, rows, nulls=1)


@pytest.fixture(scope="session")
def spark_session(spark):
    """The session that the test kit runs transforms in: the suite's."""
    return spark


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def rows(warehouse):
    """rows(dataset) → its committed rows, sorted."""

    def read(dataset):
        found = DeltaTable(str(warehouse.table(dataset))).to_pyarrow_table().to_pylist()
        return sorted(found, key=lambda row: [str(value) for value in row.values()])

    return read


@pytest.fixture(scope="session")
def build(spark):
    """build(warehouse, argument, …) → the report of `run_local.py build`, which has to succeed."""

    def run_build(root, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as ended:
            app.main(["build", "--json", "--warehouse", str(root), *arguments])
        assert ended.value.code == 0, printed.getvalue()
        return json.loads(printed.getvalue())

    return run_build


@pytest.fixture(scope="session")
def built(build, tmp_path_factory):
    """A warehouse in which the whole pipeline was built, and the report of the build; no test changes its branch."""
    root = tmp_path_factory.mktemp("built")
    return root, build(root)


class ModelServer:
    """An OpenAI-compatible endpoint on this machine, as good or bad as a test wants it.

    Attributes:
        answers: what it says to the first request, the second, …, the last of them for good: the text of a completion;
            a function of the request's messages that gives one; or (status, headers, body as text).
        delay: seconds before each answer.
        requests: what it was asked: the bodies.
        headers: the headers of the requests.
    """

    def __init__(self):
        self.answers, self.delay, self.requests, self.headers = ["Hello"], 0.0, [], []
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def _next(self, body, headers):
        with self._lock:
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            self.requests.append(body)
            self.headers.append(headers)
        time.sleep(self.delay)
        if isinstance(answer, tuple):
            return answer
        text = answer(body["messages"]) if callable(answer) else answer
        message = {"role": "assistant", "content": text}
        completion = {"object": "chat.completion", "choices": [{"message": message, "finish_reason": "stop"}]}
        return 200, {"Content-Type": "application/json"}, json.dumps(completion)

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers, text = server._next(body, self.headers)
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # the client no longer listens

            def log_message(self, *_): ...

        return Handler


@pytest.fixture
def model_server(monkeypatch):
    """A running `ModelServer`, that of nobody's environment."""
    for name in ("OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ModelServer()
    yield server
    server.close()
