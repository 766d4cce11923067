"""Rows of several DataFrames under each other, by the names of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from transforms_api.errors import VerbError


def union_many(*dfs: DataFrame, how: str = "strict", spark_session: SparkSession | None = None) -> DataFrame:
    """Return the rows of all of `dfs`, repeated ones too; the first decides the order of columns.

    Foundry does not document this function. Decided: 'strict' is the default; columns are matched by name, never by
    position; no DataFrames at all are an error, unless a session is there to make one without rows and columns.

    Args:
        how: 'strict': all have the same columns, of the same types; 'wide': the result has the columns of all, null
            where a row has none; 'narrow': the result has the columns that all have. Under the last two Spark brings
            types together as in every union.
        spark_session: makes the result where there are no DataFrames.

    Raises:
        VerbError: the columns do not allow this, there are no DataFrames, or `how` is another word.
    """
    if how not in ("strict", "wide", "narrow"):
        raise VerbError(f"union_many: how is 'strict', 'wide' or 'narrow', not {how!r}.")
    if not dfs:
        if spark_session is None:
            raise VerbError("union_many: there are no DataFrames; pass spark_session= to get an empty one.")
        return spark_session.createDataFrame([], T.StructType([]))
    if how == "strict":
        _demand_same_columns(dfs)
    frames = _with_shared_columns(dfs) if how == "narrow" else dfs
    return reduce(lambda above, below: above.unionByName(below, allowMissingColumns=how == "wide"), frames)


def _demand_same_columns(dfs: Sequence[DataFrame]) -> None:
    first, *others = [{field.name: field.dataType.simpleString() for field in df.schema} for df in dfs]
    for number, columns in enumerate(others, 2):
        missing = [name for name in first if name not in columns]
        more = [name for name in columns if name not in first]
        typed = [f"{n} is {t}, not {first[n]}" for n, t in columns.items() if n in first and t != first[n]]
        if missing or more or typed:
            told = [f"lacks {', '.join(missing)}"] if missing else []
            told += [f"has {', '.join(more)} besides"] if more else []
            raise VerbError(
                f"union_many: DataFrame {number} has other columns than the first: {'; '.join(told + typed)}. "
                "Give all the same columns, or ask for how='wide' or how='narrow'."
            )


def _with_shared_columns(dfs: Sequence[DataFrame]) -> list[DataFrame]:
    shared = [name for name in dfs[0].columns if all(name in df.columns for df in dfs)]
    if not shared:
        raise VerbError("union_many: how='narrow' keeps the columns that all DataFrames have, and these share none.")
    return [df.select(*[df[f"`{name}`"] for name in shared]) for df in dfs]
