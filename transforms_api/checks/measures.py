"""What has to be measured of a dataset to judge a settled expectation, and the judgement."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from transforms_api.checks.composites import AllOf, rebuilt
from transforms_api.checks.expressions import (
    SYMBOLS,
    Compared,
    Expectation,
    NonNull,
    OfGroups,
    PrimaryKey,
    Settled,
    UniqueGroups,
)
from transforms_api.checks.rows import Measure, RepeatedKeys


def measures_of(expectation: Expectation) -> Iterator[Measure]:
    """Yield what has to be measured for an expectation, so that one pass over the rows is enough.

    Where it is about rows with parts about the dataset, these are known only after the pass: what is left of it in
    either case is measured.
    """
    about_dataset = list(_parts_about_dataset(expectation))
    for part in about_dataset:
        for leaf in part.leaves():
            yield from _measures_of_leaf(leaf)
    for outcome in itertools.product((Settled(), Settled("broken")), repeat=len(about_dataset)):
        left = rebuilt(expectation, dict(zip(about_dataset, outcome, strict=True)).get)
        if left.per_row:
            yield left


def judged(expectation: Expectation, values: Mapping[Measure, Any]) -> Expectation:
    """Return `Settled`, or what is left to ask of each row once everything about the dataset is known."""
    return rebuilt(expectation, lambda part: _judged_leaf(part, values))


def problem_of(left: Expectation, values: Mapping[Measure, Any]) -> str | None:
    """Return what is wrong with what `judged` left, with how many rows break it; None where it holds."""
    return left.problem if isinstance(left, Settled) else _counted(values[left], "row breaks it", "rows break it")


def key_is_known(key: UniqueGroups) -> Expectation:
    """Return the expectation about rows that no column of a key is null."""
    return AllOf(tuple(map(NonNull, key.by)))


def broken_leaves(expectation: Expectation, values: Mapping[Measure, Any]) -> Iterator[Expectation]:
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


def _measures_of_leaf(leaf: Expectation) -> Iterator[Measure]:
    match leaf:
        case PrimaryKey(by):
            yield from (key_is_known(leaf), RepeatedKeys(by))
        case UniqueGroups(by):
            yield RepeatedKeys(by)
        case Compared(OfGroups()):
            yield leaf
        case Compared(value):
            yield value


def _judged_leaf(leaf: Expectation, values: Mapping[Measure, Any]) -> Settled | None:
    match leaf:
        case UniqueGroups(by):
            return Settled(_problem_of_key(leaf, ", ".join(by), values))
        case Compared(OfGroups(value, by), how, bound):
            wrong = f"a {value} that is not {SYMBOLS[how]} {bound}"
            count, label = values[leaf], ", ".join(by)
            return Settled(_counted(count, f"group of ({label}) has {wrong}", f"groups of ({label}) have {wrong}"))
        case Compared(value, how, bound) if not leaf.per_row:
            found = values[value]
            holds = found is None or how(found, bound)
            return Settled(None if holds else f"the {value} is {found}, expected {SYMBOLS[how]} {bound}")
    return None


def _problem_of_key(key: UniqueGroups, label: str, values: Mapping[Measure, Any]) -> str | None:
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
