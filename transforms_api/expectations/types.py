"""Names of column types as datasets store them, and the literals that a type can be compared with."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from numbers import Number
from typing import Any

from transforms_api.errors import DeclarationError, TransformTypeError

_OF_POLARS = {
    "Boolean": "boolean",
    "Int8": "tinyint",
    "Int16": "smallint",
    "Int32": "int",
    "Int64": "bigint",
    "UInt8": "smallint",
    "UInt16": "int",
    "UInt32": "bigint",
    "UInt64": "bigint",
    "Float32": "float",
    "Float64": "double",
    "String": "string",
    "Categorical": "string",
    "Enum": "string",
    "Null": "string",
    "Binary": "binary",
    "Date": "date",
    "Datetime": "timestamp",
}
"""Polars type → type that a single-node transform stores: unsigned integers as the next larger signed type."""

_KINDS = {
    **dict.fromkeys(["tinyint", "smallint", "int", "bigint", "float", "double", "decimal"], "number"),
    **dict.fromkeys(["string", "varchar", "char"], "text"),
    "timestamp_ntz": "timestamp",
}

INTEGERS = frozenset(["tinyint", "smallint", "int", "bigint"])


def type_name(data_type: Any) -> str:
    """Return the name of the type that a dataset stores for a Spark or Polars type.

    Args:
        data_type: an instance, or a class that needs no arguments.

    Raises:
        TransformTypeError: `data_type` is no type of Spark or Polars, or its class needs arguments.
    """
    try:
        data_type = data_type() if isinstance(data_type, type) else data_type
        if hasattr(data_type, "simpleString"):
            return str(data_type.simpleString())
        return _name_of_polars(data_type)
    except (TypeError, KeyError) as error:
        raise TransformTypeError(
            f"{data_type!r} is no type of Spark, as in T.ArrayType(T.LongType()), nor of Polars, as in "
            "pl.List(pl.Int64)."
        ) from error


def _name_of_polars(data_type: Any) -> str:
    name = type(data_type).__name__
    if name in ("List", "Array"):
        return f"array<{type_name(data_type.inner)}>"
    if name == "Struct":
        fields = [f"{field.name}:{type_name(field.dtype)}" for field in data_type.fields]
        return f"struct<{','.join(fields)}>"
    if name == "Map":
        return f"map<{type_name(data_type.key)},{type_name(data_type.value)}>"
    if name == "Decimal":
        return f"decimal({data_type.precision},{data_type.scale})"
    return _OF_POLARS[name]


def kind_of(type_name: str) -> str:
    """Return the kind of a type's values: 'number', 'text' or 'timestamp'; for other types the type's own name.

    Args:
        type_name: a type as `type_name` returns it.
    """
    name = re.split(r"\W", type_name)[0]
    return _KINDS.get(name, name)


def element_of(type_name: str) -> str | None:
    """Return the element type of an array type, None for any other type.

    Args:
        type_name: a type as `type_name` returns it.
    """
    return type_name[len("array<") : -1] if type_name.startswith("array<") else None


def literal(value: Any) -> Any:
    """Return a value to compare columns with, as a Python value; a datetime without a time zone is in UTC.

    Args:
        value: a number, text, boolean, date or datetime, also of NumPy.

    Raises:
        TransformTypeError: `value` is a list, None or another object that no column is compared with.
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, (Number, str, date)):
        return value
    raise TransformTypeError(
        f"Columns are compared with a number, a text, a boolean, a date or a datetime, not with {value!r}; "
        "several values are given one by one, as in is_in(1, 2)."
    )


def instant(value: str | datetime) -> datetime:
    """Return the datetime that an ISO-8601 text or a datetime stands for.

    Args:
        value: a moment with a time zone; Foundry requires one, too.

    Raises:
        DeclarationError: `value` is neither, or has no time zone.
    """
    try:
        moment = value if isinstance(value, datetime) else _parsed(value)
    except (ValueError, AttributeError) as error:
        raise DeclarationError(f"{value!r} is no datetime nor an ISO-8601 text as '2024-11-15T00:00:00Z'.") from error
    if moment.tzinfo is None:
        raise DeclarationError(f"{value!r} has no time zone: write '2024-11-15T00:00:00Z' or give tzinfo=.")
    return moment


def seconds(value: float | timedelta) -> timedelta:
    """Return a duration as a timedelta.

    Args:
        value: seconds or a timedelta.

    Raises:
        TransformTypeError: `value` is neither.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TransformTypeError(f"{value!r} is no number of seconds nor a timedelta.")
    return timedelta(seconds=value)


def parse_literal(kind: str, value: Any) -> Any:
    """Return a literal as a value of a kind: an ISO text as a date or timestamp, a date as midnight in UTC.

    Args:
        kind: kind of the column's values, as `kind_of` returns it.
        value: a literal, as `literal` returns it.

    Raises:
        ValueError: `value` cannot be compared with values of that kind.
    """
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if kind == "timestamp" and isinstance(value, str):
        return literal(_parsed(value))
    if kind == "timestamp" and _kind_of_literal(value) == "date":
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if kind != _kind_of_literal(value):
        raise ValueError(f"{value!r} is no {kind}")
    return value


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def _kind_of_literal(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Number):
        return "number"
    if isinstance(value, str):
        return "text"
    return "timestamp" if isinstance(value, datetime) else "date"
