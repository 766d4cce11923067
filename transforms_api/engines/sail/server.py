"""The Sail server: its process, connections to it, and its errors.

The server runs in a process of its own, which this process starts, restarts after a crash, and ends: a crash of its
native code fails the jobs that it runs, not the build.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import platform
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from transforms_api.engines.sail.client import correct_client
from transforms_api.errors import ChecksFailedError, EngineStartError, JobStoppedError
from transforms_api.project import frames_of_user
from transforms_api.warehouse import append_to

_PORT = b"Sail listens on port "
_SERVE = """
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
except OSError:
    pass
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
import pyspark.sql.types
sys.path[:] = json.loads(sys.argv[2])
print("\\nSail listens on port", server.listening_address[1], flush=True)
os.dup2(2, 1)
sys.stdin.read()
os._exit(0)
"""
"""Program of the process: prints its port, and ends when its input is closed, which it is when this process ends.

Folders of the user's modules are last on `sys.path` while the process starts, since a module there may have the name of
one that Python itself imports; later they are first, as in this process. What the user's functions print goes to the
log. If memory runs out, Linux ends this process first, and not the build. The server imports PySpark for its first
session: 0.1 s, which this import takes while the client is imported. It ends before the port is printed: while two
threads of a process import, Python 3.11 may fail. The process keeps nothing, so it ends at once.
"""
_START = 120.0
"""Seconds within which the process has to print its port; it takes one or two on a machine without other load."""
_END = 5.0
"""Seconds that the process has to end by itself."""
_PLATFORMS = {
    "Linux": ("x86_64", "amd64", "aarch64", "arm64"),
    "Darwin": ("x86_64", "arm64"),
    "Windows": ("amd64", "x86_64"),
}
"""System → machines for which pysail is published."""
_MEANING = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "false"}
"""Settings that decide what code means, as for Spark."""
_RETRIES = {"max_retries": 2, "max_backoff": 200}
"""How often, and after how many milliseconds, the client repeats a call. By default it waits ten minutes for a server
that has ended."""
_CHANNEL = [("grpc.enable_http_proxy", 0)]
"""Options of a connection: it goes to this machine, so never through the proxy that http_proxy names."""
_WITHOUT_SAIL = "Without Sail: --engine spark."
SERVER_ENDED = (
    "Sail is no longer there: its process has ended, by a crash, or killed because memory ran out. What it printed is "
    "in sail.log among the logs of the build. The next job starts it again. Build this job with --engine spark."
)
NO_CONTEXT = (
    "This transform uses the SparkContext, which needs Java; Sail, on which it runs, has none. Build it with "
    "--engine spark."
)
_LOST = "StatusCode.UNAVAILABLE"
_CLIENT = ("pyspark.", "grpc", "google.protobuf")
_PYSPARK = f"{os.sep}pyspark{os.sep}"


class SailServer:
    """The process; `connect` starts it at first use, and again after it has ended.

    Args:
        log_file: receives what Sail prints.
        code: folders of the user's modules, which Python functions in the server import.
    """

    def __init__(self, log_file: Path, code: Sequence[Path] = ()) -> None:
        self._log_file, self._code = log_file, code
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._failure: EngineStartError | None = None
        atexit.register(self.stop)

    @property
    def pid(self) -> int | None:
        """Identifier of the running process; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.is_running else None

    def start(self) -> None:
        """Start the process unless it runs, without waiting until it answers; also after an earlier start has failed.

        Raises:
            EngineStartError: the system starts no process.
        """
        with self._lock:
            self._failure = None
            self._start()

    def connect(self, settings: Mapping[str, str]) -> Any:
        """Return a new session of PySpark's Connect client, when the server answers.

        Args:
            settings: settings of the session, on top of those that decide what code means.

        Raises:
            EngineStartError: the server does not start. Later calls raise this at once, until `start` is called.
        """
        from pyspark.sql.connect.client import core  # imports pandas and grpc: slow
        from pyspark.sql.connect.session import SparkSession as ConnectSession

        correct_client()
        os.environ["TZ"] = "UTC"  # `collect` returns times in the zone of the process
        if hasattr(time, "tzset"):
            time.tzset()
        builder: Any = getattr(core, "DefaultChannelBuilder", core.ChannelBuilder)  # PySpark 4, 3
        address = f"sc://127.0.0.1:{self._port()}/;session_id={uuid.uuid4()}"
        session: Any = ConnectSession(builder(address, channelOptions=_CHANNEL))
        _simplify(session.client)
        for name, value in {**_MEANING, **settings}.items():
            session.conf.set(name, value)
        return session

    def stop(self) -> None:
        """End the process. A later `connect` starts it again."""
        with self._lock:
            process, self._process, self._failure = self._process, None, None
        if process is not None:
            process.end()

    def _port(self) -> int:
        with self._lock:
            if self._failure is not None:
                raise EngineStartError(str(self._failure))
            process = self._start()
        try:
            return process.wait_for_port()  # without the lock, so that `stop` can end it
        except EngineStartError as error:
            with self._lock:
                if self._process is process:
                    self._process, self._failure = None, error
            process.end()
            raise

    def _start(self) -> _Process:
        if self._process is None or not self._process.is_running:
            self._process = _Process(self._log_file, self._code)
        return self._process


class _Process:
    """A process of the server, from its start to its end.

    Args:
        log_file: receives what it prints.
        code: folders of the user's modules.

    Raises:
        EngineStartError: the system starts no process.
    """

    def __init__(self, log_file: Path, code: Sequence[Path]) -> None:
        self._log_file = log_file
        self._port: Future[int | None] = Future()
        own = [str(folder) for folder in code]
        libraries = [entry for entry in sys.path if entry and entry not in own]
        paths = json.dumps([*libraries, *own]), json.dumps([*own, *libraries])
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"TZ": "UTC"}
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with append_to(log_file) as log:
            self._log_begins = log.tell()
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _SERVE, *paths],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment,
                    start_new_session=True,  # Ctrl-C stops the build, which then ends the server
                )
            except OSError as error:
                raise EngineStartError(f"Sail does not start: {error}. {_WITHOUT_SAIL}") from error
        threading.Thread(target=self._read_port, daemon=True).start()

    @property
    def pid(self) -> int:
        """Its identifier."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_for_port(self) -> int:
        """Return the port, when the server listens.

        Raises:
            EngineStartError: the process has ended before, or it does not listen in time.
        """
        try:
            port = self._port.result(_START)
        except TimeoutError:
            raise EngineStartError(
                f"Sail has not started within {_START:g} s. Its log is {self._log_file}. Build again when the machine "
                f"has less to do. {_WITHOUT_SAIL}"
            ) from None
        if port is None:
            raise EngineStartError(f"Sail does not start: {self._last_words()}. {_WITHOUT_SAIL}")
        return port

    def end(self) -> None:
        """End it: by closing its input, and after some seconds by a signal."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(_END if self._port.done() else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_port(self) -> None:
        """Read what the process prints until its port; other lines come from modules that Python loads at its start."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            lines = (line for line in output if line.startswith(_PORT))
            line = next(lines, None)
        self._port.set_result(None if line is None else int(line.removeprefix(_PORT)))

    def _last_words(self) -> str:
        """Return how the process has ended: the last line that it has printed, or its exit code."""
        with contextlib.suppress(OSError), self._log_file.open("rb") as log:
            log.seek(self._log_begins)
            lines = log.read(1_000_000).decode(errors="replace").split("\n")
            if printed := [line.strip() for line in lines if line.strip()]:
                return f"{printed[-1]} ({self._log_file})"
        return f"its process has ended with code {self._process.wait()}; its log is {self._log_file}"


def _simplify(client: Any) -> None:
    """Let a client do without what it does for servers on other machines."""
    if hasattr(client, "_retry_policy"):  # PySpark 3
        client._retry_policy.update(_RETRIES)
    else:
        for policy in client.get_retry_policies():
            vars(policy).update(_RETRIES)
        atexit.unregister(client._on_exit)  # would keep the client, and call a server that has ended
    # its own `close`, also called when the session is collected, ends the threads that all clients share
    client.close = client._channel.close
    client.disable_reattachable_execute()  # the server is on this machine: no connection to take up again
    client._proto_to_string = lambda request, *more: type(request).__name__  # only for its log, and slow


def unsupported_platform() -> str | None:
    """Return the name of this platform if Sail is not published for it; None for the others."""
    system, machine, c_library = platform.system(), platform.machine().lower(), platform.libc_ver()[0]
    if machine not in _PLATFORMS.get(system, ()) or sys.maxsize <= 2**32:
        return f"{system} on {machine}"
    return "Linux without glibc" if system == "Linux" and c_library != "glibc" else None


def is_lost_server(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, means that the process of Sail has ended.

    Args:
        error: what a job raised.
    """
    return any(_is_lost_server(cause) for cause in _with_causes(error))


def _is_lost_server(error: BaseException) -> bool:
    """Return whether the connection raised an error. An error that the server sends may have any text, but no code."""
    if type(error).__name__ == "SparkConnectGrpcException":  # its subclasses are errors that the server sends
        return _LOST in str(error)
    code = getattr(error, "code", None)
    return callable(code) and type(error).__module__.startswith("grpc") and str(code()) == _LOST


def is_error_of_sail(error: BaseException) -> bool:
    """Return whether an error of a job on Sail comes from Sail or its client, so that Spark has to compute the job.

    An error that the transform's own Python code raises, and a check that does not hold, are none. An error that Sail
    raises for a query with a mistake is one: only Spark can tell whether the query or Sail is wrong. So is a Sail that
    does not start.

    Args:
        error: what a job raised.
    """
    if isinstance(error, (ChecksFailedError, JobStoppedError)):
        return False
    return any(isinstance(cause, EngineStartError) or _comes_from_client(cause) for cause in _with_causes(error))


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its cause or context, and so on."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and not any(following is earlier for earlier in seen):
        yield following
        seen.append(following)
        following = following.__cause__ or following.__context__


def _comes_from_client(error: BaseException) -> bool:
    """Return whether PySpark's client raised an error, or a library that it called."""
    if type(error).__module__.startswith(_CLIENT):
        return True
    if isinstance(error, AttributeError) and type(error.obj).__module__.startswith("pyspark."):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    of_user = {(frame.filename, frame.lineno) for frame in frames_of_user(error.__traceback__)}
    last = max((number for number, frame in enumerate(frames) if (frame.filename, frame.lineno) in of_user), default=-1)
    return any(_PYSPARK in frame.filename for frame in frames[last + 1 :])
