"""The objects that a transform on Spark reads from. They pickle into Spark's Python workers, their files with them.

What inputs and outputs of every kind tell of their dataset.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame

from transforms_api.engines import SessionFactory, as_pandas, read_slice, require_driver_session
from transforms_api.runtime.files import FileSystem
from transforms_api.warehouse import Commit, InputView, require_rows

_RIDS = uuid.uuid5(uuid.NAMESPACE_URL, "ri.foundry.main.dataset")


def dataset_rid(dataset: str) -> str:
    """Return a dataset's RID: its own where it is named by one, else one made of its path, always the same."""
    return dataset if dataset.startswith("ri.") else f"ri.foundry.main.dataset.{uuid.uuid5(_RIDS, dataset)}"


def transaction_rid(transaction: str) -> str:
    """Return the RID of a transaction."""
    return f"ri.foundry.main.transaction.{transaction}"


def first_of_view(commits: Sequence[Commit]) -> Commit:
    """Return the commit with which the current view of a dataset begins: the last that replaced it, else the first."""
    changes = [commit for commit in commits if not commit.is_maintenance]
    return next((commit for commit in changes if not commit.is_additive), changes[-1])


def column_descriptions(schema: str) -> dict[str, str]:
    """Return column name → description, where a column has one."""
    return {name: metadata["comment"] for name, metadata in _metadata(schema) if "comment" in metadata}


def column_typeclasses(schema: str) -> dict[str, list[dict[str, str]]]:
    """Return column name → typeclasses, each a `name` and a `kind`, where a column has any."""
    return {
        name: json.loads(metadata["typeclasses"]) for name, metadata in _metadata(schema) if "typeclasses" in metadata
    }


def _metadata(schema: str) -> list[tuple[str, dict[str, Any]]]:
    return [(field["name"], field.get("metadata", {})) for field in json.loads(schema)["fields"]]


class TransformInput:
    """A dataset to read, at the version that was its last when the job began.

    Attributes:
        path: the dataset's name as declared.
        branch: branch that it is read from.
        rid: the dataset's RID; made of its path where none is known.
        view: what of the dataset can be read.
        batch_incremental_configuration: None; Foundry's own.
    """

    batch_incremental_configuration = None

    def __init__(self, view: InputView, spark: SessionFactory, rid: str | None = None) -> None:
        self.path = view.dataset
        self.branch = view.version.branch
        self.rid = rid or dataset_rid(view.dataset)
        self.view = view
        self._spark: SessionFactory | None = spark
        self._frames: dict[str, DataFrame] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_spark": None, "_frames": {}}

    def dataframe(self) -> DataFrame:
        """Return all rows; the same object at every call."""
        return self._dataframe("current")

    def pandas(self) -> Any:
        """Return all rows as a pandas DataFrame."""
        return as_pandas(self.dataframe())

    def filesystem(self) -> FileSystem:
        """Return the dataset's files, to read."""
        return self._filesystem("current")

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description, where a column has one."""
        return column_descriptions(self.view.version.schema)

    @property
    def column_typeclasses(self) -> dict[str, list[dict[str, str]]]:
        """Column name → typeclasses, where a column has any."""
        return column_typeclasses(self.view.version.schema)

    @property
    def start_transaction_rid(self) -> str:
        """RID of the transaction with which the view that is read begins."""
        return transaction_rid(first_of_view(self.view.version.commits).transaction)

    @property
    def end_transaction_rid(self) -> str:
        """RID of the last transaction that is read."""
        return transaction_rid(self.view.version.commit.transaction)

    def _dataframe(self, mode: str) -> DataFrame:
        if mode not in self._frames:
            require_rows(self.path, self.view.version)
            self._frames[mode] = read_slice(require_driver_session(self._spark, self.path), self.view.slice(mode))
        return self._frames[mode]

    def _filesystem(self, mode: str) -> FileSystem:
        shown = self.view.slice(mode)
        folder = shown.version.files_folder or shown.version.table
        return FileSystem(self.path, folder, shown.entries, self._spark)


class IncrementalTransformInput(TransformInput):
    """A dataset that an incremental transform reads; a read mode says how much of it.

    'added' is what came since the last run (everything where the run is not incremental), 'previous' what the last run
    had seen (nothing where it is not), 'current' everything.
    """

    def dataframe(self, mode: str = "added") -> DataFrame:
        """Return the rows of a read mode; the same object at every call with that mode."""
        return self._dataframe(mode)

    def pandas(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame."""
        return as_pandas(self._dataframe(mode))

    def filesystem(self, mode: str = "added") -> FileSystem:
        """Return the files of a read mode, to read."""
        return self._filesystem(mode)
