"""Read the mapping of a CRM export, report its faults with file, line and key, and document its keys as Markdown."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from .mapping import ExportMapping, Model, Source


def parse_mapping(content: Mapping[str, Any], text: str = "", name: str = "the mapping") -> ExportMapping:
    """Return a mapping, checked.

    Args:
        content: what TOML read.
        text: the TOML text, to find the lines of keys.
        name: name of the file, for messages.

    Raises:
        ValueError: one line for each fault: file, line, key, what is wrong and what is possible.
    """
    try:
        return ExportMapping.model_validate(dict(content))
    except ValidationError as error:
        lines = _lines_of_keys(text)
        faults = {_fault(fault, lines, name): None for fault in error.errors()}
        raise ValueError("\n".join(faults)) from error


def _fault(fault: Mapping[str, Any], lines: Mapping[tuple[str, ...], int], name: str) -> str:
    """Return the message of one of pydantic's errors: 'file:line: key: what is wrong'."""
    path = tuple(str(part) for part in fault["loc"] if part not in ("[key]", "str", "Join", "Constant", "RowNumber"))
    path = tuple(part for part in path if not part.startswith("list["))
    in_columns = len(path) > 2 and path[1] == "columns"
    is_column = in_columns and (len(path) > 3 or fault["type"] not in ("missing", "extra_forbidden"))
    path = path[:3] if is_column else path
    known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in lines), ())
    where = f"{name}:{lines[known]}" if known else name
    match "column" if is_column else fault["type"]:
        case "column":
            message = (
                "has to be a column's name in quotes, a list of these, or a table with join, constant or row_number"
            )
        case "missing":
            message = "is missing: add it"
        case "extra_forbidden":
            message = f"means nothing here: remove it, or choose one of {', '.join(_keys_beside(path))}"
        case "literal_error":
            message = f"is {fault['input']!r}: choose one of {fault['ctx']['expected']}"
        case "value_error":
            message = str(fault["ctx"]["error"])
        case _:
            message = f"is {fault['input']!r}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
    return f"{where}: {'.'.join(path) or 'mapping'}: {message}"


def _keys_beside(path: tuple[str, ...]) -> Iterator[str]:
    """Return the keys that the table of an unknown key may have."""
    model: Any = ExportMapping
    for part in path[:-1]:
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        kinds = getattr(field.annotation, "__args__", (field.annotation,)) if field else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), Model)
    yield from model.model_fields


def _lines_of_keys(text: str) -> dict[tuple[str, ...], int]:
    """Return path of a table or key → its line in a TOML text, from 1."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[].*)\]\s*(#.*)?$", line):
            table = _path_of(f"[{header[1]}]")
            lines.setdefault(table, number)
        elif key := re.match(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""", line):
            lines.setdefault((*table, *_path_of(f"{key[1]} = 0")), number)
    return lines


def _path_of(toml: str) -> tuple[str, ...]:
    """Return the path of the only key or table in a line of TOML."""
    try:
        parsed: Any = tomllib.loads(toml)
    except tomllib.TOMLDecodeError:
        return ()
    path = []
    while isinstance(parsed, dict) and parsed:
        [(key, parsed)] = parsed.items()
        path.append(key)
    return tuple(path)


def reference() -> str:
    """Return the keys of a mapping as Markdown: one table for each table of the file."""
    parts = [_section("general keys", ExportMapping)]
    for name, field in ExportMapping.model_fields.items():
        kinds = getattr(field.annotation, "__args__", (field.annotation,))
        for model in kinds:
            if isinstance(model, type) and issubclass(model, Source):
                columns = getattr(model.model_fields["columns"].annotation, "__args__", ())
                column_model = columns[0] if columns else model.model_fields["columns"].annotation
                parts += [
                    _section(f"[{name}]", model, skip=Source.model_fields),
                    _section(f"[{name}.columns]", column_model),
                ]
    parts.insert(1, _section("each table with a file", Source))
    return "\n\n".join(part for part in parts if part)


def _section(title: str, model: Any, skip: Collection[str] = ()) -> str:
    rows = [
        f"| `{field.alias or key}` | {'needed; ' if field.is_required() else ''}{field.description} |"
        for key, field in model.model_fields.items()
        if field.description and key not in skip
    ]
    return "\n".join([f"### {title}", "", "| key | meaning |", "|---|---|", *rows]) if rows else ""
