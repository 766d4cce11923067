"""Errors of jobs on Sail: which come from Sail or its client, and what the user reads about them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator

from transforms_api.errors import ChecksFailedError, JobStoppedError
from transforms_api.project import frames_of_user

SERVER_ENDED = (
    "Sail is no longer there: its process has ended, by a crash, or killed because memory ran out. What it printed is "
    "in sail.log among the logs of the build. The next job starts it again. Build this job with --engine spark."
)
NO_CONTEXT = (
    "This transform uses the SparkContext, which needs Java; Sail, on which it runs, has none. Build it with "
    "--engine spark."
)
_LOST = ("UNAVAILABLE", "Socket closed", "Connection reset", "failed to connect", "Connection refused")
_CLIENT = ("pyspark.", "grpc", "google.protobuf")
_PYSPARK = f"{os.sep}pyspark{os.sep}"


def is_lost_server(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, means that the process of Sail has ended.

    Args:
        error: what a job raised.
    """
    return any(_is_lost_server(one) for one in _with_causes(error))


def _is_lost_server(error: BaseException) -> bool:
    kinds = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    is_of_client = "grpc" in kinds or type(error).__module__ == "pyspark.errors.exceptions.connect"
    return is_of_client and any(sign in str(error) for sign in _LOST)


def is_error_of_sail(error: BaseException) -> bool:
    """Return whether an error of a job on Sail comes from Sail or its client, so that Spark has to compute the job.

    An error that the transform's own Python code raises, and a check that does not hold, are none. An error that Sail
    raises for a query with a mistake is one: only Spark can tell whether the query or Sail is wrong.

    Args:
        error: what a job raised.
    """
    if isinstance(error, (ChecksFailedError, JobStoppedError)):
        return False
    return any(_comes_from_client(one) for one in _with_causes(error))


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its cause or context, and so on."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and not any(following is one for one in seen):
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
    last = max((number for number, one in enumerate(frames) if (one.filename, one.lineno) in of_user), default=-1)
    return any(_PYSPARK in frame.filename for frame in frames[last + 1 :])
