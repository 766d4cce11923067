"""Contracts as TypeScript interfaces, for the code of dashboards."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

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

_TYPES = {
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
    return "\n".join(_interface(one, base_of(one, contracts), datasets.get(one.name, ())) for one in shared_first)


def _interface(contract: Contract, base: Contract | None, datasets: Sequence[str]) -> str:
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
        about = _about(field)
        lines += [f"{indent}/** {_in_comment(about)} */"] if about else []
        lines.append(f"{indent}{name}: {_type(field, field.dataType, indent)};")
    return lines


def _type(field: T.StructField, data_type: T.DataType, indent: str) -> str:
    if isinstance(data_type, T.ArrayType):
        return f"{_type(field, data_type.elementType, indent)}[]"
    if isinstance(data_type, T.StructType):
        return "\n".join(["{", *_members(data_type.fields, f"{indent}  "), f"{indent}}}"])
    values = values_of(field)
    if values and data_type is field.dataType:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
    return _TYPES[kind_of(field, data_type)]


def _about(field: T.StructField) -> str:
    values, most, null_reason = values_of(field), most_of(field), null_reason_of(field)
    notes = [comment_of(field)]
    if values and isinstance(field.dataType, T.ArrayType):
        notes.append(f"elements: {', '.join(values)}")
    notes += [f"at most {most}"] if most is not None else []
    notes += [f"null: {null_reason}"] if null_reason is not None else []
    return "; ".join(note for note in notes if note)


def _in_comment(text: str) -> str:
    return text.replace("*/", "*\\/")
