"""Columns of datasets: which schemas a dataset can have, which rows fit an existing dataset, values of partitions.

Schemas are JSON texts, the same for Delta and for Spark. `Column` and `DataType` are the types of their content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeAlias, TypedDict, cast
from urllib.parse import unquote

from transforms_api.errors import WriteError
from transforms_api.warehouse.table import TableVersion

DataType: TypeAlias = "str | NestedType"
"""The type of a column or field: a word such as 'long', or a nested type."""


class Column(TypedDict):
    """A column, or a field of a struct, in the JSON of a schema."""

    name: str
    type: DataType
    nullable: bool
    metadata: dict[str, Any]


class NestedType(TypedDict, total=False):
    """A struct (with `fields`), an array (`elementType`) or a map (`keyType`, `valueType`), by its `type`."""

    type: str
    fields: list[Column]
    elementType: DataType
    keyType: DataType
    valueType: DataType


def columns_of(schema: str) -> list[Column]:
    """Return the columns of a schema.

    Args:
        schema: the schema as JSON.
    """
    return cast(list[Column], json.loads(schema)["fields"])


def types_of(schema: str) -> dict[str, DataType]:
    """Return column → type.

    Args:
        schema: the schema as JSON.
    """
    return {column["name"]: column["type"] for column in columns_of(schema)}


def require_names(dataset: str, names: Iterable[str], base: TableVersion | None) -> None:
    """Make sure that rows with columns of these names can become a dataset, or be added to one.

    Args:
        dataset: path of the dataset, for messages.
        names: names of the new rows' columns.
        base: the version to add to; None for a new dataset.

    Raises:
        WriteError: there is no column, a name is empty, or two names differ in case only, or not at all.
    """
    new = list(names)
    if not new:
        raise WriteError(
            f"{dataset} cannot be written without columns: give the frame its columns, even where it has no rows."
        )
    if "" in new:
        raise WriteError(f"{dataset} cannot have a column without a name: rename column {new.index('') + 1}.")
    kept = [name for name in (types_of(base.schema) if base else ()) if name not in new]
    if pair := same_columns([*new, *kept]):
        raise WriteError(
            f"{dataset} cannot have the columns '{pair[0]}' and '{pair[1]}': Spark, which ignores case, does not tell "
            "them apart. Rename one of them, or drop it."
        )


def require_storable(dataset: str, schema: str, partition_columns: Sequence[str]) -> None:
    """Make sure that rows with a schema can become a Delta table.

    Args:
        dataset: path of the dataset, for messages.
        schema: the schema as JSON.
        partition_columns: columns by which the rows are partitioned.

    Raises:
        WriteError: there is no column, a column has no name, two columns or fields differ in case only, Delta lacks a
            type, or the partition columns are missing, nested or all columns.
    """
    columns = types_of(schema)
    require_names(dataset, [column["name"] for column in columns_of(schema)], None)
    for name, data_type in columns.items():
        if problem := _problem_of(data_type):
            raise WriteError(f"{dataset} cannot have the column '{name}': it {problem}.")
    require_partitions(dataset, schema, partition_columns)


def require_partitions(dataset: str, schema: str, partition_columns: Sequence[str]) -> None:
    """Make sure that rows with a schema can be partitioned by these columns.

    Args:
        dataset: path of the dataset, for messages.
        schema: the schema as JSON.
        partition_columns: columns by which to partition.

    Raises:
        WriteError: a partition column is missing, repeated or nested, or every column is one.
    """
    columns = types_of(schema)
    for name in partition_columns:
        if name not in columns:
            problem = f"there is no column '{name}'. Its columns are {', '.join(columns)}"
        elif isinstance(columns[name], dict):
            problem = f"'{name}' is nested"
        elif list(partition_columns).count(name) > 1:
            problem = f"'{name}' occurs twice"
        else:
            continue
        raise WriteError(f"{dataset} cannot be partitioned by {list(partition_columns)}: {problem}.")
    if len(partition_columns) == len(columns):
        raise WriteError(f"{dataset} cannot be partitioned by all of its columns: leave one out of partition_cols.")


_TYPES = re.compile(
    r"string|long|integer|short|byte|float|double|boolean|binary|date|timestamp|timestamp_ntz|variant"
    r"|decimal\(\d+,\s*\d+\)"
)
"""Delta's types that are not nested."""


def _problem_of(data_type: DataType) -> str | None:
    """Return why a column cannot have a type; None if it can."""
    if isinstance(data_type, str):
        return None if _TYPES.fullmatch(data_type) else f"is {data_type}, a type that datasets do not have"
    if data_type["type"] == "struct":
        names = [field["name"] for field in data_type["fields"]]
        if pair := same_columns(names):
            return f"has the fields '{pair[0]}' and '{pair[1]}', which Spark does not tell apart"
        parts = [field["type"] for field in data_type["fields"]]
    else:
        optional = (data_type.get("elementType"), data_type.get("keyType"), data_type.get("valueType"))
        parts = [part for part in optional if part is not None]
    return next(filter(None, map(_problem_of, parts)), None)


def same_columns(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names that differ in case only, or not at all; None if there are none.

    Args:
        names: names of columns or fields.
    """
    known: dict[str, str] = {}
    for name in names:
        if name.lower() in known:
            return known[name.lower()], name
        known[name.lower()] = name
    return None


def columns_to_add(dataset: str, schema: str, partition_columns: Sequence[str], base: TableVersion) -> list[Column]:
    """Return the columns of new rows that a version lacks, and its columns whose structs get more fields.

    Args:
        dataset: path of the dataset, for messages.
        schema: schema of the new rows as JSON.
        partition_columns: columns by which the new rows are partitioned.
        base: the version to add to.

    Raises:
        WriteError: the new rows have other types or partitions than `base`.
    """
    known = {column["name"]: column for column in columns_of(base.schema)}
    added: list[Column] = []
    for column in columns_of(schema):
        before = known.get(column["name"])
        if before is None:
            added.append(column)
        elif (merged := merged_type(before["type"], column["type"])) is None:
            stored, new = type_text(before["type"]), type_text(column["type"])
            raise WriteError(
                f"Rows cannot be added to {dataset}: column '{column['name']}' is {stored} there and {new} in the new "
                "rows. Give it the same type, or replace the dataset: set_mode('replace')."
            )
        elif merged != before["type"]:
            added.append({**before, "type": merged})
    if tuple(partition_columns) != base.partition_columns:
        raise WriteError(
            f"Rows cannot be added to {dataset}: it is partitioned by {list(base.partition_columns)}, the new rows by "
            f"{list(partition_columns)}."
        )
    return added


def with_columns(schema: str, added: Sequence[Mapping[str, object]]) -> str:
    """Return a schema with more columns, as JSON.

    Args:
        schema: the schema as JSON.
        added: the result of `columns_to_add`; a column of the same name is replaced.
    """
    columns = {column["name"]: column for column in [*columns_of(schema), *added]}
    return json.dumps({**json.loads(schema), "fields": list(columns.values())})


def merged_type(known: DataType, new: DataType) -> DataType | None:
    """Return a type with the fields of both structs at any depth except in keys of maps; None if there is none.

    Args:
        known: type of the existing column, as in a schema's JSON.
        new: type of the new column.
    """
    if known == new:
        return known
    if isinstance(known, str) or isinstance(new, str) or known["type"] != new["type"]:
        return None
    if known["type"] == "struct":
        return _merged_struct(known, new)
    if known["type"] == "map" and known["keyType"] != new["keyType"]:
        return None
    if known["type"] == "array":
        merged = merged_type(known["elementType"], new["elementType"])
        return None if merged is None else {**known, "elementType": merged}
    merged = merged_type(known["valueType"], new["valueType"])
    return None if merged is None else {**known, "valueType": merged}


def _merged_struct(known: NestedType, new: NestedType) -> NestedType | None:
    fields = {field["name"]: field for field in known["fields"]}
    for field in new["fields"]:
        before = fields.get(field["name"], field)
        merged = merged_type(before["type"], field["type"])
        if merged is None:
            return None
        fields[field["name"]] = {**before, "type": merged}
    return None if same_columns(fields) else {**known, "fields": list(fields.values())}


def type_text(data_type: DataType) -> str:
    """Return a type as text, such as `struct<id:long,tags:array<string>>`.

    Args:
        data_type: the type, as in a schema's JSON.
    """
    if isinstance(data_type, str):
        return data_type
    if data_type["type"] == "struct":
        parts = ",".join(f"{field['name']}:{type_text(field['type'])}" for field in data_type["fields"])
    elif data_type["type"] == "map":
        parts = f"{type_text(data_type['keyType'])},{type_text(data_type['valueType'])}"
    else:
        parts = type_text(data_type["elementType"])
    return f"{data_type['type']}<{parts}>"


def type_word(data_type: DataType) -> str:
    """Return a type as a word: a nested one as 'struct', 'array' or 'map'.

    Args:
        data_type: the type, as in a schema's JSON.
    """
    return data_type if isinstance(data_type, str) else data_type["type"]


_NULL = "__HIVE_DEFAULT_PARTITION__"


def partition_values(folder: PurePath) -> Iterator[tuple[str, str | None]]:
    """Yield the partition columns of the files in a folder, with their values as texts; None is a null.

    Args:
        folder: path of the folder, such as `year=2024/month=5`.
    """
    for part in folder.parts:
        name, is_value, value = part.partition("=")
        if is_value:
            yield unquote(name), None if value == _NULL else unquote(value)
