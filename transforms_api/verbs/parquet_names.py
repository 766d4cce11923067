"""Column names that Parquet and Delta tables accept."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms_api.errors import VerbError

_ILLEGAL = str.maketrans(dict.fromkeys(" ,;{}()\n\t=", "_"))


def sanitize_schema_for_parquet(df: DataFrame) -> DataFrame:
    """Return `df` with `_` for each character of a name that Parquet refuses: space, tab, line end, any of `,;{}()=`.

    Fields of structs are renamed too, at every depth. What Foundry puts for such a character is not documented.

    Raises:
        VerbError: two columns, or two fields of a struct, would have the same name.
    """
    renamed = _sanitized(df.schema)
    columns = [
        F.col(f"`{before.name}`").cast(after.dataType).alias(after.name, metadata=after.metadata)
        for before, after in zip(df.schema, renamed, strict=True)
    ]
    return df.select(*columns)


def _sanitized(schema: T.StructType) -> T.StructType:
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
        return _sanitized(kind)
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_sanitized_type(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        return T.MapType(_sanitized_type(kind.keyType), _sanitized_type(kind.valueType), kind.valueContainsNull)
    return kind
