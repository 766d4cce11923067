"""pandas DataFrames from Arrow tables and back, without changing values.

pandas has no types for elements of lists, structs and maps, for decimals, and for integers beside nulls. Reading
returns
plain Python values for these. Writing infers the types from the values, and prefers the type of the column in the
dataset or in an input if it holds the values exactly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms_api.errors import LightweightTypeError
from transforms_api.extras import extra
from transforms_api.warehouse import exact_cast, is_list, is_nested, naive_in_utc, offsets_of, type_refused

DECIMAL = pa.decimal128(38, 18)
"""The type of decimals that are Python objects, whose precision nothing states; Spark's, too."""
_MOST_EXACT = 2**53
"""Largest integer up to which floats have all integers."""


class MapCell(dict[Any, Any]):
    """A cell of a map column in pandas: a dict that is written as a map; other dicts are written as structs."""


@dataclass(frozen=True)
class KnownTypes:
    """Known types of columns before they are written.

    Attributes:
        stored: column → its type in the dataset that rows are appended to.
        read: column → its type in the inputs.
        values: returns the values of a column in the inputs.
    """

    stored: Mapping[str, pa.DataType] = field(default_factory=dict)
    read: Mapping[str, pa.DataType] = field(default_factory=dict)
    values: Callable[[str], pa.ChunkedArray] = field(default=lambda name: pa.chunked_array([], pa.null()))


# Reading


def to_pandas(table: pa.Table, naive: bool = False) -> Any:
    """Return rows as a pandas DataFrame.

    Lists, structs and maps become Python lists and dicts. Integers beside nulls become floats, as in Spark's
    `toPandas`, or pandas' nullable `Int64` if floats cannot represent all digits.

    Args:
        table: the rows.
        naive: return times in UTC without a time zone, as Spark's `toPandas`; otherwise in the time zone UTC.
    """
    pandas = extra("pandas")
    special = {
        position: column
        for position, column in enumerate(table.columns)
        if is_nested(column.type) or _has_integers_that_floats_lack(column)
    }
    plain = table.drop_columns([table.column_names[position] for position in special])
    shown = naive_in_utc(plain) if naive else plain
    frame = shown.to_pandas() if plain.num_columns else pandas.DataFrame(index=pandas.RangeIndex(len(table)))
    for position, column in special.items():
        if is_nested(column.type):
            cell = _cell_reader(column.type, naive)
            values = pandas.Series([cell(value) for value in column.to_pylist()], dtype=object)
        else:
            nullable = {pa.int64(): pandas.Int64Dtype(), pa.uint64(): pandas.UInt64Dtype()}
            values = column.to_pandas(types_mapper=nullable.get)
        frame.insert(position, table.column_names[position], values)
    return frame


def python_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Return rows as dicts of Python values; maps become dicts, too.

    Args:
        table: the rows.
    """
    columns = {
        field.name: map(_cell_reader(field.type, False), column.to_pylist())
        for field, column in zip(table.schema, table.columns, strict=True)
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _has_integers_that_floats_lack(column: pa.ChunkedArray) -> bool:
    if column.type not in (pa.int64(), pa.uint64()) or not column.null_count:
        return False
    ends = pc.min_max(column).as_py()
    return ends["min"] is not None and (ends["min"] < -_MOST_EXACT or ends["max"] > _MOST_EXACT)


def _cell_reader(kind: pa.DataType, naive: bool) -> Callable[[Any], Any]:
    """Return a function that converts a value of Arrow's `to_pylist` to a cell."""
    make = _of_known(kind, naive)
    return lambda value: None if value is None else make(value)


def _of_known(kind: pa.DataType, naive: bool) -> Callable[[Any], Any]:
    if is_list(kind):
        element = _cell_reader(kind.value_type, naive)
        return lambda values: [element(value) for value in values]
    if pa.types.is_struct(kind):
        parts = {field.name: _cell_reader(field.type, naive) for field in kind}
        return lambda values: {name: part(values[name]) for name, part in parts.items()}
    if pa.types.is_map(kind):
        key, item = _cell_reader(kind.key_type, naive), _cell_reader(kind.item_type, naive)
        return lambda pairs: _map_cell([(key(name), item(value)) for name, value in pairs])
    if pa.types.is_timestamp(kind) and naive:
        return lambda value: value.replace(tzinfo=None)
    return lambda value: value


def _map_cell(pairs: Sequence[tuple[Any, Any]]) -> MapCell:
    cell = MapCell(pairs)
    if len(cell) != len(pairs):
        raise LightweightTypeError(
            f"A map has a key twice: {[key for key, _ in pairs]}. Read it by arrow(), which shows both values."
        )
    return cell


# Writing


def from_pandas(frame: Any, known: KnownTypes | None = None) -> pa.Table:
    """Return a pandas DataFrame as an Arrow table, without its index.

    Args:
        frame: the rows.
        known: known types of columns.

    Raises:
        LightweightTypeError: a column has a type, or values of several types, that datasets do not have.
    """
    known = known or KnownTypes()
    names = [str(name) for name in frame.columns]
    columns = [_column(frame.iloc[:, position], name, known) for position, name in enumerate(names)]
    return pa.Table.from_arrays(columns, names=names)


def _column(series: Any, name: str, known: KnownTypes) -> pa.Array:
    dtype, pandas = series.dtype, extra("pandas")
    if isinstance(dtype, pandas.SparseDtype):
        raise type_refused(name, f"pandas' {dtype}", "make it dense, .sparse.to_dense()")
    if isinstance(dtype, pandas.PeriodDtype | pandas.IntervalDtype):
        raise type_refused(name, f"pandas' {dtype}", "make it text, .astype(str), or columns of its begin and end")
    if dtype.kind == "c" or (dtype.kind == "f" and dtype.itemsize > 8):
        raise type_refused(name, str(dtype), "make it float64, in two columns where it is complex")
    stored, read = known.stored.get(name), known.read.get(name)
    hint = stored or (None if read is None else _with_stated_decimals(read))
    if isinstance(dtype, pandas.CategoricalDtype):
        values = _column(dtype.categories.to_series(), name, known)
        codes = pa.array(series.cat.codes.to_numpy(), pa.int64(), mask=(series.cat.codes < 0).to_numpy())
        return values.take(codes)
    is_text = str(dtype) == "object" and pandas.api.types.infer_dtype(series, skipna=True) == "string"
    if str(dtype) == "object" and not is_text:
        return from_objects(series.tolist(), name, hint, nan_is_null=True)
    try:
        array = pa.Array.from_pandas(series, type=pa.string() if is_text else None)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _unreadable(name, str(dtype), error) from error
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if hint is None or not pa.types.is_floating(array.type):
        return _if_exact(array, stored)
    if stored is not None or not pa.types.is_integer(hint):
        return _if_exact(array, stored)
    return _as_read(array, hint, lambda: known.values(name))


def _as_read(floats: pa.Array, kind: pa.DataType, values: Callable[[], pa.ChunkedArray]) -> pa.Array:
    """Return floats as integers if all are integers of the input's column, from which they then stem."""
    exact = _if_exact(floats, kind)
    if exact.type == kind and pc.all(pc.is_in(exact.drop_null(), values().combine_chunks())).as_py():
        return exact
    return floats


def _if_exact(array: pa.Array, kind: pa.DataType | None) -> pa.Array:
    if kind is None:
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), kind)
    try:
        return exact_cast(array, kind)
    except pa.ArrowException:
        return array


def _with_stated_decimals(kind: pa.DataType) -> pa.DataType:
    """Return a type with `DECIMAL` for each decimal: the precision of an input is not kept."""
    if pa.types.is_decimal(kind):
        return DECIMAL
    if is_list(kind):
        return pa.list_(_with_stated_decimals(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(_with_stated_decimals(kind.key_type), _with_stated_decimals(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _with_stated_decimals(field.type)) for field in kind])
    return kind


def _unreadable(path: str, kind: str, error: Exception) -> LightweightTypeError:
    first = error.args[0] if error.args and not isinstance(error, UnicodeError) else error
    problem = str(first).splitlines()[0].rstrip(".")
    if isinstance(error, OverflowError):
        problem = "it has integers of more than 64 bits, which would have to be text or decimals"
    return LightweightTypeError(
        f"Column '{path}' ({kind}) cannot become a column of a dataset: {problem}. Give all its values one type."
    )


# Python's values


class _Kind(Enum):
    """Kinds of Python values that one column may hold; the values are texts for messages."""

    BOOLEAN = "booleans"
    INTEGER = "integers"
    FLOAT = "floats"
    DECIMAL = "decimals"
    TEXT = "text"
    BYTES = "bytes"
    MOMENT = "datetimes"
    DATE = "dates"
    LIST = "lists"
    MAP = "maps"
    STRUCT = "dicts"


_TOGETHER: dict[frozenset[_Kind], _Kind] = {
    frozenset({_Kind.INTEGER, _Kind.FLOAT}): _Kind.FLOAT,
    frozenset({_Kind.INTEGER, _Kind.DECIMAL}): _Kind.DECIMAL,
    frozenset({_Kind.MAP, _Kind.STRUCT}): _Kind.MAP,
}


def from_objects(
    values: Sequence[Any], path: str, hint: pa.DataType | None = None, nan_is_null: bool = False
) -> pa.Array:
    """Return Python values as an Arrow array of a type inferred from them.

    Dicts become structs, or maps if there is a `MapCell` or a key that is no text; decimals become `DECIMAL`; times
    without a time zone are in UTC. NaN beside integers becomes null, as pandas writes null so.

    Args:
        values: the values.
        path: the column and nested fields, for messages: `address.codes[]`.
        hint: preferred type, used if it holds the values exactly.
        nan_is_null: NaN becomes null also beside floats.

    Raises:
        LightweightTypeError: values have a type that datasets do not have, several types, or too many digits.
    """
    items = [None if _is_null(value, nan_is_null) else _as_dict(value) for value in values]
    kinds = {
        python_type: _kind_of(python_type, path)
        for python_type in {type(value) for value in items if value is not None}
    }
    present = frozenset(kinds.values())
    if not present:
        return pa.nulls(len(items), hint or pa.null())
    if len(present) > 1 and present - {_Kind.INTEGER} == {_Kind.FLOAT} and _only_nan(items):
        items = [None if isinstance(value, float) else value for value in items]
        present = frozenset({_Kind.INTEGER})
    kind = next(iter(present)) if len(present) == 1 else _TOGETHER.get(present)
    if kind is None:
        named = " and ".join(sorted(present_kind.value for present_kind in present))
        raise LightweightTypeError(
            f"Column '{path}' has {named}, and a column of a dataset has values of one type: make all of them alike."
        )
    if kind is _Kind.LIST:
        return _lists(items, path, hint)
    if kind in (_Kind.MAP, _Kind.STRUCT):
        return _dicts(items, path, hint, is_map=kind is _Kind.MAP)
    try:
        return _if_exact(_leaf(items, kind, kinds.keys(), path, hint), hint)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _unreadable(path, kind.value, error) from error


def _is_null(value: Any, nan_is_null: bool) -> bool:
    if value is None:
        return True
    if isinstance(value, _floats()):
        return bool(nan_is_null and value != value)
    if isinstance(value, Decimal):
        return value.is_nan()
    name = type(value).__name__
    return name in ("NaTType", "NAType") or (name in ("datetime64", "timedelta64") and str(value) == "NaT")


def _as_dict(value: Any) -> Any:
    """Return a named tuple, or a Row of Spark, as a dict."""
    if not isinstance(value, tuple):
        return value
    names = getattr(value, "_asdict", None) or getattr(value, "asDict", None)
    return value if names is None else names()


def _only_nan(values: Sequence[Any]) -> bool:
    return all(value != value for value in values if isinstance(value, _floats()))


def _numpy(name: str) -> tuple[type, ...]:
    """Return a type of NumPy; no type if NumPy has not been imported, as there are no values of it then."""
    numpy = sys.modules.get("numpy")
    return () if numpy is None else (getattr(numpy, name),)


def _integers() -> tuple[type, ...]:
    return (int, *_numpy("integer"))


def _floats() -> tuple[type, ...]:
    return (float, *_numpy("floating"))


def _kind_of(kind: type, path: str) -> _Kind:
    families: list[tuple[tuple[type, ...], _Kind | None]] = [
        ((bool, *_numpy("bool_")), _Kind.BOOLEAN),
        ((timedelta, *_numpy("timedelta64")), None),
        (_integers(), _Kind.INTEGER),
        (_floats(), _Kind.FLOAT),
        ((Decimal,), _Kind.DECIMAL),
        ((str,), _Kind.TEXT),
        ((bytes, bytearray, memoryview), _Kind.BYTES),
        ((datetime, *_numpy("datetime64")), _Kind.MOMENT),
        ((date,), _Kind.DATE),
        ((MapCell,), _Kind.MAP),
        ((Mapping,), _Kind.STRUCT),
    ]
    if any(issubclass(kind, sequence) for sequence in (tuple, list, set, frozenset, *_numpy("ndarray"))):
        return _Kind.LIST
    match = next((match for family, match in families if issubclass(kind, family)), None)
    if match is None:
        remedies = {timedelta: "make it a number, such as its seconds, or text", time: "make it text or a number"}
        remedy = next(
            (remedy for remedy_type, remedy in remedies.items() if issubclass(kind, remedy_type)),
            "make it text or numbers",
        )
        raise type_refused(path, f"of Python's {kind.__qualname__}", remedy)
    return match


def _leaf(values: list[Any], kind: _Kind, types: Any, path: str, hint: pa.DataType | None) -> pa.Array:
    if kind is _Kind.DECIMAL:
        return _decimals(values, path, hint)
    if kind is _Kind.MOMENT:
        return pa.array([None if value is None else _moment(value, path) for value in values], pa.timestamp("us"))
    if kind is _Kind.INTEGER and len(types) == 1 and issubclass(next(iter(types)), _numpy("integer")):
        return pa.array(values, pa.from_numpy_dtype(next(iter(types))))
    if kind is _Kind.FLOAT:
        if types <= {*_numpy("float32"), *_numpy("float16")}:
            return pa.array(values, pa.float32())
        integers: list[Any] = [value for value in values if isinstance(value, _integers())]
        if any(int(value) != float(value) for value in integers):
            raise ValueError("it has floats beside an integer with more digits than a float has")
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    fixed = {_Kind.BOOLEAN: pa.bool_(), _Kind.INTEGER: pa.int64(), _Kind.TEXT: pa.string(), _Kind.BYTES: pa.binary()}
    return pa.array(values, fixed.get(kind, pa.date32()))


def _decimals(values: list[Any], path: str, hint: pa.DataType | None) -> pa.Array:
    exact = [value if value is None or isinstance(value, Decimal) else Decimal(int(value)) for value in values]
    kinds = [hint, DECIMAL] if hint is not None and pa.types.is_decimal(hint) else [DECIMAL]
    for kind in kinds:
        try:
            return pa.array(exact, kind)
        except pa.ArrowException:
            continue
    raise LightweightTypeError(
        f"Column '{path}' has decimals that do not fit {kinds[0]}: {_example(exact, kinds[0])}. Round them, or write "
        "Polars or Arrow, whose decimals state their digits."
    )


def _example(values: Sequence[Decimal | None], kind: pa.DataType) -> Decimal | None:
    for value in values:
        try:
            pa.array([value], kind)
        except pa.ArrowException:
            return value
    return None


def _moment(value: Any, path: str) -> datetime:
    """Return a datetime in UTC without a time zone."""
    if not isinstance(value, datetime):
        value = extra("pandas").Timestamp(value)
    if getattr(value, "nanosecond", 0):
        raise LightweightTypeError(
            f"Column '{path}' has times with parts of a microsecond, such as {value}, which datasets do not keep: cut "
            "them, .floor('us')."
        )
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    moment: datetime = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return moment


def _lists(values: list[Any], path: str, hint: pa.DataType | None) -> pa.Array:
    lists = [None if value is None else list(value) for value in values]
    if hint is not None and not is_list(hint):
        hint = None
    parts = from_objects(
        [part for items in lists if items is not None for part in items], f"{path}[]", hint and hint.value_type
    )
    lengths = pa.array([None if items is None else len(items) for items in lists], pa.int64())
    return pa.ListArray.from_arrays(offsets_of(lengths), parts)


def _dicts(values: list[Any], path: str, hint: pa.DataType | None, is_map: bool) -> pa.Array:
    known = [value for value in values if value is not None]
    is_map = is_map or (hint is not None and pa.types.is_map(hint))
    if is_map or not all(isinstance(key, str) for mapping in known for key in mapping):
        hint = hint if hint is not None and pa.types.is_map(hint) else None
        keys = from_objects([key for mapping in known for key in mapping], f"{path}.key", hint and hint.key_type)
        items = from_objects(
            [mapping[key] for mapping in known for key in mapping], f"{path}.value", hint and hint.item_type
        )
        lengths = pa.array([None if mapping is None else len(mapping) for mapping in values], pa.int64())
        return pa.MapArray.from_arrays(offsets_of(lengths), keys, items)
    hints = {field.name: field.type for field in hint} if hint is not None and pa.types.is_struct(hint) else {}
    present = dict.fromkeys(key for mapping in known for key in mapping)
    names = [name for name in hints if name in present or not present] + [name for name in present if name not in hints]
    parts = [
        from_objects(
            [None if mapping is None else mapping.get(name) for mapping in values], f"{path}.{name}", hints.get(name)
        )
        for name in names
    ]
    if not names:
        raise type_refused(path, "a struct without fields", "give it a field, or make it text")
    missing = pa.array([mapping is None for mapping in values])
    fields = [pa.field(name, part.type) for name, part in zip(names, parts, strict=True)]
    return pa.StructArray.from_arrays(parts, fields=fields, mask=missing)
