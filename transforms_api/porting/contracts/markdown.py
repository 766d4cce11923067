"""Contracts as Markdown tables of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import types as T

from transforms_api.porting.contracts.contract import (
    Contract,
    base_of,
    comment_of,
    kind_of,
    most_of,
    null_reason_of,
    own_fields,
    values_of,
)


def markdown(contracts: Sequence[Contract], datasets: Mapping[str, Sequence[str]]) -> str:
    """Return a document with one section per contract: its datasets, grain, key and fields.

    Args:
        contracts: the contracts.
        datasets: contract name → datasets that satisfy it.

    Raises:
        TransformTypeError: a field's type is not supported.
    """
    sections = [_section(one, base_of(one, contracts), datasets.get(one.name, ())) for one in contracts]
    return "\n".join(["# Data contracts\n", *sections])


def _section(contract: Contract, base: Contract | None, datasets: Sequence[str]) -> str:
    facts = [f"- Dataset: {_code(dataset)}" for dataset in datasets]
    facts.append(f"- Grain: {contract.grain}")
    facts += [f"- Key: {', '.join(map(_code, contract.primary_key))}"] if contract.primary_key else []
    facts += [f"- Further fields: those of {base.name}"] if base else []
    rows = [row for field in own_fields(contract, base) for row in _rows(field, "")]
    head = ["| field | type | what it is | null |", "|---|---|---|---|"]
    return "\n".join([f"## {contract.name}\n", *facts, "", *head, *rows, ""])


def _rows(field: T.StructField, outer: str) -> list[str]:
    """Yield the line of a field, then those of its parts, indented."""
    path = f"{outer}{field.name}"
    cells = [_code(path), _type(field, field.dataType), _about(field), null_reason_of(field) or "never"]
    lines = [f"| {' | '.join(_cell(cell) for cell in cells)} |"]
    parts = _parts(field.dataType)
    return lines + [line for part in parts for line in _rows(part, f"{path}.")]


def _parts(data_type: T.DataType) -> list[T.StructField]:
    if isinstance(data_type, T.ArrayType):
        return _parts(data_type.elementType)
    return list(data_type.fields) if isinstance(data_type, T.StructType) else []


def _type(field: T.StructField, data_type: T.DataType) -> str:
    if isinstance(data_type, T.ArrayType):
        return f"array of {_type(field, data_type.elementType)}"
    return "struct" if isinstance(data_type, T.StructType) else kind_of(field, data_type).value


def _about(field: T.StructField) -> str:
    values, most = values_of(field), most_of(field)
    notes = [comment_of(field)]
    notes += [f"one of {', '.join(map(_code, values))}"] if values else []
    notes += [f"at most {most}"] if most is not None else []
    return "; ".join(note for note in notes if note)


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
