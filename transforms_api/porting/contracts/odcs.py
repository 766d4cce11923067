"""Contracts as one Open Data Contract Standard document (v3) in YAML, for data catalogs and data quality tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pyspark.sql import types as T

from transforms_api.porting.contracts.contract import (
    Contract,
    Kind,
    comment_of,
    kind_of,
    most_of,
    null_reason_of,
    values_of,
)

_TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.FLAG: "boolean",
    Kind.DATE: "date",
    Kind.MOMENT: "timestamp",
}


def odcs(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the contracts of all datasets as one document; shared types are repeated in each.

    The version of the document is a digest of its content, so it changes exactly when a contract changes.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.
        name: identifier of the document: the module of the contracts.

    Raises:
        TransformTypeError: the standard has no counterpart of a field's type.
    """
    tables = [_table(one, datasets.get(one.name, ())) for one in contracts if one.primary_key]
    digest = hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:12]
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": name, "version": digest, "status": "active"}
    return str(yaml.safe_dump({**head, "schema": tables}, sort_keys=False, allow_unicode=True, width=120))


def _table(contract: Contract, datasets: Sequence[str]) -> dict[str, Any]:
    keys = list(contract.primary_key)
    places = {"physicalName": datasets[0]} if len(datasets) == 1 else {}
    more = {"tags": list(datasets)} if len(datasets) > 1 else {}
    properties = []
    for field in contract.schema.fields:
        position = {"primaryKey": True, "primaryKeyPosition": keys.index(field.name) + 1} if field.name in keys else {}
        properties.append({**_field(field), **position})
    return {
        "name": contract.name,
        **places,
        **more,
        "physicalType": "table",
        "dataGranularityDescription": contract.grain,
        "properties": properties,
    }


def _field(field: T.StructField) -> dict[str, Any]:
    comment, null_reason = comment_of(field), null_reason_of(field)
    about = "; ".join(filter(None, [comment, null_reason and f"null: {null_reason}"]))
    return {
        "name": field.name,
        **({"description": about} if about else {}),
        **_type(field, field.dataType),
        "required": not field.nullable,
    }


def _type(field: T.StructField, data_type: T.DataType) -> dict[str, Any]:
    physical = {"physicalType": data_type.simpleString()}
    if isinstance(data_type, T.ArrayType):
        most = most_of(field) if data_type is field.dataType else None
        limit = {} if most is None else {"logicalTypeOptions": {"maxItems": most}}
        return {"logicalType": "array", **physical, **limit, "items": _type(field, data_type.elementType)}
    if isinstance(data_type, T.StructType):
        return {"logicalType": "object", **physical, "properties": [_field(part) for part in data_type.fields]}
    return {"logicalType": _TYPES[kind_of(field, data_type)], **physical, **_enumeration(values_of(field))}


def _enumeration(values: list[str]) -> dict[str, Any]:
    if not values:
        return {}
    arguments = {"validValues": values}
    return {"quality": [{"type": "library", "metric": "invalidValues", "arguments": arguments, "mustBe": 0}]}
