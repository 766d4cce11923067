"""Evaluation of all checks of a dataset in one pass over its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from transforms_api.expectations.backend import CheckBackend, Metric
from transforms_api.expectations.metrics import describe_failure, metrics_of, problem_of, sample_of
from transforms_api.expectations.resolve import Resolver
from transforms_api.expectations.tree import Check, Compared, PerGroup


@dataclass(frozen=True)
class CheckResult:
    """How one check came out.

    Attributes:
        problem: what is wrong, with the number of rows that break it; None where it holds.
        sample: some of these rows (for a key that repeats: of the keys) as JSON values, long ones cut.
    """

    dataset: str
    name: str
    on_error: str
    problem: str | None
    sample: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stops_the_job(self) -> bool:
        """Whether the check does not hold and must."""
        return self.problem is not None and self.on_error == "FAIL"

    def __str__(self) -> str:
        """What is wrong, and below it a line for each row of the sample."""
        rows = [", ".join(f"{name}={value}" for name, value in row.items()) for row in self.sample]
        return "\n    ".join([f"{self.dataset}: {self.name}: {self.problem}", *rows])


def evaluate_checks(
    dataset: str, frame: Any, checks: Sequence[Check], others: Mapping[str, Any] | None = None
) -> list[CheckResult]:
    """Return the result of every check on a dataset, all of them by one pass over its rows.

    Groups have to be brought together, so that expectations on them take a further pass for each choice of columns;
    samples are read for checks that do not hold alone. Where no check looks at rows, nothing is computed.

    Args:
        frame: a DataFrame of Spark, or a DataFrame or LazyFrame of Polars.
        others: what `E.dataset_ref` can name, read when an expectation asks for it.
    """
    rows = _rows_of(frame, others)
    settler = Resolver(rows, datetime.now(UTC))
    expectations = [settler.settle(check.expectation) for check in checks]
    values = _measured(rows, (measure for expectation in expectations for measure in metrics_of(expectation)))
    results = []
    for check, expectation in zip(checks, expectations, strict=True):
        left = describe_failure(expectation, values)
        problem = problem_of(left, values)
        sample = sample_of(rows, expectation, left, values) if problem else []
        results.append(CheckResult(dataset, check.name, check.on_error, problem, sample))
    return results


def _rows_of(frame: Any, others: Mapping[str, Any] | None) -> CheckBackend:
    """Return the rows of a frame; an engine is imported by whoever has a frame of it."""
    if type(frame).__module__.startswith("polars."):
        from transforms_api.expectations.polars_backend import PolarsBackend

        return PolarsBackend(frame, others)
    from transforms_api.expectations.spark_backend import SparkBackend

    return SparkBackend(frame, others)


def _measured(rows: CheckBackend, measures: Iterable[Metric]) -> dict[Metric, Any]:
    single: list[Metric] = []
    by_groups: dict[tuple[str, ...], list[Compared]] = {}
    for measure in dict.fromkeys(measures):
        match measure:
            case Compared(PerGroup(_, by)):
                by_groups.setdefault(by, []).append(measure)
            case _:
                single.append(measure)
    values = dict(zip(single, rows.aggregate(single), strict=True)) if single else {}
    for by, expectations in by_groups.items():
        values |= zip(expectations, rows.count_breaking_groups(by, expectations), strict=True)
    return values
