"""The process of the Sail server, which this process starts, restarts after a crash, and ends.

The server runs in a process of its own: a crash of its native code fails the jobs that it runs, not the build.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from transforms_api.errors import EnvironmentProblem
from transforms_api.warehouse import append_to

_SERVE = """
import os, sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
print(server.listening_address[1], flush=True)
import pyspark.sql.types
sys.stdin.read()
os._exit(0)
"""
"""Program of the process: prints its port, and ends when its input is closed, which it is when this process ends.

The server imports PySpark for its first session: 0.1 s, which this import takes while the client is imported. The
process keeps nothing, so it ends at once.
"""
_END = 5.0
"""Seconds that the process has to end by itself."""
_PLATFORMS = {
    "Linux": ("x86_64", "amd64", "aarch64", "arm64"),
    "Darwin": ("x86_64", "arm64"),
    "Windows": ("amd64", "x86_64"),
}
"""System → machines for which pysail is published."""


class SailServer:
    """The process; `url` starts it at first use, and again after it has ended.

    Args:
        log_file: receives what Sail prints.
        code: folders of the user's modules, which Python functions in the server import.
    """

    def __init__(self, log_file: Path, code: Sequence[Path] = ()) -> None:
        self._log_file, self._code = log_file, code
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        atexit.register(self.stop)

    @property
    def pid(self) -> int | None:
        """Identifier of the running process; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the process unless it runs, without waiting until it answers."""
        with self._lock:
            self._start()

    def url(self) -> str:
        """Return the address for the Connect client, when the server answers.

        Raises:
            EnvironmentProblem: pysail is not installed, or the server does not start.
        """
        with self._lock:
            process = self._start()
            if self._port is None:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line.strip():
                    self._process = None
                    raise EnvironmentProblem(
                        f"Sail does not start. Its log says why: {self._log_file}. Without Sail: --engine spark."
                    )
                self._port = int(line)
            return f"sc://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """End the process. A later `url` starts it again."""
        with self._lock:
            process, self._process, self._port = self._process, None, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            paths = [*map(str, self._code), *sys.path]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "TZ": "UTC"}
            self._port = None
            with append_to(self._log_file) as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _SERVE],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment,
                    start_new_session=True,  # Ctrl-C stops the build, which then ends the server
                )
        return self._process


def unsupported_platform() -> str | None:
    """Return the name of this platform if Sail is not published for it; None for the others."""
    system, machine, c_library = platform.system(), platform.machine().lower(), platform.libc_ver()[0]
    if machine not in _PLATFORMS.get(system, ()) or sys.maxsize <= 2**32:
        return f"{system} on {machine}"
    return "Linux without glibc" if system == "Linux" and c_library != "glibc" else None
