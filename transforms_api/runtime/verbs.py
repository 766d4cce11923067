"""Foundry's `transforms.verbs`: unions by column names, column names for Parquet, and names that are only
importable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NoReturn

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.errors import NotSupportedLocallyError, VerbError


def union_many(*dfs: DataFrame, how: str = "strict", spark_session: SparkSession | None = None) -> DataFrame:
    """Return the rows of several DataFrames, including duplicates; the first decides the order of columns.

    Foundry does not document this function. Decisions: 'strict' is the default; columns are matched by name, never by
    position; no DataFrames are an error, unless a session is passed to create an empty one.

    Args:
        dfs: the DataFrames.
        how: 'strict': all have the same columns with the same types; 'wide': the result has the columns of all, null
            if a
            row has none; 'narrow': the result has the columns common to all. With 'wide' and 'narrow', Spark reconciles
            types as in every union.
        spark_session: creates the result if there are no DataFrames.

    Raises:
        VerbError: the columns do not fit, there are no DataFrames, or `how` is unknown.
    """
    if how not in ("strict", "wide", "narrow"):
        raise VerbError(f"union_many: how is 'strict', 'wide' or 'narrow', not {how!r}.")
    if not dfs:
        if spark_session is None:
            raise VerbError("union_many: there are no DataFrames; pass spark_session= to get an empty one.")
        return spark_session.createDataFrame([], T.StructType([]))
    if how == "strict":
        _require_same_columns(dfs)
    frames = _with_shared_columns(dfs) if how == "narrow" else dfs
    return reduce(lambda above, below: above.unionByName(below, allowMissingColumns=how == "wide"), frames)


def _require_same_columns(dfs: Sequence[DataFrame]) -> None:
    first, *others = [{field.name: field.dataType.simpleString() for field in df.schema} for df in dfs]
    for number, columns in enumerate(others, 2):
        missing = [name for name in first if name not in columns]
        more = [name for name in columns if name not in first]
        typed = [f"{n} is {t}, not {first[n]}" for n, t in columns.items() if n in first and t != first[n]]
        if missing or more or typed:
            differences = [f"lacks {', '.join(missing)}"] if missing else []
            differences += [f"has {', '.join(more)} besides"] if more else []
            raise VerbError(
                f"union_many: DataFrame {number} has other columns than the first: {'; '.join(differences + typed)}. "
                "Give all the same columns, or ask for how='wide' or how='narrow'."
            )


def _with_shared_columns(dfs: Sequence[DataFrame]) -> list[DataFrame]:
    shared = [name for name in dfs[0].columns if all(name in df.columns for df in dfs)]
    if not shared:
        raise VerbError("union_many: how='narrow' keeps the columns that all DataFrames have, and these share none.")
    return [df.select(*[df[f"`{name}`"] for name in shared]) for df in dfs]


_ILLEGAL = str.maketrans(dict.fromkeys(" ,;{}()\n\t=", "_"))


def sanitize_schema_for_parquet(df: DataFrame) -> DataFrame:
    """Return a frame with `_` for each character of a name that Parquet refuses: space, tab, line end, any of
    `,;{}()=`.

    Fields of structs are renamed at every depth. Foundry does not document its replacement.

    Args:
        df: the frame.

    Raises:
        VerbError: two columns, or two fields of a struct, would have the same name.
    """
    renamed = _sanitize(df.schema)
    columns = [
        F.col(f"`{before.name}`").cast(after.dataType).alias(after.name, metadata=after.metadata)
        for before, after in zip(df.schema, renamed, strict=True)
    ]
    return df.select(*columns)


def _sanitize(schema: T.StructType) -> T.StructType:
    names = [field.name.translate(_ILLEGAL) for field in schema]
    for name in names:
        if names.count(name) > 1:
            alike = [repr(field.name) for field in schema if field.name.translate(_ILLEGAL) == name]
            raise VerbError(
                f"sanitize_schema_for_parquet: {' and '.join(alike)} would all become '{name}'. Rename them before."
            )
    fields = zip(names, schema, strict=True)
    return T.StructType([T.StructField(n, _sanitized_type(f.dataType), f.nullable, f.metadata) for n, f in fields])


def _sanitized_type(kind: T.DataType) -> T.DataType:
    if isinstance(kind, T.StructType):
        return _sanitize(kind)
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_sanitized_type(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        return T.MapType(_sanitized_type(kind.keyType), _sanitized_type(kind.valueType), kind.valueContainsNull)
    return kind


def undocumented_functions(module: str) -> Callable[[str], Callable[..., NoReturn]]:
    """Return a module's `__getattr__` that accepts every name; calling such a function raises an error.

    Args:
        module: name of the module, for messages.
    """

    def attribute(name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")

        def function(*arguments: Any, **settings: Any) -> NoReturn:
            raise NotSupportedLocallyError(
                f"{module}.{name} is not documented by Foundry, so its meaning is unknown: replace it by your own code."
            )

        function.__name__ = function.__qualname__ = name
        return function

    return attribute
