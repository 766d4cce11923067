"""The Spark session as jobs hold it: a function that starts it when something needs it for the first time.

The order to stop that a running job can be given, by its build, from another thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pyspark.sql import SparkSession

from transforms_api.errors import JobStoppedError, WriteError

SessionFactory = Callable[[], SparkSession]


def require_driver_session(spark: SessionFactory | None, dataset: str) -> SparkSession:
    """Return the session of an object that may have been pickled into a worker, where there is none.

    Raises:
        WriteError: it has been; the text says what works there.
    """
    if spark is None:
        raise WriteError(f"{dataset}: DataFrames exist on the driver only; in a worker use filesystem().")
    return spark()


class CancelToken:
    """Given to one job; once ordered, the job publishes nothing any more.

    Attributes:
        reason: why the job is to stop; None while it may go on.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self._actions: list[Callable[[], object]] = []
        self._lock = threading.Lock()

    def order(self, reason: str) -> None:
        """Let the job stop: what it computes is cancelled where that is possible."""
        with self._lock:
            self.reason = reason
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    def on_order(self, action: Callable[[], object]) -> None:
        """Have something done when the order comes."""
        with self._lock:
            self._actions.append(action)

    def check(self) -> None:
        """Go on only without an order.

        Raises:
            JobStoppedError: there is one.
        """
        if self.reason is not None:
            raise JobStoppedError(self.reason)
