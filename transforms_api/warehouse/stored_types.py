"""The types of datasets and Iceberg tables, and the exact conversion of Arrow's other types into them.

A column is stored by its type alone, so that the stored type stays the same from run to run. A value that its stored
type would change is an error: no value is rounded, cut or wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from transforms_api.errors import LightweightTypeError
from transforms_api.warehouse.columns import same_columns

TIME = pa.timestamp("us", tz="UTC")
MOST_DIGITS = 38
_TEXT_OR_NUMBER = "make it text or a number"
_REMEDIES: list[tuple[Callable[[pa.DataType], bool], str]] = [
    (pa.types.is_time, _TEXT_OR_NUMBER),
    (pa.types.is_duration, "make it a number, such as its seconds, or text"),
    (pa.types.is_interval, "make it a number, such as its seconds, or text"),
    (pa.types.is_union, "make a column of each of its members"),
]
_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.float16(): pa.float32(),
    pa.date64(): pa.date32(),
    pa.null(): pa.string(),
    pa.large_string(): pa.string(),
    pa.large_binary(): pa.binary(),
}
"""Type → the type that holds all its values. 20 digits are what Spark reads unsigned 64-bit integers of Parquet as."""
_SMALL = {pa.int8(), pa.int16(), pa.uint8()}
"""Integers that Iceberg stores in 32 bits."""
_PLAIN = {pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string()} | {
    pa.binary(),
    pa.date32(),
}


def storable(table: pa.Table, is_iceberg: bool = False) -> pa.Table:
    """Return rows with the types of datasets and unchanged values. Times without a zone count as UTC.

    Args:
        table: the rows.
        is_iceberg: the rows are those of an Iceberg table, see `storable_type`.

    Raises:
        LightweightTypeError: datasets lack a column's type, or the stored type would change a value.
    """
    schema = storable_schema(table.schema, is_iceberg)
    columns = [
        pa.chunked_array([_convert(chunk, field.type, field.name) for chunk in column.chunks], field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema) if columns else table


def storable_schema(schema: pa.Schema, is_iceberg: bool = False) -> pa.Schema:
    """Return a schema with the types of datasets, every column nullable.

    Args:
        schema: the schema of rows.
        is_iceberg: the rows are those of an Iceberg table, see `storable_type`.

    Raises:
        LightweightTypeError: datasets lack a column's type.
    """
    return pa.schema([pa.field(field.name, storable_type(field.type, field.name, is_iceberg)) for field in schema])


def storable_type(kind: pa.DataType, path: str, is_iceberg: bool = False) -> pa.DataType:
    """Return the type by which datasets store an Arrow type.

    Iceberg has no integers of 8 and 16 bits, and distinguishes times with and without a zone.

    Args:
        kind: the Arrow type.
        path: the column with the names of nested fields, for messages: `address.codes[]`.
        is_iceberg: return the type of an Iceberg table.

    Raises:
        LightweightTypeError: there is none.
    """
    types = pa.types
    if is_iceberg and kind in _SMALL:
        return pa.int32()
    if kind in _WIDER:
        return _WIDER[kind]
    if types.is_timestamp(kind):
        return pa.timestamp("us") if is_iceberg and kind.tz is None else TIME
    if types.is_decimal(kind):
        return _storable_decimal(kind, path)
    if types.is_dictionary(kind) or _is("is_run_end_encoded", kind):
        return storable_type(kind.value_type, path, is_iceberg)
    if _is("is_string_view", kind):
        return pa.string()
    if types.is_fixed_size_binary(kind) or _is("is_binary_view", kind):
        return pa.binary()
    if types.is_map(kind):
        key = storable_type(kind.key_type, f"{path}.key", is_iceberg)
        return pa.map_(key, storable_type(kind.item_type, f"{path}.value", is_iceberg))
    if is_list(kind):
        return pa.list_(storable_type(kind.value_type, f"{path}[]", is_iceberg))
    if types.is_struct(kind):
        return _storable_struct(kind, path, is_iceberg)
    if _is_json(kind):
        return pa.string()
    if kind not in _PLAIN:
        remedy = next((remedy for test, remedy in _REMEDIES if test(kind)), _TEXT_OR_NUMBER)
        raise type_refused(path, str(kind), remedy)
    return kind


def type_refused(path: str, kind: str, remedy: str) -> LightweightTypeError:
    """Return the error for a column with a type that datasets lack.

    Args:
        path: the column with the names of nested fields.
        kind: name of the type.
        remedy: what to do, in the imperative.
    """
    return LightweightTypeError(f"Column '{path}' is {kind}, which datasets do not have: {remedy}.")


def is_list(kind: pa.DataType) -> bool:
    """Return whether an Arrow type is a list of any layout.

    Args:
        kind: the Arrow type.
    """
    tests = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(_is(test, kind) for test in tests)


def is_nested(kind: pa.DataType) -> bool:
    """Return whether an Arrow type is a list, map or struct.

    Args:
        kind: the Arrow type.
    """
    return bool(is_list(kind) or pa.types.is_map(kind) or pa.types.is_struct(kind))


def is_stored_alike(kind: pa.DataType, stored: pa.DataType) -> bool:
    """Return whether Parquet stores values of both types alike.

    Args:
        kind: an Arrow type.
        stored: the result of `storable_type` for `kind`.
    """
    if is_list(kind):
        return is_stored_alike(kind.value_type, stored.value_type)
    if pa.types.is_map(kind):
        return is_stored_alike(kind.key_type, stored.key_type) and is_stored_alike(kind.item_type, stored.item_type)
    if pa.types.is_struct(kind):
        return all(is_stored_alike(field.type, other.type) for field, other in zip(kind, stored, strict=True))
    if pa.types.is_timestamp(kind):
        return kind.unit == "us" and (kind.tz is None) == (stored.tz is None)
    return kind == stored or stored in (pa.string(), pa.binary())


def exact_cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return numbers (or only nulls) as a different type.

    Args:
        array: the numbers.
        kind: the type to return.

    Raises:
        pyarrow.ArrowInvalid: a value would change, or the values are not numbers.
    """
    if array.type == kind:
        return array
    types = pa.types
    if types.is_null(array.type):
        return pa.nulls(len(array), kind)
    if types.is_integer(array.type) and types.is_decimal(kind):
        return array.cast(pa.decimal128(MOST_DIGITS, 0)).cast(kind)
    numbers = (types.is_integer, types.is_floating)
    are_numbers = all(any(test(arrow_type) for test in numbers) for arrow_type in (array.type, kind))
    if not are_numbers and not (types.is_decimal(array.type) and types.is_decimal(kind)):
        raise pa.ArrowInvalid(f"{array.type} is not stored as {kind}")
    converted = array.cast(kind)
    if types.is_floating(array.type) and types.is_floating(kind):
        same = pc.or_(pc.equal(converted.cast(array.type), array), pc.is_nan(array))
        if not pc.all(same).as_py():
            raise pa.ArrowInvalid(f"{kind} does not have all the digits")
    return converted


def _storable_decimal(kind: pa.DataType, path: str) -> pa.DataType:
    scale = max(kind.scale, 0)
    digits = max(kind.precision - min(kind.scale, 0), scale)
    if digits > MOST_DIGITS:
        raise type_refused(path, str(kind), f"make it a decimal of at most {MOST_DIGITS} digits, or text")
    return pa.decimal128(digits, scale)


def _storable_struct(kind: pa.DataType, path: str, is_iceberg: bool) -> pa.DataType:
    fields = [pa.field(field.name, storable_type(field.type, f"{path}.{field.name}", is_iceberg)) for field in kind]
    if not fields:
        raise type_refused(path, "a struct without fields", "give it a field, or make it text")
    if pair := same_columns(field.name for field in fields):
        raise LightweightTypeError(
            f"Column '{path}' has the fields '{pair[0]}' and '{pair[1]}', which Spark does not tell apart: rename one."
        )
    return pa.struct(fields)


def _is(test: str, kind: pa.DataType) -> bool:
    """Return whether a test of `pyarrow.types` holds; older Arrows lack some types and their tests."""
    return bool(getattr(pa.types, test, lambda _: False)(kind))


def _is_json(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and getattr(kind, "extension_name", "") == "arrow.json"


# Values


def _convert(array: pa.Array, kind: pa.DataType, path: str) -> pa.Array:
    """Return values converted to the result of `storable_type` for their type."""
    types = pa.types
    if types.is_dictionary(array.type):
        return _convert(array.dictionary_decode(), kind, path)
    if _is("is_run_end_encoded", array.type):
        return _convert(pc.run_end_decode(array), kind, path)
    if isinstance(array.type, pa.BaseExtensionType):
        return _convert(array.storage, kind, path)
    if types.is_map(kind):
        return _converted_map(array, kind, path)
    if types.is_struct(kind):
        parts = [
            _convert(part, field.type, f"{path}.{field.name}")
            for part, field in zip(array.flatten(), kind, strict=True)
        ]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if types.is_list(kind):
        return list_of(_convert(array.flatten(), kind.value_type, f"{path}[]"), pc.list_value_length(array))
    return _leaf(array, kind, path)


def _converted_map(array: pa.MapArray, kind: pa.MapType, path: str) -> pa.MapArray:
    if array.null_count:
        array = array.take(pa.array(range(len(array))))  # a null has no entries then, which the offsets below need
    keys = _convert(array.keys, kind.key_type, f"{path}.key")
    items = _convert(array.items, kind.item_type, f"{path}.value")
    known = pa.concat_arrays([array.is_valid(), pa.array([True])])
    return pa.MapArray.from_arrays(pc.if_else(known, array.offsets, _no_offset()), keys, items)


def list_of(values: pa.Array, lengths: pa.Array) -> pa.ListArray:
    """Return an array of lists.

    Args:
        values: the elements of all lists.
        lengths: number of elements of each list; a null makes a null list.
    """
    return pa.ListArray.from_arrays(offsets_of(lengths), values)


def offsets_of(lengths: pa.Array) -> pa.Array:
    """Return the offsets of lists in their array of values; null for null lists.

    Args:
        lengths: number of elements of each list.
    """
    ends = pc.cumulative_sum(pc.fill_null(lengths, 0).cast(pa.int64()))
    begins = pa.concat_arrays([pa.array([0], pa.int64()), ends]).cast(pa.int32())
    return pc.if_else(pa.concat_arrays([lengths.is_valid(), pa.array([True])]), begins, _no_offset())


def _no_offset() -> pa.Scalar:
    """Return the offset of a null list. Arrow imports pandas for `pa.scalar`, so no constant has the value."""
    return pa.scalar(None, pa.int32())


_CUT = "cut them: .dt.floor('us') in pandas, .dt.truncate('1us') in Polars, date_trunc('microseconds', …) in DuckDB"


def _leaf(array: pa.Array, kind: pa.DataType, path: str) -> pa.Array:
    try:
        if pa.types.is_decimal(array.type):
            array.validate(full=True)
        converted = _as_decimal(array, kind) if pa.types.is_decimal(kind) else array.cast(kind)
    except pa.ArrowException as error:
        problem, remedy = str(error).splitlines()[0], "make its values fit, or make it text"
        if pa.types.is_timestamp(kind) and array.type.unit == "ns":
            problem, remedy = "it has times with parts of a microsecond, which datasets do not keep", _CUT
        raise LightweightTypeError(f"Column '{path}' ({array.type}) is not stored: {problem}: {remedy}.") from error
    limits = _limits(kind)
    if limits and pc.any(pc.or_(pc.less(converted, limits[0]), pc.greater(converted, limits[1]))).as_py():
        raise LightweightTypeError(
            f"Column '{path}' ({array.type}) has values outside of the years 0001 to 9999, which Spark and Python do "
            "not have: replace them, by null or by the first or last day."
        )
    return converted


def _limits(kind: pa.DataType) -> tuple[pa.Scalar, pa.Scalar] | None:
    """Return the first and the last moment or day that Python has, as scalars of the type; None for other types."""
    if pa.types.is_date(kind):
        return pa.scalar(date.min), pa.scalar(date.max)
    if not pa.types.is_timestamp(kind):
        return None
    zone = None if kind.tz is None else UTC
    return pa.scalar(datetime.min.replace(tzinfo=zone), kind), pa.scalar(datetime.max.replace(tzinfo=zone), kind)


def _as_decimal(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return decimals; Arrow takes a decimal's first precision for that of all, unless it is the greatest."""
    if pa.types.is_decimal(array.type) and array.type.scale != kind.scale:
        return array.cast(pa.decimal128(MOST_DIGITS, kind.scale)).cast(kind)
    return array.cast(kind)
