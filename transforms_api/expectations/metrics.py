"""What has to be measured of a dataset to judge a settled expectation, and the judgement.

Some of the rows that break an expectation, for people to look at.
"""

from __future__ import annotations

import itertools
import json
import operator
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from transforms_api.expectations.backend import SAMPLE, CheckBackend, Metric, RepeatedKeys
from transforms_api.expectations.tree import (
    SYMBOLS,
    AllOf,
    Compared,
    Constant,
    Expectation,
    NonNull,
    PerGroup,
    PrimaryKey,
    RowCount,
    UniqueGroups,
    rebuilt,
)


def metrics_of(expectation: Expectation) -> Iterator[Metric]:
    """Yield what has to be measured for an expectation, so that one pass over the rows is enough.

    Where it is about rows with parts about the dataset, these are known only after the pass: what is left of it in
    either case is measured.
    """
    about_dataset = list(_parts_about_dataset(expectation))
    for part in about_dataset:
        for leaf in part.leaves():
            yield from _measures_of_leaf(leaf)
    for outcome in itertools.product((Constant(), Constant("broken")), repeat=len(about_dataset)):
        left = rebuilt(expectation, dict(zip(about_dataset, outcome, strict=True)).get)
        if left.per_row:
            yield left


def describe_failure(expectation: Expectation, values: Mapping[Metric, Any]) -> Expectation:
    """Return `Settled`, or what is left to ask of each row once everything about the dataset is known."""
    return rebuilt(expectation, lambda part: _judged_leaf(part, values))


def problem_of(left: Expectation, values: Mapping[Metric, Any]) -> str | None:
    """Return what is wrong with what `judged` left, with how many rows break it; None where it holds."""
    return left.problem if isinstance(left, Constant) else _counted(values[left], "row breaks it", "rows break it")


def key_is_known(key: UniqueGroups) -> Expectation:
    """Return the expectation about rows that no column of a key is null."""
    return AllOf(tuple(map(NonNull, key.by)))


def failing_leaves(expectation: Expectation, values: Mapping[Metric, Any]) -> Iterator[Expectation]:
    """Yield the leaves about the dataset that do not hold."""
    for leaf in expectation.leaves():
        verdict = _judged_leaf(leaf, values)
        if verdict is not None and verdict.problem:
            yield leaf


def _parts_about_dataset(expectation: Expectation) -> Iterator[Expectation]:
    if not expectation.per_row:
        yield expectation
    for part in expectation.parts if expectation.per_row else ():
        yield from _parts_about_dataset(part)


def _measures_of_leaf(leaf: Expectation) -> Iterator[Metric]:
    match leaf:
        case PrimaryKey(by):
            yield from (key_is_known(leaf), RepeatedKeys(by))
        case UniqueGroups(by):
            yield RepeatedKeys(by)
        case Compared(PerGroup()):
            yield leaf
        case Compared(value):
            yield value


def _judged_leaf(leaf: Expectation, values: Mapping[Metric, Any]) -> Constant | None:
    match leaf:
        case UniqueGroups(by):
            return Constant(_problem_of_key(leaf, ", ".join(by), values))
        case Compared(PerGroup(value, by), how, bound):
            wrong = f"a {value} that is not {SYMBOLS[how]} {bound}"
            count, label = values[leaf], ", ".join(by)
            return Constant(_counted(count, f"group of ({label}) has {wrong}", f"groups of ({label}) have {wrong}"))
        case Compared(value, how, bound) if not leaf.per_row:
            found = values[value]
            holds = found is None or how(found, bound)
            return Constant(None if holds else f"the {value} is {found}, expected {SYMBOLS[how]} {bound}")
    return None


def _problem_of_key(key: UniqueGroups, label: str, values: Mapping[Metric, Any]) -> str | None:
    nulls = values[key_is_known(key)] if isinstance(key, PrimaryKey) else 0
    problems = [
        _counted(nulls, f"row has a null in the key ({label})", f"rows have a null in the key ({label})"),
        _counted(
            values[RepeatedKeys(key.by)],
            f"row repeats the key ({label}) of another",
            f"rows repeat the key ({label}) of another",
        ),
    ]
    return "; ".join(filter(None, problems)) or None


def _counted(count: int, one: str, several: str) -> str | None:
    return f"{count:,} {one if count == 1 else several}" if count else None


_LONGEST_CELL = 100


def sample_of(
    rows: CheckBackend, expectation: Expectation, left: Expectation, values: Mapping[Metric, Any]
) -> list[dict[str, Any]]:
    """Return a few rows that break an expectation as JSON values, long ones cut.

    Args:
        left: what is left to ask of each row; where nothing is, keys that repeat and groups are shown.
        values: what was measured.
    """
    found = rows.breaking_rows(left) if not isinstance(left, Constant) else []
    for leaf in failing_leaves(expectation, values) if isinstance(left, Constant) else ():
        if isinstance(leaf, PrimaryKey) and values[key_is_known(leaf)]:
            found += rows.breaking_rows(key_is_known(leaf))
        if isinstance(leaf, UniqueGroups) and values[RepeatedKeys(leaf.by)]:
            found += rows.breaking_groups(Compared(PerGroup(RowCount(), leaf.by), operator.le, 1))
        if isinstance(leaf, Compared) and isinstance(leaf.value, PerGroup):
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
