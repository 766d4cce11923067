"""Comparisons of a value in an expectation: `.gt(0)`, `.is_after('2024-11-15T00:00:00Z')`."""

from __future__ import annotations

import operator
from datetime import datetime, timedelta
from typing import Any

from transforms_api.expectations.tree import (
    ColumnProperty,
    Compared,
    Expectation,
    Now,
    Operator,
    OtherCount,
    PerGroup,
    Value,
)
from transforms_api.expectations.types import instant, literal, seconds


class Comparable:
    """A value that can be compared. Null passes every comparison: in a row, and as an aggregate of no values."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def gt(self, bound: Any) -> Expectation:
        """Above `bound`."""
        return self._compared(operator.gt, bound)

    def gte(self, bound: Any) -> Expectation:
        """At least `bound`."""
        return self._compared(operator.ge, bound)

    def lt(self, bound: Any) -> Expectation:
        """Below `bound`."""
        return self._compared(operator.lt, bound)

    def lte(self, bound: Any) -> Expectation:
        """At most `bound`."""
        return self._compared(operator.le, bound)

    def equals(self, value: Any) -> Expectation:
        """Exactly `value`."""
        return self._compared(operator.eq, value)

    def not_equals(self, value: Any) -> Expectation:
        """Anything but `value`."""
        return self._compared(operator.ne, value)

    ge, le = gte, lte
    """Spellings that Foundry's documentation uses as well."""

    def _compared(self, how: Operator, bound: Any) -> Expectation:
        return Compared(self._value, how, bound if isinstance(bound, OtherCount) else literal(bound))


class ComparableTime(Comparable):
    """A value that may be a timestamp: comparable with ISO-8601 texts or datetimes that have a time zone."""

    def is_after(self, moment: str | datetime) -> Expectation:
        """Later than `moment`."""
        return Compared(self._value, operator.gt, instant(moment))

    def is_before(self, moment: str | datetime) -> Expectation:
        """Earlier than `moment`."""
        return Compared(self._value, operator.lt, instant(moment))

    def is_on_or_after(self, moment: str | datetime) -> Expectation:
        """At `moment` or later."""
        return Compared(self._value, operator.ge, instant(moment))

    def is_on_or_before(self, moment: str | datetime) -> Expectation:
        """At `moment` or earlier."""
        return Compared(self._value, operator.le, instant(moment))

    def timestamp_offset_from_current_time(self) -> Comparable:
        """The time from now until the value, to compare with seconds or a timedelta; negative in the past."""
        return _FromNow(self._value)

    def timestamp_offset_to_current_time(self) -> Comparable:
        """The time from the value until now, to compare with seconds or a timedelta; negative in the future."""
        return _ToNow(self._value)


class _FromNow(Comparable):
    def _compared(self, how: Operator, bound: float | timedelta) -> Expectation:
        return Compared(self._value, how, Now(seconds(bound)))


class _ToNow(Comparable):
    def _compared(self, how: Operator, bound: float | timedelta) -> Expectation:
        return Compared(self._value, _REVERSED.get(how, how), Now(-seconds(bound)))


_REVERSED: dict[Operator, Operator] = {
    operator.gt: operator.lt,
    operator.lt: operator.gt,
    operator.ge: operator.le,
    operator.le: operator.ge,
}


class Properties:
    """Aggregates of a column, over all rows or per group.

    Only the counts of nulls include nulls. An aggregate of no values is null.
    """

    def __init__(self, column: str, by: tuple[str, ...] = ()) -> None:
        self._column, self._by = column, by

    def null_percentage(self) -> Comparable:
        """The share of nulls, from 0 to 1."""
        return Comparable(self._of("null_percentage"))

    def null_count(self) -> Comparable:
        """The number of nulls."""
        return Comparable(self._of("null_count"))

    def distinct_count(self) -> Comparable:
        """The number of different values."""
        return Comparable(self._of("distinct_count"))

    def approx_distinct_count(self) -> Comparable:
        """The approximate number of different values, with a relative standard deviation of at most 5 %."""
        return Comparable(self._of("approx_distinct_count"))

    def sum(self) -> Comparable:
        """The sum of numbers."""
        return Comparable(self._of("sum"))

    def standard_deviation_sample(self) -> Comparable:
        """The standard deviation of numbers that are a sample."""
        return Comparable(self._of("standard_deviation_sample"))

    def standard_deviation_population(self) -> Comparable:
        """The standard deviation of numbers that are the whole population."""
        return Comparable(self._of("standard_deviation_population"))

    def max_value(self) -> ComparableTime:
        """The largest value."""
        return ComparableTime(self._of("max_value"))

    def min_value(self) -> ComparableTime:
        """The smallest value."""
        return ComparableTime(self._of("min_value"))

    def _of(self, name: str) -> Value:
        value = ColumnProperty(self._column, name)
        return PerGroup(value, self._by) if self._by else value
