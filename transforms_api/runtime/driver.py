"""The Spark session as jobs hold it: a function that starts it when something needs it for the first time."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import SparkSession

from transforms_api.errors import WriteError

Session = Callable[[], SparkSession]


def on_driver(spark: Session | None, dataset: str) -> SparkSession:
    """Return the session of an object that may have been pickled into a worker, where there is none.

    Raises:
        WriteError: it has been; the text says what works there.
    """
    if spark is None:
        raise WriteError(f"{dataset}: DataFrames exist on the driver only; in a worker use filesystem().")
    return spark()
