"""`Project.diff`: builds both sides of a change on branches of their own, and compares their datasets."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transforms_api import builds, comparing, porting, warehouse
from transforms_api.api.build import BuildRequest, BuildSession
from transforms_api.api.dataset import primary_key_of, resolve_name
from transforms_api.api.impact import ImpactReader
from transforms_api.api.revisions import (
    Revision,
    RevisionRequest,
    RevisionResult,
    build_revision,
    checked_out,
    code_of,
    commits_lacking,
    describe_work_tree,
    failures_in,
    find_revision,
    is_in_git,
    known_revisions,
)
from transforms_api.catalog import ColumnGraph
from transforms_api.comparing import ColumnReach, DatasetDiff, ProjectDiff, Sides
from transforms_api.errors import EnvironmentProblem, StoreError, TransformsError
from transforms_api.project import PROJECT, did_you_mean
from transforms_api.text import counted
from transforms_api.warehouse import ColumnName, TableVersion, Warehouse

if TYPE_CHECKING:
    from transforms_api.api.project import Project
    from transforms_api.builds import BuildEvent, BuildReport

_VERSION = re.compile(r"(.+)@(\d{1,18})")


@dataclass(frozen=True)
class DiffRequest:
    """What to compare with what.

    Attributes:
        base: a git revision, a branch of the warehouse, or DATASET@VERSION; `git:` or `branch:` before it decides
            between a revision and a branch of one name.
        targets: datasets, transforms or globs to compare; empty: all.
        parameters: name → value, for the transforms of both sides that declare a parameter of this name.
        keep: first part of the names of the branches that are built, which then stay; None: remove them.
        on_event: called with each event of the build of the change.
    """

    base: str
    targets: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    keep: str | None = None
    on_event: Callable[[BuildEvent], object] | None = None


@dataclass(frozen=True)
class _Branches:
    """The branches that a comparison builds."""

    base: str
    change: str
    stays: bool


@dataclass(frozen=True)
class _Base:
    """The side that a change is compared with.

    Attributes:
        label: what it is, as text.
        touched: dataset → why the change touches it; None: every dataset whose versions differ.
        version: returns the version of a dataset; None if the base has none.
        tables: the warehouse on the branch that has, or falls back to, these versions.
        failed: dataset → why the base could not build it.
        jobs: number of jobs that ran for it.
        notes: remarks on the comparison.
    """

    label: str
    touched: Mapping[str, str] | None
    version: Callable[[str], TableVersion | None]
    tables: Warehouse
    failed: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0
    notes: tuple[str, ...] = ()


def diff_project(project: Project, request: DiffRequest) -> ProjectDiff:
    """Compare the datasets that the project as it is on disk would build with those of a base.

    Args:
        project: the project, on the branch whose fresh versions both sides use.
        request: what to compare with what.

    Raises:
        EnvironmentProblem: the base is neither a revision nor a branch of the warehouse.
        StoreError: a version cannot be read, or the branches to keep exist.
        GraphError: the project has faults that stop the datasets to compare.
    """
    parsed = _parse_base(project, request.base)
    project.recover()
    with _own_branches(project, request.keep) as branches:
        if isinstance(parsed, Revision):
            base = _build_base(project, request, parsed, branches)
        elif isinstance(parsed, _Snapshot):
            base = _Base(parsed.label, parsed.reasons, parsed.versions.get, project.warehouse)
        else:
            base = _Base(f"branch {parsed.branch} of the warehouse", None, parsed.latest, parsed)
        return _compare(project, request, base, branches)


# The base


@dataclass(frozen=True)
class _Snapshot:
    """A version of a dataset, with the versions of other datasets that were made from it."""

    label: str
    reasons: Mapping[str, str]
    versions: Mapping[str, TableVersion]


def _parse_base(project: Project, text: str) -> Revision | Warehouse | _Snapshot:
    kind, is_explicit, name = text.partition(":")
    if not is_explicit or kind not in ("git", "branch"):
        kind, name = "", text
    folder = project.settings.folder
    if kind == "git" and not is_in_git(folder):
        raise EnvironmentProblem(f"{folder} is not in a git repository, so it has no revision '{name}'.")
    revision = find_revision(folder, name) if kind != "branch" else None
    if revision is not None:
        return revision
    branches = [branch.name for branch in project.branches()]
    if kind != "git" and name in branches:
        return project.on_branch(name).warehouse
    if not kind and (match := _VERSION.fullmatch(name)):
        return _snapshot(project, match[1], int(match[2]))
    raise EnvironmentProblem(_unknown_base(folder, kind, name, branches))


def _unknown_base(folder: Path, kind: str, name: str, branches: Sequence[str]) -> str:
    revisions = known_revisions(folder) if is_in_git(folder) else []
    known = {"git": revisions, "branch": branches}.get(kind, [*revisions, *branches])
    git = "no git revision" if is_in_git(folder) else f"no git revision ({folder} is not in a git repository)"
    what = {"git": git, "branch": "no branch of the warehouse"}.get(kind, f"{git}, no branch of the warehouse")
    end = "" if kind else ", and no DATASET@VERSION"
    listed = f"Branches of the warehouse: {', '.join(branches) or 'none yet'}."
    fetch = " A shallow clone lacks other branches: `git fetch origin BRANCH`." if is_in_git(folder) else ""
    return f"'{name}' is {what}{end}.{did_you_mean(name, known)} {listed}{fetch}"


def _snapshot(project: Project, name: str, number: int) -> _Snapshot:
    """Return a version of a dataset, and the newest versions of other datasets that were made from it."""
    path = resolve_name(name, project)
    targets = warehouse.downstream_versions(project.warehouse, path, number)
    versions = {target.dataset: target.version for target in targets if target.version is not None}
    reasons = {target.dataset: f"it was made from {path}" for target in targets} | {path: "it is the base"}
    return _Snapshot(f"{path}@{number}, and what was made from it", reasons, versions)


def _build_base(project: Project, request: DiffRequest, revision: Revision, branches: _Branches) -> _Base:
    tables, is_demo = project.warehouse, project.settings.repository is None
    targets = _datasets_of(project, request.targets) if request.targets else None
    if is_demo and project.settings.folder != PROJECT:
        raise EnvironmentProblem("The demo of an installed package has no revisions: name a project with --repo.")
    with checked_out(revision) as folder:
        result = build_revision(
            folder,
            RevisionRequest(
                folder=None if is_demo else folder,
                warehouse=str(tables.root),
                branch=branches.base,
                fallbacks=(tables.branch, *tables.fallback_branches),
                profile=project.settings.file.profile,
                parameters=dict(request.parameters),
                targets=targets,
                change=code_of(project, request.parameters),
            ),
        )
    if result.problem is not None:
        raise EnvironmentProblem(f"{revision} cannot be built: {result.problem}")
    return _base_of(project, result, revision, _on(tables, branches.base), request.base)


def _base_of(project: Project, result: RevisionResult, revision: Revision, built: Warehouse, text: str) -> _Base:
    written = set(result.written)
    notes = []
    if lacking := commits_lacking(revision):
        notes.append(
            f"{revision.name} has {counted(lacking, 'commit')} that the current branch lacks: what they do shows here "
            f"in reverse. Merge {revision.name}, or compare with the common ancestor: --base $(git merge-base "
            f"{revision.name} HEAD)."
        )
    if text == revision.name and revision.name in [branch.name for branch in project.branches()]:
        notes.append(f"The warehouse has a branch of this name, too: --base branch:{revision.name} compares with it.")
    return _Base(
        str(revision),
        result.touched,
        lambda dataset: built.latest(dataset) if dataset in written else None,
        built,
        result.failed,
        result.jobs,
        tuple(notes),
    )


# The change


def _compare(project: Project, request: DiffRequest, base: _Base, branches: _Branches) -> ProjectDiff:
    selected = _datasets_of(project, request.targets) or list(project.graph.writers)
    touched = base.touched if base.touched is not None else dict.fromkeys(selected, "")
    wanted = [dataset for dataset in touched if dataset in selected or not request.targets]
    targets = [dataset for dataset in wanted if dataset in project.graph.writers]
    built = _build_change(project, request, targets, branches)
    failed = failures_in(built.report) if built.report else {}
    stopped = {dataset: fault for dataset, fault in built.stopped.items() if dataset not in failed}
    datasets, keys = [], _keys_of_contracts(project)
    for dataset in wanted:
        after = built.tables.latest(dataset) if dataset in targets else None
        before = base.version(dataset)
        if base.touched is None and before is not None and after is not None and _is_one(before, after):
            continue
        change_fails = failed.get(dataset) or stopped.get(dataset)
        base_fails = base.failed.get(dataset)
        problem = change_fails and f"The change cannot build it: {change_fails}"
        problem = problem or (base_fails and f"The base cannot build it: {base_fails}")
        sides = Sides(
            dataset,
            touched[dataset] or built.reasons.get(dataset, "its versions differ"),
            None if base_fails else before,
            None if change_fails else after,
            primary_key_of(dataset, project.graph) or keys.get(dataset, ()),
            problem,
            built.notes.get(dataset, ()),
        )
        datasets.append(comparing.compare_dataset(sides))
    order = {dataset: number for number, dataset in enumerate(_in_build_order(project))}
    datasets.sort(key=lambda difference: order.get(difference.dataset, len(order)))
    reached, reach_notes = _with_reach(project, datasets, base, built.tables)
    return ProjectDiff(
        base.label,
        describe_work_tree(project.settings.folder),
        tuple(reached),
        len(set(selected) - {difference.dataset for difference in datasets}),
        base.jobs + built.jobs,
        (*base.notes, *reach_notes),
        (branches.base, branches.change) if branches.stays else (),
    )


def _with_reach(
    project: Project, datasets: Sequence[DatasetDiff], base: _Base, change: Warehouse
) -> tuple[list[DatasetDiff], list[str]]:
    """Return the datasets with what their removed and changed columns reach, and remarks on it.

    A removed column reaches what the base computes from it; a changed one what either side does.
    """
    if not any(difference.changed_columns for difference in datasets):
        return list(datasets), []
    before, after = (_lineage(project, version) for version in (base.version, change.latest))
    reader = ImpactReader(project, before, base.tables)
    notes = []
    try:
        _ = reader.pages
    except TransformsError as error:
        notes.append(f"Which pages show a column is not known: {error}")
    return [
        replace(difference, reaches=tuple(_reaches(difference, before, after, reader, not notes)))
        for difference in datasets
    ], notes


def _lineage(project: Project, version: Callable[[str], TableVersion | None]) -> ColumnGraph:
    """Return the lineage of one side's versions, and for datasets that the side lacks of the user's branch."""
    versions = {dataset: version(dataset) or project.warehouse.latest(dataset) for dataset in project.graph.writers}
    provenances = {
        dataset: side_version.commit.provenance for dataset, side_version in versions.items() if side_version
    }
    return ColumnGraph({dataset: provenance for dataset, provenance in provenances.items() if provenance})


def _reaches(
    difference: DatasetDiff, before: ColumnGraph, after: ColumnGraph, reader: ImpactReader, with_pages: bool
) -> Iterator[ColumnReach]:
    for name, change in difference.changed_columns.items():
        column = ColumnName(difference.dataset, name)
        graphs = (before,) if change == "removed" else (before, after)
        reaches = [graph.reach(column) for graph in graphs]
        direct = {reached for reach in reaches for reached in reach.direct}
        indirect = {reached for reach in reaches for reached in reach.indirect} - direct
        pages: dict[str, list[str]] = {}
        for use in reader.pages_of({column, *direct, *indirect}) if with_pages else ():
            pages.setdefault(use.page, []).append(use.part)
        unknown = {dataset for reach in reaches for dataset in reach.unknown}
        if direct or indirect or pages or unknown or change == "removed":
            yield ColumnReach(
                name,
                change,
                tuple(sorted(direct)),
                tuple(sorted(indirect)),
                {page: tuple(parts) for page, parts in pages.items()},
                tuple(sorted(unknown)),
            )


@dataclass(frozen=True)
class _Built:
    """The datasets of the change: where they are, and what their build reported."""

    tables: Warehouse
    report: BuildReport | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        """Number of jobs that completed."""
        return sum(job.state is builds.JobState.COMPLETED for job in self.report.jobs) if self.report else 0

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """Dataset → remarks on its job."""
        jobs = self.report.jobs if self.report else []
        return {dataset: tuple(job.notes) for job in jobs if job.notes for dataset in job.transform.writes}


def _build_change(project: Project, request: DiffRequest, targets: Sequence[str], branches: _Branches) -> _Built:
    """Build what is stale of some datasets on the change's own branch.

    The build uses fresh versions of the base's branch and of the user's branch. If the user's branch has been built
    with the change already, it alone leaves fewer jobs to run.
    """
    user = project.warehouse
    own = Warehouse(user.root, branches.change, (branches.base, user.branch, *user.fallback_branches))
    if not targets:
        return _Built(own)
    build = BuildRequest(tuple(targets), request.parameters, strict=False)
    sessions = [BuildSession.of(project.without_lineage(tables), build) for tables in (own, _on(user, branches.change))]
    session = min(sessions, key=lambda candidate: len(candidate.plan.jobs))
    plan, tables = session.plan, session.project.warehouse
    reasons = {dataset: plan.why(job) for job in plan.jobs for dataset in job.writes}
    stopped = {
        dataset: fault.reason_for(transform) for transform, fault in plan.stopped for dataset in transform.writes
    }
    if not plan.jobs:
        return _Built(tables, None, reasons, stopped)
    listeners = [] if request.on_event is None else [builds.EventCallback(request.on_event)]
    report = session.run(listeners)
    if report.was_interrupted:
        raise KeyboardInterrupt
    return _Built(tables, report, reasons, stopped)


def _is_one(before: TableVersion, after: TableVersion) -> bool:
    return (before.table, before.version) == (after.table, after.version)


def _on(tables: Warehouse, branch: str) -> Warehouse:
    """Return the warehouse on a branch that falls back to that of the user."""
    return Warehouse(tables.root, branch, (tables.branch, *tables.fallback_branches))


def _datasets_of(project: Project, targets: Sequence[str]) -> list[str]:
    return [dataset for transform in project.graph.select(targets) for dataset in transform.writes]


def _in_build_order(project: Project) -> list[str]:
    return [dataset for transform in project.transforms for dataset in transform.writes]


def _keys_of_contracts(project: Project) -> dict[str, tuple[str, ...]]:
    """Return dataset → primary key of its contract."""
    contracts = porting.contracts_by_dataset(project.contracts, project.transforms)
    return {dataset: tuple(contract.primary_key) for dataset, contract in contracts.items()}


# Branches of the comparison


@contextmanager
def _own_branches(project: Project, keep: str | None) -> Iterator[_Branches]:
    """Yield the names of two new branches, and remove the branches at the end unless they are to be kept.

    Raises:
        StoreError: a branch to keep exists already.
    """
    prefix = keep or f"diff/{uuid.uuid4().hex[:8]}"
    branches = _Branches(f"{prefix}/base", f"{prefix}/change", stays=keep is not None)
    names = (branches.change, branches.base)  # the change may need versions of the base, so it is removed first
    if taken := [branch.name for branch in project.branches() if branch.name in names]:
        raise StoreError(
            f"Branch '{taken[0]}' exists already: choose another name for --keep, or run `branch delete {taken[0]}`."
        )
    try:
        yield branches
    finally:
        if not branches.stays:
            known = [branch.name for branch in project.branches()]
            for name in names:
                if name in known:
                    warehouse.delete_branch(project.warehouse.root, name, project.settings.file.branch)
