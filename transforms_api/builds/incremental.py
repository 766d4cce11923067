"""Incremental runs: whether a job reads only new rows, and which. The rules follow Foundry's documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from transforms_api.declare import Incremental, Transform
from transforms_api.errors import MissingInputError, NotIncrementalError
from transforms_api.warehouse import (
    Commit,
    InputVersion,
    InputView,
    TableVersion,
    TransactionType,
    Warehouse,
    version_at,
    version_of_transaction,
)


@dataclass(frozen=True)
class ReadPlan:
    """What one job reads.

    Attributes:
        views: dataset → the rows that the job reads.
        is_incremental: whether the job reads only new rows and adds to its outputs.
        reason: why an `@incremental` transform does not run incrementally; None otherwise.
        read: dataset → the last transaction that is read, for the provenance of the outputs.
    """

    views: dict[str, InputView]
    is_incremental: bool = False
    reason: str | None = None
    read: dict[str, InputVersion] = field(default_factory=dict)


class _NotIncremental(Exception):
    """The reason why a job is not incremental; `tolerated` if even `require_incremental` accepts it."""

    def __init__(self, reason: str, tolerated: bool = False) -> None:
        super().__init__(reason)
        self.tolerated = tolerated


def input_versions(
    transform: Transform[Any, Any], warehouse: Warehouse, advice: Callable[[str], str] | None = None
) -> dict[str, TableVersion]:
    """Return dataset → the last version of each input.

    Args:
        transform: the transform that reads them.
        warehouse: where they are.
        advice: dataset → what to do if it is missing, for the text of the error.

    Raises:
        MissingInputError: the warehouse lacks some of them.
        StoreError: a table cannot be read.
    """
    versions = {bound: warehouse.latest(bound.dataset, bound.branch) for bound in transform.bound_inputs}
    missing = {bound.dataset: bound.branch for bound, version in versions.items() if version is None}
    if missing:
        verb, branch = "is" if len(missing) == 1 else "are", next(filter(None, missing.values()), warehouse.branch)
        hints = [f"\n  {dataset}: {advice(dataset)}" for dataset in missing] if advice else []
        raise MissingInputError(
            f"{transform.location}: transform '{transform.__name__}' reads {' and '.join(missing)}, which {verb} not "
            f"in {warehouse.root} on branch '{branch}'.{''.join(hints)}"
        )
    return {bound.dataset: version for bound, version in versions.items() if version is not None}


SNAPSHOT_REQUESTED = "a snapshot is requested for this build"


def plan_reads(
    transform: Transform[Any, Any],
    inputs: Mapping[str, TableVersion],
    outputs: Mapping[str, TableVersion | None],
    is_snapshot: bool = False,
) -> ReadPlan:
    """Return what a job of a transform reads.

    The job runs incrementally if

    - an output has been built,
    - this transform was the last writer of every built output, with the same `semantic_version` and `v2_semantics`,
    - all outputs were built from the same transactions of the inputs other than `snapshot_inputs`, and
    - these inputs have only grown since.

    New inputs are read in full. A transform without such inputs (none, a `Source`, or only `snapshot_inputs`) runs
    incrementally from its second run on and continues from its own outputs. Neither changed code nor a forced build
    changes that.

    Args:
        transform: the transform of the job.
        inputs: dataset → last version of an input.
        outputs: dataset → last version of an output, None without one.
        is_snapshot: read everything and replace the outputs, whatever has changed.

    Raises:
        NotIncrementalError: the job cannot run incrementally, and `require_incremental` is set. A first run, a new
            `semantic_version` and a requested snapshot are allowed, as on Foundry.
    """
    settings = transform.incremental
    if settings is None:
        return _full_run(transform, inputs, None)
    try:
        if is_snapshot:
            raise _NotIncremental(SNAPSHOT_REQUESTED, tolerated=True)
        last_read = _last_read(transform, settings, outputs)
        previous = {
            dataset: _previous(dataset, inputs[dataset], last_read[dataset].transaction, settings)
            for dataset in _growing(transform, settings)
            if dataset in last_read
        }
    except _NotIncremental as error:
        if settings.require_incremental and not error.tolerated:
            raise NotIncrementalError(
                f"{transform.location}: transform '{transform.__name__}' cannot run incrementally: {error}. "
                "Change its semantic_version to build it as a whole once, or leave out require_incremental."
            ) from None
        return _full_run(transform, inputs, str(error))
    views = {}
    for dataset, version in inputs.items():
        before = previous.get(dataset)
        read = _limit(transform, dataset, version, before)
        views[dataset] = InputView(dataset, read, before, dataset in _growing(transform, settings))
    return ReadPlan(views, is_incremental=True, read=_read(views.values()))


def _full_run(transform: Transform[Any, Any], inputs: Mapping[str, TableVersion], reason: str | None) -> ReadPlan:
    views = {
        dataset: InputView(dataset, _limit(transform, dataset, version, None)) for dataset, version in inputs.items()
    }
    return ReadPlan(views, reason=reason, read=_read(views.values()))


def _read(views: Iterable[InputView]) -> dict[str, InputVersion]:
    return {view.dataset: view.version.as_input for view in views}


def _growing(transform: Transform[Any, Any], settings: Incremental) -> set[str]:
    """Return the datasets of all inputs except `snapshot_inputs`."""
    return {bound.dataset for bound in transform.bound_inputs if bound.parameter not in settings.snapshot_inputs}


def _last_read(
    transform: Transform[Any, Any], settings: Incremental, outputs: Mapping[str, TableVersion | None]
) -> dict[str, InputVersion]:
    """Return the versions that the last run read, by dataset."""
    commits = {dataset: version.commit for dataset, version in outputs.items() if version is not None}
    if not commits:
        raise _NotIncremental("no output has been built yet", tolerated=True)
    for dataset, commit in commits.items():
        provenance = commit.provenance
        if provenance is None or provenance.transform != transform.reference:
            raise _NotIncremental(f"{dataset} was last written by {commit.writer}")
        if (1 if provenance.semantic_version is None else provenance.semantic_version) != settings.semantic_version:
            raise _NotIncremental(f"its semantic_version is {settings.semantic_version} now", tolerated=True)
        if provenance.v2_semantics not in (None, settings.v2_semantics):
            raise _NotIncremental("v2_semantics has been changed")
    growing = _growing(transform, settings)
    first, *others = (
        {dataset: read for dataset, read in commit.inputs.items() if dataset in growing} for commit in commits.values()
    )
    if any(other != first for other in others):
        raise _NotIncremental("its outputs were last built from different transactions of its inputs")
    return dict(first)


def _previous(dataset: str, version: TableVersion, transaction: str, settings: Incremental) -> TableVersion:
    """Return the version that the last run read. Raise _NotIncremental unless the dataset has only grown since."""
    since: list[Commit] = []
    for commit in version.commits:
        if commit.transaction == transaction:
            break
        since.append(commit)
    else:
        raise _NotIncremental(f"the transaction of {dataset} that was read last is no longer in its history")
    for commit in since:
        retained = commit.type is TransactionType.DELETE and settings.allow_retention
        if commit.type is not None and not (commit.is_additive or retained):
            kind = (
                "an UPDATE that replaced files" if commit.replaces_files else f"a {commit.type and commit.type.value}"
            )
            raise _NotIncremental(f"{dataset} got {kind} since the last run")
    if version.has_rewritten_rows:
        raise _NotIncremental(f"the rows of {dataset} are not those of its files (deletion vectors or column mapping)")
    previous = version_of_transaction(version, transaction)
    assert previous is not None
    return previous


def _limit(
    transform: Transform[Any, Any], dataset: str, version: TableVersion, previous: TableVersion | None
) -> TableVersion:
    """Return the version to read under `transaction_limit`: at most so many transactions after `previous`."""
    limit = _limit_of(transform, dataset)
    if limit is None or transform.incremental is None:
        return version
    changes = [commit for commit in version.commits if not commit.is_maintenance]
    if previous is None:
        begin = next((index for index, commit in enumerate(changes) if not commit.is_additive), len(changes) - 1)
        waiting = changes[: begin + 1]
    else:
        waiting = changes[: [commit.transaction for commit in changes].index(previous.commit.transaction)]
    if len(waiting) <= limit:
        return version
    last = waiting[-limit]
    return version_at(last.table, last.branch, last.version)


def _limit_of(transform: Transform[Any, Any], dataset: str) -> int | None:
    return next((bound.transaction_limit for bound in transform.bound_inputs if bound.dataset == dataset), None)
