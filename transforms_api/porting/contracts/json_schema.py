"""Contracts as JSON Schema (2020-12) of a row of each dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import types as T

from transforms_api.porting.contracts.contract import (
    Contract,
    Kind,
    base_of,
    comment_of,
    kind_of,
    most_of,
    null_reason_of,
    own_fields,
    values_of,
)

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.FLAG: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
}


def json_schema(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]]) -> str:
    """Return a JSON Schema whose `$defs` has one schema per contract, by its name.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.

    Raises:
        TransformTypeError: JSON Schema has no counterpart of a field's type.
    """
    extended = {id(base) for contract in contracts if (base := base_of(contract, contracts))}
    definitions = {}
    for contract in contracts:
        schema = _row(contract, base_of(contract, contracts), datasets.get(contract.name, ()))
        is_open = id(contract) in extended
        definitions[contract.name] = schema if is_open else {**schema, "unevaluatedProperties": False}
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _row(contract: Contract, base: Contract | None, datasets: Sequence[str]) -> dict[str, Any]:
    about = [contract.grain, *(f"dataset {dataset}" for dataset in datasets)]
    about += [f"key {', '.join(contract.primary_key)}"] if contract.primary_key else []
    extends = {"allOf": [{"$ref": f"#/$defs/{base.name}"}]} if base else {}
    return {"description": "; ".join(about), **extends, **_object(own_fields(contract, base))}


def _object(fields: Sequence[T.StructField]) -> dict[str, Any]:
    """Return the schema of an object that has all these fields; a null is written, not omitted."""
    return {
        "type": "object",
        "properties": {field.name: _field(field) for field in fields},
        "required": [field.name for field in fields],
    }


def _field(field: T.StructField) -> dict[str, Any]:
    schema, null_reason, comment = _type(field, field.dataType), null_reason_of(field), comment_of(field)
    if null_reason is not None:
        schema["type"] = [schema["type"], "null"]
        comment = f"{comment}; null: {null_reason}" if comment else f"null: {null_reason}"
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return {"description": comment, **schema} if comment else schema


def _type(field: T.StructField, data_type: T.DataType) -> dict[str, Any]:
    if isinstance(data_type, T.ArrayType):
        most = most_of(field) if data_type is field.dataType else None
        limit = {} if most is None else {"maxItems": most}
        return {"type": "array", "items": _type(field, data_type.elementType), **limit}
    if isinstance(data_type, T.StructType):
        return {**_object(data_type.fields), "additionalProperties": False}
    values = values_of(field)
    return {**_TYPES[kind_of(field, data_type)], **({"enum": values} if values else {})}
