"""Corrections of PySpark's Connect client, so that a DataFrame of Sail behaves as one of Spark.

Sail computes some functions with another type, or with another result for a null or a special value. If a few other
functions compute Spark's result, the client sends those instead. tests/conformance probes the client with these
corrections, so that a function whose correction does not suffice is refused by the scan. SQL text is sent as it is.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable
from typing import Any

from pyspark import sql

_CORRECTING = threading.Lock()


def correct_client() -> None:
    """Correct the Connect client of this process, once; jobs call this in parallel threads."""
    with _CORRECTING:
        _correct()


@functools.cache
def _correct() -> None:
    from pyspark.sql.connect import column, dataframe, functions, group, session  # imports pandas and grpc: slow

    _keep_schemas(dataframe.DataFrame)
    _correct_isin(column.Column, functions)
    _correct_casts_to_dates(column.Column, functions)
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


def _corrections(functions: Any) -> dict[str, Callable[..., Any]]:
    """Return name of a function → what is called instead."""
    array_contains, datediff, isnan = functions.array_contains, functions.datediff, functions.isnan
    date_diff, regexp_count, regr_count = functions.date_diff, functions.regexp_count, functions.regr_count
    lit, when, to_date = functions.lit, functions.when, functions.to_date

    def as_date(col: Any, format: str | None = None) -> Any:
        if format is not None:
            return to_date(col, format)
        return (functions.col(col) if isinstance(col, str) else col).cast("date")

    def contains(col: Any, value: Any) -> Any:
        has_null = functions.exists(col, lambda one: one.isNull())
        nothing = lit(None).cast("boolean")
        found = array_contains(col, value)
        return when(found, found).when(lit(value).isNull() | has_null, nothing).otherwise(found)

    return {
        "array_contains": contains,
        "datediff": lambda end, start: datediff(end, start).cast("int"),
        "date_diff": lambda end, start: date_diff(end, start).cast("int"),
        "element_at": lambda col, extraction: functions.try_element_at(col, lit(extraction)),
        "isnan": lambda col: functions.coalesce(isnan(col), lit(False)),
        "to_date": as_date,
        "regexp_count": lambda str, regexp: regexp_count(str, regexp).cast("int"),
        "regr_count": lambda y, x: regr_count(y, x).cast("long"),
        "weekday": lambda col: ((functions.dayofweek(col) + 5) % 7).cast("int"),
    }
