"""Explanations of figures: the entries of docs/metrics.md, as pages show them beside their figures."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FIELDS = ("Name", "Definition", "Formula", "Unit", "Grain", "Shown", "Unknown", "Source")
"""The fields of an entry."""
_HEADING = re.compile(r"### `([a-z0-9_]+)`")
_FIELD = re.compile(r"- \*\*(\w+):\*\* (.*)")


@dataclass(frozen=True)
class Metric:
    """An entry of docs/metrics.md.

    Attributes:
        key: name of the entry, such as 'win_rate'.
        name: the name that pages show.
        definition: one sentence on what the figure measures.
        formula: the computation, from columns.
        unit: unit of the values.
        unknown: the value, and when the figure cannot be computed.
        source: origin of the rule.
    """

    key: str
    name: str
    definition: str
    formula: str
    unit: str
    unknown: str
    source: str


def parse_metrics(text: str) -> dict[str, Metric]:
    """Return the entries of a text in the format that docs/metrics.md describes, by key.

    Args:
        text: the content of docs/metrics.md.

    Raises:
        ValueError: an entry lacks a field.
    """
    entries: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    field = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = _HEADING.fullmatch(line.strip())
            fields = entries.setdefault(heading[1], {}) if heading else {}
            field = ""
        elif item := _FIELD.fullmatch(line):
            field = item[1]
            fields[field] = item[2].strip()
        elif field and line.startswith("  "):
            fields[field] += f" {line.strip()}"
        else:
            field = ""
    return {key: _metric(key, fields) for key, fields in entries.items()}


def _metric(key: str, fields: Mapping[str, str]) -> Metric:
    missing = [name for name in FIELDS if not fields.get(name)]
    if missing:
        raise ValueError(f"docs/metrics.md: `{key}` has no {', '.join(missing)}.")
    plain = {name: fields[name].replace("`", "") for name in FIELDS}
    return Metric(
        key, plain["Name"], plain["Definition"], plain["Formula"], plain["Unit"], plain["Unknown"], plain["Source"]
    )


@functools.cache
def metrics() -> Mapping[str, Metric]:
    """Return the entries of the file that is installed with this package, or of the checkout's docs/."""
    package = Path(__file__).parent
    files = (package / "metrics.md", package.parent / "docs" / "metrics.md")
    file = next((path for path in files if path.is_file()), None)
    return parse_metrics(file.read_text(encoding="utf-8")) if file else {}
