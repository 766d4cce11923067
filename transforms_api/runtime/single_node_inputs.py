"""Inputs of a single-node transform: pandas, Polars, Arrow and files, without Spark."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from transforms_api.extras import extra
from transforms_api.runtime.files import FileSystem
from transforms_api.runtime.inputs import column_descriptions, dataset_rid
from transforms_api.runtime.pandas_frames import to_pandas
from transforms_api.warehouse import InputView, link_files, read_slice, replace_nanoseconds, require_rows

if TYPE_CHECKING:
    import pyarrow.dataset as ds


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
