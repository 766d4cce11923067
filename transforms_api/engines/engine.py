"""What jobs use of an engine: a factory of sessions, and a token that cancels a running job from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyspark.sql import SparkSession

from transforms_api.errors import JobStoppedError, WriteError

SessionFactory = Callable[[], SparkSession]


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
        """Register an action that runs when the job is cancelled.

        Args:
            action: for example the cancellation of the job's Spark jobs.
        """
        with self._lock:
            self._actions.append(action)

    def check(self) -> None:
        """Return if the job has not been cancelled.

        Raises:
            JobStoppedError: the job has been cancelled.
        """
        if self.reason is not None:
            raise JobStoppedError(self.reason)
