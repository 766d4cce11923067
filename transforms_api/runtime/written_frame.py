"""A DataFrame on its way into a dataset: what is refused, and what columns carry with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.errors import LightweightTypeError, WriteError
from transforms_api.runtime.extras import extra
from transforms_api.runtime.pandas_frames import from_pandas
from transforms_api.runtime.stored_types import storable
from transforms_api.runtime.tables import as_stored

_LONGEST_DESCRIPTION = 800
_LONGEST_TYPECLASS = 100

Typeclasses = Mapping[str, Sequence[Mapping[str, str]]]


def refuse_arguments(
    path: str,
    df: Any,
    bucket_cols: Any,
    bucket_count: Any,
    descriptions: Mapping[str, str] | None,
    typeclasses: Typeclasses | None,
) -> None:
    """Make sure that `write_dataframe` was called with what Foundry would take.

    Raises:
        WriteError: what `path` is written from, or with, is not that.
    """
    if not isinstance(df, DataFrame):
        hint = " Use write_pandas for it." if type(df).__module__.startswith("pandas") else ""
        raise WriteError(f"{path} is written from a Spark DataFrame, not from a {type(df).__name__}.{hint}")
    if (bucket_cols is None) != (bucket_count is None):
        raise WriteError(f"{path}: bucket_cols and bucket_count go together.")
    for name, description in (descriptions or {}).items():
        if len(description) > _LONGEST_DESCRIPTION:
            raise WriteError(f"{path}: the description of '{name}' has more than {_LONGEST_DESCRIPTION} characters.")
    for name, classes in (typeclasses or {}).items():
        if any(set(one) != {"name", "kind"} or max(map(len, one.values())) > _LONGEST_TYPECLASS for one in classes):
            raise WriteError(
                f"{path}: typeclasses of '{name}' are dicts with 'name' and 'kind' of at most "
                f"{_LONGEST_TYPECLASS} characters each."
            )


def schema_to_store(path: str, df: DataFrame) -> T.StructType:
    """Return the schema that the rows of `df` are stored with: every column nullable.

    Raises:
        WriteError: a column has a type that datasets do not have.
    """
    try:
        schema = df.schema
    except ValueError as error:  # Python has no class for calendar intervals
        fields = df._jdf.schema().fields()
        shown = ", ".join(f"{field.name()}: {field.dataType().catalogString()}" for field in fields)
        raise WriteError(
            f"{path}: PySpark does not know the types of all columns ({shown}): cast them. {error}"
        ) from error
    for field in schema.fields:
        _demand_type(path, field.name, field.dataType)
    return as_stored(schema)


def _demand_type(path: str, column: str, data_type: T.DataType) -> None:
    nested = {
        T.ArrayType: lambda one: [(f"{column}[]", one.elementType)],
        T.MapType: lambda one: [(f"{column}.key", one.keyType), (f"{column}.value", one.valueType)],
        T.StructType: lambda one: [(f"{column}.{field.name}", field.dataType) for field in one.fields],
    }
    parts = nested[type(data_type)](data_type) if type(data_type) in nested else []
    for name, part in parts:
        _demand_type(path, name, part)
    remedy = _REMEDIES.get(data_type.typeName())
    if isinstance(data_type, T.StructType) and not parts:
        remedy = "give it a field, or drop it"
    if isinstance(data_type, T.UserDefinedType):
        remedy = "make it an array or struct of plain types, as by vector_to_array"
    if remedy is not None:
        raise WriteError(
            f"{path}: column '{column}' is {data_type.simpleString()}, which datasets do not have: {remedy}."
        )


_INTERVAL = "make it a number, as by extract(day from …) or its seconds by unix_timestamp, or cast it to string"
_REMEDIES = {
    "void": "it has nulls alone; say its type, .cast('string')",
    "daytimeinterval": _INTERVAL,
    "yearmonthinterval": _INTERVAL,
    "interval": _INTERVAL,
    "variant": "make it text, to_json(…), or columns of its fields",
}


def frame_of_pandas(path: str, spark: SparkSession, pandas_df: Any) -> DataFrame:
    """Return pandas rows as the DataFrame that Spark makes of them, if that has the same values.

    Spark alone would make null of an integer of more than 64 bits, text such as `[B@238aca8a` of bytes beside text, and
    floats of pandas' nullable integers.

    Raises:
        WriteError: a column has a type, or values of several types, that datasets do not have.
    """
    try:
        table = from_pandas(pandas_df)
        storable(table)
    except LightweightTypeError as error:
        raise WriteError(f"{path}: {error}") from error.__cause__
    unsigned = [name for name, kind in zip(table.column_names, table.schema.types, strict=True) if kind == pa.uint64()]
    made = spark.createDataFrame(_with_objects(pandas_df, table))
    for field, kind in zip(made.schema.fields, table.schema.types, strict=True):
        _demand_one_type(path, field.name, field.dataType, kind)
    exact = {name: F.col(f"`{name}`").cast("decimal(20,0)") for name in unsigned}
    return made.withColumns(exact) if exact else made


def _with_objects(pandas_df: Any, table: pa.Table) -> Any:
    """Return pandas rows with Python's decimals and integers for unsigned and nullable integers."""
    pandas = extra("pandas")
    found = pandas_df.copy(deep=False)
    for position, kind in enumerate(table.schema.types):
        is_extension = isinstance(pandas_df.dtypes.iloc[position], pandas.api.extensions.ExtensionDtype)
        if kind == pa.uint64() or (pa.types.is_integer(kind) and is_extension):
            make = Decimal if kind == pa.uint64() else int
            values = [None if value is None else make(value) for value in table.column(position).to_pylist()]
            found.isetitem(position, pandas.Series(values, dtype=object, index=found.index))
    return found


def _demand_one_type(path: str, column: str, data_type: T.DataType, kind: pa.DataType) -> None:
    """Make sure that dicts, which Spark makes maps of, have values of one type: it makes null of those of others."""
    if isinstance(data_type, T.ArrayType) and hasattr(kind, "value_type"):
        _demand_one_type(path, f"{column}[]", data_type.elementType, kind.value_type)
    if isinstance(data_type, T.MapType) and pa.types.is_struct(kind):
        kinds = {field.type for field in kind if not pa.types.is_null(field.type)}
        if len(kinds) > 1:
            raise WriteError(
                f"{path}: column '{column}' has dicts with values of several types ({', '.join(map(str, kinds))}), and "
                "Spark makes maps of dicts, whose values have one type: make Rows of them (pyspark.sql.Row)."
            )


def described(df: DataFrame, descriptions: Mapping[str, str], typeclasses: Typeclasses) -> DataFrame:
    """Return `df` with descriptions and typeclasses in its columns' metadata; names that it lacks are left out."""
    if not descriptions and not typeclasses:
        return df

    def column(field: T.StructField) -> Column:
        metadata = dict(field.metadata)
        if field.name in descriptions:
            metadata["comment"] = descriptions[field.name]
        if field.name in typeclasses:
            metadata["typeclasses"] = json.dumps([dict(one) for one in typeclasses[field.name]])
        return df[f"`{field.name.replace('`', '``')}`"].alias(field.name, metadata=metadata)

    return df.select(*[column(field) for field in df.schema.fields])
