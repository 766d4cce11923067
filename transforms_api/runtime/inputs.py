"""Inputs of transforms, at the version that was current when the job began.

Those of a Spark transform can be pickled into Spark's Python workers, where their files can be read. Those of a
single-node transform return pandas, Polars and Arrow, without Spark.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import DataFrame

from transforms_api.engines import SessionFactory, as_pandas, require_driver_session
from transforms_api.engines import read_slice as read_in_spark
from transforms_api.extras import extra
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.pandas_frames import to_pandas
from transforms_api.warehouse import (
    Commit,
    InputView,
    columns_of,
    link_files,
    read_slice,
    replace_nanoseconds,
    require_rows,
)

if TYPE_CHECKING:
    import pyarrow.dataset as ds

_RIDS = uuid.uuid5(uuid.NAMESPACE_URL, "ri.foundry.main.dataset")


def dataset_rid(dataset: str) -> str:
    """Return a dataset's RID: the declared one, else one derived from its path.

    Args:
        dataset: path or RID of the dataset.
    """
    return dataset if dataset.startswith("ri.") else f"ri.foundry.main.dataset.{uuid.uuid5(_RIDS, dataset)}"


def transaction_rid(transaction: str) -> str:
    """Return the RID of a transaction.

    Args:
        transaction: identifier of the transaction; None without one.
    """
    return f"ri.foundry.main.transaction.{transaction}"


def first_of_view(commits: Sequence[Commit]) -> Commit:
    """Return the first commit of a dataset's current view: the last commit that replaced the dataset, else the first.

    Args:
        commits: commits of the dataset, oldest first.
    """
    changes = [commit for commit in commits if not commit.is_maintenance]
    return next((commit for commit in changes if not commit.is_additive), changes[-1])


def column_descriptions(schema: str) -> dict[str, str]:
    """Return column name → description, of the columns that have one.

    Args:
        schema: JSON of a Spark schema; None without rows.
    """
    return {name: metadata["comment"] for name, metadata in _metadata(schema) if "comment" in metadata}


def column_typeclasses(schema: str) -> dict[str, list[dict[str, str]]]:
    """Return column name → typeclasses (each a `name` and a `kind`), of the columns that have any.

    Args:
        schema: JSON of a Spark schema; None without rows.
    """
    return {
        name: json.loads(metadata["typeclasses"]) for name, metadata in _metadata(schema) if "typeclasses" in metadata
    }


def _metadata(schema: str) -> list[tuple[str, Mapping[str, str]]]:
    return [(column["name"], column.get("metadata", {})) for column in columns_of(schema)]


class TransformInput:
    """An input dataset, at the version that was current when the job began.

    Attributes:
        path: path of the dataset as declared.
        branch: branch from which it is read.
        rid: the dataset's RID, derived from its path if none is declared.
        view: the version and the slices of it that can be read.
        batch_incremental_configuration: always None; exists on Foundry.
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
        """Return all rows; every call returns the same object."""
        return self._dataframe("current")

    def pandas(self) -> Any:
        """Return all rows as a pandas DataFrame."""
        return as_pandas(self.dataframe())

    def filesystem(self) -> FileSystem:
        """Return the dataset's files, read-only."""
        return self._filesystem("current")

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description, of the columns that have one."""
        return column_descriptions(self.view.version.schema)

    @property
    def column_typeclasses(self) -> dict[str, list[dict[str, str]]]:
        """Column name → typeclasses, of the columns that have any."""
        return column_typeclasses(self.view.version.schema)

    @property
    def start_transaction_rid(self) -> str:
        """RID of the first transaction of the view."""
        return transaction_rid(first_of_view(self.view.version.commits).transaction)

    @property
    def end_transaction_rid(self) -> str:
        """RID of the last transaction of the view."""
        return transaction_rid(self.view.version.commit.transaction)

    def _dataframe(self, mode: str) -> DataFrame:
        if mode not in self._frames:
            require_rows(self.path, self.view.version)
            session = require_driver_session(self._spark, self.path)
            self._frames[mode] = read_in_spark(session, self.view.slice(mode))
        return self._frames[mode]

    def _filesystem(self, mode: str) -> FileSystem:
        shown = self.view.slice(mode)
        folder = shown.version.files_folder or shown.version.table
        return FileSystem(self.path, folder, shown.entries, self._spark)


class IncrementalTransformInput(TransformInput):
    """An input of an incremental transform.

    Read modes: 'added' is what is new since the last run (everything in a run that is not incremental), 'previous'
    is what the last run read (nothing in a run that is not incremental), 'current' is everything.
    """

    def dataframe(self, mode: str = "added") -> DataFrame:
        """Return the rows of a read mode; every call with the same mode returns the same object.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self._dataframe(mode)

    def pandas(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return as_pandas(self._dataframe(mode))

    def filesystem(self, mode: str = "added") -> FileSystem:
        """Return the files of a read mode, read-only.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self._filesystem(mode)


# Inputs of single-node transforms


class LightweightInput:
    """An input dataset, at the version that was current when the job began.

    Attributes:
        alias: path of the dataset as declared.
        branch: branch from which it is read.
        rid: the dataset's RID, derived from its path if none is declared.
        view: the version and the slices of it that can be read.
    """

    default_mode = "current"

    def __init__(self, view: InputView, rid: str | None = None) -> None:
        self.alias = view.dataset
        self.branch = view.version.branch
        self.rid = rid or dataset_rid(view.dataset)
        self.view = view
        self._folders: list[tempfile.TemporaryDirectory[str]] = []
        """Removed together with this object."""

    def dataframe(self) -> Any:
        """Return the rows as a pandas DataFrame."""
        return self.pandas()

    def pandas(self) -> Any:
        """Return the rows as a pandas DataFrame; times are in the time zone UTC."""
        return to_pandas(self._arrow(None))

    def polars(self, lazy: bool = False) -> Any:
        """Return the rows as a Polars DataFrame.

        Args:
            lazy: return a LazyFrame.
        """
        return self._polars(lazy, None)

    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._arrow(None)

    def path(self) -> str:
        """Return a folder that contains the rows as Parquet files."""
        return self._path(None)

    def filesystem(self) -> FileSystem:
        """Return the dataset's files, read-only."""
        return self._filesystem(None)

    @property
    def column_descriptions(self) -> dict[str, str]:
        """Column name → description, of the columns that have one."""
        return column_descriptions(self.view.version.schema)

    def arrow_dataset(self, mode: str | None = None) -> ds.Dataset:
        """Return the rows as an Arrow dataset, which is read when it is used.

        Args:
            mode: read mode of an incremental input.

        Raises:
            StoreError: the dataset has files and no table.
            ValueError: the read mode is unknown.
        """
        require_rows(self.alias, self.view.version)
        return read_slice(self.view.slice(mode or self.default_mode))

    def spark_like_pandas(self) -> Any:
        """Return the rows as the pandas DataFrame that Spark makes: times are in UTC without a time zone."""
        return to_pandas(self._arrow(None), naive=True)

    def _arrow(self, mode: str | None) -> pa.Table:
        return self.arrow_dataset(mode).to_table()

    def _polars(self, lazy: bool, mode: str | None) -> Any:
        polars = extra("polars")
        return polars.scan_pyarrow_dataset(self.arrow_dataset(mode)) if lazy else polars.from_arrow(self._arrow(mode))

    def _path(self, mode: str | None) -> str:
        """Return a folder of links to the files of a read mode; the table's folder has files of other versions, too."""
        require_rows(self.alias, self.view.version)
        shown = self.view.slice(mode or self.default_mode)
        folder = tempfile.TemporaryDirectory(prefix="transforms-input-")
        self._folders.append(folder)
        link_files(shown.version.table, Path(folder.name), shown.paths)
        if "timestamp" in shown.version.schema:
            replace_nanoseconds(Path(folder.name, path) for path in shown.paths)
        return folder.name

    def _filesystem(self, mode: str | None) -> FileSystem:
        shown = self.view.slice(mode or self.default_mode)
        return FileSystem(self.alias, shown.version.files_folder or shown.version.table, shown.entries)


class IncrementalLightweightInput(LightweightInput):
    """An input of an incremental single-node transform.

    Read modes: 'added' is what is new since the last run (everything in a run that is not incremental), 'previous'
    is what the last run read (nothing in a run that is not incremental), 'current' is everything.
    """

    default_mode = "added"

    def dataframe(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self.pandas(mode)

    def pandas(self, mode: str = "added") -> Any:
        """Return the rows of a read mode as a pandas DataFrame; times are in the time zone UTC.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return to_pandas(self._arrow(mode))

    def polars(self, lazy: bool = False, mode: str = "added") -> Any:
        """Return the rows of a read mode as a Polars DataFrame.

        Args:
            lazy: return a LazyFrame.
            mode: 'added', 'previous' or 'current'.
        """
        return self._polars(lazy, mode)

    def arrow(self, mode: str = "added") -> pa.Table:
        """Return the rows of a read mode as an Arrow table.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self._arrow(mode)

    def path(self, mode: str = "added") -> str:
        """Return a folder that contains the rows of a read mode as Parquet files.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self._path(mode)

    def filesystem(self, mode: str = "added") -> FileSystem:
        """Return the files of a read mode, read-only.

        Args:
            mode: 'added', 'previous' or 'current'.
        """
        return self._filesystem(mode)
