"""The protocol of engines, and what jobs use of one: sessions, and a token that cancels a job from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from pyspark.sql import DataFrame, SparkSession

from transforms_api.errors import JobStoppedError, WriteError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

SessionFactory = Callable[[], SparkSession]


class JobSession(Protocol):
    """A factory of one job's session; the first call creates the session.

    Attributes:
        notes: remarks for the user about the job's use of the engine.
        uses_connect: whether the session is one of PySpark's Connect client.
    """

    notes: list[str]
    uses_connect: bool

    def __call__(self) -> SparkSession:
        """Return the job's session. Cancelling the job cancels what the session runs."""
        ...


class Engine(Protocol):
    """What computes the DataFrames of Spark transforms. Reading and writing of tables follow from a job's session."""

    @property
    def name(self) -> str:
        """'spark' or 'sail'."""
        ...

    @property
    def version(self) -> str:
        """Version of the library that computes."""
        ...

    def open_job(self, settings: Mapping[str, str], stop: CancelToken) -> AbstractContextManager[JobSession]:
        """Return a context in which one job runs in this thread; its value creates the job's session.

        Args:
            settings: settings of the job's session, on top of the engine's.
            stop: cancels the job.
        """
        ...


def is_frame(value: object) -> TypeIs[DataFrame]:
    """Return whether a value is a Spark DataFrame, of PySpark's own class or of its Connect client's.

    Args:
        value: any object.
    """
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.startswith("pyspark.sql.") for kind in type(value).__mro__
    )


def is_of_connect(session: Any) -> bool:
    """Return whether a session is one of PySpark's Connect client, which needs no JVM.

    Args:
        session: a Spark session.
    """
    return type(session).__module__.startswith("pyspark.sql.connect.")


def require_driver_session(spark: SessionFactory | None, dataset: str) -> SparkSession:
    """Return the Spark session of an input or output.

    Args:
        spark: factory of the session; None in an object that was pickled into a worker.
        dataset: path of the dataset, for the message.

    Raises:
        WriteError: the object is in a worker, which has no session.
    """
    if spark is None:
        raise WriteError(f"{dataset}: DataFrames exist on the driver only; in a worker use filesystem().")
    return spark()


class CancelToken:
    """Cancels one job: after `order`, the job publishes nothing.

    Attributes:
        reason: why the job has to stop; None while it may go on.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._actions: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def order(self, reason: str) -> None:
        """Cancel the job, and its running Spark jobs if there are any.

        Args:
            reason: text of the error that the job ends with.
        """
        with self._lock:
            self.reason = reason
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    def on_order(self, action: Callable[[], object]) -> None:
        """Register an action that runs when the job is cancelled; at once if it has been cancelled.

        Args:
            action: for example the cancellation of the job's Spark jobs.
        """
        with self._lock:
            is_cancelled = self.reason is not None
            if not is_cancelled:
                self._actions.append(action)
        if is_cancelled:
            action()

    def check(self) -> None:
        """Return if the job has not been cancelled.

        Raises:
            JobStoppedError: the job has been cancelled.
        """
        if self.reason is not None:
            raise JobStoppedError(self.reason)
