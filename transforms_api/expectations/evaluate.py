"""Evaluation of all checks of a dataset in one pass over its rows.

Each check is resolved, the metrics of all checks are computed together, and the values decide; rows that break a check
are read only if it fails.
"""

from __future__ import annotations

import itertools
import json
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from transforms_api.expectations.backend import SAMPLE, CheckBackend, Metric, RepeatedKeys, Row
from transforms_api.expectations.resolve import Resolver
from transforms_api.expectations.tree import (
    SYMBOLS,
    AllOf,
    Check,
    Compared,
    Constant,
    Expectation,
    NonNull,
    PerGroup,
    PrimaryKey,
    RowCount,
    UniqueGroups,
    simplify,
)


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        dataset: path of the dataset.
        name: name of the check.
        on_error: 'FAIL' or 'WARN'.
        problem: what is wrong, with the number of rows that break it; None if the check holds.
        sample: some rows that break it (for a repeated key: some keys) as JSON values, long ones cut.
    """

    dataset: str
    name: str
    on_error: str
    problem: str | None
    sample: list[Row] = field(default_factory=list)

    @property
    def stops_the_job(self) -> bool:
        """Whether the check failed and `on_error` is 'FAIL'."""
        return self.problem is not None and self.on_error == "FAIL"

    def __str__(self) -> str:
        """The problem, followed by one line for each row of the sample."""
        rows = [", ".join(f"{name}={value}" for name, value in row.items()) for row in self.sample]
        return "\n    ".join([f"{self.dataset}: {self.name}: {self.problem}", *rows])


def evaluate_checks(
    dataset: str, frame: Any, checks: Sequence[Check], others: Mapping[str, Any] | None = None
) -> list[CheckResult]:
    """Evaluate all checks of a dataset in one pass over its rows.

    Expectations on groups take one further pass for each combination of columns. Samples are read only for checks that
    fail. If no check depends on rows, nothing is computed.

    Args:
        dataset: path of the dataset, for messages.
        frame: a DataFrame of Spark, or a DataFrame or LazyFrame of Polars.
        checks: the checks.
        others: inputs that `E.dataset_ref` can name; a value is read when an expectation needs it.

    Returns:
        One result per check, in the order of `checks`.
    """
    rows = _backend_of(frame, others)
    resolver = Resolver(rows, datetime.now(UTC))
    expectations = [resolver.resolve(check.expectation) for check in checks]
    values = _compute_metrics(rows, (metric for expectation in expectations for metric in metrics_of(expectation)))
    results = []
    for check, expectation in zip(checks, expectations, strict=True):
        left = apply_metrics(expectation, values)
        problem = problem_of(left, values)
        sample = sample_of(rows, expectation, left, values) if problem else []
        results.append(CheckResult(dataset, check.name, check.on_error, problem, sample))
    return results


def _backend_of(frame: Any, others: Mapping[str, Any] | None) -> CheckBackend:
    """Return the backend of a frame; imports only the engine of that frame."""
    if type(frame).__module__.startswith("polars."):
        from transforms_api.expectations.polars_backend import PolarsBackend

        return PolarsBackend(frame, others)
    from transforms_api.expectations.spark_backend import SparkBackend

    return SparkBackend(frame, others)


def _compute_metrics(rows: CheckBackend, metrics: Iterable[Metric]) -> dict[Metric, Any]:
    single: list[Metric] = []
    by_groups: dict[tuple[str, ...], list[Compared]] = {}
    for metric in dict.fromkeys(metrics):
        match metric:
            case Compared(PerGroup(_, by)):
                by_groups.setdefault(by, []).append(metric)
            case _:
                single.append(metric)
    values = dict(zip(single, rows.aggregate(single), strict=True)) if single else {}
    for by, expectations in by_groups.items():
        values |= zip(expectations, rows.count_breaking_groups(by, expectations), strict=True)
    return values


def metrics_of(expectation: Expectation) -> Iterator[Metric]:
    """Yield the metrics that decide an expectation, all computable in one pass over the rows.

    A row-level expectation may contain dataset-level parts, whose result is known only after the pass. Violations are
    counted for each combination of their outcomes.

    Args:
        expectation: a resolved expectation.
    """
    dataset_level = list(_dataset_level_parts(expectation))
    for part in dataset_level:
        for leaf in part.leaves():
            yield from _metrics_of_leaf(leaf)
    for outcome in itertools.product((Constant(), Constant("broken")), repeat=len(dataset_level)):
        left = simplify(expectation, dict(zip(dataset_level, outcome, strict=True)).get)
        if left.per_row:
            yield left


def apply_metrics(expectation: Expectation, values: Mapping[Metric, Any]) -> Expectation:
    """Return the expectation with its dataset-level parts replaced by their results.

    Args:
        expectation: a resolved expectation.
        values: metric → its value.

    Returns:
        A `Constant`, or the row-level expectation that remains.
    """
    return simplify(expectation, lambda part: _evaluate_leaf(part, values))


def problem_of(left: Expectation, values: Mapping[Metric, Any]) -> str | None:
    """Return the problem of an expectation with the number of rows that break it; None if it holds.

    Args:
        left: result of `apply_metrics`.
        values: metric → its value.
    """
    return left.problem if isinstance(left, Constant) else _counted(values[left], "row breaks it", "rows break it")


def key_has_no_null(key: UniqueGroups) -> Expectation:
    """Return the row-level expectation that no column of a key is null.

    Args:
        key: the key.
    """
    return AllOf(tuple(map(NonNull, key.by)))


def failing_leaves(expectation: Expectation, values: Mapping[Metric, Any]) -> Iterator[Expectation]:
    """Yield the dataset-level leaves that do not hold.

    Args:
        expectation: a resolved expectation.
        values: metric → its value.
    """
    for leaf in expectation.leaves():
        verdict = _evaluate_leaf(leaf, values)
        if verdict is not None and verdict.problem:
            yield leaf


def _dataset_level_parts(expectation: Expectation) -> Iterator[Expectation]:
    if not expectation.per_row:
        yield expectation
    for part in expectation.parts if expectation.per_row else ():
        yield from _dataset_level_parts(part)


def _metrics_of_leaf(leaf: Expectation) -> Iterator[Metric]:
    match leaf:
        case PrimaryKey(by):
            yield from (key_has_no_null(leaf), RepeatedKeys(by))
        case UniqueGroups(by):
            yield RepeatedKeys(by)
        case Compared(PerGroup()):
            yield leaf
        case Compared(value):
            yield value


def _evaluate_leaf(leaf: Expectation, values: Mapping[Metric, Any]) -> Constant | None:
    match leaf:
        case UniqueGroups(by):
            return Constant(_problem_of_key(leaf, ", ".join(by), values))
        case Compared(PerGroup(value, by), how, bound):
            wrong = f"a {value} that is not {SYMBOLS[how]} {bound}"
            count, label = values[leaf], ", ".join(by)
            return Constant(_counted(count, f"group of ({label}) has {wrong}", f"groups of ({label}) have {wrong}"))
        case Compared(value, how, bound) if not leaf.per_row:
            actual = values[value]
            holds = actual is None or how(actual, bound)
            return Constant(None if holds else f"the {value} is {actual}, expected {SYMBOLS[how]} {bound}")
    return None


def _problem_of_key(key: UniqueGroups, label: str, values: Mapping[Metric, Any]) -> str | None:
    nulls = values[key_has_no_null(key)] if isinstance(key, PrimaryKey) else 0
    problems = [
        _counted(nulls, f"row has a null in the key ({label})", f"rows have a null in the key ({label})"),
        _counted(
            values[RepeatedKeys(key.by)],
            f"row repeats the key ({label}) of another",
            f"rows repeat the key ({label}) of another",
        ),
    ]
    return "; ".join(filter(None, problems)) or None


def _counted(count: int, singular: str, plural: str) -> str | None:
    return f"{count:,} {singular if count == 1 else plural}" if count else None


_LONGEST_CELL = 100


def sample_of(
    rows: CheckBackend, expectation: Expectation, left: Expectation, values: Mapping[Metric, Any]
) -> list[Row]:
    """Return some rows that break an expectation as JSON values, long ones cut.

    Args:
        rows: the dataset.
        expectation: a resolved expectation.
        left: result of `apply_metrics`; a `Constant` shows repeated keys and groups instead of rows.
        values: metric → its value.
    """
    rows_to_show = rows.breaking_rows(left) if not isinstance(left, Constant) else []
    for leaf in failing_leaves(expectation, values) if isinstance(left, Constant) else ():
        if isinstance(leaf, PrimaryKey) and values[key_has_no_null(leaf)]:
            rows_to_show += rows.breaking_rows(key_has_no_null(leaf))
        if isinstance(leaf, UniqueGroups) and values[RepeatedKeys(leaf.by)]:
            rows_to_show += rows.breaking_groups(Compared(PerGroup(RowCount(), leaf.by), operator.le, 1))
        if isinstance(leaf, Compared) and isinstance(leaf.value, PerGroup):
            rows_to_show += rows.breaking_groups(leaf)
    return [{name: _cell(value) for name, value in row.items()} for row in rows_to_show[:SAMPLE]]


def _cell(value: Any) -> Any:
    plain = json.loads(json.dumps(value, default=_as_json), parse_constant=str)
    text = plain if isinstance(plain, str) else json.dumps(plain)
    return plain if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)
