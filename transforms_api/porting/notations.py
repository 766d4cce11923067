"""Contracts written for others: Markdown for people, and TypeScript, JSON Schema and ODCS for their tools.

Each notation is one function. `datasets` is contract name → paths of the datasets that satisfy the contract. A field of
a type that contracts do not have raises TransformTypeError.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import yaml
from pyspark.sql import types as T

from transforms_api.porting.contracts import (
    Contract,
    Kind,
    base_of,
    comment_of,
    kind_of,
    most_of,
    null_reason_of,
    own_fields,
    parts_of,
    values_of,
)

Document: TypeAlias = dict[str, object]
"""An object of JSON or YAML."""


def markdown(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]]) -> str:
    """Return a document with one section per contract: its datasets, grain, key and fields.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.

    Raises:
        TransformTypeError: a field's type is not supported.
    """
    sections = [_markdown_section(contract, contracts, datasets.get(contract.name, ())) for contract in contracts]
    return "\n".join(["# Data contracts\n", *sections])


def _markdown_section(contract: Contract, contracts: Sequence[Contract], datasets: Sequence[str]) -> str:
    base = base_of(contract, contracts)
    facts = [f"- Dataset: {_code(dataset)}" for dataset in datasets]
    facts.append(f"- Grain: {contract.grain}")
    facts += [f"- Key: {', '.join(map(_code, contract.primary_key))}"] if contract.primary_key else []
    facts += [f"- Further fields: those of {base.name}"] if base else []
    rows = [row for field in own_fields(contract, base) for row in _markdown_rows(field, "")]
    head = ["| field | type | what it is | null |", "|---|---|---|---|"]
    return "\n".join([f"## {contract.name}\n", *facts, "", *head, *rows, ""])


def _markdown_rows(field: T.StructField, outer: str) -> list[str]:
    """Return the row of a field, then those of its parts, whose names begin with that of the field."""
    path, values = f"{outer}{field.name}", values_of(field)
    about = _joined(comment_of(field), values and f"one of {', '.join(map(_code, values))}", _limit_of(field))
    cells = [_code(path), _markdown_type(field, field.dataType), about, null_reason_of(field) or "never"]
    row = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return [f"| {row} |", *(line for part in parts_of(field.dataType) for line in _markdown_rows(part, f"{path}."))]


def _markdown_type(field: T.StructField, data_type: T.DataType) -> str:
    if isinstance(data_type, T.ArrayType):
        return f"array of {_markdown_type(field, data_type.elementType)}"
    return "struct" if isinstance(data_type, T.StructType) else kind_of(field, data_type).value


def _code(text: str) -> str:
    return f"`{text}`"


_TYPESCRIPT_TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "number",
    Kind.NUMBER: "number",
    Kind.FLAG: "boolean",
    Kind.DATE: "Date",
    Kind.MOMENT: "Date",
}
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def typescript(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]]) -> str:
    """Return a module with one interface per contract, base interfaces first.

    The type of a field is that of its values; its comment says when it is null, and lists the enumeration of an array.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.

    Raises:
        TransformTypeError: TypeScript has no counterpart of a field's type.
    """
    shared_first = sorted(contracts, key=lambda contract: bool(contract.primary_key))
    return "\n".join(_interface(contract, contracts, datasets.get(contract.name, ())) for contract in shared_first)


def _interface(contract: Contract, contracts: Sequence[Contract], datasets: Sequence[str]) -> str:
    base = base_of(contract, contracts)
    about = [f"{contract.grain[:1].upper()}{contract.grain[1:]}."]
    about += [f"Dataset: {dataset}" for dataset in datasets]
    about += [f"Key: {', '.join(contract.primary_key)}"] if contract.primary_key else []
    extended = f" extends {base.name}" if base else ""
    return "\n".join(
        [
            "/**",
            *(f" * {_in_comment(line)}" for line in about),
            " */",
            f"export interface {contract.name}{extended} {{",
            *_members(own_fields(contract, base), "  "),
            "}\n",
        ]
    )


def _members(fields: Sequence[T.StructField], indent: str) -> list[str]:
    lines = []
    for field in fields:
        name = field.name if _IDENTIFIER.fullmatch(field.name) else json.dumps(field.name, ensure_ascii=False)
        values = values_of(field) if isinstance(field.dataType, T.ArrayType) else []
        elements = values and f"elements: {', '.join(values)}"
        about = _joined(comment_of(field), elements, _limit_of(field), _null_note_of(field))
        lines += [f"{indent}/** {_in_comment(about)} */"] if about else []
        lines.append(f"{indent}{name}: {_typescript_type(field, field.dataType, indent)};")
    return lines


def _typescript_type(field: T.StructField, data_type: T.DataType, indent: str) -> str:
    if isinstance(data_type, T.ArrayType):
        return f"{_typescript_type(field, data_type.elementType, indent)}[]"
    if isinstance(data_type, T.StructType):
        return "\n".join(["{", *_members(data_type.fields, f"{indent}  "), f"{indent}}}"])
    values = values_of(field)
    if values and data_type is field.dataType:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
    return _TYPESCRIPT_TYPES[kind_of(field, data_type)]


def _in_comment(text: str) -> str:
    return text.replace("*/", "*\\/")


_JSON_TYPES = {
    Kind.TEXT: ("string", None),
    Kind.INTEGER: ("integer", None),
    Kind.NUMBER: ("number", None),
    Kind.FLAG: ("boolean", None),
    Kind.DATE: ("string", "date"),
    Kind.MOMENT: ("string", "date-time"),
}
"""Kind → type and format of JSON Schema."""


def json_schema(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]]) -> str:
    """Return a JSON Schema (2020-12) whose `$defs` has the schema of a row per contract, by the contract's name.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.

    Raises:
        TransformTypeError: JSON Schema has no counterpart of a field's type.
    """
    bases = {contract.name: base_of(contract, contracts) for contract in contracts}
    extended = {base.name for base in bases.values() if base}
    definitions: Document = {}
    for contract in contracts:
        schema = _json_row(contract, bases[contract.name], datasets.get(contract.name, ()))
        is_open = contract.name in extended
        definitions[contract.name] = schema if is_open else {**schema, "unevaluatedProperties": False}
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _json_row(contract: Contract, base: Contract | None, datasets: Sequence[str]) -> Document:
    about = [contract.grain, *(f"dataset {dataset}" for dataset in datasets)]
    about += [f"key {', '.join(contract.primary_key)}"] if contract.primary_key else []
    extends: Document = {"allOf": [{"$ref": f"#/$defs/{base.name}"}]} if base else {}
    return {"description": "; ".join(about), **extends, **_json_object(own_fields(contract, base))}


def _json_object(fields: Sequence[T.StructField], is_nullable: bool = False) -> Document:
    """Return the schema of an object that has all these fields; a null is written, not omitted."""
    return {
        "type": ["object", "null"] if is_nullable else "object",
        "properties": {field.name: _json_field(field) for field in fields},
        "required": [field.name for field in fields],
    }


def _json_field(field: T.StructField) -> Document:
    about = _joined(comment_of(field), _null_note_of(field))
    schema = _json_type(field, field.dataType, field.nullable)
    return {"description": about, **schema} if about else schema


def _json_type(field: T.StructField, data_type: T.DataType, is_nullable: bool) -> Document:
    if isinstance(data_type, T.StructType):
        return {**_json_object(data_type.fields, is_nullable), "additionalProperties": False}
    if isinstance(data_type, T.ArrayType):
        most = most_of(field) if data_type is field.dataType else None
        limit: Document = {} if most is None else {"maxItems": most}
        items = _json_type(field, data_type.elementType, is_nullable=False)
        return {"type": ["array", "null"] if is_nullable else "array", "items": items, **limit}
    name, text_format = _JSON_TYPES[kind_of(field, data_type)]
    schema: Document = {"type": [name, "null"] if is_nullable else name}
    schema |= {"format": text_format} if text_format else {}
    values = [*values_of(field), *([None] if is_nullable else [])] if values_of(field) else []
    return {**schema, "enum": values} if values else schema


_ODCS_TYPES = {
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.FLAG: "boolean",
    Kind.DATE: "date",
    Kind.MOMENT: "timestamp",
}


def odcs(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]], name: str) -> str:
    """Return one document of the Open Data Contract Standard (v3) in YAML; shared types are repeated in each contract.

    The version of the document is a digest of its content, so it changes exactly when a contract changes.

    Args:
        contracts: the contracts; those without a primary key are left out.
        datasets: contract name → datasets that satisfy it.
        name: identifier of the document: the module of the contracts.

    Raises:
        TransformTypeError: the standard has no counterpart of a field's type.
    """
    tables = [_odcs_table(contract, datasets.get(contract.name, ())) for contract in contracts if contract.primary_key]
    digest = hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:12]
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": name, "version": digest, "status": "active"}
    return str(yaml.safe_dump({**head, "schema": tables}, sort_keys=False, allow_unicode=True, width=120))


def _odcs_table(contract: Contract, datasets: Sequence[str]) -> Document:
    keys = list(contract.primary_key)
    named: Document = {"physicalName": datasets[0]} if len(datasets) == 1 else {}
    named |= {"tags": list(datasets)} if len(datasets) > 1 else {}
    properties = []
    for field in contract.schema.fields:
        position = {"primaryKey": True, "primaryKeyPosition": keys.index(field.name) + 1} if field.name in keys else {}
        properties.append({**_odcs_field(field), **position})
    return {
        "name": contract.name,
        **named,
        "physicalType": "table",
        "dataGranularityDescription": contract.grain,
        "properties": properties,
    }


def _odcs_field(field: T.StructField) -> Document:
    about = _joined(comment_of(field), _null_note_of(field))
    return {
        "name": field.name,
        **({"description": about} if about else {}),
        **_odcs_type(field, field.dataType),
        "required": not field.nullable,
    }


def _odcs_type(field: T.StructField, data_type: T.DataType) -> Document:
    physical: Document = {"physicalType": data_type.simpleString()}
    if isinstance(data_type, T.ArrayType):
        most = most_of(field) if data_type is field.dataType else None
        limit: Document = {} if most is None else {"logicalTypeOptions": {"maxItems": most}}
        return {"logicalType": "array", **physical, **limit, "items": _odcs_type(field, data_type.elementType)}
    if isinstance(data_type, T.StructType):
        return {"logicalType": "object", **physical, "properties": [_odcs_field(part) for part in data_type.fields]}
    return {"logicalType": _ODCS_TYPES[kind_of(field, data_type)], **physical, **_odcs_quality(values_of(field))}


def _odcs_quality(values: list[str]) -> Document:
    if not values:
        return {}
    arguments = {"validValues": values}
    return {"quality": [{"type": "library", "metric": "invalidValues", "arguments": arguments, "mustBe": 0}]}


def _limit_of(field: T.StructField) -> str | None:
    most = most_of(field)
    return None if most is None else f"at most {most}"


def _null_note_of(field: T.StructField) -> str | None:
    reason = null_reason_of(field)
    return None if reason is None else f"null: {reason}"


def _joined(*notes: str | list[str] | None) -> str:
    return "; ".join(str(note) for note in notes if note)
