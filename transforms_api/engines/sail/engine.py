"""Sail as an engine: a session of PySpark's Connect client for each job."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from transforms_api.engines.engine import CancelToken, JobSession
from transforms_api.engines.sail.client import switch_by_thread
from transforms_api.engines.sail.server import SailServer, unsupported_platform
from transforms_api.engines.spark.job_session import as_job_of_thread
from transforms_api.errors import EnvironmentProblem
from transforms_api.extras import install_command

_LIBRARIES = {"pysail": "pysail", "grpc": "grpcio", "grpc_status": "grpcio-status", "pandas": "pandas"}
"""Module → its distribution, of the extra."""
_INTERRUPT = 2.0
"""Seconds that a server has to end what a session runs, before the connection is closed."""
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
        self._server, self._turns = SailServer(log_file, code), _Turns()
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
            EnvironmentProblem: it cannot, see `why_not`.
        """
        if (reason := self.why_not()) is not None:
            raise EnvironmentProblem(f"Sail cannot compute: {reason}. Use --engine spark.")

    def why_not(self) -> str | None:
        """Return why this engine cannot run, as a clause without a full stop; None if it can."""
        if platform := SailEngine.missing_platform():
            return f"Sail is not published for {platform}"
        for module, library in _LIBRARIES.items():
            if importlib.util.find_spec(module) is None:
                return f"Sail needs {library}, which is not installed: {install_command('sail')}"
        if self._is_remote:
            return "Sail needs a warehouse on this machine, and this one is on an object store"
        return None

    @staticmethod
    def missing_platform() -> str | None:
        """Return the name of this platform if Sail is neither installed nor published for it; None otherwise."""
        return None if importlib.util.find_spec("pysail") else unsupported_platform()

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
            switch_by_thread()
            with as_job_of_thread(job):
                yield job
        finally:
            job.close()

    def turn(self, alone: bool = False) -> AbstractContextManager[Turn]:
        """Return a context in which a job may run on Sail; it waits until no job runs that has to be alone.

        Args:
            alone: wait until no other job runs, and let no other one begin.
        """
        return self._turns.take(alone)

    def stop(self) -> None:
        """End Sail's process."""
        self._server.stop()


@dataclass
class Turn:
    """A job's time on Sail.

    Attributes:
        had_company: whether other jobs ran on Sail at the same time.
    """

    had_company: bool = False


class _Turns:
    """Lets jobs run on Sail together, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: list[Turn] = []
        self._is_alone = False

    @contextlib.contextmanager
    def take(self, alone: bool) -> Iterator[Turn]:
        turn = Turn()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone and not (alone and self._running))
            self._running.append(turn)
            self._is_alone = alone
            if len(self._running) > 1:
                for running in self._running:
                    running.had_company = True
        try:
            yield turn
        finally:
            with self._changed:
                self._running.remove(turn)
                self._is_alone = False
                self._changed.notify_all()


class _SailJob:
    """A factory of one job's session; the first call creates the session.

    Attributes:
        notes: remarks for the user.
    """

    uses_connect = True

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
        session = self._server.connect(self._settings)
        session.stop = lambda: self.notes.append(_NO_STOP) if _NO_STOP not in self.notes else None
        self._stop.on_order(lambda: threading.Thread(target=_cut, args=(session,), daemon=True).start())
        return session


def _cut(session: Any) -> None:
    """End what a session runs; also if the server does not answer, which the caller must not wait for."""
    interrupting = threading.Thread(target=_interrupt, args=(session,), daemon=True)
    interrupting.start()
    interrupting.join(_INTERRUPT)
    with contextlib.suppress(Exception):
        session.client.close()  # calls that wait for the server raise


def _interrupt(session: Any) -> None:
    with contextlib.suppress(Exception):  # what the session ran may have ended, and the server, too
        session.interruptAll()
