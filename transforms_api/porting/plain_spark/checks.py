"""Checks of datasets as source code of an export: conditions in Spark's SQL, without this package's expectations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from transforms_api.expectations import (
    SYMBOLS,
    AllOf,
    AnyOf,
    ArrayContains,
    ArraySize,
    Check,
    ColumnProperty,
    Compared,
    Constant,
    Expectation,
    ForeignKey,
    HasColumns,
    IsIn,
    Matches,
    NonNull,
    Not,
    Now,
    OtherColumn,
    OtherCount,
    PerGroup,
    PrimaryKey,
    RowCount,
    UniqueGroups,
    Value,
    When,
)

_AGGREGATES = {
    "null_percentage": "avg(CASE WHEN {0} IS NULL THEN 1 ELSE 0 END)",
    "null_count": "count_if({0} IS NULL)",
    "distinct_count": "count(DISTINCT {0})",
    "approx_distinct_count": "approx_count_distinct({0}, 0.05)",
    "sum": "sum({0})",
    "standard_deviation_sample": "stddev_samp({0})",
    "standard_deviation_population": "stddev_pop({0})",
    "max_value": "max({0})",
    "min_value": "min({0})",
}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEYWORDS = (
    "all and any as between case cast date else end exists false from group having in interval is join like limit "
    "not null on or order select table then timestamp true union user when where with"
)
_RESERVED = frozenset(_KEYWORDS.split())
"""Words that cannot be the name of a column without backticks, in some place of a condition."""


class CannotWrite(Exception):
    """A check has no form in the export; the text says why."""


def source_of_checks(checks: Sequence[Check]) -> tuple[list[str], list[tuple[Check, str]]]:
    """Return the calls that make the checks of one dataset in the export, and those that have no form there.

    The calls are of the functions in `support/checks.py.template`. A check of several expectations joined by `E.all`
    becomes several calls with the same name.

    Args:
        checks: the checks that a transform declares for the dataset.

    Returns:
        The calls, such as `rows("no negative amounts", "coalesce(amount >= 0, true)")`; and check, reason.
    """
    types = _declared_types(checks)
    calls, lacking = list[str](), list[tuple[Check, str]]()
    for check in checks:
        try:
            calls += [_call(check, part, types) for part in _parts(check.expectation)]
        except CannotWrite as reason:
            lacking.append((check, str(reason)))
    return calls, lacking


def _declared_types(checks: Sequence[Check]) -> dict[str, str]:
    """Return column → type, as far as checks on the schema state types."""
    leaves = (leaf for check in checks for leaf in check.expectation.leaves())
    named = (pair for leaf in leaves if isinstance(leaf, HasColumns) for pair in leaf.types)
    return {name: data_type for name, data_type in named if data_type is not None}


def _parts(expectation: Expectation) -> list[Expectation]:
    """Return the expectations that all have to hold."""
    if isinstance(expectation, AllOf):
        return [inner for part in expectation.parts for inner in _parts(part)]
    return [] if expectation == Constant() else [expectation]


def _call(check: Check, part: Expectation, types: Mapping[str, str]) -> str:
    match part:
        case HasColumns(named, may_lack_some, may_have_more):
            flags = {"may_lack_some": may_lack_some, "may_have_more": may_have_more}
            return _written(check, "columns", dict(named), **{name: True for name, is_set in flags.items() if is_set})
        case PrimaryKey(by):
            return _written(check, "key", *by)
        case UniqueGroups(by):
            return _written(check, "key", *by, nulls=True)
        case Compared(PerGroup(value, by), how, bound):
            comparison = f"{_aggregate(value)} {_symbol(how)} {literal(bound)}"
            return _written(check, "groups", list(by), comparison)
        case ForeignKey(column, dataset, other):
            return _written(check, "refers", column, dataset, other)
        case IsIn(column, values) if column not in types:
            return _written(check, "allowed", column, list(values))
    if not part.per_row:
        return _written(check, "total", _condition_on_totals(part))
    if all(leaf.per_row or isinstance(leaf, Constant) for leaf in part.leaves()):
        return _written(check, "rows", condition(part, types))
    raise CannotWrite("it combines rules on rows with rules on the dataset")


def _written(check: Check, function: str, *values: Any, **flags: Any) -> str:
    arguments = [repr_of(check.name), *map(repr_of, values)]
    flags |= {} if check.on_error == "FAIL" else {"on_error": check.on_error}
    return f"{function}({', '.join([*arguments, *(f'{name}={repr_of(value)}' for name, value in flags.items())])})"


def repr_of(value: Any) -> str:
    """Return a value as Python source, with texts in double quotes.

    Args:
        value: a text, number, boolean, None, date, or a list or dictionary of these.
    """
    if isinstance(value, str):
        text = repr(f"'{value}")  # the quotation mark makes Python choose double quotes for texts without any
        return f'"{text[2:-1]}"' if text.startswith('"') else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(repr_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{repr_of(key)}: {repr_of(member)}' for key, member in value.items())}}}"
    if isinstance(value, (Decimal, date)):
        return repr_of(str(value))
    return repr(value)


def condition(expectation: Expectation, types: Mapping[str, str]) -> str:
    """Return a row-level expectation as a condition in Spark's SQL, which is never null.

    Args:
        expectation: without dataset-level parts.
        types: column → type, as far as known; columns of arrays compare each element.

    Raises:
        CannotWrite: a part refers to a different dataset.
    """
    match expectation:
        case AllOf(parts):
            return " AND ".join(_in_parentheses(part, types) for part in parts)
        case AnyOf(parts):
            return " OR ".join(_in_parentheses(part, types) for part in parts)
        case Not((part,)):
            return f"NOT ({condition(part, types)})"
        case When(parts):
            first, then, otherwise = (condition(part, types) for part in parts)
            return f"CASE WHEN {first} THEN {then} ELSE {otherwise} END"
        case Constant(problem):
            return "true" if problem is None else "false"
        case NonNull(column):
            return f"{identifier(column)} IS NOT NULL"
        case IsIn(column, values):
            return _is_in(column, values, types.get(column, ""))
        case Matches(column, regex):
            return f"coalesce({identifier(column)} RLIKE {literal(regex)}, true)"
        case ArrayContains(column, value):
            return f"coalesce(array_contains({identifier(column)}, {literal(value)}), true)"
        case Compared(value, how, bound):
            return f"coalesce({_value(value)} {_symbol(how)} {_bound(bound)}, true)"
    raise CannotWrite("a part of it refers to a different dataset")


def _in_parentheses(part: Expectation, types: Mapping[str, str]) -> str:
    text = condition(part, types)
    return f"({text})" if isinstance(part, (AllOf, AnyOf)) else text


def _is_in(column: str, values: Sequence[Any], data_type: str) -> str:
    name, listed = identifier(column), ", ".join(literal(value) for value in values if value is not None)
    null_passes = "true" if None in values else "false"
    if data_type.startswith("array<"):
        element = f"coalesce(element IN ({listed}), {null_passes})" if listed else "element IS NULL"
        return f"coalesce(forall({name}, element -> {element}), {null_passes})"
    return f"coalesce({name} IN ({listed}), {null_passes})" if listed else f"{name} IS NULL"


def _condition_on_totals(expectation: Expectation) -> str:
    match expectation:
        case AllOf(parts):
            return " AND ".join(f"({_condition_on_totals(part)})" for part in parts)
        case AnyOf(parts):
            return " OR ".join(f"({_condition_on_totals(part)})" for part in parts)
        case Not((part,)):
            return f"NOT ({_condition_on_totals(part)})"
        case When(parts):
            first, then, otherwise = map(_condition_on_totals, parts)
            return f"CASE WHEN {first} THEN {then} ELSE {otherwise} END"
        case Constant(problem):
            return "true" if problem is None else "false"
        case Compared(value, how, bound) if not isinstance(value, PerGroup) and not isinstance(bound, OtherCount):
            return f"coalesce({_aggregate(value)} {_symbol(how)} {_bound(bound)}, true)"
    raise CannotWrite("a part of it needs a pass over the rows of its own")


def _symbol(how: Any) -> str:
    symbol = SYMBOLS[how]
    return "<>" if symbol == "not" else symbol


def _value(value: Value) -> str:
    [column] = map(identifier, value.columns)
    return f"CASE WHEN {column} IS NOT NULL THEN size({column}) END" if isinstance(value, ArraySize) else column


def _aggregate(value: Value) -> str:
    match value:
        case RowCount():
            return "count(1)"
        case ColumnProperty(column, name):
            return _AGGREGATES[name].format(identifier(column))
    raise CannotWrite(f"the export has no form for the {value}")


def _bound(bound: Any) -> str:
    match bound:
        case OtherColumn(name, plus):
            return identifier(name) + (f" + {_interval(plus)}" if plus else "")
        case Now(plus):
            return "current_timestamp()" + (f" + {_interval(plus)}" if plus else "")
        case OtherCount():
            raise CannotWrite("it compares with the number of rows of a different dataset")
    return literal(bound)


def _interval(plus: timedelta) -> str:
    return f"INTERVAL '{plus.total_seconds()}' SECOND"


def identifier(name: str) -> str:
    """Return the name of a column as Spark's SQL reads it.

    Args:
        name: the column.
    """
    is_plain = _PLAIN_NAME.match(name) and name.lower() not in _RESERVED
    return name if is_plain else f"`{name.replace('`', '``')}`"


def literal(value: Any) -> str:
    """Return a value as a literal of Spark's SQL.

    Args:
        value: a text, number, boolean, date or datetime with a time zone.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
            return f"'{escaped}'"
        case float() if math.isnan(value) or math.isinf(value):
            return f"double('{value}')"
        case float():
            return f"{value!r}D"
        case Decimal():
            return f"{value}BD"
        case datetime():
            return f"TIMESTAMP '{value.isoformat(' ')}'"
        case date():
            return f"DATE '{value}'"
    return str(value)
