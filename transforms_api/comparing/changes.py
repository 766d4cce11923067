"""What a change does to the datasets of a project: which ones it touches, and how each differs from its base.

`changed_datasets` decides from the code of both sides what a change can touch; `compare_dataset` compares two versions
of one dataset; a `ProjectDiff` has all of them, for the reports of `reports.py`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, JsonValue

from transforms_api.comparing.rows import Difference, compare
from transforms_api.project import CodeFingerprint
from transforms_api.warehouse import CheckOutcome, ColumnName, TableVersion


class TransformCode(BaseModel):
    """A transform as the comparison of code sees it.

    Attributes:
        reference: such as `shop.pipeline:totals`.
        writes: the datasets that it writes.
        reads: the datasets that it reads.
        logic: `CodeFingerprint.as_json()` of it.
    """

    reference: str
    writes: list[str]
    reads: list[str]
    logic: JsonValue


def changed_datasets(before: Sequence[TransformCode], after: Sequence[TransformCode]) -> dict[str, str]:
    """Return dataset → why the change touches it: its own code differs, or it reads a dataset that the change touches.

    Args:
        before: the transforms of the base, in build order.
        after: the transforms of the change, in build order.
    """
    old = {dataset: transform for transform in before for dataset in transform.writes}
    new = {dataset: transform for transform in after for dataset in transform.writes}
    reasons = dict[str, str]()
    for dataset in {**new, **old}:
        if reason := _why_code_differs(old.get(dataset), new.get(dataset)):
            reasons[dataset] = reason
    for side in (after, before):
        for transform in side:
            touched = [dataset for dataset in transform.reads if dataset in reasons]
            for dataset in transform.writes if touched else ():
                more = f" and {len(touched) - 1} more" if len(touched) > 1 else ""
                reasons.setdefault(dataset, f"it reads {touched[0]}{more}")
    return reasons


def _why_code_differs(old: TransformCode | None, new: TransformCode | None) -> str | None:
    if old is None:
        return "it is new"
    if new is None:
        return "no transform writes it any more"
    if old.reference != new.reference:
        return f"{new.reference} writes it now, was {old.reference}"
    if set(old.reads) != set(new.reads):
        return "it reads other datasets"
    return CodeFingerprint.from_json(new.logic).difference(CodeFingerprint.from_json(old.logic))


class Status(StrEnum):
    """What a change does to a dataset."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    ADDED = "added"
    REMOVED = "removed"
    FAILED = "failed"
    """One of the sides could not be built, so that there is nothing to compare."""


class Kind(StrEnum):
    """Kinds of changes, for `--fail-on`."""

    SCHEMA = "schema"
    """A dataset or column was added or removed, or a column has a different type."""
    ROWS = "rows"
    """Rows, or files, were added, removed or changed."""
    CHECKS = "checks"
    """A check fails that did not fail before, or no longer exists."""


@dataclass(frozen=True)
class CheckChange:
    """A check whose result differs.

    Attributes:
        name: its name.
        before: 'passes', 'fails: …', or None if the base lacks the check.
        after: the same for the change.
    """

    name: str
    before: str | None
    after: str | None

    @property
    def is_worse(self) -> bool:
        """Whether the check fails now and did not before, or is gone."""
        return self.after is None or (self.after != PASSES and self.before in (None, PASSES))


PASSES = "passes"


@dataclass(frozen=True)
class ColumnReach:
    """What a column that was removed or changed reaches downstream.

    Attributes:
        column: name of the column.
        change: 'removed', 'retyped' or 'changed'.
        direct: the columns that are computed from it, in any number of steps.
        indirect: the columns that it affects otherwise: it decides which rows there are, or which value is taken.
        pages: page → its parts that read the column or one that it reaches.
        unknown: datasets that may depend on it, whose lineage is not known.
    """

    column: str
    change: str
    direct: tuple[ColumnName, ...] = ()
    indirect: tuple[ColumnName, ...] = ()
    pages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class SideVersion:
    """The version of a dataset on one side: its branch, Delta version, and number of rows, or of files."""

    branch: str
    version: int
    rows: int


@dataclass(frozen=True)
class DatasetDiff:
    """How a dataset of the change differs from that of the base.

    Attributes:
        dataset: its path.
        status: what the change does to it.
        reason: why the change touches it.
        before: the version of the base; None without one.
        after: the version of the change; None without one.
        difference: of columns and rows; None if there are not two versions to compare.
        checks: checks whose results differ.
        files: files added (+), removed (-) or of a different size (~), for a dataset of files.
        notes: remarks on its build, such as that only new rows were computed.
        problem: why a side could not be built; None if both were.
        reaches: what its removed and changed columns reach downstream.
    """

    dataset: str
    status: Status
    reason: str
    before: SideVersion | None = None
    after: SideVersion | None = None
    difference: Difference | None = None
    checks: tuple[CheckChange, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None
    reaches: tuple[ColumnReach, ...] = ()

    @property
    def changed_columns(self) -> dict[str, str]:
        """Column → 'removed', 'retyped' or 'changed', of the columns that the base has; changed values need a key."""
        difference = self.difference
        if difference is None:
            return {}
        kinds = dict.fromkeys(difference.columns_removed, "removed")
        kinds |= dict.fromkeys(difference.columns_retyped, "retyped")
        return kinds | {name: "changed" for name in difference.values if name not in kinds}

    @property
    def kinds(self) -> set[Kind]:
        """The kinds of changes of the dataset."""
        kinds = {Kind.SCHEMA} if self.status in (Status.ADDED, Status.REMOVED) else set()
        if self.difference is not None and self.difference.changes_columns:
            kinds.add(Kind.SCHEMA)
        if self.files or (self.difference is not None and self.difference.changes_rows):
            kinds.add(Kind.ROWS)
        if any(check.is_worse for check in self.checks):
            kinds.add(Kind.CHECKS)
        return kinds

    def count(self, change: str) -> int | None:
        """Return the number of rows of one kind of change; None if rows were not compared, or not by a key.

        Args:
            change: 'added', 'removed' or 'changed'.
        """
        if self.difference is None or (change == "changed" and not self.difference.key):
            return None
        return self.difference.rows.get(change, 0)


@dataclass(frozen=True)
class ProjectDiff:
    """What a change does to the datasets of a project.

    Attributes:
        base: what the change is compared with, as text.
        change: what is compared, as text.
        datasets: the datasets that the change touches, in build order.
        untouched: number of the other datasets.
        built: number of jobs that ran on both sides.
        notes: remarks on the comparison.
        branches: the branches of the warehouse that were kept; empty if they were removed.
    """

    base: str
    change: str
    datasets: tuple[DatasetDiff, ...]
    untouched: int = 0
    built: int = 0
    notes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()

    def of(self, *statuses: Status) -> list[DatasetDiff]:
        """Return the datasets of some statuses.

        Args:
            statuses: of the datasets to return.
        """
        return [dataset for dataset in self.datasets if dataset.status in statuses]

    @property
    def kinds(self) -> set[Kind]:
        """The kinds of changes of all datasets."""
        return {kind for dataset in self.datasets for kind in dataset.kinds}

    @property
    def has_failed(self) -> bool:
        """Whether a dataset of the change could not be built."""
        return any(dataset.status is Status.FAILED and dataset.after is None for dataset in self.datasets)

    @property
    def summary(self) -> str:
        """One sentence with the number of datasets by status."""
        if not self.datasets:
            return f"The change touches no dataset; {self.untouched} stay as they are."
        counts = [(len(self.of(status)), status.value) for status in Status]
        listed = ", ".join(f"{count} {status}" for count, status in counts if count)
        return f"{listed}, {self.untouched} not touched."

    def as_json(self) -> dict[str, JsonValue]:
        """Return the result as JSON values; dates, decimals and bytes as texts."""
        raw = {
            **dataclasses.asdict(self),
            "summary": self.summary,
            "kinds": sorted(self.kinds),
            "datasets": [{**dataclasses.asdict(dataset), "kinds": sorted(dataset.kinds)} for dataset in self.datasets],
        }
        values: dict[str, JsonValue] = json.loads(json.dumps(raw, default=str))
        return values


@dataclass(frozen=True)
class Sides:
    """The two versions of a dataset to compare, and what is known of their builds.

    Attributes:
        dataset: its path.
        reason: why the change touches it.
        before: the version of the base; None without one.
        after: the version of the change; None without one.
        key: columns of its primary key; empty without one.
        failure: why a side could not be built; None if both were.
        notes: remarks on its build.
    """

    dataset: str
    reason: str
    before: TableVersion | None
    after: TableVersion | None
    key: tuple[str, ...] = ()
    failure: str | None = None
    notes: tuple[str, ...] = field(default=())


def compare_dataset(sides: Sides) -> DatasetDiff:
    """Return how the versions of a dataset differ.

    Args:
        sides: the versions.

    Raises:
        StoreError: a version cannot be read.
    """
    before, after = sides.before, sides.after
    versions = (_side(before), _side(after))
    if sides.failure is not None:
        return DatasetDiff(sides.dataset, Status.FAILED, sides.reason, *versions, problem=sides.failure)
    if before is None or after is None:
        status = Status.ADDED if before is None else Status.REMOVED
        return DatasetDiff(sides.dataset, status, sides.reason, *versions, notes=sides.notes)
    if (before.table, before.version) == (after.table, after.version):
        return DatasetDiff(sides.dataset, Status.UNCHANGED, sides.reason, *versions, notes=sides.notes)
    difference, files = None, tuple[str, ...]()
    if before.holds_files_only or after.holds_files_only:
        files = _changed_files(before, after)
    else:
        difference = compare(before, after, sides.key)
    result = DatasetDiff(
        sides.dataset,
        Status.CHANGED,
        sides.reason,
        *versions,
        difference=difference,
        files=files,
        checks=_changed_checks(before.commit.checks, after.commit.checks),
        notes=sides.notes,
    )
    return result if result.kinds or result.checks else dataclasses.replace(result, status=Status.UNCHANGED)


def _side(version: TableVersion | None) -> SideVersion | None:
    if version is None:
        return None
    rows = len(version.file_entries) if version.holds_files_only else version.rows
    return SideVersion(version.branch, version.version, rows)


def _changed_files(before: TableVersion, after: TableVersion) -> tuple[str, ...]:
    """Return the files that differ. Files of one name and size count as the same."""
    old, new = ({entry.path: entry.size for entry in version.file_entries} for version in (before, after))
    marks: Mapping[str, Collection[str]] = {
        "+": new.keys() - old.keys(),
        "-": old.keys() - new.keys(),
        "~": {path for path in new.keys() & old.keys() if new[path] != old[path]},
    }
    return tuple(f"{mark} {path}" for mark, paths in marks.items() for path in sorted(paths))


def _changed_checks(before: Sequence[CheckOutcome], after: Sequence[CheckOutcome]) -> tuple[CheckChange, ...]:
    old, new = ({check.name: _outcome(check) for check in checks} for checks in (before, after))
    changes = [CheckChange(name, old.get(name), new.get(name)) for name in {**new, **old}]
    return tuple(check for check in changes if check.before != check.after)


def _outcome(check: CheckOutcome) -> str:
    return PASSES if check.problem is None else f"fails: {check.problem}"
