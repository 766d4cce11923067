"""Evaluation of all checks of a dataset in one pass over its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from transforms_api.expectations.backend import CheckBackend, Metric
from transforms_api.expectations.metrics import apply_metrics, metrics_of, problem_of, sample_of
from transforms_api.expectations.resolve import Resolver
from transforms_api.expectations.tree import Check, Compared, PerGroup


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
    sample: list[dict[str, Any]] = field(default_factory=list)

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
