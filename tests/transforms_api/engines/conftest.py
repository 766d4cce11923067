"""A Maven repository that is a server of this process."""

import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from transforms_api.engines.spark import maven


class MavenServer:
    """A Maven repository on this machine.

    Attributes:
        files: path → content.
        statuses: what it answers to the first request of a path, the second, … instead of the file, such as 503.
        cuts: how many bytes it sends of a path at the first request, the second, … before it cuts the connection.
        requests: (path, headers) of the requests.
    """

    def __init__(self, context=None):
        self.files, self.statuses, self.cuts, self.requests = {}, {}, {}, []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://localhost:{self._http.server_port}/maven"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, path, content, checksum="sha1"):
        self.files[path] = content
        if checksum:
            self.files[f"{path}.{checksum}"] = hashlib.new(checksum, content).hexdigest().encode()

    def paths(self):
        return [path for path, _ in self.requests]

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.partition("/maven/")[2]
                server.requests.append((path, dict(self.headers)))
                statuses, cuts = server.statuses.get(path), server.cuts.get(path)
                content = server.files.get(path)
                status = statuses.pop(0) if statuses else 200 if content is not None else 404
                if status != 200:
                    return self.send_error(status)
                if wanted := self.headers.get("Range"):
                    content = content[int(wanted.removeprefix("bytes=").rstrip("-")) :]
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: cuts.pop(0)] if cuts else content)

            def log_message(self, *_): ...

        return Handler


@pytest.fixture
def few_variables(monkeypatch):
    """No proxy, no certificates of the machine's own, no seconds between attempts."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(maven, "_PAUSES", (0.0, 0.0, 0.0))


@pytest.fixture
def maven_server(few_variables):
    """A running `MavenServer` without files."""
    server = MavenServer()
    yield server
    server.close()
