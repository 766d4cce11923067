"""`pull`: a dataset of a Foundry account becomes a dataset of the warehouse, in one transaction. No Spark.

The commit's provenance has the transaction that was pulled, so that pulling the same transaction again does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from transforms_api.errors import StoreError
from transforms_api.importing.foundry_account import FoundryAccount
from transforms_api.importing.foundry_content import EVERYTHING, Content, DatasetReader, Selection
from transforms_api.importing.foundry_downloads import Downloads, downloads_of
from transforms_api.project import BuildGraph
from transforms_api.warehouse import (
    Commit,
    Provenance,
    PulledVersion,
    TransactionType,
    Warehouse,
    open_multi_table_transaction,
    stage_batches,
    storage_of,
)


@dataclass(frozen=True)
class PullTarget:
    """A dataset to pull.

    Attributes:
        dataset: its name in the warehouse.
        branches: branches of the account; the first that has the dataset is read.
        rid: its RID if it is known; else the account looks the path up.
        branch: branch of the warehouse to write; None: the warehouse's own.
    """

    dataset: str
    branches: tuple[str, ...]
    rid: str | None = None
    branch: str | None = None


class PullState(StrEnum):
    """What a pull did."""

    PULLED = "pulled"
    UNCHANGED = "unchanged"
    """The warehouse has the account's last transaction already."""
    RECENT = "recent"
    """The warehouse has what the account had a short time ago; no request was sent."""


@dataclass(frozen=True)
class Pulled:
    """The result of a pull.

    Attributes:
        dataset: name of the dataset in the warehouse.
        state: what the pull did.
        version: the account's version.
        table: folder of the dataset's table.
        rows: number of rows; None if the dataset has files only, or was not pulled now.
        files: number of files that the dataset keeps as they are.
    """

    dataset: str
    state: PullState
    version: PulledVersion
    table: Path
    rows: int | None = None
    files: int = 0


def missing_inputs_of(
    graph: BuildGraph, tables: Warehouse, branches: Sequence[str], schema_only: bool
) -> list[PullTarget]:
    """Return the inputs of a project that no transform writes and that the warehouse lacks.

    A dataset of which only the columns were pulled counts as missing, unless only columns are wanted.

    Args:
        graph: of the project.
        tables: the warehouse.
        branches: branches of the account, for inputs that name none.
        schema_only: whether only columns are wanted.
    """
    written = graph.writers.keys() | {dataset for fault in graph.faults for dataset in fault.hides}
    targets: dict[tuple[str, str | None], PullTarget] = {}
    for bound in (bound for transform in graph.order for bound in transform.bound_inputs):
        change = None if bound.dataset in written else tables.last_change(bound.dataset, bound.branch)
        lacks_rows = change is None or (change.pulled is not None and change.pulled.schema_only and not schema_only)
        if bound.dataset not in written and lacks_rows:
            chain = tuple(branches) if bound.branch is None else (bound.branch,)
            targets[bound.dataset, bound.branch] = PullTarget(bound.dataset, chain, bound.rid, bound.branch)
    return list(targets.values())


def pull_dataset(
    account: FoundryAccount,
    target: PullTarget,
    tables: Warehouse,
    selection: Selection = EVERYTHING,
    max_age: timedelta | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Pulled:
    """Pull a dataset, unless the warehouse has the account's last transaction.

    The dataset is replaced in one transaction when everything is downloaded and read. An interrupted pull leaves it as
    it was and keeps the files that are complete.

    Args:
        account: has the dataset.
        target: the dataset.
        tables: receives it.
        selection: the part to pull.
        max_age: send no request if the account was known, this short a time ago, to have what the warehouse has; None:
            always send one.
        on_progress: receives a line about long downloads.

    Raises:
        PullError: the account does not give the dataset.
        ImportSourceError: its files do not fit its schema.
        StoreError: the condition is wrong, or the warehouse cannot be written.
    """
    tables = replace(tables, branch=target.branch, fallback_branches=()) if target.branch else tables
    table, downloads = tables.table(target.dataset), downloads_of(tables, target.dataset)
    present = tables.last_change(target.dataset)
    if max_age is not None and (pulled := _recent(present, target, selection, downloads, max_age)):
        return Pulled(target.dataset, PullState.RECENT, pulled, table)
    dataset = account.dataset(target.dataset, target.rid)
    version = account.version(dataset, target.branches)
    pull = DatasetReader(account, dataset, version, selection, downloads, on_progress)
    pulled = pull.identity()
    if present is not None and present.pulled is not None and _same(present.pulled, pulled):
        downloads.note(pulled)
        return Pulled(target.dataset, PullState.UNCHANGED, pulled, table)
    with downloads.locked(target.dataset):
        content = pull.content()
        pulled = pull.identity()  # names the datasets below a view, which may have turned out to be one
        is_here = present is not None and present.pulled is not None and _same(present.pulled, pulled)
        unchanged = Pulled(target.dataset, PullState.UNCHANGED, pulled, table)
        result = unchanged if is_here else _publish(content, target.dataset, tables, pulled)
        downloads.clear(pulled)
    return result


def _recent(
    present: Commit | None, target: PullTarget, selection: Selection, downloads: Downloads, max_age: timedelta
) -> PulledVersion | None:
    """Return the version that the warehouse has, if the account was known a short time ago to have the same."""
    pulled = present.pulled if present else None
    if present is None or pulled is None or pulled.branch not in target.branches:
        return None
    wanted = (selection.rows, selection.where, selection.columns, selection.schema_only)
    if wanted != (pulled.rows, pulled.where, pulled.columns, pulled.schema_only):
        return None
    committed = datetime.fromtimestamp((present.timestamp or 0) / 1000, UTC)
    seen = downloads.seen(pulled) or committed
    return pulled if datetime.now(UTC) - max(seen, committed) <= max_age else None


def _same(pulled: PulledVersion, other: PulledVersion) -> bool:
    return pulled.model_dump() == other.model_dump()


def _publish(content: Content, dataset: str, tables: Warehouse, pulled: PulledVersion) -> Pulled:
    """Store rows and files as the dataset's next version."""
    table = tables.table(dataset)
    with open_multi_table_transaction(tables.root, [table], f"a pull of {dataset}") as job:
        transaction = job.transactions[table]
        storage = storage_of(table)
        try:
            for file in content.files:
                storage.copy_in(file.file, transaction.files_folder / file.path)
        except OSError as error:
            raise StoreError(f"The files of {dataset} cannot be stored: {error}. It keeps its last version.") from error
        schema = None
        if content.schema is not None:
            schema = stage_batches(content.batches, content.schema, transaction, ())
        provenance = Provenance.of_pull(pulled, tables.branch)
        [count] = job.publish([transaction.stage_commit(schema, (), provenance, TransactionType.SNAPSHOT)])
    rows = None if schema is None else count
    return Pulled(dataset, PullState.PULLED, pulled, table, rows, len(content.files))
