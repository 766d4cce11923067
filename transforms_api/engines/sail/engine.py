"""Sail as an engine: a session of PySpark's Connect client for each job."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from transforms_api.engines.engine import CancelToken, JobSession
from transforms_api.engines.sail.server import SailServer, not_installed
from transforms_api.engines.spark.job_session import as_job_of_thread
from transforms_api.errors import NotSupportedLocallyError

_CONNECT = "SPARK_CONNECT_MODE_ENABLED"
"""While this variable exists, PySpark's functions make columns of the Connect client."""
_LIBRARIES = {"pysail": "pysail", "grpc": "grpcio", "grpc_status": "grpcio-status", "pandas": "pandas"}
"""Module → its distribution, of the extra."""
_MEANING = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "false"}
"""Settings that decide what code means, as for Spark."""
_RETRIES = {"max_retries": 2, "max_backoff": 200}
"""How often, and after how many milliseconds, the client repeats a call. By default it waits ten minutes for a server
that has ended."""
_NO_STOP = "stop() has no effect in a transform: all jobs of a build use one Sail, which ends with it. Remove the call."


class SailEngine:
    """Sail. Its process starts when the engine is prepared, or with the first job.

    Args:
        log_file: receives what Sail prints.
        code: folders of the user's modules.
        is_remote: whether the warehouse is on an object store, whose files Sail is not given.
    """

    name = "sail"

    def __init__(self, log_file: Path, code: Sequence[Path] = (), is_remote: bool = False) -> None:
        self._server = SailServer(log_file, code)
        self._is_remote = is_remote

    @property
    def version(self) -> str:
        """Version of pysail."""
        return importlib.metadata.version("pysail")

    @property
    def pid(self) -> int | None:
        """Identifier of Sail's process; None while it does not run."""
        return self._server.pid

    def require(self) -> None:
        """Make sure that this engine can run.

        Raises:
            EnvironmentProblem: a library of the extra is missing.
            NotSupportedLocallyError: the warehouse is on an object store.
        """
        for module, library in _LIBRARIES.items():
            if importlib.util.find_spec(module) is None:
                raise not_installed(library)
        if self._is_remote:
            raise NotSupportedLocallyError(
                "--engine sail needs a warehouse on this machine; this one is on an object store. Use --engine spark."
            )

    def prepare(self) -> None:
        """Start the process in the background, so that it answers when the first job needs it.

        Raises:
            TransformsError: see `require`.
        """
        self.require()
        self._server.start()

    @contextlib.contextmanager
    def open_job(self, settings: Mapping[str, str], stop: CancelToken) -> Iterator[JobSession]:
        """Yield the session factory of the job that runs in this thread, see `Engine.open_job`."""
        self.require()
        job = _SailJob(self._server, settings, stop)
        try:
            with _connect_mode.on(), as_job_of_thread(job):
                yield job
        finally:
            job.close()

    def stop(self) -> None:
        """End Sail's process."""
        self._server.stop()


class _ConnectMode:
    """Turns the process's Connect mode on while at least one job of Sail runs."""

    def __init__(self) -> None:
        self._lock, self._jobs = threading.Lock(), 0

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        with self._lock:
            self._jobs += 1
            os.environ[_CONNECT] = "1"
        try:
            yield
        finally:
            with self._lock:
                self._jobs -= 1
                if not self._jobs:
                    os.environ.pop(_CONNECT, None)


_connect_mode = _ConnectMode()


class _SailJob:
    """A factory of one job's session; the first call creates the session.

    Attributes:
        notes: remarks for the user.
    """

    def __init__(self, server: SailServer, settings: Mapping[str, str], stop: CancelToken) -> None:
        self.notes: list[str] = []
        self._server, self._settings, self._stop = server, settings, stop
        self._lock = threading.Lock()
        self._session: Any = None

    def __call__(self) -> SparkSession:
        """Return the job's session. Cancelling the job interrupts what the session runs."""
        with self._lock:
            if self._session is None:
                self._session = self._start()
            session: SparkSession = self._session
            return session

    def close(self) -> None:
        """Close the connection of the session."""
        if self._session is not None:
            with contextlib.suppress(Exception):  # the server may have ended
                self._session.client.close()

    def _start(self) -> Any:
        from pyspark.sql.connect.session import SparkSession as ConnectSession  # imports pandas and grpc: slow

        os.environ["TZ"] = "UTC"  # `collect` returns times in the zone of the process
        if hasattr(time, "tzset"):
            time.tzset()
        session: Any = ConnectSession(f"{self._server.url()}/;session_id={uuid.uuid4()}")
        session.client._retry_policy.update(_RETRIES)
        # its own `close`, also called when the session is collected, ends the threads that all clients share
        session.client.close = session.client._channel.close
        for name, value in {**_MEANING, **self._settings}.items():
            session.conf.set(name, value)
        session.stop = lambda: self.notes.append(_NO_STOP) if _NO_STOP not in self.notes else None
        self._stop.on_order(lambda: _interrupt(session))
        return session


def _interrupt(session: Any) -> None:
    with contextlib.suppress(Exception):  # what the session ran may have ended, and the server, too
        session.interruptAll()
