"""Some of the rows that break an expectation, for people to look at."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from transforms_api.checks.expressions import (
    Compared,
    Expectation,
    OfGroups,
    PrimaryKey,
    RowCount,
    Settled,
    UniqueGroups,
)
from transforms_api.checks.measures import broken_leaves, key_is_known
from transforms_api.checks.rows import SAMPLE, Measure, RepeatedKeys, Rows

_LONGEST_CELL = 100


def sample_of(
    rows: Rows, expectation: Expectation, left: Expectation, values: Mapping[Measure, Any]
) -> list[dict[str, Any]]:
    """Return a few rows that break an expectation as JSON values, long ones cut.

    Args:
        left: what is left to ask of each row; where nothing is, keys that repeat and groups are shown.
        values: what was measured.
    """
    found = rows.breaking_rows(left) if not isinstance(left, Settled) else []
    for leaf in broken_leaves(expectation, values) if isinstance(left, Settled) else ():
        if isinstance(leaf, PrimaryKey) and values[key_is_known(leaf)]:
            found += rows.breaking_rows(key_is_known(leaf))
        if isinstance(leaf, UniqueGroups) and values[RepeatedKeys(leaf.by)]:
            found += rows.breaking_groups(Compared(OfGroups(RowCount(), leaf.by), operator.le, 1))
        if isinstance(leaf, Compared) and isinstance(leaf.value, OfGroups):
            found += rows.breaking_groups(leaf)
    return [{name: _cell(value) for name, value in row.items()} for row in found[:SAMPLE]]


def _cell(value: Any) -> Any:
    plain = json.loads(json.dumps(value, default=_as_json), parse_constant=str)
    text = plain if isinstance(plain, str) else json.dumps(plain)
    return plain if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)
