"""What the fields of contracts say of themselves, and what every format has to know of their types."""

from __future__ import annotations

from enum import Enum

from pyspark.sql import types as T

from transforms_api.errors import TransformTypeError


class Kind(Enum):
    """What the values of a column are, to whoever is not Spark."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"


_KINDS: dict[type[T.DataType], Kind] = {
    **dict.fromkeys([T.StringType, T.VarcharType, T.CharType], Kind.TEXT),
    T.BooleanType: Kind.FLAG,
    T.DateType: Kind.DATE,
    T.TimestampType: Kind.MOMENT,
    T.TimestampNTZType: Kind.MOMENT,
    **dict.fromkeys([T.ByteType, T.ShortType, T.IntegerType, T.LongType], Kind.INTEGER),
    **dict.fromkeys([T.FloatType, T.DoubleType, T.DecimalType], Kind.NUMBER),
}


def kind_of(field: T.StructField, data_type: T.DataType) -> Kind:
    """Return what the values of a type without parts are.

    Raises:
        TransformTypeError: it is a map, bytes or an interval, which contracts do not have.
    """
    kind = _KINDS.get(type(data_type))
    if kind is None:
        raise TransformTypeError(
            f"A contract's field '{field.name}' is a {data_type.simpleString()}. Contracts have texts, numbers, flags, "
            "dates and timestamps, arrays and structs of them; choose one of these."
        )
    return kind


def comment_of(field: T.StructField) -> str:
    """Return what a field is, in a line."""
    return " ".join(str(field.metadata.get("comment", "")).split())


def values_of(field: T.StructField) -> list[str]:
    """Return the enumeration of a field, or of the elements of an array; empty where any value is one."""
    return list(field.metadata.get("values", ()))


def most_of(field: T.StructField) -> int | None:
    """Return how many elements an array has at most, None where that is open."""
    most = field.metadata.get("most")
    return None if most is None else int(most)


def null_reason_of(field: T.StructField) -> str | None:
    """Return when a field is null, None where it never is."""
    return str(field.metadata.get("null_reason", "not known")) if field.nullable else None
