"""Schemas of Iceberg tables: types of datasets as Iceberg's types, with the ids that columns keep."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from transforms_api.errors import StoreError
from transforms_api.warehouse.stored_types import is_list

_PLAIN: dict[pa.DataType, IcebergType] = {
    pa.bool_(): BooleanType(),
    pa.int8(): IntegerType(),
    pa.int16(): IntegerType(),
    pa.int32(): IntegerType(),
    pa.int64(): LongType(),
    pa.float32(): FloatType(),
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
    pa.large_string(): StringType(),
    pa.string_view(): StringType(),
    pa.binary(): BinaryType(),
    pa.large_binary(): BinaryType(),
    pa.binary_view(): BinaryType(),
    pa.date32(): DateType(),
}
_PROMOTIONS = {(IntegerType(), LongType()), (FloatType(), DoubleType())}
"""Iceberg reads the values of the first type as the second."""


class FieldIds:
    """The ids of the columns and nested fields of a table, by their paths.

    A path such as ('address', 'codes', 'element') has one id as long as its type stays the same or is promoted.
    """

    def __init__(self) -> None:
        self._has_other_type = False
        self._requested: set[tuple[str, ...]] = set()
        self._known: dict[tuple[str, ...], tuple[int, IcebergType]] = {}
        self._last = 0

    @classmethod
    def of_schemas(cls, schemas: Iterable[Schema]) -> FieldIds:
        """Return the ids that the schemas of a table use.

        Args:
            schemas: all schemas of the table, oldest first.
        """
        ids = cls()
        for schema in schemas:
            ids._learn((), schema.as_struct())
        return ids

    @property
    def has_conflict(self) -> bool:
        """Whether a requested field has had a type that cannot become the new one, or lost a field in it.

        A mapping of names cannot express either: a name would stand for two ids, or an earlier snapshot would have a
        nested field without an id.
        """
        nested = (path for path in self._known if path[:-1] in self._requested)
        return self._has_other_type or any(path not in self._requested for path in nested)

    def of(self, path: tuple[str, ...], kind: IcebergType) -> int:
        """Return the id of a field, a new one for a field that has none.

        Args:
            path: names of the field and of those that it is in; 'element', 'key' and 'value' below lists and maps.
            kind: type of the field; of nested types only the kind counts.
        """
        self._requested.add(path)
        known = self._known.get(path)
        if known is None:
            self._last += 1
            self._known[path] = (self._last, kind)
            return self._last
        self._has_other_type |= not _can_become(known[1], kind)
        return known[0]

    def _learn(self, path: tuple[str, ...], kind: IcebergType) -> None:
        for field in _fields(kind):
            own = (*path, field.name)
            self._known[own] = (field.field_id, field.field_type)
            self._last = max(self._last, field.field_id)
            self._learn(own, field.field_type)


def iceberg_schema(columns: pa.Schema, ids: FieldIds) -> Schema:
    """Return the Iceberg schema of a dataset; all columns are optional, as datasets store them.

    Args:
        columns: schema of the dataset.
        ids: ids of fields that the table has had; new fields are added.

    Raises:
        StoreError: Iceberg has no type for a column.
    """
    return Schema(*(_field((), column, ids) for column in columns))


def _field(path: tuple[str, ...], field: pa.Field, ids: FieldIds) -> NestedField:
    own = (*path, field.name)
    number = ids.of(own, _shallow(own, field.type))
    comment = (field.metadata or {}).get(b"comment")
    doc = None if comment is None else comment.decode()
    return NestedField(number, field.name, _type(own, field.type, ids), required=False, doc=doc)


def _shallow(path: tuple[str, ...], kind: pa.DataType) -> IcebergType:
    """Return a type whose kind can be compared with that of the type before, without the types in it."""
    if pa.types.is_struct(kind):
        return StructType()
    if pa.types.is_map(kind):
        return MapType(0, StringType(), 0, StringType())
    if is_list(kind):
        return ListType(0, StringType())
    return _type(path, kind, FieldIds())


def _type(path: tuple[str, ...], kind: pa.DataType, ids: FieldIds) -> IcebergType:
    types = pa.types
    if kind in _PLAIN:
        return _PLAIN[kind]
    if types.is_timestamp(kind):
        return TimestampType() if kind.tz is None else TimestamptzType()
    if types.is_decimal(kind):
        return DecimalType(kind.precision, kind.scale)
    if types.is_struct(kind):
        return StructType(*(_field(path, kind.field(number), ids) for number in range(kind.num_fields)))
    if types.is_map(kind):
        key, value = _part(path, "key", kind.key_type, ids), _part(path, "value", kind.item_type, ids)
        return MapType(key[0], key[1], value[0], value[1], value_required=False)
    if is_list(kind):
        number, element = _part(path, "element", kind.value_type, ids)
        return ListType(number, element, element_required=False)
    raise StoreError(
        f"Column '{'.'.join(path)}' is {kind}, which Iceberg tables do not have: make it text or a number."
    )


def _part(path: tuple[str, ...], name: str, kind: pa.DataType, ids: FieldIds) -> tuple[int, IcebergType]:
    own = (*path, name)
    number = ids.of(own, _shallow(own, kind))
    return number, _type(own, kind, ids)


def _fields(kind: IcebergType) -> tuple[NestedField, ...]:
    if isinstance(kind, StructType):
        return kind.fields
    if isinstance(kind, ListType):
        return (kind.element_field,)
    return (kind.key_field, kind.value_field) if isinstance(kind, MapType) else ()


def _can_become(before: IcebergType, now: IcebergType) -> bool:
    if isinstance(before, DecimalType) and isinstance(now, DecimalType):
        return before.scale == now.scale and before.precision <= now.precision
    if not before.is_primitive or not now.is_primitive:
        return type(before) is type(now)
    return before == now or (before, now) in _PROMOTIONS
