"""PySpark's Connect client in this process: when its functions make columns for Sail, and corrections of their results.

PySpark decides at each call of a function whether it makes columns of its Connect client: by an environment variable,
so for the whole process. In a build, jobs of Sail and jobs of Spark run side by side. `switch_by_thread` replaces that
decision: a thread is in Connect mode while a job of Sail runs in it.

Sail computes some functions with another type, or with another result for a null or a special value. If a few other
functions compute Spark's result, `correct_client` lets the client send those instead. tests/conformance probes the
client with these corrections, so that the scan refuses a function whose correction does not suffice. SQL text is sent
as it is.
"""

from __future__ import annotations

import copy
import functools
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import pyspark.sql.utils
from pyspark import SparkContext, sql
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import types as T
from pyspark.sql.udf import UserDefinedFunction

from transforms_api.engines.engine import JobSession
from transforms_api.engines.spark.job_session import job_of_thread, open_jobs

_CORRECTING = threading.Lock()
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


def correct_client() -> None:
    """Correct the Connect client of this process, once; jobs call this in parallel threads."""
    with _CORRECTING:
        _correct()


@functools.cache
def _correct() -> None:
    from pyspark.sql.connect import column, dataframe, functions, group, session  # imports pandas and grpc: slow

    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)  # of PySpark 4, before its error
    _keep_schemas(dataframe.DataFrame)
    _activate_sessions_of_jobs(session.SparkSession)
    _correct_isin(column.Column, functions)
    _correct_casts_to_dates(column.Column, functions)
    _correct_created_frames(session.SparkSession)
    _correct_names_of_views(dataframe.DataFrame)
    for name, correction in _corrections(functions).items():
        setattr(functions, name, functools.wraps(getattr(functions, name))(correction))
    pairs = [
        (column.Column, sql.Column),
        (dataframe.DataFrame, sql.DataFrame),
        (session.SparkSession, sql.SparkSession),
        (group.GroupedData, sql.GroupedData),
    ]
    for own, classic in pairs:
        _let_be_instance_of(own, classic)


def _activate_sessions_of_jobs(sessions: Any) -> None:
    """Let the session of a thread's job be the active one, as for Spark."""
    active = sessions.getActiveSession.__func__

    @functools.wraps(active)
    def active_session(owner: Any) -> Any:
        job = job_of_thread()
        return job() if job is not None and job.uses_connect else active(owner)

    sessions.getActiveSession = classmethod(cast(Any, active_session))


def _let_be_instance_of(own: Any, classic: type) -> None:
    """Let `isinstance` take an object of the client for one of PySpark's class, as Spark 4's client does."""
    if issubclass(own, classic):
        return

    def attribute(instance: Any, name: str) -> Any:
        return classic if name == "__class__" else object.__getattribute__(instance, name)

    own.__getattribute__ = attribute


def _keep_schemas(frames: Any) -> None:
    """Let a DataFrame keep its schema, as that of Spark 4 does, instead of asking Sail each time."""
    analyze: Any = frames.schema.fget

    def schema(frame: Any) -> Any:
        if "_kept_schema" not in frame.__dict__:
            frame.__dict__["_kept_schema"] = analyze(frame)
        return copy.deepcopy(frame.__dict__["_kept_schema"])

    frames.schema = property(schema, doc=frames.schema.__doc__)


def _correct_isin(columns: Any, functions: Any) -> None:
    """Let `isin` of no values be null for null, and false for others."""
    isin = columns.isin

    @functools.wraps(isin)
    def corrected(self: Any, *values: Any) -> Any:
        if not values or (len(values) == 1 and isinstance(values[0], (list, set, tuple)) and not values[0]):
            nothing = functions.lit(None).cast("boolean")
            return functions.when(self.isNull(), nothing).otherwise(functions.lit(False))
        return isin(self, *values)

    columns.isin = corrected


def _correct_casts_to_dates(columns: Any, functions: Any) -> None:
    """Let a text with blanks around a date become this date."""
    cast = columns.cast

    @functools.wraps(cast)
    def corrected(self: Any, dataType: Any) -> Any:  # noqa: N803 (PySpark's name)
        kind = dataType.lower() if isinstance(dataType, str) else type(dataType).__name__
        if kind in ("date", "DateType"):
            return functions.coalesce(cast(self, dataType), cast(functions.trim(cast(self, "string")), dataType))
        return cast(self, dataType)

    columns.cast = columns.astype = corrected


def _correct_created_frames(sessions: Any) -> None:
    """Let `createDataFrame` drop metadata of columns that is not text, which Sail refuses."""
    create = sessions.createDataFrame

    @functools.wraps(create)
    def corrected(self: Any, data: Any, schema: Any = None, *others: Any, **named: Any) -> Any:
        return create(self, data, _with_texts_only(schema), *others, **named)

    sessions.createDataFrame = corrected


def _with_texts_only(schema: Any) -> Any:
    """Return a type whose fields, on any level, have only metadata that is text; any other value as it is."""
    if isinstance(schema, T.StructType):
        return T.StructType([_field_with_texts_only(field) for field in schema.fields])
    if isinstance(schema, T.ArrayType):
        return T.ArrayType(_with_texts_only(schema.elementType), schema.containsNull)
    if isinstance(schema, T.MapType):
        keys, values = _with_texts_only(schema.keyType), _with_texts_only(schema.valueType)
        return T.MapType(keys, values, schema.valueContainsNull)
    return schema


def _field_with_texts_only(field: T.StructField) -> T.StructField:
    texts = {name: value for name, value in field.metadata.items() if isinstance(value, str)}
    return T.StructField(field.name, _with_texts_only(field.dataType), field.nullable, texts)


def _correct_names_of_views(frames: Any) -> None:
    """Let the quoted name of a temporary view mean the name without quotes, as in Spark."""
    for method in ("createTempView", "createOrReplaceTempView"):
        setattr(frames, method, _with_plain_name(getattr(frames, method)))


def _with_plain_name(create: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(create)
    def corrected(self: Any, name: str) -> None:
        is_quoted = len(name) > 2 and name[0] == name[-1] == "`"
        create(self, name[1:-1].replace("``", "`") if is_quoted else name)

    return corrected


def _corrections(functions: Any) -> dict[str, Callable[..., Any]]:
    """Return name of a function → what is called instead."""
    array_contains, datediff, isnan = functions.array_contains, functions.datediff, functions.isnan
    date_diff, regexp_count, regr_count = functions.date_diff, functions.regexp_count, functions.regr_count
    lit, when, to_date, shuffle = functions.lit, functions.when, functions.to_date, functions.shuffle

    def as_date(col: Any, format: str | None = None) -> Any:
        if format is not None:
            return to_date(col, format)
        return (functions.col(col) if isinstance(col, str) else col).cast("date")

    def contains(col: Any, value: Any) -> Any:
        has_null = functions.exists(col, lambda element: element.isNull())
        nothing = lit(None).cast("boolean")
        is_contained = array_contains(col, value)
        return when(is_contained, is_contained).when(lit(value).isNull() | has_null, nothing).otherwise(is_contained)

    def shuffled(col: Any, *seed: Any, **named: Any) -> Any:  # PySpark 4 sends a seed, which Sail does not take
        return shuffle(col, *seed, **named) if seed or named else functions.call_function("shuffle", col)

    return {
        "array_contains": contains,
        "datediff": lambda end, start: datediff(end, start).cast("int"),
        "date_diff": lambda end, start: date_diff(end, start).cast("int"),
        "element_at": lambda col, extraction: functions.try_element_at(col, lit(extraction)),
        "isnan": lambda col: functions.coalesce(isnan(col), lit(False)),
        "to_date": as_date,
        "shuffle": shuffled,
        "regexp_count": lambda str, regexp: regexp_count(str, regexp).cast("int"),
        "regr_count": lambda y, x: regr_count(y, x).cast("long"),
        "weekday": lambda col: ((functions.dayofweek(col) + 5) % 7).cast("int"),
    }
