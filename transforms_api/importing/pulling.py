"""`pull`: a dataset of a Foundry account becomes a dataset of the warehouse, in one transaction. No Spark.

The commit's provenance has the transaction that was pulled, so that pulling the same transaction again does nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path, PurePosixPath

import pyarrow as pa

from transforms_api.errors import PullError, StoreError, TransformsError
from transforms_api.importing.foundry_account import (
    AccountDataset,
    AccountVersion,
    FoundryAccount,
    LatestRows,
    cannot_compute,
)
from transforms_api.importing.foundry_downloads import Downloads, downloads_of
from transforms_api.importing.foundry_rows import (
    AccountSchema,
    LocalFile,
    are_parquet,
    file_batches,
    latest_rows,
    peek,
    read_schema,
    table_batches,
)
from transforms_api.importing.sources import cast_batch, require_names
from transforms_api.project import BuildGraph
from transforms_api.warehouse import (
    Commit,
    Provenance,
    PulledVersion,
    TransactionType,
    Warehouse,
    open_multi_table_transaction,
    select_batches,
    stage_batches,
    storage_of,
)


@dataclass(frozen=True)
class Selection:
    """The part of a dataset to pull.

    Attributes:
        rows: how many rows at most; None: all.
        where: condition of the rows in DuckDB's SQL, evaluated on this machine; None: all rows.
        columns: their names, in the order of the result; None: all.
        schema_only: no rows and no files: the dataset is empty and has its columns.
    """

    rows: int | None = None
    where: str | None = None
    columns: tuple[str, ...] | None = None
    schema_only: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all rows, columns and files are wanted."""
        return self == Selection()


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


@dataclass(frozen=True)
class _Content:
    """What is staged: rows with their schema, files, or both."""

    schema: pa.Schema | None
    batches: Iterator[pa.RecordBatch]
    files: Sequence[LocalFile] = ()


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
    found: dict[tuple[str, str | None], PullTarget] = {}
    for bound in (one for transform in graph.order for one in transform.bound_inputs):
        change = None if bound.dataset in written else tables.last_change(bound.dataset, bound.branch)
        lacks_rows = change is None or (change.pulled is not None and change.pulled.schema_only and not schema_only)
        if bound.dataset not in written and lacks_rows:
            chain = tuple(branches) if bound.branch is None else (bound.branch,)
            found[bound.dataset, bound.branch] = PullTarget(bound.dataset, chain, bound.rid, bound.branch)
    return list(found.values())


def pull_dataset(
    account: FoundryAccount,
    target: PullTarget,
    tables: Warehouse,
    selection: Selection = Selection(),
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
        max_age: do not ask the account if it was known this short a time ago to have what the warehouse has; None:
            ask always.
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
    pull = _Pull(account, dataset, version, selection, downloads, on_progress)
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


def _same(one: PulledVersion, other: PulledVersion) -> bool:
    return one.model_dump() == other.model_dump()


@dataclass
class _Pull:
    """One pull of a dataset.

    Attributes:
        account: has the dataset.
        dataset: of the account.
        version: of the dataset.
        selection: the part to pull.
        downloads: of the dataset.
        on_progress: receives lines about long downloads.
    """

    account: FoundryAccount
    dataset: AccountDataset
    version: AccountVersion
    selection: Selection
    downloads: Downloads
    on_progress: Callable[[str], None]

    def __post_init__(self) -> None:
        self._latest: LatestRows | None = None
        self._parts: list[_Pull] | None = None
        """The datasets below a view; None for a dataset that has rows of its own."""
        if self.version.transaction is None or ".view." in self.dataset.rid:
            self._parts = self._backing()

    def identity(self) -> PulledVersion:
        """Return what the provenance records."""
        chosen = self.selection
        fields = {"rows": chosen.rows, "where": chosen.where, "columns": chosen.columns}
        views: dict[str, str | None] = {}
        for part in self._parts or ():
            views |= {part.dataset.rid: part.version.transaction, **part.identity().views}
        return PulledVersion(
            dataset=self.dataset.rid,
            branch=self.version.branch,
            transaction=self.version.transaction,
            **{name: value for name, value in fields.items() if value is not None},  # type: ignore[arg-type]
            **({"views": views} if views else {}),  # type: ignore[arg-type]
            **({"schema_only": True} if chosen.schema_only else {}),  # type: ignore[arg-type]
        )

    def content(self) -> _Content:
        """Return the rows and files to store; downloads what is missing.

        Raises:
            PullError: the account does not give them.
        """
        schema, chosen = self._schema(), self.selection
        if schema is None:
            return self._files_only()
        require_names(self.dataset.name, schema.columns.names)
        wanted = schema.selected(self.dataset.name, chosen.columns)
        if chosen.where is not None:
            _check_condition(self.dataset.name, schema, chosen)
        if chosen.schema_only:
            return _Content(wanted.columns, iter(()))
        if chosen.is_whole:
            return self._whole(schema)
        if chosen.where is None and self._parts is None and (file := self._table(chosen.columns, chosen.rows)):
            return _Content(wanted.columns, peek(table_batches(self.dataset.name, file, wanted)))
        return _Content(wanted.columns, peek(_selected(self.dataset.name, schema, chosen, self._all_rows(schema))))

    def _schema(self) -> AccountSchema | None:
        found = self.account.schema(self.dataset, self.version)
        if found is not None:
            return read_schema(self.dataset.name, found)
        return next((schema for part in self._parts or () if (schema := part._schema()) is not None), None)

    def _files_only(self) -> _Content:
        if not self.selection.is_whole:
            raise PullError(
                f"{self.dataset.name} cannot be pulled in part: it has no schema on branch '{self.version.branch}', "
                "only files. Pull it without --rows, --where, --columns and --schema-only."
            )
        if not (files := self._files()):
            raise PullError(
                f"{self.dataset.name} cannot be pulled: on branch '{self.version.branch}' it has neither a schema nor "
                "files. Build it on Foundry, or choose another branch by --from-branch."
            )
        return _Content(None, iter(()), files)

    def _whole(self, schema: AccountSchema) -> _Content:
        """Return all rows, and the files as well if they are not Parquet, since transforms may read them."""
        files = self._files()
        data = [file for file in files if not file.is_hidden]
        return _Content(schema.columns, peek(self._all_rows(schema, data)), [] if are_parquet(data) else files)

    def _all_rows(self, schema: AccountSchema, data: Sequence[LocalFile] | None = None) -> Iterator[pa.RecordBatch]:
        """Return the rows of the dataset, or of the datasets below the view.

        Args:
            schema: of the rows.
            data: the files with rows; None: download them.
        """
        if data is None:
            data = [file for file in self._files() if not file.is_hidden]
        if self._parts is None:
            return self._rows(schema, data)
        rows = itertools.chain.from_iterable(part._all_rows(replace(schema, text=None)) for part in self._parts)
        return rows if self._latest is None else latest_rows(self.dataset.name, rows, schema, self._latest)

    def _rows(self, schema: AccountSchema, data: Sequence[LocalFile]) -> Iterator[pa.RecordBatch]:
        """Return the rows of files; of files whose parser is not known as the account parses them, if it does."""
        if not are_parquet(data) and schema.text is None and (table := self._table(None, None)):
            return table_batches(self.dataset.name, table, schema)
        return file_batches(self.dataset.name, data, schema)

    def _table(self, columns: Sequence[str] | None, rows: int | None) -> Path | None:
        """Return a file of the rows as the account computes them; None if it cannot."""
        try:
            return self.downloads.table(
                lambda file: self.account.table(self.dataset, self.version, file, columns, rows)
            )
        except PullError as error:
            if cannot_compute(error):
                return None
            raise

    def _files(self) -> list[LocalFile]:
        """Download the files; none are those of a view, which may turn out here to be one."""
        wanted = [] if self._parts is not None else self.account.files(self.dataset, self.version)
        if not wanted and self._parts is None:
            self._parts = self._backing()
        if not wanted:
            return []
        for file in wanted:
            if not _is_inside(file.path):
                raise PullError(
                    f"{self.dataset.name} cannot be pulled: its file '{file.path}' would lie outside of the dataset. "
                    "Rename it in the account."
                )
        count, size = len(wanted), sum(file.size or 0 for file in wanted)
        self.on_progress(f"{self.dataset.name}: {count:,} files, {size:,} bytes")

        def progress(done: int) -> None:
            if done % 500 == 0:
                self.on_progress(f"{self.dataset.name}: {done:,} of {count:,} files")

        return self.downloads.files(self.account, self.dataset, self.version, wanted, progress)

    def _backing(self) -> list[_Pull] | None:
        """Return a pull of each dataset below a view; None if the dataset is no view."""
        view = self.account.view(self.dataset, self.version.branch)
        if view is None:
            return None
        self._latest = view.latest(self.dataset.name)
        parts = []
        for backing in view.backing:
            dataset = AccountDataset(f"{self.dataset.name} ({backing.rid})", backing.rid)
            version = self.account.version(dataset, [backing.branch or self.version.branch, self.version.branch])
            parts.append(_Pull(self.account, dataset, version, Selection(), self.downloads, self.on_progress))
        return parts


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return (
        bool(path) and not {"", ".", ".."} & set(parts) and "\\" not in path and not PurePosixPath(path).is_absolute()
    )


def _check_condition(dataset: str, schema: AccountSchema, chosen: Selection) -> None:
    """Raise before anything is downloaded if a condition cannot be evaluated on the columns."""
    nulls = [pa.nulls(1, field.type) for field in schema.columns]
    for _ in _selected(dataset, schema, chosen, iter([pa.RecordBatch.from_arrays(nulls, schema=schema.columns)])):
        pass


def _selected(
    dataset: str, schema: AccountSchema, chosen: Selection, rows: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield the selected rows of all rows.

    Raises:
        PullError: the condition cannot be evaluated.
        TransformsError: what reading the rows raises, which DuckDB would turn into an error of its own.
    """
    wanted, failures = schema.selected(dataset, chosen.columns), list[TransformsError]()

    def read() -> Iterator[pa.RecordBatch]:
        try:
            yield from rows
        except TransformsError as error:
            failures.append(error)
            raise

    try:
        reader = pa.RecordBatchReader.from_batches(schema.columns, read())
        for batch in select_batches(reader, chosen.columns, chosen.where, chosen.rows):
            yield cast_batch(batch, {}, wanted.columns, dataset)
    except (StoreError, OSError) as error:
        if failures:
            raise failures[0] from None
        reason = " ".join(str(error).partition("\n\nLINE")[0].split())
        raise PullError(f"{dataset} cannot be pulled with this --where: {reason}") from error


def _publish(content: _Content, dataset: str, tables: Warehouse, pulled: PulledVersion) -> Pulled:
    """Store rows and files as the dataset's next version."""
    table = tables.table(dataset)
    with open_multi_table_transaction(tables.root, [table], f"a pull of {dataset}") as job:
        transaction = job.transactions[table]
        storage = storage_of(table)
        try:
            for one in content.files:
                storage.copy_in(one.file, transaction.files_folder / one.path)
        except OSError as error:
            raise StoreError(f"The files of {dataset} cannot be stored: {error}. It keeps its last version.") from error
        schema = None
        if content.schema is not None:
            schema = stage_batches(content.batches, content.schema, transaction, ())
        provenance = Provenance.of_pull(pulled, tables.branch)
        [count] = job.publish([transaction.stage_commit(schema, (), provenance, TransactionType.SNAPSHOT)])
    rows = None if schema is None else count
    return Pulled(dataset, PullState.PULLED, pulled, table, rows, len(content.files))
