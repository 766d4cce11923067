"""What a pull stores: the rows and files of a dataset of an account, or the part of them that is wanted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from transforms_api.importing.foundry_downloads import Downloads
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
from transforms_api.warehouse import PulledVersion, select_batches


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
        return self == EVERYTHING


EVERYTHING = Selection()
"""All rows, columns and files."""


@dataclass(frozen=True)
class Content:
    """What is staged: rows with their schema, files, or both."""

    schema: pa.Schema | None
    batches: Iterator[pa.RecordBatch]
    files: Sequence[LocalFile] = ()


@dataclass
class DatasetReader:
    """Reads a dataset of an account, or a part of it.

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
        self._parts: list[DatasetReader] | None = None
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

    def content(self) -> Content:
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
            return Content(wanted.columns, iter(()))
        if chosen.is_whole:
            return self._whole(schema)
        if chosen.where is None and self._parts is None and (file := self._table(chosen.columns, chosen.rows)):
            return Content(wanted.columns, peek(table_batches(self.dataset.name, file, wanted)))
        return Content(wanted.columns, peek(_selected(self.dataset.name, schema, chosen, self._all_rows(schema))))

    def _schema(self) -> AccountSchema | None:
        answer = self.account.schema(self.dataset, self.version)
        if answer is not None:
            return read_schema(self.dataset.name, answer)
        return next((schema for part in self._parts or () if (schema := part._schema()) is not None), None)

    def _files_only(self) -> Content:
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
        return Content(None, iter(()), files)

    def _whole(self, schema: AccountSchema) -> Content:
        """Return all rows, and the files as well if they are not Parquet, since transforms may read them."""
        files = self._files()
        data = [file for file in files if not file.is_hidden]
        return Content(schema.columns, peek(self._all_rows(schema, data)), [] if are_parquet(data) else files)

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

    def _backing(self) -> list[DatasetReader] | None:
        """Return a pull of each dataset below a view; None if the dataset is no view."""
        view = self.account.view(self.dataset, self.version.branch)
        if view is None:
            return None
        self._latest = view.latest(self.dataset.name)
        parts = []
        for backing in view.backing:
            dataset = AccountDataset(f"{self.dataset.name} ({backing.rid})", backing.rid)
            version = self.account.version(dataset, [backing.branch or self.version.branch, self.version.branch])
            parts.append(DatasetReader(self.account, dataset, version, EVERYTHING, self.downloads, self.on_progress))
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
