"""A Foundry account, read through the open `foundry-platform-sdk`: datasets, branches, schemas, files and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from transforms_api.errors import PullError
from transforms_api.importing.foundry_connection import CANNOT_COMPUTE, Connection

T = TypeVar("T")

_TABLE_TIMEOUT = 900
"""Seconds until the first byte of a table, which the account computes."""
_CHUNK = 1 << 20
_RID = re.compile(r"ri\.[a-z][a-z0-9-]*\.([a-z0-9][a-z0-9-]*)?\.[a-z][a-z0-9-]*\.[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class AccountDataset:
    """A dataset of the account.

    Attributes:
        name: its path or RID as the user knows it, for messages.
        rid: its RID.
    """

    name: str
    rid: str


@dataclass(frozen=True)
class AccountVersion:
    """A version of an account's dataset.

    Attributes:
        branch: the branch that has the dataset.
        transaction: RID of the last committed transaction; None if nothing has been committed.
    """

    branch: str
    transaction: str | None


@dataclass(frozen=True)
class AccountFile:
    """A file of a version.

    Attributes:
        path: its path in the dataset.
        transaction: RID of the transaction that wrote it.
        size: bytes; None if the account does not say.
    """

    path: str
    transaction: str
    size: int | None


class _Answer(BaseModel):
    """A part of an answer of the account; fields that are not used may change."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Resource(_Answer):
    rid: str
    type: str = ""


class BackingDataset(_Answer):
    """A dataset below a view."""

    rid: str = Field(alias="datasetRid")
    branch: str | None = None


class _Strategy(_Answer):
    type: str = ""
    columns: tuple[str, ...] = ()


class _Resolution(_Answer):
    type: str = "unique"
    strategy: _Strategy = Field(_Strategy(), alias="resolutionStrategy")
    deletion_column: str | None = Field(None, alias="deletionColumn")


class _PrimaryKey(_Answer):
    columns: tuple[str, ...] = ()
    resolution: _Resolution = Field(default_factory=lambda: _Resolution.model_validate({}))


@dataclass(frozen=True)
class LatestRows:
    """Which of several rows with the same key a view has.

    Attributes:
        key: names of the columns of the key.
        order: names of columns, compared in this order: the row with the greatest values counts.
        deleted: name of a boolean column; a row that counts and has true there is left out. None: no row is.
    """

    key: tuple[str, ...]
    order: tuple[str, ...]
    deleted: str | None = None


class AccountView(_Answer):
    """A view: the rows of several datasets.

    Attributes:
        backing: the datasets.
        key: the primary key; None without one.
    """

    backing: tuple[BackingDataset, ...] = Field(alias="backingDatasets")
    key: _PrimaryKey | None = Field(None, alias="primaryKey")

    def latest(self, dataset: str) -> LatestRows | None:
        """Return which of several rows with the same key count; None: all.

        Args:
            dataset: name of the view, for messages.

        Raises:
            PullError: the view chooses rows by a rule that is not known here.
        """
        if self.key is None or self.key.resolution.type == "unique":
            return None
        resolution = self.key.resolution
        if resolution.strategy.type != "latestWins" or not resolution.strategy.columns:
            raise PullError(
                f"{dataset} cannot be pulled: it is a view that chooses rows by '{resolution.strategy.type}', which is "
                "not known here. Make a dataset of it on Foundry, and pull this one."
            )
        return LatestRows(self.key.columns, resolution.strategy.columns, resolution.deletion_column)


@dataclass(frozen=True)
class FoundryAccount:
    """The datasets of a Foundry account. Nothing is sent until a method is called.

    Attributes:
        connection: to the account.
    """

    connection: Connection

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> FoundryAccount:
        """Return the account of the environment.

        Args:
            environment: has FOUNDRY_TOKEN and FOUNDRY_HOSTNAME.

        Raises:
            EnvironmentProblem: one of them is missing or has characters that it cannot have, or the SDK is not
                installed.
        """
        return cls(Connection.of_environment(environment))

    # Datasets

    def dataset(self, name: str, rid: str | None) -> AccountDataset:
        """Return a dataset by its RID or its path.

        Args:
            name: its path or RID.
            rid: its RID if it is known.

        Raises:
            PullError: the account has no such dataset.
        """
        rid = rid or (name if name.startswith("ri.") else None)
        if rid is not None:
            if not _RID.fullmatch(rid):
                raise PullError(f"{name} cannot be pulled: {rid} is no RID. Copy it from the account.")
            return AccountDataset(name, rid)
        resources = self.connection.client.filesystem.Resource.with_raw_response
        resource = _Resource.model_validate(self.connection.send(name, lambda: resources.get_by_path(path=name).json()))
        if resource.type and resource.type not in ("FOUNDRY_DATASET", "GPS_VIEW"):
            kind = resource.type.replace("_", " ").lower()
            raise PullError(f"{name} cannot be pulled: it is a {kind} of the account, and only datasets have rows.")
        return AccountDataset(name, resource.rid)

    def version(self, dataset: AccountDataset, branches: Sequence[str]) -> AccountVersion:
        """Return the last version of a dataset on the first of several branches that has the dataset.

        Args:
            dataset: of the account.
            branches: names of branches of the account.

        Raises:
            PullError: no branch has it.
        """
        client = self.connection.client.datasets.Dataset
        for name in branches:
            try:
                branch = self.connection.send(dataset.name, partial(client.Branch.get, dataset.rid, name))
            except PullError as error:
                if error.name == "BranchNotFound":
                    continue
                raise
            return AccountVersion(name, self._committed(dataset, name, branch.transaction_rid))
        known = self.connection.send(dataset.name, lambda: [branch.name for branch in client.Branch.list(dataset.rid)])
        listed = ", ".join(sorted(known)) or "none"
        raise PullError(
            f"{dataset.name} cannot be pulled: the account has it on none of the branches {', '.join(branches)}. "
            f"Choose one of its branches by --from-branch: {listed}."
        )

    def _committed(self, dataset: AccountDataset, branch: str, newest: str | None) -> str | None:
        """Return the last committed transaction of a branch, whose newest one may be open."""
        if newest is None:
            return None
        client = self.connection.client.datasets.Dataset
        transaction = self.connection.send(dataset.name, lambda: client.Transaction.get(dataset.rid, newest))
        if transaction.status == "COMMITTED":
            return newest

        def first() -> str | None:
            transactions = client.Branch.transactions(dataset.rid, branch, preview=True)
            committed = (str(transaction.rid) for transaction in transactions if transaction.status == "COMMITTED")
            return next(committed, None)

        return self.connection.send(dataset.name, first)

    def schema(self, dataset: AccountDataset, version: AccountVersion) -> Mapping[str, Any] | None:
        """Return the JSON of a version's schema; None if it has none.

        Args:
            dataset: of the account.
            version: of the dataset.
        """
        client = self.connection.client.datasets.Dataset.with_raw_response

        def get() -> Any:
            answer = client.get_schema(dataset.rid, branch_name=version.branch, end_transaction_rid=version.transaction)
            return answer.json() if answer.text else None

        try:
            answer = self.connection.send(dataset.name, get)
        except PullError as error:
            if error.name in ("SchemaNotFound", "DatasetViewNotFound"):
                return None
            raise
        schema = answer.get("schema") if isinstance(answer, dict) else None
        return schema if isinstance(schema, dict) else None

    def view(self, dataset: AccountDataset, branch: str) -> AccountView | None:
        """Return the view that a dataset is; None if it has rows of its own.

        Args:
            dataset: of the account.
            branch: of the account.
        """
        views = self.connection.client.datasets.View.with_raw_response
        try:
            view = self.connection.send(dataset.name, lambda: views.get(dataset.rid, branch=branch).json())
        except PullError as error:
            if error.name in ("ViewNotFound", "ApiNotFound"):
                return None
            raise
        return AccountView.model_validate(view)

    def files(self, dataset: AccountDataset, version: AccountVersion) -> list[AccountFile]:
        """Return the files of a version.

        Args:
            dataset: of the account.
            version: of the dataset.
        """
        client = self.connection.client.datasets.Dataset.File

        def listed() -> list[AccountFile]:
            listing = client.list(dataset.rid, end_transaction_rid=version.transaction)
            return [
                AccountFile(
                    file.path, str(file.transaction_rid), None if file.size_bytes is None else int(file.size_bytes)
                )
                for file in listing
            ]

        return [] if version.transaction is None else self.connection.send(dataset.name, listed)

    # Contents

    def download(
        self, dataset: AccountDataset, version: AccountVersion, file: AccountFile, write: Callable[[Iterator[bytes]], T]
    ) -> T:
        """Pass the content of a file to a function and return its result.

        Args:
            dataset: of the account.
            version: of the dataset.
            file: of the version.
            write: receives the content in parts; called again if the connection is cut, or if it raises
                `IncompleteError`.
        """
        client = self.connection.client.datasets.Dataset.File.with_streaming_response

        def get() -> T:
            with client.content(dataset.rid, file.path, end_transaction_rid=version.transaction) as answer:
                return write(answer.iter_bytes(_CHUNK))

        return self.connection.send(f"{dataset.name}: file '{file.path}'", get)

    def table(
        self,
        dataset: AccountDataset,
        version: AccountVersion,
        target: Path,
        columns: Sequence[str] | None = None,
        rows: int | None = None,
    ) -> None:
        """Write rows of a version to a file, as a stream of Arrow. An empty file has no rows.

        Args:
            dataset: of the account.
            version: of the dataset.
            target: the file; replaced.
            columns: names of the columns; None: all.
            rows: how many at most; None: all.

        Raises:
            PullError: the account gives no rows. `cannot_compute` tells whether it could give the files.
        """
        client = self.connection.client.datasets.Dataset.with_streaming_response

        def get() -> None:
            with (
                client.read_table(
                    dataset.rid,
                    format="ARROW",
                    branch_name=version.branch,
                    end_transaction_rid=version.transaction,
                    columns=None if columns is None else list(columns),
                    row_limit=rows,
                    request_timeout=_TABLE_TIMEOUT,
                ) as answer,
                target.open("wb") as stream,
            ):
                for part in answer.iter_bytes(_CHUNK):
                    stream.write(part)

        self.connection.send(dataset.name, get)


def cannot_compute(error: PullError) -> bool:
    """Return whether the account refuses to compute a table, so that the files have to be read here.

    Args:
        error: of `FoundryAccount.table`.
    """
    return error.name in CANNOT_COMPUTE
