"""PySpark's Connect mode, switched for each thread.

PySpark decides at each call of a function whether it makes columns of its Connect client: by an environment variable,
so for the whole process. In a build, jobs of Sail and jobs of Spark run side by side. This module replaces that
decision: a thread is in Connect mode while a job of Sail runs in it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import Any, cast

import pyspark.sql.utils
from pyspark import SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.sql.udf import UserDefinedFunction

from transforms_api.engines.engine import JobSession
from transforms_api.engines.spark.job_session import job_of_thread, open_jobs

_VARIABLE = "SPARK_CONNECT_MODE_ENABLED"
"""PySpark's own switch. If a user has set it, the process is in Connect mode."""
_UNAVAILABLE = "[CONTEXT_UNAVAILABLE_FOR_REMOTE_CLIENT] A job of Sail has no SparkContext, since it has no JVM."


def is_connect_thread() -> bool:
    """Return whether PySpark's functions make columns of the Connect client in this thread.

    In a thread that a transform has started, that is so while all running jobs are jobs of Sail.
    """
    if _VARIABLE in os.environ:
        return True
    if (job := job_of_thread()) is not None:
        return job.uses_connect
    return _are_of_sail(open_jobs())


def _are_of_sail(jobs: Sequence[JobSession]) -> bool:
    return bool(jobs) and all(job.uses_connect for job in jobs)


@functools.cache
def switch_by_thread() -> None:
    """Patch PySpark: it asks `is_connect_thread`, refuses a SparkContext there, and its UDFs work in both modes."""
    make_context, get_context = cast(Any, SparkContext).__init__, cast(Any, SparkContext).getOrCreate.__func__
    call_classic = cast(Any, UserDefinedFunction).__call__

    @functools.wraps(make_context)
    def make(context: SparkContext, *arguments: Any, **named: Any) -> None:
        _refuse_context()
        make_context(context, *arguments, **named)

    @functools.wraps(get_context)
    def get(owner: type[SparkContext], *arguments: Any, **named: Any) -> SparkContext:
        _refuse_context()
        return cast(SparkContext, get_context(owner, *arguments, **named))

    @functools.wraps(call_classic)
    def call(function: UserDefinedFunction, *arguments: Any) -> Any:
        return _for_connect(function)(*arguments) if is_connect_thread() else call_classic(function, *arguments)

    pyspark.sql.utils.is_remote = is_connect_thread
    classes: Any = SparkContext
    classes.__init__, classes.getOrCreate = make, classmethod(cast(Any, get))
    cast(Any, UserDefinedFunction).__call__ = call


def _refuse_context() -> None:
    job = job_of_thread()
    if job is not None and job.uses_connect:
        raise PySparkRuntimeError(message=_UNAVAILABLE)


def _for_connect(function: Any) -> Any:
    """Return the Connect client's form of a UDF that a module defined before any job ran."""
    from pyspark.sql.connect.udf import UserDefinedFunction as ConnectFunction  # imports pandas and grpc: slow

    return ConnectFunction(
        function.func, function._returnType, function._name, function.evalType, function.deterministic
    )
