"""The Spark session of one job, isolated from the sessions of other jobs, and the restart of a Spark that has ended."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, cast

import pyspark
from pyspark import SparkContext
from pyspark.sql import SparkSession, SQLContext
from pyspark.sql.udf import UserDefinedFunction

from transforms_api.engines.engine import CancelToken, SessionFactory
from transforms_api.engines.engine import JobSession as AnyJobSession

_WAREHOUSE = "spark.sql.warehouse.dir"
_SPARK_4 = "org.apache.spark.sql.classic.SparkSession"
_NO_STOP = (
    "stop() has no effect in a transform: all jobs of a build use one Spark, which ends with it. Remove the call."
)


class JobSession:
    """A factory of one job's session; the first call creates the session.

    Settings, temporary and global views, functions, cached frames and saved tables of a job do not reach other jobs.

    Attributes:
        notes: remarks for the user about the job's use of Spark.
    """

    uses_connect = False

    def __init__(self, spark: SessionFactory, settings: Mapping[str, str], stop: CancelToken) -> None:
        self.notes: list[str] = []
        self._spark, self._settings, self._stop = spark, settings, stop
        self._lock = threading.Lock()
        self._session: SparkSession | None = None

    def __call__(self) -> SparkSession:
        """Return the job's session. Cancelling the job cancels Spark jobs of the thread that made the first call."""
        with self._lock:
            if self._session is None:
                self._session = self._start()
            return self._session

    @property
    def context(self) -> SparkContext | None:
        """The Spark context of the job; None before the first call."""
        return None if self._session is None else self._session.sparkContext

    def close(self) -> None:
        """Release the job's cached frames and saved tables."""
        if self._session is None or how_spark_ended(self._session.sparkContext):
            return
        with contextlib.suppress(Exception):  # Spark may end at any time, and then nothing is left to release
            if not _shares_catalog(self._session):
                self._session.catalog.clearCache()
                _remove(self._session.conf.get(_WAREHOUSE), self._session.sparkContext)

    def _start(self) -> SparkSession:
        with _in_this_thread(None):  # PySpark's ways to a session are those that start the build's
            own = _separate(self._spark())
        for name, value in self._settings.items():
            own.conf.set(name, value)
        context, group, name = own.sparkContext, uuid.uuid4().hex, threading.current_thread().name
        context.setLocalProperty("mdc.job", name)  # what tasks log carries it, see log4j2.properties
        context.setJobGroup(group, name, interruptOnCancel=True)
        self._stop.on_order(lambda: context.cancelJobGroup(group))
        return own


class SparkEngine:
    """Apache Spark.

    Args:
        session: factory of the build's session.
    """

    name = "spark"

    def __init__(self, session: SessionFactory) -> None:
        self._session = session

    @property
    def version(self) -> str:
        """Version of PySpark."""
        return str(pyspark.__version__)

    def open_job(self, settings: Mapping[str, str], stop: CancelToken) -> AbstractContextManager[AnyJobSession]:
        """Return a context in which one job runs in this thread, see `Engine.open_job`."""
        return job_session(self._session, settings, stop)


_of_thread = threading.local()
_open_jobs: list[AnyJobSession] = []


@contextlib.contextmanager
def job_session(spark: SessionFactory, settings: Mapping[str, str], stop: CancelToken) -> Iterator[JobSession]:
    """Yield the session of the job that runs in this thread. PySpark's functions that return a session return it, too.

    Args:
        spark: factory of the build's session.
        settings: settings of the job's session, on top of the build's.
        stop: cancels the job.
    """
    job = JobSession(spark, settings, stop)
    try:
        with as_job_of_thread(job):
            yield job
    finally:
        job.close()


@contextlib.contextmanager
def as_job_of_thread(job: AnyJobSession) -> Iterator[None]:
    """Let PySpark's functions that return a session return that of a job, in this thread.

    Args:
        job: the session of the job that runs in the context.
    """
    _guard_pyspark()
    _open_jobs.append(job)
    try:
        with _in_this_thread(job):
            yield
    finally:
        _open_jobs.remove(job)


@contextlib.contextmanager
def _in_this_thread(job: AnyJobSession | None) -> Iterator[None]:
    outer = job_of_thread()
    _of_thread.job = job
    try:
        yield
    finally:
        _of_thread.job = outer


def job_of_thread() -> AnyJobSession | None:
    """Return the session of the job that runs in this thread."""
    return getattr(_of_thread, "job", None)


def open_jobs() -> list[AnyJobSession]:
    """Return the sessions of the jobs that run, in any thread."""
    return list(_open_jobs)


def how_spark_ended(context: SparkContext | None) -> Literal["stopped", "killed"] | None:
    """Return how a Spark has ended: 'stopped' by a call, or 'killed' with its Java process; None while it runs.

    Args:
        context: its context; None counts as running.
    """
    if context is None:
        return None
    java: Any = context._jsc
    try:
        return "stopped" if java is None or java.sc().isStopped() else None
    except Exception:
        return "killed"


def stop_accumulators(context: Any) -> None:
    """Stop PySpark's server of accumulators, which prints a traceback if the JVM ends while connected to it.

    Args:
        context: a SparkContext, or None.
    """
    server = getattr(context, "_accumulatorServer", None)
    if server is not None:
        server.shutdown()
        context._accumulatorServer = None


def forget_ended(session: SparkSession) -> None:
    """Reset PySpark after its Java process has ended, so that the next session starts a new one.

    Args:
        session: a session of the Spark that has ended.
    """
    context: Any = session.sparkContext
    with contextlib.suppress(Exception):
        _stop_context(context)
    stop_accumulators(context)
    spark: Any = SparkContext
    with spark._lock:
        spark._active_spark_context = None
        if (process := getattr(spark._gateway, "proc", None)) is not None:  # None: spark-submit's, which started us
            process.stdin.close()  # ends it
            spark._gateway = spark._jvm = None
    classes: Any = SparkSession
    classes._instantiatedSession = classes._activeSession = None
    cast(Any, SQLContext)._instantiatedContext = None
    for function in [candidate for candidate in gc.get_objects() if isinstance(candidate, UserDefinedFunction)]:
        cast(Any, function)._judf_placeholder = None  # functions of modules outlive the Spark that they were made for


def _separate(base: SparkSession) -> SparkSession:
    """Return a session that does not share the cached frames, global views and tables of `base`.

    `newSession` shares them. It is used for sessions with a Hive catalog nevertheless: the catalog lies outside of
    Spark, and connecting to it takes seconds.
    """
    if _shares_catalog(base):
        return base.newSession()
    java, context = cast(Any, base._jsparkSession), cast(Any, base.sparkContext)
    name, nothing = java.getClass().getName(), context._jvm.scala.Option.empty()
    folder = f"{str(base.conf.get(_WAREHOUSE)).rstrip('/')}/{uuid.uuid4().hex}"
    options = java.initialSessionOptions().updated(_WAREHOUSE, folder)
    tags = [context._jvm.scala.Predef.Map().empty()] if name == _SPARK_4 else []
    java_class = functools.reduce(getattr, name.split("."), context._jvm)
    with _tabs_lock:
        own = java_class(context._jsc.sc(), nothing, nothing, java.extensions(), options, *tags)
        _keep_no_statistics(context, own.sharedState())
    java_class.setActiveSession(own)
    return SparkSession(context, own)


_tabs_lock = threading.Lock()


def _keep_no_statistics(context: Any, state: Any) -> None:
    """Detach a job's session from query statistics and UI tabs: the build's session records all queries."""
    listener = state.statusStore().listener()
    if listener.isDefined():
        context._jsc.sc().removeSparkListener(listener.get())
    ui = context._jsc.sc().ui()
    for tab in list(_new_tabs(ui.get())) if ui.isDefined() else ():
        ui.get().detachTab(tab)


def _new_tabs(ui: Any) -> Iterator[Any]:
    """Yield the tabs whose name an earlier tab has."""
    tabs, seen = ui.getTabs(), set()
    for tab in (tabs.apply(number) for number in range(tabs.size())):
        if tab.prefix() in seen:
            yield tab
        seen.add(tab.prefix())


def _shares_catalog(session: SparkSession) -> bool:
    return session.conf.get("spark.sql.catalogImplementation", "in-memory") == "hive"


def _remove(folder: str | None, context: Any) -> None:
    path = context._jvm.org.apache.hadoop.fs.Path(folder)
    path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)


_stop_context, _stop_session = SparkContext.stop, SparkSession.stop
_get_or_create = SparkSession.Builder.getOrCreate
_active_session = vars(SparkSession)["getActiveSession"].__func__
_sql_context = vars(SQLContext)["_get_or_create"].__func__


@functools.cache
def _guard_pyspark() -> None:
    """Patch PySpark's process-wide functions: they return the session of the thread's job, and `stop` has no effect."""

    @functools.wraps(_stop_context)
    def stop_context(context: SparkContext) -> None:
        if not _refuses_stop():
            _stop_context(context)

    @functools.wraps(_stop_session)
    def stop_session(session: SparkSession) -> None:
        if not _refuses_stop():
            _stop_session(session)

    @functools.wraps(_get_or_create)
    def get_or_create(builder: Any) -> SparkSession:
        return _get_or_create(builder) if (job := job_of_thread()) is None else _with_options(job(), builder._options)

    @functools.wraps(_active_session)
    def active_session(owner: type[SparkSession]) -> SparkSession | None:
        return cast("SparkSession | None", _active_session(owner)) if (job := job_of_thread()) is None else job()

    @functools.wraps(_sql_context)
    def sql_context(owner: type[SQLContext], context: SparkContext, **settings: Any) -> SQLContext:
        if (job := job_of_thread()) is None:
            return cast(SQLContext, _sql_context(owner, context, **settings))
        return owner(context, job(), cast(Any, job()._jsparkSession).sqlContext())

    classes: Any = SparkSession
    cast(Any, SparkContext).stop, classes.stop, classes.Builder.getOrCreate = stop_context, stop_session, get_or_create
    classes.getActiveSession = classmethod(active_session)
    cast(Any, SQLContext)._get_or_create = classmethod(cast(Any, sql_context))


def _refuses_stop() -> bool:
    """Return whether jobs run; note for the user that `stop` had no effect."""
    job = job_of_thread()
    if job is not None and _NO_STOP not in job.notes:
        job.notes.append(_NO_STOP)
    elif _open_jobs and job is None:
        logging.getLogger(__name__).warning(_NO_STOP)
    return bool(_open_jobs)


def _with_options(session: SparkSession, options: Mapping[str, str]) -> SparkSession:
    for name, value in options.items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)
    return session
